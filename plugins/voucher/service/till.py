"""The till: look up, quote and redeem. One reading statement decides, one writing act follows.

What a use may be is decided once, in `rules.decide`, for both databases. On PostgreSQL a
redemption is two round trips: one statement that reads everything the decision rests on (session,
role, earlier answer, code, voucher, lots, admission, offer), and one function call that guards
and writes it all. SQLite runs the same statement and the same rows in one immediate transaction.
No shared balance row is touched.
"""

from __future__ import annotations

import json
import secrets
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext as _

from core import audit, clock, codes, privacy
from core.access import Actor, Grant, hash_token
from core.acts import (
    Answer,
    Request,
    acting_as,
    key_reused,
    load_answer,
    record_refusal,
    resolve,
)
from core.db import Direct, db, direct, is_postgresql, transaction
from core.errors import InvalidInput, NotPermitted, Refusal, RuleBroken, SignInRequired, Unavailable
from core.ledger import month_of, period_closed
from plugins.voucher import rules
from plugins.voucher.rules import Decision, LotState, Situation, Use
from plugins.voucher.service import capture, context
from plugins.voucher.service.known import AccountsUnknown, accounts_of, open_accounts, terms_of

NO_CODE = codes.Typed("")


@dataclass
class Line:
    """One use on its way: what is asked, the code it names, what was read, what was decided."""

    use: Use
    code: codes.Code
    key: str | None = None
    fingerprint: str = ""
    found: list[dict[str, Any]] = field(default_factory=list)
    decision: Decision | None = None
    step: int = 0
    answer: Answer | None = None


def redeem(request: Request) -> Answer:
    """Redeem one voucher: the port of the act `voucher.redeem`."""
    return _redeem_alone(request, _line(request, request.fields, request.key, request.fingerprint))


def redeem_many(request: Request) -> Answer:
    """Redeem many vouchers in one call; each line is an act of its own, under its own key.

    Lines that can go together are written together; the others go one by one, so that every line
    gets its own answer.
    """
    lines = [_line_of_batch(request, fields) for fields in request.fields["lines"]]
    open_lines = _one_per_code([line for line in lines if line.answer is None])
    # Overtaken means that nothing was written: each line is asked alone below.
    with suppress(capture.Overtaken):
        if open_lines:
            _redeem(request, open_lines)
    for line in lines:
        if line.answer is None:
            line.answer = _answer_alone(request, line)
    answers = [line.answer for line in lines if line.answer is not None]
    return Answer(
        200,
        {
            "accepted": sum(not answer.refused for answer in answers),
            "refused": sum(answer.refused for answer in answers),
            "lines": [
                {"key": line.key, "status": answer.status, "answer": answer.body}
                for line, answer in zip(lines, answers, strict=True)
            ],
        },
    )


def lookup(actor: Actor, *, code: str) -> dict[str, Any]:
    """Tell a clerk whom a code belongs to (masked) and which services may be chosen.

    Refuses what a redemption would refuse before a service is chosen; the attempt is kept.
    """
    line = Line(Use("", rules.QUANTITY_ONE, None), codes.parse(code))
    connection, situation = _read_in_act(actor, line)
    _refuse_early(connection, line, situation, clock.today())
    head, terms = line.found[0], situation.terms
    offers = connection.rows(context.OFFERS, {"admission_id": head["admission_id"]})
    covered = terms.classes[situation.class_code].services
    return {
        "id": head["voucher_id"],
        "number": head["number"],
        "programme": head["programme_name"],
        "class": terms.classes[situation.class_code].name,
        "holder": privacy.mask_name(head["resident_name"]),
        "check_identity": situation.credential_kind == "card",
        "available_fen": sum(lot.available for lot in situation.lots),
        "valid_through": max(lot.valid_through for lot in situation.lots).isoformat(),
        "single_use": terms.single_use,
        "services": [
            {
                "code": service_code,
                "name": terms.services[service_code].name,
                "unit": terms.services[service_code].unit,
                "price_fen": price_fen,
                "maximum_price_fen": terms.services[service_code].maximum_price_fen,
            }
            for service_code, price_fen in offers
            if service_code in covered and service_code in terms.services
        ],
    }


