"""Awards by tiers (以奖代补): from three parties' scores to instalments and what comes back.

Scores are hundredths of a point (0 to 10,000). The composite is rounded once, half-up to two
decimals, and that figure decides the tier; so what is published is what was decided by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from flask_babel import gettext as _

from core.errors import RuleBroken
from plugins.subsidy.rules.calculation import Calculation, Line
from plugins.subsidy.rules.intervals import refuse_holes, row_of
from plugins.subsidy.rules.periods import months_not_kept
from plugins.subsidy.rules.whole import BP, fit, half_up

KIND = "award_tiers"
HIGHEST = 10_000
CENTI = 100


@dataclass(frozen=True)
class Tier:
    """From this composite on, below that one (hundredths of a point; None: no end): an award (fen).

    Half open: 89.99 lies below a tier that begins at 90.00.
    """

    code: str
    begins: int
    ends: int | None
    amount_fen: int


@dataclass(frozen=True)
class AwardTerms:
    """How results are awarded; None: no such rule.

    `weights_bp` of the parties that score make 10,000. With fewer than `answers_min` valid answers
    nobody gets beyond tier `few_answers_tier`. An award is at most `investment_bp` of the verified
    own investment, where one is declared. `instalments_bp` make 10,000; `instalment_months` says
    how many months after the results were final each is due (none said: at once). The duty runs
    `duty_months` from the first of the month `duty_from`.
    """

    weights_bp: Mapping[str, int]
    tiers: tuple[Tier, ...]
    instalments_bp: tuple[int, ...]
    answers_min: int | None = None
    few_answers_tier: str | None = None
    investment_bp: int | None = None
    pool_fen: int | None = None
    duty_from: date | None = None
    duty_months: int = 0
    instalment_months: tuple[int, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What is known of an applicant: scores by party, valid answers, own investment (fen), veto.

    `investment_fen` None: none declared. A veto is a reason, such as the credit blacklist.
    """

    id: int
    scores: Mapping[str, int]
    answers: int
    investment_fen: int | None = None
    veto: str | None = None


@dataclass(frozen=True)
class Assessed:
    """An applicant's result: composite (hundredths of a point), tier, award before the pool.

    Who is vetoed need not have been scored; the composite is None then.
    `few_answers`: the tier was lowered because too few answered. `blocked`: below every tier, so
    that no application is taken next year. A veto leaves the tier None and blocks nothing.
    """

    id: int
    composite: int | None
    tier: str | None
    award: Calculation
    few_answers: bool = False
    veto: str | None = None
    blocked: bool = False


@dataclass(frozen=True)
class Broken:
    """A broken duty: full months missing, what comes back of what was paid, what is forfeited."""

    months: int
    clawback_fen: int
    forfeited_fen: int


def composite(terms: AwardTerms, scores: Mapping[str, int]) -> int:
    """Return the weighted score in hundredths of a point, half-up.

    Raises SCORE_MISSING where a party with a weight has not scored, SCORE_OUT_OF_RANGE for a score
    that is not between 0 and 100.
    """
    missing = _missing(terms, scores)
    if missing:
        raise RuleBroken(
            "SCORE_MISSING",
            _("还缺 %(count)s 方评分，不能计算综合得分。请各方评分后再计算。", count=len(missing)),
            missing=missing,
        )
    wrong = [party for party, score in scores.items() if not 0 <= score <= HIGHEST]
    if wrong:
        raise RuleBroken(
            "SCORE_OUT_OF_RANGE",
            _("评分须在 0 至 100 分之间。请核对 %(count)s 方的评分。", count=len(wrong)),
            parties=wrong,
        )
    return half_up(
        sum(
            (
                Fraction(scores[who] * weight, BP)
                for who, weight in terms.weights_bp.items()
                if weight
            ),
            Fraction(0),
        )
    )


