"""The schema of a terms document: every parameter a programme may set, with its limits."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.fields import FEN_MAX, Text, date, fen, identity, one_of
from plugins.voucher.rules import terms as choices
from plugins.voucher.rules.terms import DEFAULTS, PPM

QUANTITY_MAX = 1_000_000_000_000
MANY = 50


def _small(longest: int = 40, **options: Any) -> Text:
    options.setdefault("required", True)
    return Text(longest=longest, **options)


def _code() -> Text:
    """Return a code: what joins codes elsewhere (blank, slash, star, colon) is no part of one."""
    plain = validate.Regexp(r"^[^\s/*:]+$", error=_l("编号不能含空格、斜线、星号和冒号。"))
    return Text(required=True, longest=20, validate=plain)


def _codes() -> fields.List:
    """Return a list of codes; none means all."""
    return fields.List(Text(longest=20), load_default=list, validate=validate.Length(max=200))


def _whole(low: int, high: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=low, max=high), **options)


def _ppm(usual: int) -> fields.Integer:
    return _whole(0, PPM, load_default=usual)


def _choice(name: str, *allowed: str) -> fields.String:
    return one_of(*allowed, required=False, load_default=DEFAULTS[name])


def _several(
    nested: type[Schema], *, least: int = 0, most: int = MANY, required: bool = False
) -> fields.List:
    usual: dict[str, Any] = {} if required else {"load_default": list}
    return fields.List(
        fields.Nested(nested),
        required=required,
        validate=validate.Length(min=least, max=most),
        **usual,
    )


def _rule(**options: Any) -> fields.Raw:
    """Return a predicate over facts, as `core.rules` reads it; none is everybody."""
    options.setdefault("load_default", None)
    return fields.Raw(allow_none=True, metadata={"type": "object", "nullable": True}, **options)


def _part(name: str, nested: type[Schema]) -> fields.Nested:
    return fields.Nested(nested, load_default=lambda: deepcopy(DEFAULTS[name]))


class ClassSchema(Schema):
    """A class of voucher: where it is accepted, and (`when`) whom it is for."""

    code = _code()
    name = _small(80)
    provider_tag = Text(load_default=None, longest=40)
    services = fields.List(Text(longest=20), load_default=None)
    when = _rule()


class ResultSchema(Schema):
    """An outcome of a service begun with a hold, and the part of the subsidy it earns."""

    code = _code()
    name = _small(80)
    share_ppm = _ppm(PPM)


class ServiceSchema(Schema):
    """A service the programme buys."""

    code = _code()
    name = _small(80)
    unit = _small(20)
    maximum_price_fen = fen(required=False, load_default=None)
    provider_tag = Text(load_default=None, longest=40)
    presence = one_of(*choices.PRESENCES, required=False, load_default="scan")
    measure = one_of(*choices.MEASURES, required=False, load_default="unit")
    block = _whole(1, 1440, load_default=1)
    longest = _whole(1, 100_000, load_default=None)
    hold_days = _whole(1, 3_660, load_default=1)
    hold_until = one_of(*choices.HOLD_UNTILS, required=False, load_default="days")
    results = _several(ResultSchema, most=10)


class AmountSchema(Schema):
    """How much an allotment grants, in the programme's unit: to which classes, to whom."""

    quantity = _whole(1, QUANTITY_MAX, required=True)
    classes = _codes()
    when = _rule()


class LapseSchema(Schema):
    """When a lot lapses."""

    kind = one_of(*choices.LAPSES)
    n = _whole(0, 3_660, load_default=0)
    first_day_counts = fields.Boolean(load_default=True)

    @validates_schema
    def _agree(self, data: dict[str, Any], **_options: Any) -> None:
        if data["kind"] in {"days", "months", "idle_days"} and data["n"] < 1:
            raise ValidationError(_("请填写天数或月数。"), "n")


class AllotmentSchema(Schema):
    """What a holder is granted, once or every period."""

    code = _code()
    name = _small(80)
    period = one_of(*choices.PERIODS, required=False, load_default="once")
    amounts = _several(AmountSchema, required=True, least=1)
    lapse = fields.Nested(LapseSchema, load_default=None)
    first_period = one_of(*choices.FIRST_PERIODS, required=False, load_default="full")
    opens_on = _whole(1, 28, load_default=1)


class ThresholdSchema(Schema):
    """Spend this much, take off that much."""

    spend_fen = fen(minimum=0)
    off_fen = fen()


class ShareSchema(Schema):
    """What the voucher pays of a base price."""

    rate_ppm = _ppm(PPM)
    standard_fen = fen(required=False, load_default=None)
    thresholds = _several(ThresholdSchema, most=20)
    classes = _codes()
    services = _codes()