def quote(
    actor: Actor,
    *,
    code: str,
    service_code: str,
    quantity: int = rules.QUANTITY_ONE,
    price_fen: int | None = None,
) -> dict[str, Any]:
    """Decide a use without writing money; the same decision that redeeming makes."""
    line = Line(Use(service_code, quantity, price_fen), codes.parse(code))
    connection, situation = _read_in_act(actor, line)
    decision = _decided(connection, line, situation, clock.today())
    head = line.found[0]
    return {
        "id": head["voucher_id"],
        "number": head["number"],
        "programme": head["programme_name"],
        "holder": privacy.mask_name(head["resident_name"]),
        "service": situation.terms.services[service_code].name,
        "quantity": quantity,
        **_money(decision),
    }


# --- deciding ----------------------------------------------------------------------------------


def _redeem_alone(request: Request, line: Line) -> Answer:
    """Redeem one line; once overtaken by another writer, decide again under the lots' lock."""
    for locked in (False, True):
        try:
            _redeem(request, [line], locked=locked)
        except capture.Overtaken:
            continue
        assert line.answer is not None  # noqa: S101 - a line alone is answered or refused
        return line.answer
    raise Unavailable("RETRY_LATER", _("同一凭证码正在别处核销。请稍候用同一笔请求重试。"))


def _answer_alone(request: Request, line: Line) -> Answer:
    """Return a batch line's own answer; its refusal is recorded as its own attempt."""
    alone = Request(
        request.act, {}, token=request.token, key=line.key, fingerprint=line.fingerprint
    )
    try:
        return _redeem_alone(alone, line)
    except Unavailable as refusal:
        return Answer(refusal.status, refusal.problem())
    except Refusal as refusal:
        return record_refusal(alone, refusal)


def _redeem(request: Request, lines: list[Line], *, locked: bool = False) -> None:
    """Read, decide and write lines in one go, all of them or none; set their answers.

    Raises the first line's refusal, or Overtaken when another writer came between reading and
    writing; nothing is written then.
    """
    while True:
        try:
            _attempt(request, lines, locked=locked)
        except AccountsUnknown as unknown:
            # The first use of a pool at a provider: its accounts are opened beforehand, once. Lots
            # of several pools make one such turn each.
            with transaction():
                open_accounts(unknown.pairs)
        else:
            return


def _attempt(request: Request, lines: list[Line], *, locked: bool) -> None:
    now = clock.now()
    with direct(whole=locked) as connection:
        _read(connection, request, lines, now=now, locked=locked)
        _identify(request, lines)
        if (state := lines[0].found[0]["period_state"]) not in {None, "open"}:
            raise period_closed(month_of(clock.day_of(now)), state)
        ready = []
        for line in lines:
            try:
                if not _replay_old(line):
                    request.acting.object_id = _text(line.found[0]["voucher_id"])
                    situation = _situation(connection, line, now)
                    line.decision = _decided(connection, line, situation, clock.day_of(now))
                    ready.append((line, _answer(connection, line, now)))
            except Refusal:
                # Among others, a refused line is left to be asked alone.
                if len(lines) == 1:
                    raise
        rows = [_rows(request, line, body) for line, body in ready]
        if rows:
            capture.write(connection, rows, now=now)
    for line, body in ready:
        line.answer = Answer(200, body)


def _decided(connection: Direct, line: Line, situation: Situation, day: date) -> Decision:
    _refuse_early(connection, line, situation, day)
    return rules.decide(situation, line.use, day)


def _refuse_early(connection: Direct, line: Line, situation: Situation, day: date) -> None:
    """Refuse a voucher or provider; a voucher used before is told with its first use."""
    try:
        rules.refuse_voucher(situation, day)
    except RuleBroken as refusal:
        if refusal.code == "VOUCHER_ALREADY_REDEEMED":
            rows = connection.rows(context.FIRST_USE, {"voucher_id": line.found[0]["voucher_id"]})
            for redeemed_at, provider in rows:
                raise rules.already_redeemed(_moment(redeemed_at), provider) from refusal
        raise
    rules.refuse_holder(situation)
    rules.refuse_provider(situation, day)


