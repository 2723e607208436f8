"""Acts of experts and panels: the pool, the draw, each member's judgement, the report."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act
from core.fields import Text, date, fen, identity, instant, one_of, reason, schema
from core.purchases.schemas import Paragraphs, one, page
from plugins.contract_outsourcing.service import (
    experts,
    low_bids,
    negotiating,
    panel_queries,
    panels,
    quotes,
    reports,
    scoring,
)

SERVE, HOLD = panels.SERVE, panels.HOLD
_FIELDS_MOST, _DRAWN_MOST, _ROWS_MOST = 20, 21, 60
_CENTIPOINTS_MOST = 100_00


def _words(**options: object) -> fields.List[str]:
    return fields.List(Text(longest=40), validate=validate.Length(max=_FIELDS_MOST), **options)


def _flag(**options: object) -> fields.Boolean:
    options.setdefault("required", True)
    return fields.Boolean(truthy={True}, falsy={False}, **options)


POOL = [
    Act(
        "expert.add",
        "把专家列入专家库",
        "/contract/experts",
        experts.MAKE,
        schema(
            "NewExpert",
            login=Text(required=True, longest=60),
            division_code=Text(required=True, longest=12),
            fields=_words(required=True),
            employer=Text(required=True, longest=120),
        ),
        experts.add,
        object_type="expert",
    ),
    Act(
        "expert.retire",
        "把专家移出专家库",
        "/contract/experts/retire",
        experts.MAKE,
        one("RetireExpert", reason=reason()),
        experts.retire,
        object_type="expert",
    ),
    Act(
        "expert.record_tie",
        "登记专家的利害关系",
        "/contract/experts/ties",
        experts.MAKE,
        one(
            "ExpertTie",
            organisation_id=identity(),
            kind=one_of(*experts.TIES),
            ended_on=date(required=False, load_default=None, allow_none=True),
        ),
        experts.record_tie,
        object_type="expert",
    ),
    Act(
        "expert.list",
        "查看评审专家库",
        "/contract/experts",
        experts.VIEW,
        page("Experts"),
        experts.pool,
        method="GET",
        reads=True,
    ),
]

PANEL = [
    Act(
        "panel.draw",
        "随机抽取评审专家",
        "/contract/panels/draw",
        HOLD,
        one(
            "DrawPanel",
            count=fields.Integer(
                required=True, strict=True, validate=validate.Range(min=1, max=_DRAWN_MOST)
            ),
            fields=_words(load_default=list),
        ),
        panels.draw,
        object_type="tender",
    ),
    Act(
        "panel.add_representative",
        "派采购人代表进评审组",
        "/contract/panels/representatives",
        HOLD,
        one("Representative", user_id=identity()),
        panels.add_representative,
        object_type="tender",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.replace",
        "更换评审组成员",
        "/contract/panels/replace",
        HOLD,
        one("ReplaceMember", member_id=identity(), reason=reason()),
        panels.replace,
        object_type="tender",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.show",
        "查看评审组进度",
        "/contract/panels/show",
        panel_queries.VIEW,
        one("ShowPanel"),
        panel_queries.panel,
        method="GET",
        reads=True,
    ),
    Act(
        "panel.procurements",
        "查看评审中的采购项目",
        "/contract/panels",
        panel_queries.VIEW,
        page("Procurements"),
        panel_queries.procurements,
        method="GET",
        reads=True,
    ),
]

MEMBER = [
    Act(
        "panel.mine",
        "查看我的评审",
        "/contract/panels/mine",
        SERVE,
        schema("MyPanels"),
        panel_queries.mine,
        method="GET",
        reads=True,
    ),
    Act(
        "panel.work",
        "查看要评审的投标",
        "/contract/panels/work",
        SERVE,
        one("PanelWork"),
        panel_queries.work,
        method="GET",
        reads=True,
    ),
    Act(
        "panel.declare",
        "确认参加或申请回避",
        "/contract/panels/declare",
        SERVE,
        one("DeclareSeat", confirms=_flag(), reason=reason(required=False, load_default=None)),
        panels.declare,
        object_type="tender",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.check",
        "判定投标是否符合条件",
        "/contract/panels/check",
        SERVE,
        schema(
            "CheckBid",
            bid_id=identity(),
            condition=Text(required=True, longest=80),
            passed=_flag(),
            reason=reason(required=False, load_default=None),
        ),
        scoring.check,
        object_type="bid",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.score",
        "给投标打分",
        "/contract/panels/score",
        SERVE,
        schema(
            "ScoreBid",
            bid_id=identity(),
            scores=fields.List(
                fields.Nested(
                    schema(
                        "IndicatorScore",
                        indicator=Text(required=True, longest=40),
                        centipoints=fields.Integer(
                            required=True,
                            strict=True,
                            validate=validate.Range(min=0, max=_CENTIPOINTS_MOST),
                        ),
                        reason=reason(required=False, load_default=None),
                    )
                ),
                required=True,
                validate=validate.Length(min=1, max=_ROWS_MOST),
            ),
        ),
        scoring.score,
        object_type="bid",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.finish",
        "提交我的评审",
        "/contract/panels/finish",
        SERVE,
        one("FinishScoring"),
        scoring.finish,
        object_type="tender",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.ask_explanation",
        "要求说明异常低价",
        "/contract/panels/low-bids",
        SERVE,
        one("AskExplanation"),
        low_bids.ask_explanation,
        object_type="tender",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.judge_low_bid",
        "判定异常低价的说明",
        "/contract/panels/low-bids/judge",
        SERVE,
        schema("JudgeLowBid", bid_id=identity(), accepted=_flag(), reason=reason()),
        low_bids.judge,
        object_type="bid",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.call_quotes",
        "请最后报价",
        "/contract/panels/quotes",
        SERVE,
        one("CallQuotes", until=instant(required=True)),
        quotes.call,
        object_type="tender",
        veiled=True,
        noted=True,
    ),
    Act(
        "panel.report",
        "提交评审报告",
        "/contract/panels/report",
        SERVE,
        one("PanelReport"),
        reports.report,
        object_type="tender",
        veiled=True,
        noted=True,
    ),
]

BIDDER = [
    Act(
        "bid.explain",
        "说明报价的合理性",
        "/contract/bids/explain",
        "bid.make",
        schema(
            "ExplainBid",
            bid_id=identity(),
            words=Paragraphs(required=True, longest=2000, public=True),
        ),
        low_bids.explain,
        object_type="bid",
    ),
    Act(
        "bid.quote",
        "作最后报价",
        "/contract/bids/quote",
        "bid.make",
        schema("FinalQuote", bid_id=identity(), price_fen=fen()),
        quotes.quote,
        object_type="bid",
    ),
]

NEGOTIATION = [
    Act(
        "tender.negotiate",
        "登记与供应商的协商结果",
        "/contract/tenders/negotiate",
        negotiating.NEGOTIATE,
        one(
            "Negotiate",
            provider_id=identity(),
            price_fen=fen(),
            record=Paragraphs(required=True, longest=2000, public=True),
            small_firm=_flag(required=False, load_default=False),
            unit_prices=fields.Dict(
                keys=Text(longest=40),
                values=fen(),
                load_default=None,
                allow_none=True,
                validate=validate.Length(max=_ROWS_MOST),
            ),
        ),
        negotiating.negotiate,
        object_type="tender",
    ),
]

ACTS = [*POOL, *PANEL, *MEMBER, *BIDDER, *NEGOTIATION]