class PayerSchema(Schema):
    """Somebody who pays before the voucher does."""

    code = _code()
    name = _small(80)


class ReductionSchema(Schema):
    """What is taken off the subsidy."""

    name = _small(80)
    of = one_of(*choices.REDUCTION_OF, required=False, load_default="amount")
    amount_fen = fen(minimum=0, required=False, load_default=0)
    ppm = _ppm(0)
    classes = _codes()
    services = _codes()


class CapSchema(Schema):
    """A limit by service date."""

    code = _code()
    name = _small(80)
    of = one_of(*choices.CAP_OF, required=False, load_default="fen")
    per = one_of(*choices.CAP_PERIODS)
    limit = _whole(1, FEN_MAX, required=True)
    whose = one_of(*choices.CAP_OWNERS, required=False, load_default="holder")
    at_limit = one_of(*choices.AT_CAP, required=False, load_default="cut")
    classes = _codes()
    services = _codes()


class RoundingSchema(Schema):
    """In which direction amounts become whole fen, and at which point."""

    price = one_of(*choices.ROUNDINGS, required=False, load_default="half_up")
    subsidy = one_of(*choices.ROUNDINGS, required=False, load_default="down")
    per = one_of(*choices.ROUNDING_POINTS, required=False, load_default="use")


class AgeSchema(Schema):
    """The age a holder must have on the day of a service."""

    at_least = _whole(0, 150, load_default=None, allow_none=True)
    below = _whole(1, 150, load_default=None, allow_none=True)


class EntrySchema(Schema):
    """How many days before or after the service a use may be entered."""

    ahead_days = _whole(0, 366, load_default=0)
    late_days = _whole(0, 366, load_default=0)


class OnChangeSchema(Schema):
    """From when a change of condition counts."""

    eligibility = one_of(*choices.EFFECTS, required=False, load_default="next_period")
    amounts = one_of(*choices.EFFECTS, required=False, load_default="next_period")
    death = one_of(*choices.ON_DEATH, required=False, load_default="revoke")
    hospital = one_of(*choices.ON_HOSPITAL, required=False, load_default="suspend")


class SuspensionSchema(Schema):
    """What a suspension does: whether lots last longer by it, whether allotments go on."""

    prolongs = fields.Boolean(load_default=False)
    grants = fields.Boolean(load_default=True)


class SettlementSchema(Schema):
    """When statements are locked by themselves, and from which sum a payee is paid."""

    cycle = one_of(*choices.CYCLES, required=False, load_default="on_demand")
    lock_day = _whole(1, 28, load_default=1)
    minimum_fen = fen(minimum=0, required=False, load_default=0)


class CaseSchema(Schema):
    """A test case that must come out as written: who is eligible, or what a use pays."""

    name = _small(120)
    on = date(required=False, load_default=None)
    facts = fields.Dict(keys=Text(longest=40), load_default=dict)
    eligible = fields.Boolean()
    service = Text(longest=20)
    class_code = Text(data_key="class", attribute="class", longest=20, load_default=None)
    price_fen = fen(required=False)
    quantity = _whole(1, 10_000)
    minutes = _whole(1, 100_000)
    others_fen = fields.Dict(keys=Text(longest=20), values=fen(minimum=0), load_default=dict)
    income_fen = fen(minimum=0, required=False, load_default=None)
    result = Text(longest=20, load_default=None)
    pays_fen = fen(minimum=0, required=False)

    @validates_schema
    def _agree(self, data: dict[str, Any], **_options: Any) -> None:
        uses = [name for name in ("service", "price_fen", "pays_fen") if name in data]
        if ("eligible" in data) == (len(uses) == 3):  # noqa: PLR2004 - all three of a use
            raise ValidationError(
                _("用例须写明“是否符合条件”，或写明服务、价格和应付金额，二者选一。"), "name"
            )


class SourceSchema(Schema):
    """The document behind a figure, or the word that it is an assumption."""

    figure = _small(120)
    document = _small(200)
    is_assumed = fields.Boolean(load_default=False)


class FundingSchema(Schema):
    """A budget line (by number or code) and its share of what the earlier lines left, in ppm."""

    line_id = identity(required=False)
    line = Text(longest=40)
    share_ppm = _ppm(PPM)

    @validates_schema
    def _agree(self, data: dict[str, Any], **_options: Any) -> None:
        if ("line_id" in data) == ("line" in data):
            raise ValidationError(_("请填写指标编号。"), "line")


