"""Acts on rounds of scoring, results and objections, and what is read of them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, fen, identity, one_of, reason, schema
from core.purchases.schemas import one, page
from plugins.subsidy.models.results import ABOUT, PARTIES
from plugins.subsidy.rules.awards import HIGHEST
from plugins.subsidy.service import concluding, objecting, result_queries, results, scoring
from plugins.subsidy.service.award_steps import OBJECTION, RESULT, ROUND

ANSWERS_MOST = 1_000_000


def _points(**options: object) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=0, max=HIGHEST), **options)


def _answers() -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=ANSWERS_MOST),
    )


def _document() -> Text:
    return Text(longest=120, shortest=0, load_default="", public=True)


ACTS = [
    Act(
        "result.open",
        "开展奖励评审",
        "/subsidy/rounds/open",
        results.SETTLE,
        schema(
            "RoundOpened",
            scheme_id=identity(),
            evaluator_id=identity(required=False, load_default=None, allow_none=True),
        ),
        results.open_round,
        object_type=ROUND,
    ),
    Act(
        "result.score",
        "录入一方评分",
        "/subsidy/results/score",
        scoring.SCORE,
        one(
            "ResultScored",
            party=one_of(*PARTIES),
            centipoints=_points(required=True),
            answers=_answers(),
            document=_document(),
            reason=Text(longest=500, shortest=0, load_default="", public=True),
        ),
        scoring.score,
        object_type=RESULT,
    ),
    Act(
        "result.verify",
        "登记核实的自有投入",
        "/subsidy/results/verify",
        results.SETTLE,
        one(
            "InvestmentVerified",
            investment_fen=fen(minimum=0),
            document=Text(required=True, longest=120, public=True),
        ),
        results.verify,
        object_type=RESULT,
    ),
    *acts_on(
        RESULT,
        "/subsidy/results",
        Reasoned("result.veto", "一票否决", results.DECIDE, results.veto),
    ),
    *acts_on(
        ROUND,
        "/subsidy/rounds",
        Deed("result.publicise", "公示评审结果", results.DECIDE, results.publicise),
        Deed("result.conclude", "按资金总额确定奖励金额", results.SETTLE, concluding.conclude),
        Deed("result.approve", "批准奖励金额", concluding.APPROVE, concluding.approve),
        Reasoned("result.send_back", "退回奖励金额", concluding.APPROVE, concluding.send_back),
    ),
    Act(
        "result.object",
        "对评审结果提出异议",
        "/subsidy/results/object",
        objecting.OBJECT,
        one(
            "ResultObjected",
            words=Text(required=True, longest=2_000, public=True),
            by_name=Text(longest=80, load_default=None, allow_none=True, public=True),
        ),
        objecting.raise_objection,
        object_type=OBJECTION,
    ),
    Act(
        "result.decide_objection",
        "决定评审结果的异议",
        "/subsidy/objections/decide",
        objecting.DECIDE,
        one(
            "ObjectionDecided",
            upheld=fields.Boolean(required=True),
            reason=reason(),
            about=one_of(*ABOUT, required=False, load_default=None, allow_none=True),
        ),
        objecting.decide,
        object_type=OBJECTION,
    ),
    Act(
        "result.correct",
        "更正评审结果",
        "/subsidy/objections/correct",
        scoring.SCORE,
        one(
            "ResultCorrected",
            centipoints=_points(load_default=None, allow_none=True),
            answers=_answers(),
            investment_fen=fen(minimum=0, required=False, load_default=None, allow_none=True),
            document=_document(),
            reason=reason(),
        ),
        objecting.correct,
        object_type=OBJECTION,
    ),
    Act(
        "result.list",
        "查看奖励评审列表",
        "/subsidy/rounds",
        results.VIEW,
        page("RoundList"),
        result_queries.rounds,
        method="GET",
        reads=True,
    ),
    Act(
        "result.round",
        "查看一次奖励评审",
        "/subsidy/round",
        results.VIEW,
        one("RoundQuery"),
        result_queries.scoring_round,
        method="GET",
        reads=True,
    ),
    Act(
        "result.show",
        "查看一份评审结果",
        "/subsidy/result",
        results.VIEW,
        one("ResultQuery"),
        result_queries.result,
        method="GET",
        reads=True,
    ),
    Act(
        "result.paper",
        "下载评审申请的一份材料",
        "/subsidy/result-paper",
        results.VIEW,
        one("ResultPaper"),
        result_queries.paper,
        method="GET",
        reads=True,
    ),
    Act(
        "result.mine",
        "查看本单位或本人的评审结果",
        "/subsidy/my-results",
        result_queries.MINE,
        page("MyResults"),
        result_queries.mine,
        method="GET",
        reads=True,
    ),
    Act(
        "result.own",
        "查看本单位或本人的一份评审结果",
        "/subsidy/my-result",
        result_queries.MINE,
        one("MyResult"),
        result_queries.own,
        method="GET",
        reads=True,
    ),
    Act(
        "public.results",
        "查看公示的奖励评审",
        "/public/award-rounds",
        None,
        page("PublicRounds"),
        result_queries.public_rounds,
        method="GET",
        reads=True,
    ),
    Act(
        "public.result",
        "查看一次奖励评审公示的结果",
        "/public/award-round",
        None,
        one("PublicRound"),
        result_queries.public_round,
        method="GET",
        reads=True,
    ),
]
