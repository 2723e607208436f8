"""Vouchers and their carriers: issued whole batch or not at all, lost cards replaced, revoked."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, insert

from core import audit, clock, codes, privacy, states
from core.access import Actor, fetch, scoped
from core.budget import Pool, commit_moves, lock_pool, open_pool, release_moves
from core.db import db
from core.errors import InvalidInput, NotFound, RuleBroken, SignInRequired
from core.identifiers import check_citizen_id
from core.ledger import post
from core.parties import Resident
from core.signin import RESIDENT_SESSION_DAYS, refuse_locked, resident_user, start_session
from plugins.voucher.models import Credential, Lot, LotMove, Programme, Redemption, Terms, Voucher
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import VoucherClass, read_terms
from plugins.voucher.service.postings import move_lot
from plugins.voucher.service.programmes import APPROVED, shares_of, terms_of

ACTIVE, SUSPENDED, REVOKED = "active", "suspended", "revoked"
CODE_SECONDS = 60


def issue(
    actor: Actor, *, programme_id: int, class_code: str, resident_ids: list[int]
) -> dict[str, Any]:
    """Issue one voucher of a class to each resident: all of them, or none.

    Commits the sum on the programme's lines first; refuses BUDGET_MISSING without a line and
    BUDGET_INSUFFICIENT when the lines cannot cover all of it.
    """
    programme = fetch(Programme, programme_id, actor, "voucher.issue")
    row, rules = terms_of(programme)
    pool = _pool(programme, rules)
    if programme.state != APPROVED:
        raise RuleBroken("PLAN_NOT_FILED", _("项目还没有批准，不能发放。请先提交复核。"))
    chosen = rules.classes.get(class_code)
    if chosen is None:
        raise InvalidInput(_("项目里没有“%(code)s”这一类凭单。", code=class_code))
    _refuse_doubles(resident_ids)
    _refuse_holders(programme, chosen, resident_ids)
    journal_id = post(
        "voucher.issued",
        f"voucher.issue:{audit.current().act}",
        commit_moves(pool, chosen.face_fen * len(resident_ids)),
    )
    vouchers = _write_vouchers(programme, row, chosen, resident_ids)
    _write_lots([voucher["id"] for voucher in vouchers], chosen, pool, rules, journal_id)
    audit.about("programme", programme.id)
    return {
        "programme_id": programme.id,
        "issued": len(vouchers),
        "amount_fen": chosen.face_fen * len(vouchers),
        "vouchers": vouchers,
    }


def _pool(programme: Programme, rules: Rules) -> Pool:
    """Return the programme's pool, locked; opened at the first issue."""
    found = db.session.scalar(
        db.select(Pool.id).filter_by(component="voucher", source=f"programme:{programme.id}")
    )
    if found is not None:
        pool = lock_pool(found)
        if pool.closed_on is not None:
            raise RuleBroken("VOUCHER_EXPIRED", _("项目的额度池已关闭，不能再发放。"))
        return pool
    return open_pool(
        "voucher",
        f"programme:{programme.id}",
        name=programme.name,
        shares=shares_of(rules),
    )


def _refuse_doubles(resident_ids: list[int]) -> None:
    if len(set(resident_ids)) != len(resident_ids):
        raise InvalidInput(_("同一名居民在名单里出现了两次，请删去重复的。"))


def _refuse_holders(programme: Programme, chosen: VoucherClass, resident_ids: list[int]) -> None:
    """Refuse unknown residents and those who hold a live voucher of the class already."""
    known = _count(db.select(func.count()).where(Resident.id.in_(resident_ids)))
    if known != len(resident_ids):
        raise InvalidInput(
            _("名单里有 %(n)s 人没有登记，请先导入居民。", n=len(resident_ids) - known)
        )
    dead = _count(
        db.select(func.count()).where(Resident.id.in_(resident_ids), Resident.died_on.is_not(None))
    )
    if dead:
        raise RuleBroken("HOLDER_INELIGIBLE", _("名单里有 %(n)s 人已去世，请剔除。", n=dead))
    holding = _count(
        db.select(func.count()).where(
            Voucher.programme_id == programme.id,
            Voucher.class_code == chosen.code,
            Voucher.resident_id.in_(resident_ids),
            Voucher.state != REVOKED,
        )
    )
    if holding:
        raise RuleBroken(
            "ALREADY_HOLDS_VOUCHER",
            _("名单里有 %(n)s 人已持有同类凭单，不能重复发放。请剔除后再发。", n=holding),
        )


def _count(query: Any) -> int:
    return int(db.session.scalar(query) or 0)


