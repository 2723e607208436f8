"""Acts on tenders: from the draft for a filed plan to the notice, its changes, its end."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, fen, identities, identity, instant, one_of, reason, schema
from core.purchases.schemas import Paragraphs, one, page
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.sheets import POINTS, WHOLE_BP
from plugins.contract_outsourcing.service import (
    asking,
    inviting,
    notices,
    prequalifying,
    tender_queries,
    tenders,
)
from plugins.contract_outsourcing.service.steps import TENDER

ROWS_MOST, LEVELS_MOST, CANDIDATES_MOST, PROVIDERS_MOST = 30, 10, 200, 10_000
ADMITTED_MOST = 500


def _words(longest: int) -> Paragraphs:
    return Paragraphs(longest=longest, load_default=None, allow_none=True)


def _line(longest: int) -> Text:
    return Text(longest=longest, load_default=None, allow_none=True)


def _flag(**options: Any) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, **options)


def _whole(least: int, most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **options)


def _indicator(name: str) -> fields.Nested:
    level = schema(
        f"{name}Level",
        points=_whole(0, POINTS, required=True),
        words=Text(required=True, longest=200),
    )
    levels = fields.List(
        fields.Nested(level), load_default=list, validate=validate.Length(max=LEVELS_MOST)
    )
    return fields.Nested(
        schema(
            f"{name}Indicator",
            code=Text(required=True, longest=20),
            name=Text(required=True, longest=80),
            points=_whole(1, POINTS, required=True),
            standard=Text(required=True, longest=300),
            levels=levels,
            preferred=_flag(load_default=False),
        )
    )


def _sheet(name: str) -> fields.Nested:
    part = schema(
        f"{name}Sheet",
        price_weight_bp=_whole(0, WHOLE_BP, load_default=0),
        small_firm_deduction_bp=_whole(0, WHOLE_BP, load_default=None, allow_none=True),
        indicators=fields.List(
            _indicator(name), load_default=list, validate=validate.Length(max=ROWS_MOST)
        ),
        ties=one_of("technical", "lot", required=False, load_default="technical"),
        admitted=_whole(1, ADMITTED_MOST, load_default=None, allow_none=True),
    )
    return fields.Nested(part, load_default=None, allow_none=True)


def _priced(name: str) -> fields.List:
    service = schema(
        f"{name}PricedService",
        code=Text(required=True, longest=60),
        name=Text(required=True, longest=80),
        unit=Text(required=True, longest=20),
    )
    return fields.List(
        fields.Nested(service), load_default=list, validate=validate.Length(max=ROWS_MOST)
    )


def _tender(name: str, /, **members: Any) -> Schema:
    test = schema(
        f"{name}Competition",
        able_providers=_whole(0, PROVIDERS_MOST, required=True),
        is_comparable=_flag(required=True),
        words=Text(required=True, longest=500),
    )
    return schema(
        name,
        name=Text(required=True, longest=120),
        agency_id=identity(required=False, load_default=None, allow_none=True),
        method=Text(required=True, longest=40),
        reason_code=_line(40),
        method_reason=_words(1000),
        method_approval=_line(120),
        competition=fields.Nested(test, load_default=None, allow_none=True),
        ceiling_fen=fen(),
        bid_bond_fen=fen(minimum=0, required=False, load_default=0),
        reserved_for=one_of(*t.RESERVED, required=False, load_default=None, allow_none=True),
        provider_id=identity(required=False, load_default=None, allow_none=True),
        project=_words(1000),
        service=_words(4000),
        priced_services=_priced(name),
        conditions=fields.List(
            Text(longest=300), load_default=list, validate=validate.Length(max=ROWS_MOST)
        ),
        evaluation=_words(2000),
        sheet=_sheet(name),
        documents_until=date(required=False, load_default=None, allow_none=True),
        closes_at=instant(load_default=None, allow_none=True),
        **members,
    )


WRITING = [
    Act(
        "tender.create",
        "编制采购项目",
        "/contract/tenders",
        tenders.MAKE,
        _tender("NewTender", purchase_id=identity()),
        tenders.create,
        object_type=TENDER,
    ),
    Act(
        "tender.revise",
        "修改采购项目",
        "/contract/tenders/revise",
        tenders.MAKE,
        _tender("RevisedTender", id=identity()),
        tenders.revise,
        object_type=TENDER,
    ),
    *acts_on(
        TENDER,
        "/contract/tenders",
        Deed("tender.submit", "提交采购项目复核", tenders.MAKE, tenders.submit),
        Reasoned("tender.send_back", "退回采购项目", tenders.AGREE, tenders.send_back),
    ),
    Act(
        "tender.invite",
        "随机抽取受邀单位",
        "/contract/tenders/invitations",
        tenders.MAKE,
        one(
            "Invite",
            candidate_ids=identities(most=CANDIDATES_MOST),
            count=_whole(1, CANDIDATES_MOST, required=True),
        ),
        inviting.invite,
        object_type=TENDER,
        secret=True,
    ),
    Act(
        "tender.rerun",
        "重新组织废标的采购",
        "/contract/tenders/rerun",
        tenders.MAKE,
        one(
            "Rerun",
            method=_line(40),
            reason_code=_line(40),
            method_reason=_words(1000),
            method_approval=_line(120),
        ),
        tenders.rerun,
        object_type=TENDER,
    ),
]

PUBLISHING = [
    Act(
        prequalifying.PREQUALIFY,
        "发布资格预审公告",
        "/contract/tenders/prequalification",
        tenders.AGREE,
        one("PrequalifyTender", until=date()),
        prequalifying.prequalify,
        object_type=TENDER,
    ),
    Act(
        "tender.publicise",
        "公示不经竞争的采购",
        "/contract/tenders/publicity",
        tenders.AGREE,
        one("PubliciseTender"),
        notices.publicise,
        object_type=TENDER,
    ),
    Act(
        "tender.publish",
        "复核并发布采购公告",
        "/contract/tenders/publish",
        tenders.AGREE,
        one(
            "PublishTender",
            closes_at=instant(load_default=None, allow_none=True),
            documents_until=date(required=False, load_default=None, allow_none=True),
        ),
        notices.publish,
        object_type=TENDER,
    ),
    Act(
        "tender.amend",
        "发布采购文件的澄清或修改",
        "/contract/tenders/amendments",
        tenders.MAKE,
        one(
            "AmendTender",
            words=Paragraphs(required=True, longest=2000),
            affects_bids=_flag(required=True),
            closes_at=instant(load_default=None, allow_none=True),
        ),
        notices.amend,
        object_type=TENDER,
    ),
    Act(
        "tender.ask",
        "对采购文件提问",
        "/contract/tenders/questions",
        inviting.ASK,
        one("AskTender", words=Paragraphs(required=True, longest=1000, public=True)),
        asking.ask,
        object_type=TENDER,
        veiled=True,
    ),
    Act(
        "tender.answer",
        "答复对采购文件的提问",
        "/contract/tenders/questions/answer",
        tenders.MAKE,
        one("AnswerTender", answer=Paragraphs(required=True, longest=2000, public=True)),
        asking.answer,
        object_type=TENDER,
    ),
    Act(
        "tender.cancel",
        "终止采购项目",
        "/contract/tenders/cancel",
        tenders.CANCEL,
        one("CancelTender", reason=reason()),
        tenders.cancel,
        object_type=TENDER,
    ),
]

READING = [
    Act(
        "tender.list",
        "列出采购项目",
        "/contract/tenders",
        tender_queries.VIEW,
        page("Tenders", state=Text(longest=20, load_default=None)),
        tender_queries.tenders,
        method="GET",
        reads=True,
    ),
    Act(
        "tender.show",
        "查看一个采购项目",
        "/contract/tender",
        tender_queries.VIEW,
        one("Tender"),
        tender_queries.tender_detail,
        method="GET",
        reads=True,
    ),
    Act(
        "notice.list",
        "列出可以投标的采购项目",
        "/contract/notices",
        inviting.ASK,
        page("Notices"),
        tender_queries.notices,
        method="GET",
        reads=True,
    ),
    Act(
        "notice.show",
        "查看一个可以投标的采购项目",
        "/contract/notice",
        inviting.ASK,
        one("Notice"),
        tender_queries.notice,
        method="GET",
        reads=True,
    ),
    Act(
        "public.tenders",
        "查看公开的采购公告",
        "/public/tenders",
        None,
        page("PublicTenders"),
        tender_queries.public_tenders,
        method="GET",
        reads=True,
    ),
    Act(
        "public.prequalifications",
        "查看正在接受申请的资格预审",
        "/public/prequalifications",
        None,
        schema("PublicPrequalifications"),
        prequalifying.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "public.tender",
        "查看一个公开的采购公告",
        "/public/tender",
        None,
        one("PublicTender"),
        tender_queries.public_tender,
        method="GET",
        reads=True,
    ),
]

ACTS: list[Act] = [*WRITING, *PUBLISHING, *READING]
