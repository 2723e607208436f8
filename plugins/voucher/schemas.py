"""What may be asked of the voucher plugin: marshmallow schemas, one per act."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from core.fields import (
    ID_MAX,
    Text,
    date,
    fen,
    identities,
    identity,
    instant,
    one_of,
    reason,
    schema,
)
from plugins.voucher.terms_schema import TermsSchema

CODE_MAX = 80
LINES_MAX = 500


def _small(longest: int = 40) -> Text:
    return Text(required=True, longest=longest)


def _quantity(**options: Any) -> fields.Integer:
    options.setdefault("load_default", 1000)
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=10_000_000), **options)


def _others() -> fields.Dict:
    """Return what other payers paid, in fen, by their codes."""
    return fields.Dict(
        keys=Text(longest=20),
        values=fen(minimum=0),
        load_default=dict,
        validate=validate.Length(max=10),
    )


def _page_size() -> fields.Integer:
    return fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class CreateProgrammeSchema(Schema):
    """A new programme with the first version of its terms."""

    code = _small(20)
    name = _small(120)
    organisation_id = identity()
    purchase_id = identity(required=False, load_default=None)
    terms = fields.Nested(TermsSchema, required=True)


class RedeemLineSchema(Schema):
    """One use: the code, the service, its quantity in thousandths, its price where it is open."""

    code = Text(required=True, longest=CODE_MAX)
    service_code = _small(20)
    quantity = _quantity()
    price_fen = fen(required=False, load_default=None)
    others_fen = _others()
    service_on = date(required=False, load_default=None)
    identity_checked = fields.Boolean(load_default=False)


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
    class_code=Text(load_default=None, longest=20),
    resident_ids=identities(),
)
REVISE = schema(
    "ReviseProgramme",
    id=identity(),
    purchase_id=identity(required=False, load_default=None),
    terms=fields.Nested(TermsSchema, required=True),
    effective_on=date(required=False, load_default=None),
)
PREVIEW = schema(
    "PreviewProgramme",
    organisation_id=identity(),
    programme_id=identity(required=False, load_default=None),
    purchase_id=identity(required=False, load_default=None),
    terms=fields.Nested(TermsSchema, required=True),
)
PROGRAMME_ID = schema("OfProgramme", programme_id=identity())
SUSPEND = schema(
    "SuspendVoucher",
    id=identity(),
    reason=reason(),
    from_on=date(required=False, load_default=None),
    through_on=date(required=False, load_default=None),
)
END_CONDITION = schema(
    "EndCondition", id=identity(), reason=reason(), on=date(required=False, load_default=None)
)
START = schema(
    "StartService",
    code=Text(required=True, longest=CODE_MAX),
    service_code=_small(20),
    quantity=_quantity(),
    price_fen=fen(required=False, load_default=None),
    others_fen=_others(),
    identity_checked=fields.Boolean(load_default=False),
)
FINISH = schema(
    "FinishService",
    id=identity(),
    result=Text(load_default=None, longest=20),
    quantity=_quantity(load_default=None),
    others_fen=_others(),
)
ENROL = schema(
    "Enrol",
    code=Text(required=True, longest=CODE_MAX),
    service_code=_small(20),
    from_on=date(required=False, load_default=None),
    identity_checked=fields.Boolean(load_default=False),
)
ATTEND = schema(
    "Attend",
    id=identity(),
    service_on=date(required=False, load_default=None),
    quantity=_quantity(),
    price_fen=fen(required=False, load_default=None),
    others_fen=_others(),
)
END_ENROLMENT = schema(
    "EndEnrolment", id=identity(), reason=reason(), to_on=date(required=False, load_default=None)
)
NOTHING = schema("Nothing")
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
    quantity=_quantity(load_default=None),
    price_fen=fen(minimum=0, required=False, load_default=None),
)
LOCK = schema(
    "LockStatements",
    programme_id=identity(),
    cutoff_at=instant(load_default=None, allow_none=True),
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
