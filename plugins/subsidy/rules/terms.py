"""A scheme's terms as the computer works with them, read from the JSON that is stored.

Money is fen, rates parts per million (ppm), shares basis points (bp), days ISO dates. What every
scheme has stands beside one typed part of its kind; what a scheme does not provide for is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core.errors import InvalidInput, RuleBroken
from plugins.subsidy.rules import awards, guarantee, interest, relief, units
from plugins.subsidy.rules.aid import KINDS, AidTerms
from plugins.subsidy.rules.awards import AwardTerms, Tier, refuse_award_terms
from plugins.subsidy.rules.daycount import CONVENTIONS
from plugins.subsidy.rules.guarantee import GuaranteeFeeTerms, PoolTerms, refuse_pool_terms
from plugins.subsidy.rules.interest import (
    METHODS,
    BorrowerClass,
    InterestTerms,
    Regime,
    refuse_interest_terms,
)
from plugins.subsidy.rules.periods import MONTHS
from plugins.subsidy.rules.relief import (
    Conditions,
    FeeReliefTerms,
    TaxReliefTerms,
    refuse_relief_terms,
)
from plugins.subsidy.rules.units import Price, UnitClass, UnitTerms, refuse_unit_terms
from plugins.subsidy.rules.whole import PPM

# What a fair-competition review (公平竞争审查) can find: no effect on competition; an exception
# that the regulation allows; a restriction that it does not.
NO_EFFECT, EXCEPTION, RESTRICTS = "no_effect", "exception", "restricts"
CONCLUSIONS = (NO_EFFECT, EXCEPTION, RESTRICTS)
POOL_LIMITS = (
    "single_bp",
    "group_bp",
    "multiple",
    "single_fen",
    "total_fen",
    "year_cap_fen",
    "stop_bp",
)


@dataclass(frozen=True)
class Basis:
    """A law or document that a scheme rests on, and its article."""

    title: str
    document_no: str = ""
    article: str = ""


@dataclass(frozen=True)
class Review:
    """A fair-competition review: when, what it found, where that is written."""

    reviewed_on: date
    conclusion: str
    document: str


@dataclass(frozen=True)
class Terms:
    """One version of a scheme's terms; days are inclusive. Exactly one of the parts is not None.

    `envelope_fen` None: up to the budget line. `funding` are lines and their shares (ppm).
    `conditions` have to be declared by a beneficiary. `combines`: what is granted may stand beside
    other support for the same catalogue item.
    """

    kind: str
    legal_basis: tuple[Basis, ...]
    review: Review | None
    starts_on: date | None
    ends_on: date | None
    envelope_fen: int | None
    funding: tuple[tuple[int, int], ...]
    aid: AidTerms | None
    conditions: Conditions
    combines: bool = False
    interest: InterestTerms | None = None
    guarantee_fee: GuaranteeFeeTerms | None = None
    risk_pool: PoolTerms | None = None
    awards: AwardTerms | None = None
    units: UnitTerms | None = None
    fee_relief: FeeReliefTerms | None = None
    tax_relief: TaxReliefTerms | None = None


def read_terms(document: Mapping[str, Any]) -> Terms:
    """Read terms from the JSON they are stored as.

    Raises InvalidInput for a kind, day count, method or conclusion that is none of the closed sets,
    KeyError for a document that lacks a part: its schema has judged that.
    """
    kind = _chosen(document, "kind", KINDS)
    review, aid = document.get("review"), document.get("aid")
    read_part = _PARTS[kind]
    return Terms(
        kind=kind,
        legal_basis=tuple(Basis(**row) for row in document.get("legal_basis") or ()),
        review=_review(review) if review else None,
        starts_on=_day(document.get("starts_on")),
        ends_on=_day(document.get("ends_on")),
        envelope_fen=document.get("envelope_fen"),
        funding=tuple((row["line_id"], row["share_ppm"]) for row in document.get("funding") or ()),
        aid=AidTerms(**aid) if aid else None,
        conditions=Conditions(**(document.get("conditions") or {})),
        combines=bool(document.get("combines")),
        **read_part(document),
    )


def refuse_terms(terms: Terms) -> None:
    """Refuse terms that may not be published.

    LEGAL_BASIS_MISSING, REVIEW_MISSING, REVIEW_FAILED, END_DATE_MISSING, ENVELOPE_NOT_ALLOWED, and
    what the kind's own check refuses (weights, instalments, tiers, regimes, shares).
    """
    if not any(basis.title.strip() for basis in terms.legal_basis):
        raise RuleBroken(
            "LEGAL_BASIS_MISSING",
            _("补贴办法缺少法律、行政法规依据或国务院批准文件，不能发布。请补充依据。"),
            basis="公平竞争审查条例第十条",
        )
    if terms.review is None or not terms.review.document.strip():
        raise RuleBroken(
            "REVIEW_MISSING",
            _("补贴办法未经公平竞争审查，不能发布。请先审查并登记结论。"),
            basis="公平竞争审查条例第十八条",
        )
    if terms.review.conclusion == RESTRICTS:
        raise RuleBroken(
            "REVIEW_FAILED",
            _("公平竞争审查认为办法排除、限制竞争，不能发布。请修改后重新审查。"),
            basis="公平竞争审查条例第十八条",
        )
    if terms.ends_on is None or (terms.starts_on is not None and terms.ends_on < terms.starts_on):
        raise RuleBroken(
            "END_DATE_MISSING",
            _("补贴办法须写明实施期限，且不早于开始日期。请补充截止日期。"),
            basis="公平竞争审查条例第十二条",
        )
    refuse_part(terms)


def refuse_part(terms: Terms) -> None:
    """Refuse figures of the kind that may not be published."""
    if terms.interest is not None:
        refuse_interest_terms(terms.interest)
    if terms.risk_pool is not None:
        refuse_pool_terms(terms.risk_pool)
    if terms.awards is not None:
        refuse_award_terms(terms.awards)
    if terms.units is not None:
        refuse_unit_terms(terms.units)
    if terms.fee_relief is not None:
        refuse_relief_terms(terms.fee_relief)
    if terms.tax_relief is not None:
        refuse_relief_terms(terms.tax_relief)
        if terms.envelope_fen is not None:
            raise RuleBroken(
                "ENVELOPE_NOT_ALLOWED",
                _("税收减免只作备查登记，不动用预算资金。请删除资金总额。"),
                basis="税收征收管理法第三条",
            )


def _interest(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "interest": InterestTerms(
            _chosen(document, "day_count", CONVENTIONS),
            tuple(_regime(row) for row in document["regimes"]),
            document["capped_by_paid"],
            document.get("settles_on") or 20,
        )
    }


def _regime(row: Mapping[str, Any]) -> Regime:
    return Regime(
        from_on=date.fromisoformat(row["from_on"]),
        method=_chosen(row, "method", METHODS),
        document=row["document"],
        classes=tuple(BorrowerClass(**one) for one in row["classes"]),
        points_ppm=row.get("points_ppm"),
        share_ppm=row.get("share_ppm"),
        rate_over_lpr_ppm=row.get("rate_over_lpr_ppm"),
        months=row.get("months"),
    )


def _guarantee_fee(document: Mapping[str, Any]) -> dict[str, Any]:
    day_count = _chosen(document, "day_count", CONVENTIONS)
    terms = GuaranteeFeeTerms(day_count, document["rate_ppm"], document["capped_by_fee"])
    return {"guarantee_fee": terms}


def _risk_pool(document: Mapping[str, Any]) -> dict[str, Any]:
    shares = tuple((row["party"], row["share_bp"]) for row in document["shares"])
    limits = {name: document.get(name) for name in POOL_LIMITS}
    return {"risk_pool": PoolTerms(shares, document["waiting_days"], **limits)}


def _awards(document: Mapping[str, Any]) -> dict[str, Any]:
    """Read an award's part; its pool is the scheme's envelope."""
    return {
        "awards": AwardTerms(
            weights_bp={row["party"]: row["weight_bp"] for row in document["weights"]},
            tiers=tuple(
                Tier(row["code"], row["from_centipoints"], row["to_centipoints"], row["amount_fen"])
                for row in document["tiers"]
            ),
            instalments_bp=tuple(row["share_bp"] for row in document["instalments"]),
            answers_min=document.get("answers_min"),
            few_answers_tier=document.get("few_answers_tier"),
            investment_bp=document.get("investment_bp"),
            pool_fen=document.get("envelope_fen"),
            duty_from=_day(document.get("duty_from")),
            duty_months=document.get("duty_months") or 0,
            instalment_months=tuple(row.get("months") or 0 for row in document["instalments"]),
        )
    }


def _units(document: Mapping[str, Any]) -> dict[str, Any]:
    """Read the part of a subsidy per unit; what reduces claims is the scheme's envelope."""
    return {
        "units": UnitTerms(
            classes=tuple(_unit_class(row) for row in document["unit_classes"]),
            units_max=document.get("units_max"),
            period_cap_fen=document.get("period_cap_fen"),
            envelope_fen=document.get("envelope_fen"),
            period_months=document.get("period_months") or MONTHS,
        )
    }


