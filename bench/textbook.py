"""The same redemption as one writes it by the book: flask-smorest and Flask-SQLAlchemy's ORM.

It reads and writes the same tables through the same models, makes the same checks (the terms are
judged by the till's own rules) and leaves the same rows, so the books balance after it too. What
differs is the way: a query per object, objects changed in a session, one flush, one commit.
"""

from __future__ import annotations

import json
import os
import secrets
import uuid
from typing import Any

import marshmallow as ma
from flask import Flask, request
from flask_babel import Babel
from flask_smorest import Api, Blueprint, abort

from core import clock, codes, plugins, privacy
from core.access import Device, RoleGrant, Session, User, hash_token
from core.audit import AuditEntry
from core.budget import Pool
from core.db import db
from core.errors import Refusal
from core.ledger import AccountingPeriod, Journal, Owner, Transfer, account_id, month_of
from core.parties import Organisation, Resident
from plugins.voucher import rules
from plugins.voucher.models import (
    Admission,
    Credential,
    Lot,
    LotMove,
    Offer,
    Programme,
    Redemption,
    Terms,
    Voucher,
)

TILL = ("provider_clerk", "provider_manager")
blueprint = Blueprint("redemptions", __name__, url_prefix="/api/v1/voucher")


class RedeemSchema(ma.Schema):
    """A redemption as it is asked for."""

    code = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=80))
    service_code = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=20))
    quantity = ma.fields.Integer(
        strict=True, load_default=1000, validate=ma.validate.Range(min=1, max=1_000_000)
    )
    price_fen = ma.fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=ma.validate.Range(min=1)
    )


class ReceiptSchema(ma.Schema):
    """A redemption as it is answered."""

    id = ma.fields.Integer()
    receipt = ma.fields.String()
    voucher = ma.fields.String()
    programme = ma.fields.String()
    service = ma.fields.String()
    quantity = ma.fields.Integer()
    price_fen = ma.fields.Integer()
    amount_fen = ma.fields.Integer()
    forfeited_fen = ma.fields.Integer()
    self_pay_fen = ma.fields.Integer()
    remaining = ma.fields.Integer()
    redeemed_at = ma.fields.String()


@blueprint.post("/redemptions")
@blueprint.arguments(RedeemSchema)
@blueprint.response(200, ReceiptSchema)
def redeem(asked: dict[str, Any]) -> dict[str, Any]:
    """Redeem one voucher."""
    key = request.headers.get("Idempotency-Key") or abort(400)
    text = json.dumps(asked, sort_keys=True)
    fingerprint = privacy.keyring().mac("fingerprint", f"voucher.redeem\n{text}")
    user, device = _who()
    earlier = _one(AuditEntry, scope=f"user:{user.id}", request_key=key)
    if earlier is not None:
        if earlier.fingerprint != fingerprint:
            abort(409)
        return dict(json.loads(earlier.answer))
    clerk = _grant(user)
    period = db.session.get(AccountingPeriod, month_of(clock.today()))
    if period is not None and period.state != "open":
        abort(422)
    situation, found = _situation(asked["code"], asked["service_code"], clerk.organisation_id)
    use = rules.Use(asked["service_code"], asked["quantity"], asked["price_fen"])
    try:
        decision = rules.decide(situation, use, clock.today())
    except Refusal as refusal:
        abort(refusal.status, message=refusal.message)
    answer = _write(found, decision, use, user=user, clerk=clerk, device=device)
    entry = found["entry"]
    entry.scope, entry.request_key, entry.fingerprint = f"user:{user.id}", key, fingerprint
    entry.answer = json.dumps(answer, ensure_ascii=False)
    db.session.commit()
    return answer


def _one(model: Any, **columns: Any) -> Any:
    return db.session.scalar(db.select(model).filter_by(**columns))


def _who() -> tuple[Any, Any]:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    session = _one(Session, token_hash=hash_token(token))
    if session is None or session.ended_at is not None or session.expires_at <= clock.now():
        abort(401)
    user = db.session.get(User, session.user_id)
    if user is None or user.disabled_at is not None:
        abort(401)
    device = db.session.get(Device, session.device_id) if session.device_id else None
    return user, device if device is not None and device.revoked_at is None else None


def _grant(user: Any) -> Any:
    day = clock.today()
    for grant in db.session.scalars(db.select(RoleGrant).filter_by(user_id=user.id)):
        in_force = grant.from_on <= day and (grant.to_on is None or grant.to_on >= day)
        if grant.role in TILL and in_force:
            return grant
    return abort(403)