def _situation(connection: Direct, line: Line, now: datetime) -> Situation:
    """Return what a decision rests on; refuse a code that leads nowhere."""
    head = line.found[0]
    if head["credential_id"] is None:
        raise rules.unknown_code()
    fresh = True
    if isinstance(line.code, codes.Rotating):
        key = privacy.keyring().derive("voucher-phone-code", line.code.public_id)
        step = codes.rotating_step(key, line.code.public_id, line.code.mac, now)
        fresh = step is not None and step > head["last_step"]
        line.step = step or 0
    return Situation(
        terms=terms_of(connection, head["terms_id"]),
        class_code=head["class_code"],
        voucher_state=head["voucher_state"],
        credential_kind=head["credential_kind"],
        credential_state=head["credential_state"],
        step_is_fresh=fresh,
        lots=tuple(_lot(row) for row in line.found if row["lot_id"] is not None),
        programme_state=head["programme_state"],
        resident_died_on=_day(head["died_on"]),
        provider_tags=head["provider_tags"] or " ",
        provider_suspended=head["provider_suspended"] is not None,
        admission_state=head["admission_state"],
        admission_from=_day(head["admission_from"]),
        admission_to=_day(head["admission_to"]),
        offered=bool(head["is_offered"]),
        offer_price_fen=head["offer_price_fen"],
    )


def _lot(row: dict[str, Any]) -> LotState:
    used = row["held"] + row["redeemed"] + row["expired"] + row["forfeited"] + row["cancelled"]
    return LotState(
        id=row["lot_id"],
        pool_id=row["pool_id"],
        available=row["granted"] - used,
        redeemed=row["redeemed"],
        valid_from=_day(row["valid_from"]) or date.min,
        valid_through=_day(row["valid_through"]) or date.max,
    )


# --- reading -----------------------------------------------------------------------------------


def _read(
    connection: Direct, request: Request, lines: list[Line], *, now: datetime, locked: bool
) -> None:
    """Read what the lines' decisions rest on, in one statement."""
    asked = []
    for place, line in enumerate(lines):
        is_typed = isinstance(line.code, codes.Typed)
        for hashed in _hashes(line.code):
            if locked and is_postgresql():
                connection.rows(context.LOCK_LOTS, {"hash": hashed})
            asked.append(
                {
                    "n": place,
                    "lookup": "" if is_typed else hashed,
                    "typed": hashed if is_typed else "",
                    "service": line.use.service_code,
                    "key": line.key or "",
                }
            )
    parameters = {
        "asked": json.dumps(asked),
        "token": hash_token(request.token or ""),
        "actor": request.actor.user_id if request.actor else None,
        "now": connection.at(now),
        "today": connection.day(clock.day_of(now)),
        "month": month_of(clock.day_of(now)),
    }
    found = context.by_place(connection.rows(context.READ[is_postgresql()], parameters))
    for place, line in enumerate(lines):
        line.found = found[place]


def _read_in_act(actor: Actor, line: Line) -> tuple[Direct, Situation]:
    """Read one line inside an ordinary act (lookup, quote), on that act's connection."""
    raw = db.session.connection().connection.dbapi_connection
    connection = Direct(raw, named=not is_postgresql())
    now = clock.now()
    asker = Request(None, {}, actor=actor)  # type: ignore[arg-type] # only the actor is read
    _read(connection, asker, [line], now=now, locked=False)
    if line.found[0]["voucher_id"] is not None:
        audit.about("voucher", line.found[0]["voucher_id"])
    return connection, _situation(connection, line, now)


def _hashes(code: codes.Code) -> list[str]:
    name = code.public_id if isinstance(code, codes.Rotating) else code.lookup
    return codes.lookup_hashes(privacy.keyring(), name)


def _identify(request: Request, lines: list[Line]) -> None:
    """Take from the rows who asks; refuse nobody and whoever may not redeem."""
    head = lines[0].found[0]
    if head["user_id"] is None:
        raise SignInRequired("SIGN_IN_REQUIRED", _("登录已失效，请重新登录。"))
    grants: tuple[Grant, ...] = ()
    if head["role"] is not None:
        grants = (Grant(head["role"], head["provider_id"], head["provider_division"]),)
    if request.actor is None:
        request.actor = Actor(
            head["user_id"], head["user_name"], grants, device_id=head["device_id"]
        )
    request.acting = acting_as(request.act, request.actor)
    if not grants:
        raise NotPermitted(
            "ROLE_NOT_ALLOWED", _("您的岗位不能核销凭单。请由承接主体的店员登录后核销。")
        )


def _replay_old(line: Line) -> bool:
    """Give a line the answer its key got before, if there is one; refuse another use of it."""
    head = line.found[0]
    if head["old_status"] is None:
        return False
    if head["old_fingerprint"] != line.fingerprint:
        raise key_reused()
    line.answer = Answer(head["old_status"], load_answer(head["old_answer"]), replayed=True)
    return True


# --- writing -----------------------------------------------------------------------------------


