"""Reading what a use rests on: one statement for all of it, the same for both databases."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext as _

from core import clock, codes, privacy
from core.access import Actor, Grant, hash_token
from core.acts import Answer, Request, acting_as
from core.db import Direct, db, is_postgresql
from core.errors import NotPermitted, RuleBroken, SignInRequired
from core.ledger import month_of, period_closed
from plugins.voucher import rules
from plugins.voucher.rules import Decision, LotState, Situation, Use
from plugins.voucher.service import context
from plugins.voucher.service.known import terms_of

NO_CODE = codes.Typed("")


@dataclass
class Line:
    """One use on its way: what is asked, the code it names, what was read, what was decided.

    `credential_id` stands in place of a code where the use was begun with one before.
    """

    use: Use
    code: codes.Code = NO_CODE
    key: str | None = None
    fingerprint: str = ""
    credential_id: int | None = None
    hold_id: int | None = None
    enrolment_id: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    found: list[dict[str, Any]] = field(default_factory=list)
    decision: Decision | None = None
    step: int = 0
    answer: Answer | None = None

    @property
    def head(self) -> dict[str, Any]:
        """Return what was read beside the lots."""
        return self.found[0]


def read(
    connection: Direct, request: Request, lines: list[Line], *, now: datetime, locked: bool
) -> None:
    """Read what the lines' decisions rest on, in one statement."""
    asked = []
    for place, line in enumerate(lines):
        is_typed = isinstance(line.code, codes.Typed)
        for hashed in _hashes(line):
            if locked and is_postgresql():
                connection.rows(context.LOCK_LOTS, {"hash": hashed})
            asked.append(
                {
                    "n": place,
                    "lookup": "" if is_typed else hashed,
                    "typed": hashed if is_typed else "",
                    "credential": line.credential_id,
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


def read_in_act(actor: Actor, line: Line) -> tuple[Direct, Situation]:
    """Read one line inside an ordinary act, on that act's own connection."""
    connection = direct_of_act()
    now = clock.now()
    asker = Request(None, {}, actor=actor)  # type: ignore[arg-type] # only the actor is read
    read(connection, asker, [line], now=now, locked=False)
    return connection, situation(connection, line, now)


def direct_of_act() -> Direct:
    """Return the driver connection of the transaction that is under way."""
    raw = db.session.connection().connection.dbapi_connection
    return Direct(raw, named=not is_postgresql())


def _hashes(line: Line) -> list[str]:
    if line.credential_id is not None:
        return [""]
    name = line.code.public_id if isinstance(line.code, codes.Rotating) else line.code.lookup
    return codes.lookup_hashes(privacy.keyring(), name)


def identify(request: Request, lines: list[Line]) -> None:
    """Take from the rows who asks; refuse nobody and whoever may not redeem."""
    head = lines[0].head
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
    refuse_stranger(lines[0])


def refuse_stranger(line: Line) -> None:
    """Refuse whoever may not redeem."""
    if line.head["role"] is None:
        raise NotPermitted(
            "ROLE_NOT_ALLOWED", _("您的岗位不能核销凭单。请由承接主体的店员登录后核销。")
        )


def refuse_period(line: Line, now: datetime) -> None:
    """Refuse a business day whose accounting period takes no more entries."""
    if (state := line.head["period_state"]) not in {None, "open"}:
        raise period_closed(month_of(clock.day_of(now)), state)


def situation(connection: Direct, line: Line, now: datetime) -> Situation:
    """Return what a decision rests on; refuse a code that leads nowhere."""
    head = line.head
    if head["credential_id"] is None:
        raise rules.unknown_code()
    fresh = True
    if isinstance(line.code, codes.Rotating):
        key = privacy.keyring().derive("voucher-phone-code", line.code.public_id)
        step = codes.rotating_step(key, line.code.public_id, line.code.mac, now)
        fresh = step is not None and step > head["last_step"]
        line.step = step or 0
    terms = terms_of(connection, head["terms_id"])
    holder = f"resident:{head['resident_id']}"
    return Situation(
        terms=terms,
        class_code=head["class_code"],
        voucher_state=head["voucher_state"],
        credential_kind=head["credential_kind"],
        credential_state=head["credential_state"],
        step_is_fresh=fresh,
        lots=_lots(connection, line, terms),
        programme_state=head["programme_state"],
        resident_died_on=day_of(head["died_on"]),
        resident_born_on=day_of(head["born_on"]) or date.min,
        provider_tags=head["provider_tags"] or " ",
        provider_suspended=head["provider_suspended"] is not None,
        admission_state=head["admission_state"],
        admission_from=day_of(head["admission_from"]),
        admission_to=day_of(head["admission_to"]),
        offered=bool(head["is_offered"]),
        offer_price_fen=head["offer_price_fen"],
        suspended_from=day_of(head["suspended_from"]),
        suspended_through=day_of(head["suspended_through"]),
        ended_on=day_of(head["ended_on"]),
        provider_path=_path(connection, head) if terms.area else "",
        begun=line.credential_id is not None,
        holder=holder,
        family=head["family"],
        income_fen=head["income_fen"],
        counters=_counters(connection, line, terms, holder, now) if terms.counts else {},
    )


def _lots(connection: Direct, line: Line, terms: rules.Terms) -> tuple[LotState, ...]:
    held: dict[int, tuple[int, int]] = {}
    if line.hold_id is not None:
        rows = connection.rows(context.HELD, {"hold_id": line.hold_id})
        held = {lot_id: (quantity, fen) for lot_id, quantity, fen in rows}
    places = {code: place for place, code in enumerate(terms.allotments)}
    return tuple(
        _lot(row, places.get(row["allotment"], 0), *held.get(row["lot_id"], (0, 0)))
        for row in line.found
        if row["lot_id"] is not None
    )


def _lot(row: dict[str, Any], position: int, held: int, held_fen: int) -> LotState:
    spent = row["charged_fen"] + row["released_fen"] + row["held_fen"]
    return LotState(
        id=row["lot_id"],
        pool_id=row["pool_id"],
        available=available_of(row) + held,
        free_fen=row["committed_fen"] - spent + held_fen,
        redeemed=row["redeemed"],
        valid_from=day_of(row["valid_from"]) or date.min,
        valid_through=day_of(row["valid_through"]) or date.max,
        entry_through=day_of(row["entry_through"]) or date.max,
        position=position,
        allotment=row["allotment"],
        held=held,
        held_fen=held_fen,
    )


def available_of(row: dict[str, Any]) -> int:
    """Return what a lot still has, as its row was read."""
    used = row["held"] + row["redeemed"] + row["expired"] + row["forfeited"] + row["cancelled"]
    return int(row["granted"] - used)


def _path(connection: Direct, head: dict[str, Any]) -> str:
    rows = connection.rows(context.DIVISION_PATH, {"code": head["provider_division"]})
    return rows[0][0] if rows else ""


def _counters(
    connection: Direct, line: Line, terms: rules.Terms, holder: str, now: datetime
) -> dict[tuple[str, str, str], int]:
    """Return what the caps have counted in the periods this use may fall into."""
    today = clock.day_of(now)
    segments = [day for day, _quantity in line.use.segments]
    days = {line.use.service_on or today, today, *segments}
    kinds = {cap.per for cap in terms.caps} | {"month"}
    periods = {
        rules.period_of(kind, day, year_starts=terms.year_starts).code
        for kind in kinds
        for day in days
    }
    rows = connection.rows(
        context.COUNTERS[is_postgresql()],
        {
            "programme_id": line.head["programme_id"],
            "holder": holder,
            "family": f"family:{line.head['family']}",
            "periods": json.dumps(sorted(periods)),
        },
    )
    return {(owner, cap, period): used for owner, cap, period, used in rows}


def decided(connection: Direct, line: Line, where: Situation, today: date) -> Decision:
    """Decide a line, or refuse it; a voucher used before is told with its first use."""
    refuse_early(connection, line, where, today)
    return rules.decide(where, line.use, today)


def refuse_early(connection: Direct, line: Line, where: Situation, today: date) -> None:
    """Refuse what is refused before a service is chosen."""
    use = line.use
    day = use.service_on or (use.segments[-1][0] if use.segments else today)
    try:
        rules.refuse_voucher(where, day, today)
    except RuleBroken as refusal:
        if refusal.code == "VOUCHER_ALREADY_REDEEMED":
            rows = connection.rows(context.FIRST_USE, {"voucher_id": line.head["voucher_id"]})
            for redeemed_at, provider in rows:
                raise rules.already_redeemed(moment_of(redeemed_at), provider) from refusal
        raise
    rules.refuse_holder(where, use, day)
    rules.refuse_provider(where, day)


def day_of(value: Any) -> date | None:
    """Return a day as either driver gives it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def moment_of(value: Any) -> datetime:
    """Return an instant as either driver gives it."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)  # type: ignore[no-any-return] # the driver's datetime