class TermsSchema(Schema):
    """A programme's terms (read by `rules.read_terms`; what is left out has its default)."""

    unit = _choice("unit", *choices.UNITS)
    classes = _several(ClassSchema, required=True, least=1)
    services = _several(ServiceSchema, required=True, least=1, most=200)
    allotments = _several(AllotmentSchema, required=True, least=1, most=10)
    valid_from = date()
    valid_through = date()
    eligibility = _rule()
    cases = _several(CaseSchema)
    sources = _several(SourceSchema, most=200)
    year_starts = _whole(1, 12, load_default=1)
    renewal = _choice("renewal", *choices.RENEWALS)
    one_per = _choice("one_per", *choices.ONE_PER)
    excludes = _codes()
    single_use = fields.Boolean(load_default=False)
    remainder = _choice("remainder", *choices.REMAINDERS)
    beyond = _choice("beyond", *choices.BEYONDS)
    shares = _several(ShareSchema)
    other_payers = _several(PayerSchema, most=10)
    reductions = _several(ReductionSchema, most=10)
    reduction_pick = _choice("reduction_pick", *choices.PICKS)
    caps = _several(CapSchema, most=20)
    lot_order = _choice("lot_order", *choices.LOT_ORDERS)
    rounding = _part("rounding", RoundingSchema)
    commit = _choice("commit", *choices.COMMITS)
    payee = _choice("payee", *choices.PAYEES)
    area = Text(load_default=None, longest=12)
    identity_check = _choice("identity_check", *choices.IDENTITY_CHECKS)
    age_at_use = _part("age_at_use", AgeSchema)
    entry = _part("entry", EntrySchema)
    void_window = _choice("void_window", *choices.VOID_WINDOWS)
    give_back = _choice("give_back", *choices.GIVE_BACKS)
    reopen_caps = _choice("reopen_caps", *choices.REOPENS)
    on_change = _part("on_change", OnChangeSchema)
    suspension = _part("suspension", SuspensionSchema)
    recovery = _choice("recovery", *choices.RECOVERIES)
    settlement = _part("settlement", SettlementSchema)
    confirm_days = _whole(0, 60, load_default=DEFAULTS["confirm_days"])
    close = _choice("close", *choices.CLOSES)
    funding = _several(FundingSchema, most=10)

    @validates_schema(skip_on_field_errors=True)
    def _agree(self, data: dict[str, Any], **_options: Any) -> None:
        if data["valid_through"] < data["valid_from"]:
            raise ValidationError(_("最后一天不能早于第一天。"), "valid_through")
        if data["single_use"] and data["remainder"] != "forfeit":
            raise ValidationError(_("一次性凭单的余额只能作废退回。"), "remainder")
        if data["remainder"] == "forfeit" and data["beyond"] != "self_pay":
            raise ValidationError(_("余额作废的凭单，超出部分须由居民自付。"), "beyond")
        _refuse_doubles(data)
        _refuse_unknown(data)
        _refuse_unit(data)


def _refuse_doubles(data: dict[str, Any]) -> None:
    """Refuse a code that stands twice in one list."""
    for name in ("classes", "services", "allotments", "other_payers", "caps"):
        codes = [item["code"] for item in data[name]]
        double = sorted({code for code in codes if codes.count(code) > 1})
        if double:
            raise ValidationError(
                _("编号 %(codes)s 重复，请改成不同的编号。", codes="、".join(double)), name
            )


def _refuse_unknown(data: dict[str, Any]) -> None:
    """Refuse the name of a class or service that is not defined."""
    known = {name: {item["code"] for item in data[name]} for name in ("classes", "services")}
    users = [(name, item) for name in ("shares", "reductions", "caps") for item in data[name]]
    users += [("classes", {"services": item["services"]}) for item in data["classes"]]
    users += [("allotments", amount) for one in data["allotments"] for amount in one["amounts"]]
    for place, item in users:
        for kind, words in (
            ("services", _("服务 %(codes)s 没有定义。")),
            ("classes", _("类别 %(codes)s 没有定义。")),
        ):
            missing = sorted(set(item.get(kind) or ()) - known[kind])
            if missing:
                raise ValidationError(words % {"codes": "、".join(missing)}, place)


def _refuse_unit(data: dict[str, Any]) -> None:
    """Refuse what does not go with the unit of the voucher."""
    counted = data["unit"] != "fen"
    if counted and data["commit"] != "maximum_price":
        raise ValidationError(_("按分钟或次数计的凭单须按最高限价承诺资金。"), "commit")
    measure = "minute" if data["unit"] == "minute" else None
    for place, service in enumerate(data["services"]):
        if counted and service["maximum_price_fen"] is None:
            raise ValidationError(
                {place: {"maximum_price_fen": [_("须填写最高限价。")]}}, "services"
            )
        if measure and service["measure"] != measure:
            raise ValidationError({place: {"measure": [_("须按分钟计量。")]}}, "services")
        if service["presence"] == "timed" and service["measure"] != "minute":
            raise ValidationError(
                {place: {"measure": [_("签到签退的服务须按分钟计量。")]}}, "services"
            )