def _answer(connection: Direct, line: Line, now: datetime) -> dict[str, Any]:
    assert line.decision is not None  # noqa: S101 - only decided lines are answered
    head, terms = line.found[0], terms_of(connection, line.found[0]["terms_id"])
    return {
        "id": head["redemption_id"],
        "receipt": f"{clock.day_of(now):%Y%m%d}-{secrets.token_hex(5).upper()}",
        "voucher": head["number"],
        "programme": head["programme_name"],
        "service": terms.services[line.use.service_code].name,
        "quantity": line.use.quantity,
        **_money(line.decision),
        "redeemed_at": now.isoformat(),
    }


CARRIED = (
    "journal_id",
    "redemption_id",
    "voucher_id",
    "credential_id",
    "programme_id",
    "organisation_id",
    "division_code",
    "provider_id",
    "office_id",
    "device_id",
)


def _rows(request: Request, line: Line, answer: dict[str, Any]) -> capture.Rows:
    """Return one redemption's rows: the line itself and one draw per lot."""
    assert line.decision is not None  # noqa: S101 - only decided lines are written
    head, decision, act = line.found[0], line.decision, uuid.uuid4().hex
    kept: dict[str, Any] = {"scope": None, "fingerprint": None, "answer": None}
    if line.key:
        kept = {
            "scope": f"user:{head['user_id']}",
            "fingerprint": line.fingerprint,
            "answer": json.dumps(answer, ensure_ascii=False, separators=(",", ":")),
        }
    written = {
        **{name: head[name] for name in CARRIED},
        **kept,
        "act": act,
        "action": request.act.operation_id,
        "actor_id": head["user_id"],
        "actor_name": head["user_name"],
        "request_key": line.key,
        "receipt": answer["receipt"],
        "step": line.step,
        "service_code": line.use.service_code,
        "quantity": line.use.quantity,
        "price_fen": decision.price_fen,
        "amount_fen": decision.amount_fen,
        "forfeited_fen": decision.forfeited_fen,
    }
    return capture.Rows(written, [_draw_row(head, line, draw, act) for draw in decision.draws])


def _draw_row(head: dict[str, Any], line: Line, draw: rules.Draw, act: str) -> dict[str, Any]:
    """Return what one lot gives, as it stood when it was read, and the accounts it posts to."""
    accounts = accounts_of(draw.pool_id, head["provider_id"])
    lot = next(row for row in line.found if row["lot_id"] == draw.lot_id)
    return {
        **accounts,
        "act": act,
        "journal_id": head["journal_id"],
        "redemption_id": head["redemption_id"],
        "lot_id": draw.lot_id,
        "available": _lot(lot).available,
        "quantity": draw.quantity,
        "amount_fen": draw.amount_fen,
        "forfeited": draw.forfeited,
        # With several lines a forfeit moves the entitlement only; its money waits for the close.
        "released": draw.forfeited if accounts["line_count"] == 1 else 0,
    }


def _money(decision: Decision) -> dict[str, Any]:
    return {
        "price_fen": decision.price_fen,
        "amount_fen": decision.amount_fen,
        "forfeited_fen": decision.forfeited_fen,
        "self_pay_fen": decision.self_pay_fen,
        "remaining_fen": decision.remaining,
    }


def _line_of_batch(request: Request, fields: dict[str, Any]) -> Line:
    """Return one line of a batch; a code that is none is that line's own refusal."""
    key, text = fields["key"], json.dumps(fields, sort_keys=True)
    fingerprint = privacy.keyring().mac("fingerprint", text)
    try:
        return _line(request, fields, key, fingerprint)
    except InvalidInput as refusal:
        alone = Request(request.act, {}, token=request.token, key=key, fingerprint=fingerprint)
        use = Use(fields["service_code"], fields["quantity"], fields["price_fen"])
        return Line(use, NO_CODE, key, fingerprint, answer=record_refusal(alone, refusal))


def _line(request: Request, fields: dict[str, Any], key: str | None, fingerprint: str) -> Line:
    """Return a line; person and role are refused before a code that is none."""
    use = Use(fields["service_code"], fields["quantity"], fields["price_fen"])
    try:
        return Line(use, codes.parse(fields["code"]), key, fingerprint)
    except InvalidInput:
        with transaction(readonly=True):
            resolve(request)
        raise


def _one_per_code(lines: list[Line]) -> list[Line]:
    """Leave out the second line of a code: its decision must see the first one's effect."""
    return list({line.code: line for line in reversed(lines)}.values())[::-1]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)  # type: ignore[no-any-return] # the driver's datetime