def assess(terms: AwardTerms, entry: Entry) -> Assessed:
    """Return an applicant's result: composite, tier, and the award (fen) before any pool.

    Raises SCORE_MISSING, SCORE_OUT_OF_RANGE, and VETO_REASON_MISSING for a veto without words.
    """
    if entry.veto is not None:
        if not entry.veto.strip():
            raise RuleBroken("VETO_REASON_MISSING", _("一票否决须写明理由。请补充后再提交。"))
        scored = composite(terms, entry.scores) if not _missing(terms, entry.scores) else None
        return Assessed(entry.id, scored, None, Calculation(KIND), veto=entry.veto)
    score = composite(terms, entry.scores)
    place = row_of(terms.tiers, score)
    if place is None:
        return Assessed(entry.id, score, None, Calculation(KIND), blocked=True)
    tier, few = _with_few_answers(terms, terms.tiers[place], entry.answers)
    award = Calculation(KIND, (Line("tier", tier.amount_fen, note=str(entry.id)),))
    if terms.investment_bp is not None and entry.investment_fen is not None:
        most = entry.investment_fen * terms.investment_bp // BP
        award = award.at_most("own_investment", most)
    return Assessed(entry.id, score, tier.code, award, few_answers=few)


def scale(terms: AwardTerms, assessed: Sequence[Assessed]) -> list[Assessed]:
    """Return the results with their awards scaled to the pool; all where the pool suffices.

    By largest remainder, ties to the earlier id; so the sum of the awards is the pool.
    """
    if terms.pool_fen is None:
        return list(assessed)
    wanted = {one.id: one.award.result_fen for one in assessed}
    parts = fit(wanted, terms.pool_fen)
    total = sum(wanted.values())
    return [
        replace(one, award=one.award.scaled(parts[one.id], terms.pool_fen, total))
        for one in assessed
    ]


def instalments(award_fen: int, shares_bp: Sequence[int]) -> list[int]:
    """Return an award's instalments (fen): each rounded down, the last takes the rest."""
    parts = [award_fen * share // BP for share in shares_bp[:-1]]
    return [*parts, award_fen - sum(parts)]


def broken_duty(terms: AwardTerms, *, closed_from: date, paid_fen: int, unpaid_fen: int) -> Broken:
    """Return what a duty broken from a day on costs: months missing / months of the duty.

    Of what was paid so much comes back, rounded half-up; what was not paid yet is forfeited. Where
    no full month is missing, the duty was kept. Raises DUTY_MISSING for a scheme without a duty.
    """
    if terms.duty_from is None or not terms.duty_months:
        raise RuleBroken("DUTY_MISSING", _("本办法没有规定履约期，不能按未履约月数追回。"))
    missing = months_not_kept(terms.duty_from, terms.duty_months, closed_from)
    back = half_up(Fraction(paid_fen * missing, terms.duty_months))
    return Broken(missing, back, unpaid_fen if missing else 0)


def refuse_award_terms(terms: AwardTerms) -> None:
    """Refuse figures that may not be published.

    WEIGHTS_NOT_WHOLE, INSTALMENTS_NOT_WHOLE, TIERS_EMPTY, TIERS_GAP, TIERS_OVERLAP, TIER_UNKNOWN.
    """
    weights, shares = list(terms.weights_bp.values()), terms.instalments_bp
    if sum(weights) != BP or any(weight < 0 for weight in weights):
        raise RuleBroken(
            "WEIGHTS_NOT_WHOLE",
            _("各方评分权重合计须为 10000 个基点，现为 %(sum)s。请调整。", sum=sum(weights)),
        )
    if sum(shares) != BP or any(share <= 0 for share in shares):
        raise RuleBroken(
            "INSTALMENTS_NOT_WHOLE",
            _("各期拨付比例合计须为 10000 个基点，现为 %(sum)s。请调整。", sum=sum(shares)),
        )
    refuse_holes(terms.tiers, _("奖励分档"))
    named = terms.few_answers_tier
    if terms.answers_min is not None and named not in {tier.code for tier in terms.tiers}:
        raise RuleBroken(
            "TIER_UNKNOWN",
            _("有效答卷不足时最高为“%(tier)s”档，但分档中没有这一档。请改正。", tier=named or "—"),
        )


def points_text(centipoints: int) -> str:
    """Write hundredths of a point as people read them: 9326 -> "93.26"."""
    return f"{centipoints // CENTI}.{centipoints % CENTI:02d}"


def _missing(terms: AwardTerms, scores: Mapping[str, int]) -> list[str]:
    return [who for who, weight in terms.weights_bp.items() if weight and who not in scores]


def _with_few_answers(terms: AwardTerms, tier: Tier, answers: int) -> tuple[Tier, bool]:
    """Return the tier after the rule about too few answers, and whether it was lowered."""
    if terms.answers_min is None or answers >= terms.answers_min:
        return tier, False
    most = next(one for one in terms.tiers if one.code == terms.few_answers_tier)
    return (most, True) if tier.begins > most.begins else (tier, False)
