"""What may be asked of the voucher plugin: marshmallow schemas, one per act."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.clock import ZONE
from core.fields import ID_MAX, Text, date, fen, identities, identity, one_of, reason, schema

CODE_MAX = 80
LINES_MAX = 500


def _small(longest: int = 40) -> Text:
    return Text(required=True, longest=longest)


def _page_size() -> fields.Integer:
    return fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class ClassSchema(Schema):
    """A class of voucher."""

    code = _small(20)
    name = _small(80)
    face_fen = fen()
    provider_tag = Text(load_default=None, longest=40)
    services = fields.List(Text(longest=20), load_default=None)


class ServiceSchema(Schema):
    """A service the programme buys."""

    code = _small(20)
    name = _small(80)
    unit = _small(20)
    maximum_price_fen = fen(required=False, load_default=None)


class ShareSchema(Schema):
    """A budget line and its share of what the earlier lines left, in ppm."""

    line_id = identity()
    share_ppm = fields.Integer(
        strict=True, load_default=1_000_000, validate=validate.Range(min=0, max=1_000_000)
    )


class TermsSchema(Schema):
    """A programme's terms (design of the document that `rules.read_terms` reads)."""

    classes = fields.List(
        fields.Nested(ClassSchema), required=True, validate=validate.Length(min=1, max=50)
    )
    services = fields.List(
        fields.Nested(ServiceSchema), required=True, validate=validate.Length(min=1, max=200)
    )
    valid_from = date()
    valid_through = date()
    single_use = fields.Boolean(required=True)
    remainder = one_of("forfeit", "keep")
    void_window = one_of("same_day", "until_lock", required=False, load_default="same_day")
    confirm_days = fields.Integer(
        strict=True, load_default=5, validate=validate.Range(min=0, max=60)
    )
    close = one_of("on_last_day", "when_paid", required=False, load_default="on_last_day")
    funding = fields.List(
        fields.Nested(ShareSchema), load_default=list, validate=validate.Length(max=10)
    )

    @validates_schema
    def _agree(self, data: dict[str, Any], **_options: Any) -> None:
        if data["valid_through"] < data["valid_from"]:
            raise ValidationError(_("最后一天不能早于第一天。"), "valid_through")
        if data["single_use"] and data["remainder"] != "forfeit":
            raise ValidationError(_("一次性凭单的余额只能作废退回。"), "remainder")
        known = {service["code"] for service in data["services"]}
        for item in data["classes"]:
            missing = set(item["services"] or ()) - known
            if missing:
                raise ValidationError(
                    _("服务 %(codes)s 没有定义。", codes="、".join(sorted(missing))), "classes"
                )


class CreateProgrammeSchema(Schema):
    """A new programme with the first version of its terms."""

    code = _small(20)
    name = _small(120)
    organisation_id = identity()
    terms = fields.Nested(TermsSchema, required=True)


class RedeemLineSchema(Schema):
    """One use: the code, the service, its quantity in thousandths, its price where it is open."""

    code = Text(required=True, longest=CODE_MAX)
    service_code = _small(20)
    quantity = fields.Integer(
        strict=True, load_default=1000, validate=validate.Range(min=1, max=1_000_000)
    )
    price_fen = fen(required=False, load_default=None)


class RedeemManyLineSchema(RedeemLineSchema):
    """One line of a batch: a use under a request key of its own."""

    key = _small(120)


class RedeemManySchema(Schema):
    """Many uses in one call."""

    lines = fields.List(
        fields.Nested(RedeemManyLineSchema),
        required=True,
        validate=validate.Length(min=1, max=LINES_MAX),
    )


BY_ID = schema("ById", id=identity())
BY_ID_WITH_REASON = schema("ByIdWithReason", id=identity(), reason=reason())
CREATE_PROGRAMME = CreateProgrammeSchema()
ADMIT = schema(
    "Admit",
    programme_id=identity(),
    provider_id=identity(),
    from_on=date(required=False, load_default=None),
    to_on=date(required=False, load_default=None),
)
OFFER = schema(
    "Offer",
    programme_id=identity(),
    service_code=_small(20),
    price_fen=fen(required=False, load_default=None),
    is_offered=fields.Boolean(load_default=True),
)
ISSUE = schema(
    "Issue",
    programme_id=identity(),
    class_code=_small(20),
    resident_ids=identities(),
)
PRINT_CARDS = schema("PrintCards", voucher_ids=identities(most=1000))
CODE = schema("Code", id=identity())
LOOKUP = schema("Lookup", code=Text(required=True, longest=CODE_MAX))
REDEEM = RedeemLineSchema()
REDEEM_MANY = RedeemManySchema()
RESIDENT_LOGIN = schema(
    "ResidentLogin",
    id_number=Text(required=True, longest=30),
    code=Text(required=True, longest=CODE_MAX),
)
VOID = schema("Void", receipt=_small(40), reason=reason())
REVERSE = schema(
    "Reverse",
    receipt=_small(40),
    reason=reason(),
    entitlement=one_of("give_back", "cancel", required=False, load_default="give_back"),
)
LOCK = schema(
    "LockStatements",
    programme_id=identity(),
    cutoff_at=fields.AwareDateTime(default_timezone=ZONE, load_default=None, allow_none=True),
)
STATEMENTS = schema(
    "Statements",
    before=fields.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
    limit=_page_size(),
)
STATEMENT = schema("Statement", id=identity())
STATEMENT_LINES = schema(
    "StatementLines",
    id=identity(),
    after=fields.Integer(load_default=0, validate=validate.Range(min=0, max=ID_MAX)),
    limit=_page_size(),
)
OBJECT = schema("ObjectLine", statement_id=identity(), redemption_id=identity(), reason=reason())
RESOLVE = schema(
    "ResolveObjection", id=identity(), uphold=fields.Boolean(required=True), reason=reason()
)
LAPSE = schema("Lapse", on=date(required=False, load_default=None))
