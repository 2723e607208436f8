"""The schema of a scheme's terms: every parameter a scheme may set, with its limits.

What every scheme has stands beside what its kind has; a parameter of another kind is refused.
Whatever publication asks for may be missing in a draft (see `rules.refuse_terms`).
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.fields import Text, date, fen, identity, one_of
from plugins.subsidy.rules import BP, CONCLUSIONS, CONVENTIONS, KINDS, PPM, TAXES
from plugins.subsidy.rules.interest import METHODS

MANY = 50
UNITS_MAX = 1_000_000_000
HOURS_OF_A_MONTH = 31 * 24
PERIODS = (1, 3, 6, 12)
APPLICANTS = ("organisation", "resident")
PARTIES = ("purchaser", "recipients", "third_party")


def _small(longest: int = 80, **options: Any) -> Text:
    options.setdefault("required", True)
    return Text(longest=longest, public=True, **options)


def _whole(low: int, high: int, **options: Any) -> fields.Integer:
    options.setdefault("allow_none", True)
    options.setdefault("load_default", None)
    return fields.Integer(strict=True, validate=validate.Range(min=low, max=high), **options)


def _needed(low: int, high: int) -> fields.Integer:
    return fields.Integer(strict=True, required=True, validate=validate.Range(min=low, max=high))


def _amount(**options: Any) -> fields.Integer:
    return fen(minimum=0, required=False, load_default=None, allow_none=True, **options)


def _day() -> fields.Date:
    return date(required=False, load_default=None, allow_none=True)


def _rows(nested: type[Schema], *, most: int = MANY) -> fields.List[Any]:
    return fields.List(fields.Nested(nested), load_default=list, validate=validate.Length(max=most))


class BasisSchema(Schema):
    """A law or document a scheme rests on."""

    title = _small(120)
    document_no = Text(longest=60, shortest=0, load_default="")
    article = Text(longest=60, shortest=0, load_default="")


class ReviewSchema(Schema):
    """The fair-competition review (公平竞争审查)."""

    reviewed_on = date()
    conclusion = one_of(*CONCLUSIONS)
    document = _small(120)


class AidSchema(Schema):
    """A ceiling of all aid to one group in some years."""

    years = _needed(1, 10)
    ceiling_fen = fen()


class ConditionsSchema(Schema):
    """What a beneficiary has to declare."""

    separate_accounts = fields.Boolean(load_default=False)
    price_promise = fields.Boolean(load_default=False)
    free_hours = _whole(1, HOURS_OF_A_MONTH)


class SchemeFundingSchema(Schema):
    """A budget line and its share."""

    line_id = identity()
    share_ppm = _needed(1, PPM)


class EvidenceSchema(Schema):
    """A paper that an application has to bring."""

    code = _small(20)
    name = _small(80)


class BandSchema(Schema):
    """Up to an amount (None: any) so many different people approve."""

    up_to_fen = _amount()
    persons = _needed(1, 5)


class BorrowerClassSchema(Schema):
    """A class of borrower and its limits."""

    code = _small(20)
    name = _small(80)
    principal_cap_fen = _amount()
    loans_max = _whole(1, 100)
    term_months_max = _whole(1, 600)
    partner_uplift_bp = _whole(0, BP, load_default=0, allow_none=False)
    partners_cap_fen = _amount()
    year_cap_fen = _amount()


class RegimeSchema(Schema):
    """The figures for loans made from a day on."""

    from_on = date()
    method = one_of(*METHODS)
    document = _small(120)
    classes = fields.List(
        fields.Nested(BorrowerClassSchema),
        required=True,
        validate=validate.Length(min=1, max=MANY),
    )
    points_ppm = _whole(0, PPM)
    share_ppm = _whole(0, PPM)
    rate_over_lpr_ppm = _whole(0, PPM)
    months = _whole(1, 600)


class BearerSchema(Schema):
    """Who bears which share of a loss."""

    party = _small(20)
    share_bp = _needed(0, BP)


class TierSchema(Schema):
    """An award from one composite on, below another (hundredths of a point)."""

    code = _small(20)
    from_centipoints = _needed(0, 10_000)
    to_centipoints = _whole(0, 10_000)
    amount_fen = fen(minimum=0)


class InstalmentSchema(Schema):
    """A part of an award, checked and paid so many months after the results were final."""

    share_bp = _needed(1, BP)
    months = _whole(0, 120, load_default=0, allow_none=False)


class WeightSchema(Schema):
    """How much a party's score counts."""

    party = one_of(*PARTIES)
    weight_bp = _needed(1, BP)


class PriceSchema(Schema):
    """From so many units on, below that many, each costs so much."""

    from_units = _needed(0, UNITS_MAX)
    to_units = _whole(0, UNITS_MAX)
    unit_fen = fen(minimum=0)


