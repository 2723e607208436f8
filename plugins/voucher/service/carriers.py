"""A voucher's carriers (凭证码): phone codes and printed cards, lost ones blocked and replaced.

Codes are in the answers that make them and nowhere else: the database keeps keyed hashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert

from core import audit, clock, codes, privacy
from core.access import Actor, fetch, scoped
from core.db import db
from core.errors import NotFound, RuleBroken, SignInRequired
from core.identifiers import check_citizen_id
from core.parties import Resident
from core.signin import RESIDENT_SESSION_DAYS, refuse_locked, resident_user, start_session
from plugins.voucher.models import Credential, Voucher
from plugins.voucher.service.lives import ACTIVE, REVOKED, block

CODE_SECONDS = 60


def print_cards(actor: Actor, *, voucher_ids: list[int]) -> dict[str, Any]:
    """Make a printed card for each voucher; an earlier card of the same voucher is replaced.

    The codes are in this answer and nowhere else: the database keeps keyed hashes.
    """
    vouchers = list(
        db.session.scalars(
            scoped(Voucher, actor, "voucher.issue")
            .where(Voucher.id.in_(voucher_ids), Voucher.state != REVOKED)
            .order_by(Voucher.id)
        )
    )
    if len(vouchers) != len(set(voucher_ids)):
        raise NotFound("NOT_FOUND", _("有凭单不存在、已撤销或不在您的管辖范围内。"))
    cards = [_card(voucher) for voucher in vouchers]
    audit.about("voucher", vouchers[0].id, _("制卡 %(n)s 张", n=len(cards)))
    return {"cards": cards}


def replace_card(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Block every carrier of a voucher at once and make a new card; the money does not move."""
    voucher = fetch(Voucher, id, actor, "voucher.replace")
    if voucher.state == REVOKED:
        raise RuleBroken("VOUCHER_REVOKED", _("凭单已撤销，不能换卡。"))
    block(voucher, kinds=("phone", "card"))
    db.session.execute(insert(Credential), [_phone(voucher.id)])
    card = _card(voucher)
    audit.about("voucher", voucher.id, reason)
    return {"id": voucher.id, "cards": [card]}


def block_card(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Block a voucher's printed card; the holder's phone code goes on."""
    voucher = fetch(Voucher, id, actor, "voucher.block")
    block(voucher, kinds=("card",))
    audit.about("voucher", voucher.id, reason)
    return {"id": voucher.id}


def code(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Return the rotating phone code of the holder's own voucher, good for about a minute."""
    voucher = fetch(Voucher, id, actor, "voucher.code")
    credential = db.session.scalar(
        db.select(Credential).filter_by(voucher_id=voucher.id, kind="phone", state=ACTIVE)
    )
    if credential is None or voucher.state != ACTIVE:
        raise RuleBroken("VOUCHER_REVOKED", _("这张凭单现在不能出示，请联系发放部门。"))
    now = clock.now()
    return {
        "id": voucher.id,
        "code": codes.rotating_code(phone_key(credential.public_id), credential.public_id, now),
        "seconds": CODE_SECONDS - int(now.timestamp()) % CODE_SECONDS,
    }


def phone_key(public_id: str) -> bytes:
    """Return the key of a phone's rotating code; derived, so that no table holds it."""
    return privacy.keyring().derive("voucher-phone-code", public_id)


def login_resident(actor: Actor, *, id_number: str, code: str) -> dict[str, Any]:  # noqa: ARG001
    """Sign a resident in on her own phone by ID number and the code on her card."""
    number = check_citizen_id(id_number).number
    index = privacy.keyring().blind_index(number, "person")
    audit.about("login", index)
    refuse_locked("auth.login_resident", index)
    credential = find_credential(code)
    resident = db.session.scalar(
        db.select(Resident)
        .join(Voucher, Voucher.resident_id == Resident.id)
        .where(Voucher.id == (credential.voucher_id if credential else 0))
        .where(Resident.id_number_index == index)
    )
    if resident is None or credential is None or credential.state != ACTIVE:
        raise SignInRequired(
            "SIGN_IN_FAILED",
            _("身份证号与卡号对不上。请对照卡片重新输入，或到社区服务台办理。"),
        )
    return start_session(resident_user(resident.id), None, days=RESIDENT_SESSION_DAYS)


def find_credential(text: str) -> Credential | None:
    """Return the printed card that a scanned or typed code names, None where there is none."""
    parsed = codes.parse(text)
    if isinstance(parsed, codes.Rotating):
        return None
    column = Credential.typed_hash if isinstance(parsed, codes.Typed) else Credential.lookup_hash
    hashes = codes.lookup_hashes(privacy.keyring(), parsed.lookup)
    found: Credential | None = db.session.scalar(db.select(Credential).where(column.in_(hashes)))
    return found


def _card(voucher: Voucher) -> dict[str, Any]:
    block(voucher, kinds=("card",))
    card, typed = codes.new_card_code(), codes.new_typed_code()
    keyring = privacy.keyring()
    credential = Credential(
        voucher_id=voucher.id,
        kind="card",
        lookup_hash=codes.lookup_hash(keyring, codes.parse(card).lookup),
        typed_hash=codes.lookup_hash(keyring, codes.parse(typed).lookup),
        state=ACTIVE,
        made_at=clock.now(),
    )
    db.session.add(credential)
    db.session.flush()
    return {"voucher_id": voucher.id, "number": voucher.number, "code": card, "typed": typed}


def write_phones(voucher_ids: Iterable[int]) -> None:
    """Give every voucher the credential of its holder's phone."""
    db.session.execute(insert(Credential), [_phone(voucher_id) for voucher_id in voucher_ids])


def _phone(voucher_id: int) -> dict[str, Any]:
    public_id = codes.new_public_id()
    return {
        "voucher_id": voucher_id,
        "kind": "phone",
        "public_id": public_id,
        "lookup_hash": codes.lookup_hash(privacy.keyring(), public_id),
        "typed_hash": None,
        "state": ACTIVE,
        "last_step": 0,
        "made_at": clock.now(),
    }
