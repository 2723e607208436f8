"""The schema of a contract's terms: every parameter it may set, with its limits.

What law says of these figures is judged where a contract is drafted; here is only their shape.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.fields import Text, date, fen, identity, one_of
from plugins.contract_outsourcing.rules import terms as t

PPM, BP, MANY = 1_000_000, 10_000, 50
QUANTITY_MAX = 1_000_000_000
_CODE = re.compile(r"[^\s/*:]+")
BOND_FORMS = ("guarantee", "insurance", "cheque", "draft", "promissory_note")
PAYMENT_FROM = ("acceptance", "delivery", "confirmation")


def _code() -> Text:
    return Text(required=True, longest=20, validate=_plain)


def _plain(text: str) -> None:
    if not _CODE.fullmatch(text):
        raise ValidationError(_("编号不能含空格、斜线、星号和冒号。"))


def _words(longest: int = 80) -> Text:
    return Text(required=True, longest=longest)


def _whole(low: int, high: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=low, max=high), **options)


def _maybe(low: int, high: int) -> fields.Integer:
    return _whole(low, high, load_default=None, allow_none=True)


def _several(
    nested: type[Schema], *, least: int = 0, most: int = MANY
) -> fields.List[dict[str, Any]]:
    return fields.List(
        fields.Nested(nested), load_default=list, validate=validate.Length(min=least, max=most)
    )


def _one(nested: type[Schema]) -> fields.Nested:
    return fields.Nested(nested, load_default=None, allow_none=True)


class ContractPartSchema(Schema):
    """A planned milestone."""

    code = _code()
    name = _words()
    kind = one_of(*t.KINDS, required=False, load_default=t.SHARE)
    fiscal_year = _whole(1900, 2199, required=True)
    share_bp = _maybe(1, BP)
    amount_fen = fen(required=False, load_default=None, allow_none=True)
    due_on = date(required=False, load_default=None, allow_none=True)

    @validates_schema
    def _either(self, data: dict[str, Any], **_options: Any) -> None:
        if (data["share_bp"] is None) == (data["amount_fen"] is None):
            raise ValidationError(_("比例和金额填写其中一项"), "share_bp")


class ContractFundingSchema(Schema):
    """A line of the year of signing, with its share of what the earlier ones left."""

    line_id = identity()
    share_ppm = _whole(1, PPM, load_default=PPM)


class ContractStandardLineSchema(Schema):
    """A line of the standard of acceptance."""

    code = _code()
    name = _words(300)
    required = fields.Boolean(load_default=True, truthy={True}, falsy={False})


class ContractLateSchema(Schema):
    """Damages for lateness."""

    ppm_per_day = _whole(1, PPM, required=True)
    cap_bp = _maybe(1, BP)


class ContractQualitySchema(Schema):
    """A deduction of so much a unit."""

    code = _code()
    name = _words()
    unit = _words(20)
    unit_fen = fen()


class ContractTierSchema(Schema):
    """A step of the tail."""

    from_centipoints = _whole(0, 10_000, required=True)
    factor_bp = _whole(0, BP, required=True)


class ContractWeightsSchema(Schema):
    """How much each side's score weighs."""

    purchaser = _whole(0, BP, load_default=0)
    recipients = _whole(0, BP, load_default=0)
    third_party = _whole(0, BP, load_default=0)

    @validates_schema
    def _whole_score(self, data: dict[str, Any], **_options: Any) -> None:
        if sum(data.values()) != BP:
            raise ValidationError(_("三方权重合计须为 10000（万分之一）"), "purchaser")


class ContractTailSchema(Schema):
    """What of the tail is paid at which score."""

    tiers = _several(ContractTierSchema, least=1)
    weights = fields.Nested(ContractWeightsSchema, required=True)

    @validates_schema
    def _distinct(self, data: dict[str, Any], **_options: Any) -> None:
        starts = [tier["from_centipoints"] for tier in data["tiers"]]
        if len(set(starts)) < len(starts):
            raise ValidationError(_("两档的起始分数相同"), "tiers")


class ContractBondSchema(Schema):
    """A performance bond, not in cash."""

    form = one_of(*BOND_FORMS)
    issuer = _words(120)
    document = _words(120)
    amount_fen = fen()
    expires_on = date()


class ContractIndexSchema(Schema):
    """An index that prices follow, in hundredths."""

    name = _words()
    base = _whole(1, QUANTITY_MAX, required=True)
    clamp_bp = _whole(0, BP, required=True)


class ContractBandSchema(Schema):
    """A price up to a unit of the quarter, or for all further units."""

    up_to = _maybe(1, QUANTITY_MAX)
    unit_fen = fen()


class ContractUnitPriceSchema(Schema):
    """A service's price by bands."""

    code = _code()
    name = _words()
    unit = _words(20)
    bands = _several(ContractBandSchema, least=1)

    @validates_schema
    def _rising(self, data: dict[str, Any], **_options: Any) -> None:
        bounds = [band["up_to"] for band in data["bands"]]
        inner = [bound for bound in bounds[:-1] if bound is not None]
        if bounds[-1] is not None or len(inner) < len(bounds) - 1 or inner != sorted(set(inner)):
            raise ValidationError(_("各档的上限须逐档增大，最后一档不设上限"), "bands")


class ContractRenewalSchema(Schema):
    """How often a contract may be renewed, and from which score on."""

    most_times = _whole(1, 2, required=True)
    min_centipoints = _whole(0, 10_000, required=True)


class ContractTermsSchema(Schema):
    """All terms of a contract."""

    milestones = _several(ContractPartSchema)
    funding = _several(ContractFundingSchema, most=20)
    standard = _several(ContractStandardLineSchema)
    acceptance_days = _maybe(1, 365)
    recipients_min = _whole(0, 1_000_000, load_default=1)
    late = _one(ContractLateSchema)
    quality = _several(ContractQualitySchema)
    deduction_cap_bp = _maybe(1, BP)
    tail = _one(ContractTailSchema)
    bond = _one(ContractBondSchema)
    payment_days = _whole(1, 365, load_default=30)
    payment_from = one_of(*PAYMENT_FROM, required=False, load_default=PAYMENT_FROM[0])
    late_interest_ppm = _maybe(1, PPM)
    index = _one(ContractIndexSchema)
    unit_prices = _several(ContractUnitPriceSchema)
    ceiling_fen = fen(required=False, load_default=None, allow_none=True)
    overclaim_tolerance_ppm = _whole(0, PPM, load_default=0)
    renewal = _one(ContractRenewalSchema)
    income_share_bp = _maybe(1, BP)

    @validates_schema
    def _named_once(self, data: dict[str, Any], **_options: Any) -> None:
        for name in ("milestones", "standard", "quality", "unit_prices"):
            codes = [row["code"] for row in data[name]]
            if len(set(codes)) < len(codes):
                raise ValidationError(_("编号重复"), name)
        lines = [row["line_id"] for row in data["funding"]]
        if len(set(lines)) < len(lines):
            raise ValidationError(_("同一指标列了两次"), "funding")
        tails = [row for row in data["milestones"] if row["kind"] == t.TAIL]
        if tails and data["tail"] is None:
            raise ValidationError(_("有绩效尾款，须写明各档分数和权重"), "tail")