class UnitClassSchema(Schema):
    """A class of units: what one of them gets by how many there are."""

    code = _small(20)
    name = _small(80)
    prices = fields.List(
        fields.Nested(PriceSchema), required=True, validate=validate.Length(min=1, max=MANY)
    )
    factor_ppm = _whole(1, 10 * PPM, load_default=PPM, allow_none=False)
    waiting_months = _whole(0, 600, load_default=0, allow_none=False)


# The parameters of each kind beyond what every scheme has; those in the second place it needs.
OF_KIND: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "interest_subsidy": (("settles_on",), ("day_count", "capped_by_paid", "regimes")),
    "guarantee_fee_subsidy": ((), ("day_count", "rate_ppm", "capped_by_fee")),
    "risk_pool_share": (
        (
            "single_bp",
            "group_bp",
            "multiple",
            "single_fen",
            "total_fen",
            "year_cap_fen",
            "stop_bp",
        ),
        ("shares", "waiting_days"),
    ),
    "award_tiers": (
        ("answers_min", "few_answers_tier", "investment_bp", "duty_from", "duty_months"),
        ("weights", "tiers", "instalments"),
    ),
    "per_unit": (("units_max", "period_cap_fen", "period_months"), ("unit_classes",)),
    "fee_relief": (("compensated_bp",), ("fee", "fee_basis", "waived_bp")),
    "tax_relief_memo": ((), ("taxes",)),
}


class SchemeTermsSchema(Schema):
    """A scheme's terms."""

    kind = one_of(*KINDS)
    legal_basis = _rows(BasisSchema, most=10)
    review = fields.Nested(ReviewSchema, load_default=None, allow_none=True)
    starts_on = _day()
    ends_on = _day()
    opens_on = _day()
    closes_on = _day()
    envelope_fen = _amount()
    funding = _rows(SchemeFundingSchema, most=10)
    applicant = one_of(*APPLICANTS, required=False, load_default="organisation")
    eligibility = fields.Raw(
        load_default=None, allow_none=True, metadata={"type": "object", "nullable": True}
    )
    evidence = _rows(EvidenceSchema, most=20)
    publicity_days = _whole(0, 60, load_default=7, allow_none=False)
    approval = _rows(BandSchema, most=10)
    aid = fields.Nested(AidSchema, load_default=None, allow_none=True)
    conditions = fields.Nested(ConditionsSchema, load_default=None, allow_none=True)
    combines = fields.Boolean(load_default=False)
    # Interest and guarantees.
    day_count = one_of(*CONVENTIONS, required=False, load_default=None, allow_none=True)
    capped_by_paid = fields.Boolean(load_default=None, allow_none=True)
    regimes = _rows(RegimeSchema)
    settles_on = _whole(1, 28)
    rate_ppm = _whole(0, PPM)
    capped_by_fee = fields.Boolean(load_default=None, allow_none=True)
    shares = _rows(BearerSchema, most=10)
    waiting_days = _whole(0, 3_660)
    single_bp = _whole(1, BP)
    group_bp = _whole(1, BP)
    multiple = _whole(1, 100)
    single_fen = _amount()
    total_fen = _amount()
    year_cap_fen = _amount()
    stop_bp = _whole(1, BP)
    # Awards for results.
    weights = _rows(WeightSchema, most=3)
    tiers = _rows(TierSchema)
    instalments = _rows(InstalmentSchema, most=10)
    answers_min = _whole(1, 1_000_000)
    few_answers_tier = Text(longest=20, load_default=None, allow_none=True)
    investment_bp = _whole(1, BP)
    duty_from = _day()
    duty_months = _whole(0, 600)
    # Per unit.
    unit_classes = _rows(UnitClassSchema)
    units_max = _whole(1, UNITS_MAX)
    period_cap_fen = _amount()
    period_months = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.OneOf(PERIODS)
    )
    # Relief.
    fee = Text(longest=80, load_default=None, allow_none=True)
    fee_basis = Text(longest=120, load_default=None, allow_none=True)
    waived_bp = _whole(1, BP)
    compensated_bp = _whole(0, BP)
    taxes = fields.List(one_of(*TAXES), load_default=list, validate=validate.Length(max=len(TAXES)))

    @validates_schema
    def _kind_has(self, data: dict[str, Any], **_options: Any) -> None:
        """Ask for what the kind needs, refuse what only other kinds have."""
        may, must = OF_KIND[data["kind"]]
        missing = [name for name in must if data[name] in (None, [])]
        others = {name for parts in OF_KIND.values() for part in parts for name in part}
        foreign = [name for name in others - {*may, *must} if data[name] not in (None, [], False)]
        wrong: dict[str, Any] = {name: [_("这种补贴方式须填写这一项。")] for name in missing}
        wrong |= {name: [_("这一项不属于这种补贴方式，请删除。")] for name in sorted(foreign)}
        # Hours are counted where fees are waived, and nowhere else.
        if data["kind"] != "fee_relief" and (data["conditions"] or {}).get("free_hours"):
            wrong["conditions"] = {"free_hours": [_("这一项不属于这种补贴方式，请删除。")]}
        if wrong:
            raise ValidationError(wrong)
