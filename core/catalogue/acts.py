"""The acts of the catalogue and the negative list, and who may perform them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from core.access import Permission
from core.acts import Act, Reasoned, acts_on
from core.catalogue import (
    base,
    consulting,
    drafting,
    judging,
    proposals,
    publishing,
    queries,
    restricting,
)
from core.catalogue.looking import READING
from core.catalogue.models import ADD, BUY, CATALOGUE_KINDS, FLAGS, PUBLIC, SELECT, SUPPORT
from core.divisions import LEVELS
from core.fields import Text, date, fen, identity, one_of, reason, schema

_OFFICE = (
    "purchaser_clerk",
    "purchaser_approver",
    "finance_budget",
    "finance_maker",
    "finance_approver",
    "auditor",
)

PERMISSIONS = [
    Permission(queries.VIEW, "查看指导性目录", _OFFICE),
    Permission(drafting.EDIT, "编制指导性目录", ("finance_budget",)),
    Permission(publishing.PUBLISH, "公布指导性目录", ("finance_approver",)),
    Permission(proposals.PROPOSE, "建议列入目录", ("purchaser_clerk",)),
    Permission(queries.NEGATIVE_VIEW, "查看负面清单", _OFFICE),
    Permission(restricting.ASK, "增补负面清单和申请放行", ("finance_budget",)),
    Permission(restricting.CONFIRM, "复核负面清单", ("finance_approver",)),
]

FIRST_YEAR, LAST_YEAR = 2000, 2100
ITEMS_MOST = 500
CATEGORIES = tuple(base.categories())


def _year(**options: Any) -> fields.Integer:
    options.setdefault("required", True)
    limits = validate.Range(min=FIRST_YEAR, max=LAST_YEAR)
    return fields.Integer(strict=True, validate=limits, **options)


def _division(**options: Any) -> Text:
    options.setdefault("required", True)
    return Text(longest=12, **options)


def _code(**options: Any) -> Text:
    options.setdefault("required", True)
    return Text(longest=20, **options)


def _codes(*, least: int = 1, **options: Any) -> fields.List[str]:
    limits = validate.Length(min=least, max=ITEMS_MOST)
    return fields.List(_code(), validate=limits, **options)


def _marks(*choices: str, **options: Any) -> fields.List[str]:
    options.setdefault("load_default", list)
    return fields.List(one_of(*choices), validate=validate.Length(max=len(choices)), **options)


def _answers() -> dict[str, Any]:
    """Return the fields of a judgement: questions, reasons, tests, scores, priorities."""
    yes_no = (*judging.QUESTIONS, *judging.SUITABILITY, *judging.NEGATIVE_TESTS)
    points = validate.Range(min=0, max=judging.SCORE_MAX)
    return {
        **{name: fields.Boolean(required=True) for name in yes_no},
        **{f"{name}_why": Text(required=True, longest=200) for name in judging.SUITABILITY},
        **{
            name: fields.Integer(required=True, strict=True, validate=points)
            for name in judging.SCORES
        },
        "priorities": _marks(*judging.PRIORITIES),
    }


def _item() -> dict[str, Any]:
    """Return the fields of an item; kind, nature and content may still be open in a draft."""
    return {
        "catalogue_id": identity(),
        "code": _code(),
        "name": Text(required=True, longest=120),
        "category": one_of(*CATEGORIES, required=False, load_default=None),
        "nature": one_of(PUBLIC, SUPPORT, required=False, load_default=None),
        "content": Text(load_default=None, longest=500),
        "levels": fields.List(
            one_of(*LEVELS), required=True, validate=validate.Length(min=1, max=len(LEVELS))
        ),
        "beneficiary": one_of("public", "government", required=False, load_default="public"),
        "flags": _marks(*FLAGS),
        "dimensions": fields.List(
            Text(longest=40), load_default=list, validate=validate.Length(max=20)
        ),
        "provider_kind": Text(load_default=None, longest=40),
        "upper_code": _code(required=False, load_default=None),
        "approval_document": Text(load_default=None, longest=120),
        "duty": Text(load_default=None, longest=200),
        "baseline_fen": fen(minimum=0, required=False, load_default=None),
        "baseline_unit": Text(load_default=None, longest=20),
        "baseline_year": _year(required=False, load_default=None),
    }


DRAFTING = [
    Act(
        "catalogue.adopt",
        "编制目录草案",
        "/catalogues",
        drafting.EDIT,
        schema(
            "CatalogueAdopt",
            division_code=_division(),
            year=_year(),
            name=Text(required=True, longest=120),
            batch=fields.Integer(
                load_default=1, strict=True, validate=validate.Range(min=1, max=99)
            ),
            kind=one_of(*CATALOGUE_KINDS, required=False, load_default=BUY),
            lower_may=one_of(ADD, SELECT, required=False, load_default=ADD),
            codes=_codes(least=0, load_default=None),
        ),
        drafting.adopt,
        object_type="catalogue",
    ),
    Act(
        "catalogue.revise",
        "编制年度调整",
        "/catalogues/revisions",
        drafting.EDIT,
        schema(
            "CatalogueRevise", id=identity(), year=_year(), name=Text(required=True, longest=120)
        ),
        drafting.revise,
        object_type="catalogue",
    ),
    Act(
        "catalogue.put_item",
        "填写目录事项",
        "/catalogues/items",
        drafting.EDIT,
        schema("CataloguePutItem", **_item()),
        drafting.put_item,
        object_type="catalogue",
    ),
    Act(
        "catalogue.select_items",
        "从上级目录选用事项",
        "/catalogues/items/select",
        drafting.EDIT,
        schema("CatalogueSelect", catalogue_id=identity(), codes=_codes(required=True)),
        drafting.select_items,
        object_type="catalogue",
    ),
    Act(
        "catalogue.drop_item",
        "删去目录事项",
        "/catalogues/items/drop",
        drafting.EDIT,
        schema(
            "CatalogueDrop",
            catalogue_id=identity(),
            code=_code(),
            reason=reason(required=False, load_default=None),
        ),
        drafting.drop_item,
        object_type="catalogue",
    ),
    Act(
        "catalogue.assess_item",
        "判断目录事项",
        "/catalogues/items/assess",
        drafting.EDIT,
        schema(
            "CatalogueAssess",
            catalogue_id=identity(),
            code=_code(),
            reason=reason(required=False, load_default=None),
            **_answers(),
        ),
        drafting.assess,
        object_type="catalogue",
    ),
]

PUBLISHING = [
    Act(
        "catalogue.open_comment",
        "公开征求目录意见",
        "/catalogues/comment",
        drafting.EDIT,
        schema("CatalogueOpen", id=identity(), from_on=date(), to_on=date()),
        consulting.open_comment,
        object_type="catalogue",
    ),
    Act(
        "catalogue.comment",
        "对目录提意见",
        "/public/catalogue/comments",
        None,
        schema(
            "CatalogueComment",
            catalogue_id=identity(),
            speaker=one_of(*consulting.SPEAKERS),
            text=Text(
                required=True, shortest=consulting.COMMENT_LEAST, longest=consulting.COMMENT_MOST
            ),
            item_code=_code(required=False, load_default=None),
        ),
        consulting.comment,
        object_type="catalogue_comment",
    ),
    Act(
        "catalogue.answer_comment",
        "答复目录意见",
        "/catalogues/comments/answer",
        drafting.EDIT,
        schema(
            "CatalogueAnswer", id=identity(), answer=Text(required=True, longest=500, public=True)
        ),
        consulting.answer,
        object_type="catalogue_comment",
    ),
    Act(
        "catalogue.submit",
        "提交目录",
        "/catalogues/submit",
        drafting.EDIT,
        schema(
            "CatalogueSubmit",
            id=identity(),
            consultation=Text(required=True, longest=1000),
            valid_from=date(),
            valid_to=date(required=False, load_default=None),
        ),
        publishing.submit,
        object_type="catalogue",
    ),
    Act(
        "catalogue.publish",
        "公布目录",
        "/catalogues/publish",
        publishing.PUBLISH,
        schema("CataloguePublish", id=identity(), document=Text(required=True, longest=120)),
        publishing.publish,
        object_type="catalogue",
    ),
    *acts_on(
        "catalogue",
        "/catalogues",
        Reasoned("catalogue.send_back", "退回目录", publishing.PUBLISH, publishing.send_back),
        Reasoned("catalogue.withdraw", "撤回目录草案", drafting.EDIT, publishing.withdraw),
    ),
]

PROPOSING = [
    Act(
        "catalogue.propose",
        "建议列入目录",
        "/catalogues/proposals",
        proposals.PROPOSE,
        schema(
            "CataloguePropose",
            organisation_id=identity(),
            name=Text(required=True, longest=120),
            content=Text(required=True, longest=500),
            need=Text(required=True, longest=500),
            duty=Text(load_default=None, longest=200),
            flags=_marks(*FLAGS),
        ),
        proposals.propose,
        object_type="catalogue_proposal",
    ),
    Act(
        "catalogue.take_proposal",
        "采纳目录建议",
        "/catalogues/proposals/take",
        drafting.EDIT,
        schema(
            "CatalogueTake",
            id=identity(),
            catalogue_id=identity(),
            code=_code(),
            category=one_of(*CATEGORIES),
            upper_code=_code(required=False, load_default=None),
            answer=Text(load_default=None, longest=500, public=True),
        ),
        proposals.take,
        object_type="catalogue_proposal",
    ),
    Act(
        "catalogue.decline_proposal",
        "不采纳目录建议",
        "/catalogues/proposals/decline",
        drafting.EDIT,
        schema(
            "CatalogueDecline", id=identity(), answer=Text(required=True, longest=500, public=True)
        ),
        proposals.decline,
        object_type="catalogue_proposal",
    ),
]

_ENTRY, _CLEARANCE = "negative_entry", "negative_clearance"
_DECISION = {"id": identity(), "agree": fields.Boolean(required=True)}

RESTRICTING = [
    Act(
        "negative.add_entry",
        "增补负面清单",
        "/negative-list/entries",
        restricting.ASK,
        schema(
            "NegativeEntry",
            division_code=_division(),
            text=Text(required=True, longest=120),
            reason=reason(),
            basis=Text(required=True, longest=120),
            words=fields.List(
                Text(longest=40, shortest=2), required=True, validate=validate.Length(min=1, max=20)
            ),
            from_on=date(),
            to_on=date(required=False, load_default=None),
        ),
        restricting.add_entry,
        object_type=_ENTRY,
    ),
    Act(
        "negative.decide_entry",
        "复核负面清单增补",
        "/negative-list/entries/decide",
        restricting.CONFIRM,
        schema("NegativeEntryDecision", **_DECISION),
        restricting.decide_entry,
        object_type=_ENTRY,
    ),
    Act(
        "negative.ask_clearance",
        "申请放行措辞",
        "/negative-list/clearances",
        restricting.ASK,
        schema(
            "NegativeClearance",
            division_code=_division(),
            entry=Text(required=True, longest=40),
            phrase=Text(required=True, shortest=4, longest=80),
            reason=reason(),
            document=Text(required=True, longest=120),
        ),
        restricting.ask_clearance,
        object_type=_CLEARANCE,
    ),
    Act(
        "negative.decide_clearance",
        "复核放行措辞",
        "/negative-list/clearances/decide",
        restricting.CONFIRM,
        schema("NegativeClearanceDecision", **_DECISION),
        restricting.decide_clearance,
        object_type=_CLEARANCE,
    ),
]


ACTS = [*DRAFTING, *PUBLISHING, *PROPOSING, *RESTRICTING, *READING]