def _situation(
    code: str, service_code: str, provider_id: int
) -> tuple[rules.Situation, dict[str, Any]]:
    keyring, parsed = privacy.keyring(), codes.parse(code)
    if isinstance(parsed, codes.Rotating):
        abort(422)
    hashed = codes.lookup_hash(keyring, parsed.lookup)
    column = "typed_hash" if isinstance(parsed, codes.Typed) else "lookup_hash"
    credential = _one(Credential, **{column: hashed}) or abort(404)
    voucher = db.session.get_one(Voucher, credential.voucher_id)
    programme = db.session.get_one(Programme, voucher.programme_id)
    terms = db.session.get_one(Terms, voucher.terms_id)
    resident = db.session.get_one(Resident, voucher.resident_id)
    provider = db.session.get_one(Organisation, provider_id)
    admission = _one(Admission, programme_id=programme.id, provider_id=provider.id)
    offer = _one(Offer, admission_id=admission.id, service_code=service_code) if admission else None
    lots = list(
        db.session.scalars(
            db.select(Lot).filter_by(voucher_id=voucher.id).order_by(Lot.id).with_for_update()
        )
    )
    situation = rules.Situation(
        terms=rules.read_terms(terms.document),
        class_code=voucher.class_code,
        voucher_state=voucher.state,
        credential_kind=credential.kind,
        credential_state=credential.state,
        step_is_fresh=True,
        lots=tuple(
            rules.LotState(
                lot.id,
                lot.pool_id,
                lot.available,
                lot.free_fen,
                lot.redeemed,
                lot.valid_from,
                lot.valid_through,
                lot.entry_through,
            )
            for lot in lots
        ),
        programme_state=programme.state,
        resident_died_on=resident.died_on,
        provider_tags=provider.tags,
        provider_suspended=provider.suspended_on is not None,
        admission_state=admission.state if admission else None,
        admission_from=admission.from_on if admission else None,
        admission_to=admission.to_on if admission else None,
        offered=bool(offer and offer.is_offered),
        offer_price_fen=offer.price_fen if offer else None,
    )
    found = {"credential": credential, "voucher": voucher, "programme": programme}
    return situation, found | {"terms": situation.terms, "lots": {lot.id: lot for lot in lots}}


def _write(
    found: dict[str, Any],
    decision: rules.Decision,
    use: rules.Use,
    *,
    user: Any,
    clerk: Any,
    device: Any,
) -> dict[str, Any]:
    act, now, day = uuid.uuid4().hex, clock.now(), clock.today()
    voucher, programme = found["voucher"], found["programme"]
    device_id = device.id if device else None
    receipt = f"{day:%Y%m%d}-{secrets.token_hex(5).upper()}"
    journal = Journal(
        entry_kind="voucher.redeemed",
        source=f"voucher.redeem:{receipt}",
        act=act,
        actor_id=user.id,
        business_date=day,
        posted_at=now,
    )
    db.session.add(journal)
    db.session.flush()
    redemption = Redemption(
        receipt=receipt,
        voucher_id=voucher.id,
        credential_id=found["credential"].id,
        programme_id=programme.id,
        organisation_id=programme.organisation_id,
        division_code=programme.division_code,
        provider_id=clerk.organisation_id,
        office_id=device.office_id if device else None,
        device_id=device_id,
        clerk_id=user.id,
        service_code=use.service_code,
        quantity=use.quantity,
        price_fen=decision.price_fen,
        amount_fen=decision.amount_fen,
        forfeited_fen=decision.forfeited_fen,
        redeemed_at=now,
        service_on=day,
        payee_id=clerk.organisation_id,
        unit_price_fen=decision.unit_price_fen,
        others_fen=decision.others_fen,
        state="captured",
        journal_id=journal.id,
        act=act,
    )
    db.session.add(redemption)
    db.session.flush()
    for draw in decision.draws:
        _draw(found["lots"][draw.lot_id], draw, journal, redemption, clerk.organisation_id)
    found["entry"] = AuditEntry(
        act=act,
        at=now,
        action="voucher.redeem",
        outcome="accepted",
        actor_id=user.id,
        actor_name=user.name,
        organisation_id=clerk.organisation_id,
        device_id=device_id,
        object_type="voucher",
        object_id=str(voucher.id),
        status=200,
    )
    db.session.add(found["entry"])
    return {
        "id": redemption.id,
        "receipt": receipt,
        "voucher": voucher.number,
        "programme": programme.name,
        "service": found["terms"].services[use.service_code].name,
        "quantity": use.quantity,
        "price_fen": decision.price_fen,
        "amount_fen": decision.amount_fen,
        "forfeited_fen": decision.forfeited_fen,
        "self_pay_fen": decision.self_pay_fen,
        "remaining": decision.remaining,
        "redeemed_at": now.isoformat(),
    }


def _draw(lot: Any, draw: rules.Draw, journal: Any, redemption: Any, payee_id: int) -> None:
    """Take from a lot and post it; the measured vouchers keep their remainder."""
    lot.redeemed += draw.quantity
    lot.charged_fen += draw.amount_fen
    pool = db.session.get_one(Pool, draw.pool_id)
    uncharged, charged = (Owner(f"pool.{kind}", pool_id=pool.id) for kind in _SIDES)
    expense = Owner("fin.expense", pool_id=pool.id)
    payable = Owner("fin.payable", pool_id=pool.id, party_id=payee_id)
    for debit, credit in ((uncharged, charged), (expense, payable)):
        db.session.add(
            Transfer(
                journal_id=journal.id,
                debit_id=account_id(debit),
                credit_id=account_id(credit),
                amount_fen=draw.amount_fen,
            )
        )
    db.session.add(
        LotMove(
            lot_id=lot.id,
            journal_id=journal.id,
            redemption_id=redemption.id,
            from_state="available",
            to_state="redeemed",
            quantity=draw.quantity,
            amount_fen=draw.amount_fen,
            act=redemption.act,
        )
    )


_SIDES = ("uncharged", "charged")


def create_app() -> Flask:
    """Build the textbook app on the database named by DATABASE_URL."""
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
        API_TITLE="Textbook",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
    )
    privacy.use(app, privacy.Keyring(os.environ["HUIGOU_SECRET_KEYS"].split(",")))
    Babel(app)
    db.init_app(app)
    plugins.load(app, ())
    Api(app).register_blueprint(blueprint)
    return app