def _unit_class(row: Mapping[str, Any]) -> UnitClass:
    prices = tuple(
        Price(one["from_units"], one["to_units"], one["unit_fen"]) for one in row["prices"]
    )
    return UnitClass(
        row["code"],
        row["name"],
        prices,
        row.get("factor_ppm", PPM),
        row.get("waiting_months") or 0,
    )


def _fee_relief(document: Mapping[str, Any]) -> dict[str, Any]:
    waived, compensated = document["waived_bp"], document.get("compensated_bp") or 0
    terms = FeeReliefTerms(document["fee"], document["fee_basis"], waived, compensated)
    return {"fee_relief": terms}


def _tax_relief(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"tax_relief": TaxReliefTerms(tuple(document["taxes"]))}


_PARTS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    interest.KIND: _interest,
    guarantee.FEE_KIND: _guarantee_fee,
    guarantee.POOL_KIND: _risk_pool,
    awards.KIND: _awards,
    units.KIND: _units,
    relief.FEE_KIND: _fee_relief,
    relief.TAX_KIND: _tax_relief,
}


def _review(row: Mapping[str, Any]) -> Review:
    conclusion = _chosen(row, "conclusion", CONCLUSIONS)
    return Review(date.fromisoformat(row["reviewed_on"]), conclusion, row["document"])


def _chosen(row: Mapping[str, Any], field: str, choices: Sequence[str]) -> str:
    value = row.get(field)
    if value not in choices:
        raise InvalidInput(
            _("“%(value)s”不在可选范围内，请从列出的选项中选择。", value=value),
            errors={field: [_("请从列出的选项中选择")]},
        )
    return str(value)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