def _write_vouchers(
    programme: Programme, terms: Terms, chosen: VoucherClass, resident_ids: list[int]
) -> list[dict[str, Any]]:
    """Write the vouchers, numbered on within their class; return id, number and holder of each."""
    act = audit.current()
    same_class = db.select(func.count()).where(
        Voucher.programme_id == programme.id, Voucher.class_code == chosen.code
    )
    rows = [
        {
            "number": f"{chosen.code}-{number:03d}",
            "programme_id": programme.id,
            "terms_id": terms.id,
            "class_code": chosen.code,
            "resident_id": resident_id,
            "organisation_id": programme.organisation_id,
            "division_code": programme.division_code,
            "state": ACTIVE,
            "issued_at": act.at,
            "issued_by": act.actor_id,
        }
        for number, resident_id in enumerate(resident_ids, start=_count(same_class) + 1)
    ]
    ids = db.session.scalars(
        insert(Voucher).returning(Voucher.id, sort_by_parameter_order=True), rows
    ).all()
    return [
        {"id": voucher_id, "number": row["number"], "resident_id": row["resident_id"]}
        for voucher_id, row in zip(ids, rows, strict=True)
    ]


def _write_lots(
    voucher_ids: list[int], chosen: VoucherClass, pool: Pool, rules: Rules, journal_id: int
) -> None:
    """Write each voucher's lot, its first move, and its holder's phone credential."""
    face = chosen.face_fen
    lots = db.session.scalars(
        insert(Lot).returning(Lot.id, sort_by_parameter_order=True),
        [
            {
                "voucher_id": voucher_id,
                "pool_id": pool.id,
                "unit": "fen",
                "granted": face,
                "committed_fen": face,
                "valid_from": rules.valid_from,
                "valid_through": rules.valid_through,
            }
            for voucher_id in voucher_ids
        ],
    ).all()
    db.session.execute(
        insert(LotMove),
        [
            {
                "lot_id": lot_id,
                "journal_id": journal_id,
                "from_state": "issued",
                "to_state": "available",
                "quantity": face,
                "amount_fen": face,
                "act": audit.current().act,
            }
            for lot_id in lots
        ],
    )
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


# --- carriers ----------------------------------------------------------------------------------


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
    _block(voucher, kinds=("phone", "card"))
    db.session.execute(insert(Credential), [_phone(voucher.id)])
    card = _card(voucher)
    audit.about("voucher", voucher.id, reason)
    return {"id": voucher.id, "cards": [card]}


def block_card(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Block a voucher's printed card; the holder's phone code goes on."""
    voucher = fetch(Voucher, id, actor, "voucher.block")
    _block(voucher, kinds=("card",))
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
    _block(voucher, kinds=("card",))
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


def _block(voucher: Voucher, *, kinds: tuple[str, ...]) -> None:
    db.session.execute(
        db.update(Credential)
        .where(Credential.voucher_id == voucher.id, Credential.kind.in_(kinds))
        .where(Credential.state == ACTIVE)
        .values(state="blocked")
        .execution_options(synchronize_session=False)
    )


# --- the voucher's life ------------------------------------------------------------------------


def suspend(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Suspend a voucher; it keeps its money and its last day."""
    return _set_state(actor, id, SUSPENDED, {ACTIVE}, reason)


def resume(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Let a suspended voucher be used again."""
    return _set_state(actor, id, ACTIVE, {SUSPENDED}, reason)


def revoke(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Revoke a voucher for good; its unused money returns as the programme closes its pool."""
    voucher = fetch(Voucher, id, actor, "voucher.revoke")
    states.change("voucher", voucher, to=REVOKED, allowed={ACTIVE, SUSPENDED})
    _block(voucher, kinds=("phone", "card"))
    rules = read_terms(db.session.get_one(Terms, voucher.terms_id).document)
    own = Lot.voucher_id == voucher.id
    numbers = db.session.scalars(db.select(Lot.pool_id).where(own).distinct()).all()
    # The pools before their lots, as whoever lets a pool lapse does.
    pools = {number: lock_pool(number) for number in sorted(numbers)}
    for lot in db.session.scalars(db.select(Lot).where(own).order_by(Lot.id).with_for_update()):
        left = lot.available
        if not left:
            continue
        pool = pools[lot.pool_id]
        at_once = rules.close == "on_last_day" and pool.closed_on is None
        journal_id = (
            post(
                "voucher.revoked",
                f"voucher.revoke:{voucher.id}:{lot.id}",
                release_moves(pool, left),
            )
            if at_once
            else None
        )
        move_lot(
            lot.id,
            source="available",
            target="cancelled",
            quantity=left,
            amount_fen=left,
            journal_id=journal_id,
            released=left if at_once else 0,
        )
    audit.about("voucher", voucher.id, reason)
    return {"id": voucher.id, "state": voucher.state}


def _set_state(
    actor: Actor, voucher_id: int, to: str, allowed: set[str], reason: str
) -> dict[str, Any]:
    voucher = fetch(Voucher, voucher_id, actor, "voucher.suspend")
    states.change("voucher", voucher, to=to, allowed=allowed)
    audit.about("voucher", voucher.id, reason)
    return {"id": voucher.id, "state": voucher.state}


def history(voucher: Voucher) -> list[Redemption]:
    """Return a voucher's uses, newest first."""
    query = db.select(Redemption).filter_by(voucher_id=voucher.id).order_by(Redemption.id.desc())
    return list(db.session.scalars(query))
