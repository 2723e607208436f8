"""Parameters that show only when something is done: a story for each, played through the acts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core import Huigou, budget, clock
from core.acts import Answer
from core.budget import Pool
from core.db import db, transaction
from core.ledger import balance
from core.plugins import ask, tell
from plugins.voucher.models import Lot, Programme, SettlementPeriod, Voucher
from plugins.voucher.service import programmes
from tests import factories
from tests.factories import County
from tests.voucher.path import Path

SWITCH = (False, True)
LEVEL = {"fact": "care_level", "at_least": 3}
TERMS: dict[str, Any] = {
    "allotments": [{"code": "a", "name": "额度", "amounts": [{"quantity": 1_000}]}],
    "valid_from": "2026-07-01",
    "valid_through": "2026-12-31",
    "single_use": False,
    "remainder": "keep",
    "beyond": "self_pay",
    "services": [{"code": "fee", "name": "学费", "unit": "次"}],
}
MONTH = {"code": "a", "name": "额度", "period": "month", "amounts": [{"quantity": 1_000}]}
PERIODS = [MONTH | {"code": period, "period": period} for period in ("week", "month", "quarter")]
HOURS = {"code": "fee", "name": "照护", "unit": "小时", "measure": "minute"} | {
    "maximum_price_fen": 600,
    "presence": "timed",
}


@dataclass
class World:
    """A county in which many programmes are played one after the other."""

    app: Huigou
    county: County
    lines: dict[str, int] = field(default_factory=dict)
    serial: Any = field(default_factory=lambda: itertools.count(1))

    def programme(self, **terms: Any) -> int:
        """Make an approved programme; its code is free."""
        with clock.frozen("2026-01-03T09:00"):
            for code in ("L1", "L2"):
                if code not in self.lines:
                    self.lines[code] = factories.make_line(self.county, code=code)
        document = TERMS | {"funding": [{"line_id": self.lines["L1"]}]} | terms
        return factories.make_programme(self.county, code=f"P{next(self.serial)}", **document)

    def act(self, operation: str, role: str, **fields: Any) -> dict[str, Any]:
        """Perform an act that is accepted as the county's holder of a role."""
        return factories.do(operation, self.county.actor(role), **fields)

    def tried(self, operation: str, role: str, **fields: Any) -> str:
        """Perform an act and return its refusal's code, or `accepted`."""
        return said(factories.attempt(operation, self.county.actor(role), **fields))

    def resident(self, **facts: Any) -> int:
        """Register somebody of whom facts have been recorded since January."""
        (number,) = factories.make_residents(self.county, 1)
        for code, value in facts.items():
            self.fact(number, code, value, "2026-01-01")
        return number

    def fact(self, resident: int, code: str, value: Any, from_on: str) -> None:
        """Record a fact."""
        self.act(
            "resident.record_fact",
            "purchaser_clerk",
            resident_id=resident,
            code=code,
            value=value,
            from_on=from_on,
            document="望民〔2026〕1号",
        )

    def issue(self, programme: int, resident: int, **fields: Any) -> dict[str, Any]:
        """Issue to one resident."""
        return self.act(
            "voucher.issue",
            "purchaser_clerk",
            programme_id=programme,
            resident_ids=[resident],
            **fields,
        )

    def card(self, programme: int, resident: int | None = None) -> tuple[int, str]:
        """Issue a voucher with a card and return its number and code."""
        resident = resident or self.resident()
        (voucher,) = self.issue(programme, resident)["vouchers"]
        cards = self.act("voucher.print_cards", "purchaser_clerk", voucher_ids=[voucher["id"]])
        return voucher["id"], cards["cards"][0]["code"]

    def redeem(self, code: str, fen: int = 100, **fields: Any) -> dict[str, Any]:
        """Redeem at the county's provider."""
        asked = {"code": code, "service_code": "fee", "price_fen": fen} | fields
        return self.act("voucher.redeem", "provider_clerk", **asked)

    def lots(self, voucher: int) -> dict[str, tuple[int, str]]:
        """Return what every lot of a voucher still has, and its last day."""
        with transaction(readonly=True):
            found = db.session.scalars(db.select(Lot).filter_by(voucher_id=voucher)).all()
            return {
                f"{lot.allotment} {lot.period}": (lot.available, lot.valid_through.isoformat())
                for lot in found
            }

    def begin_day(self) -> None:
        """Let a business day begin."""
        with Path(self.app, self.county).acting():
            tell("day_began")


@dataclass(frozen=True)
class Acted:
    """A parameter's values (its options where it has them), and what follows from each."""

    story: Callable[[World, int], Any]
    values: tuple[Any, ...] = ()
    terms: dict[str, Any] | None = None


def said(answer: Answer) -> str:
    return str(answer.body["code"]) if answer.refused else "accepted"


AUGUST = "2026-08-12T09:00"


def shown(world: World, programme: int) -> Any:
    """Issue to somebody of care level 4, and read what office and till are told."""
    with clock.frozen(AUGUST):
        resident = world.resident(care_level=4)
        issued = world.issue(programme, resident)
        (voucher,) = issued["vouchers"]
        cards = world.act("voucher.print_cards", "purchaser_clerk", voucher_ids=[voucher["id"]])
        code = cards["cards"][0]["code"]
        told = world.act("voucher.lookup", "provider_clerk", code=code)
        with transaction(readonly=True):
            names = [db.session.get_one(Pool, one["pool_id"]).name for one in issued["pools"]]
    kept = ("class", "available", "services", "other_payers")
    pools = [(one["allotment"], one["granted"]) for one in issued["pools"]]
    return (
        voucher["number"],
        pools,
        [name.split()[1:] for name in names],
        [told[one] for one in kept],
    )


def issued(world: World, programme: int) -> Any:
    """Issue to somebody of care level 4."""
    with clock.frozen(AUGUST):
        resident = world.resident(care_level=4)
        return world.tried(
            "voucher.issue", "purchaser_clerk", programme_id=programme, resident_ids=[resident]
        )


def sourced(world: World, programme: int) -> Any:
    """Preview the newest terms: where their figures come from."""
    with clock.frozen(AUGUST), transaction(readonly=True):
        document = programmes.terms_of(db.session.get_one(Programme, programme))[0].document
    with clock.frozen(AUGUST):
        return world.act(
            "programme.preview",
            "purchaser_clerk",
            organisation_id=world.county.purchaser,
            terms=document,
        )["sources"]


def held(world: World, programme: int) -> Any:
    """Begin a visit: what is held, and until when."""
    with clock.frozen(AUGUST):
        _voucher, code = world.card(programme)
        begun = world.act(
            "voucher.start", "provider_clerk", code=code, service_code="fee", price_fen=600
        )
        world.act("voucher.release", "provider_clerk", id=begun["id"], reason="未服务")
    return begun["held"], begun["ends_on"]


def identified(world: World, programme: int) -> Any:
    """Look a card up, and use it without looking at the holder's papers."""
    with clock.frozen(AUGUST):
        _voucher, code = world.card(programme)
        told = world.act("voucher.lookup", "provider_clerk", code=code)
        used = world.tried(
            "voucher.redeem", "provider_clerk", code=code, service_code="fee", price_fen=100
        )
    return told["check_identity"], used


def paid_to(world: World, programme: int) -> Any:
    """Use a voucher: what is owed to the holder."""
    with clock.frozen(AUGUST):
        resident = world.resident()
        _voucher, code = world.card(programme, resident)
        world.redeem(code)
        with transaction(readonly=True):
            return balance("fin.payable", party_id=resident)


def given_back(world: World, programme: int) -> Any:
    """Undo a use before and after its statement is locked."""
    with clock.frozen(AUGUST):
        _voucher, code = world.card(programme)
        first, second = (world.redeem(code)["receipt"] for _ in range(2))
        voided = world.act("redemption.void", "provider_clerk", receipt=first, reason="有误")
        world.act("statement.lock", "finance_maker", programme_id=programme)
        ordered = world.act("redemption.reverse", "purchaser_clerk", receipt=second, reason="核查")
        undone = world.act("redemption.approve_reversal", "purchaser_approver", id=ordered["id"])
    return voided["went_to"], undone["went_to"]


def reopened(world: World, programme: int) -> Any:
    """Undo a use that filled August's limit, in August and in September; use it again."""
    found = []
    for undone_at in ("2026-08-12T10:00", "2026-09-02T10:00"):
        with clock.frozen(AUGUST):
            _voucher, code = world.card(programme)
            receipt = world.redeem(code, 500)["receipt"]
        with clock.frozen(undone_at):
            world.act("redemption.void", "provider_clerk", receipt=receipt, reason="有误")
            asked = {"code": code, "service_code": "fee", "price_fen": 500}
            found.append(
                world.tried("voucher.redeem", "provider_clerk", service_on="2026-08-12", **asked)
            )
    return found


def changed(world: World, programme: int) -> Any:
    """Let a care level fall from 5 to 2 on a Wednesday in August, and look on as time goes by."""
    with clock.frozen(AUGUST):
        resident = world.resident(care_level=5)
        voucher, _code = world.card(programme, resident)
        world.fact(resident, "care_level", 2, "2026-08-12")
    seen = [world.lots(voucher)]
    for monday_or_first in ("2026-08-17T00:05", "2026-09-01T00:05"):
        with clock.frozen(monday_or_first):
            world.begin_day()
        seen.append(world.lots(voucher))
    return seen


def died(world: World, programme: int) -> Any:
    """Let a holder die."""
    with clock.frozen(AUGUST):
        resident = world.resident()
        voucher, _code = world.card(programme, resident)
        world.act(
            "resident.record_death",
            "purchaser_clerk",
            resident_id=resident,
            on="2026-08-12",
            document="死亡证明",
        )
        with transaction(readonly=True):
            return db.session.get_one(Voucher, voucher).state


def in_hospital(world: World, programme: int) -> Any:
    """Let a holder go to hospital, and use the voucher then."""
    with clock.frozen(AUGUST):
        resident = world.resident()
        _voucher, code = world.card(programme, resident)
        world.fact(resident, "hospital", "住院", "2026-08-12")
        return world.tried(
            "voucher.redeem", "provider_clerk", code=code, service_code="fee", price_fen=100
        )


def suspended(world: World, programme: int) -> Any:
    """Suspend a voucher from the end of August on: its last day, and September's renewal."""
    with clock.frozen(AUGUST):
        voucher, _code = world.card(programme)
        world.act(
            "voucher.suspend",
            "purchaser_clerk",
            id=voucher,
            reason="外出",
            from_on="2026-08-20",
            through_on="2026-09-02",
        )
        lots = world.lots(voucher)
    with clock.frozen("2026-09-01T09:00"):
        renewed = world.act("voucher.renew", "purchaser_clerk", programme_id=programme)["renewed"]
    return lots, renewed


def overpaid(world: World, programme: int) -> Any:
    """Use 900 of 1,000, learn that 600 were due, and renew."""
    with clock.frozen(AUGUST):
        resident = world.resident(care_level=5)
        voucher, code = world.card(programme, resident)
        world.redeem(code, 900)
        world.fact(resident, "care_level", 2, "2026-08-12")
    with clock.frozen("2026-09-01T09:00"):
        world.act("voucher.renew", "purchaser_clerk", programme_id=programme)
    return world.lots(voucher)


def locked(world: World, programme: int) -> Any:
    """Use a voucher, and see what is locked by itself in a week and in a month."""
    with clock.frozen(AUGUST):
        _voucher, code = world.card(programme)
        world.redeem(code)
    found = []
    for morning in ("2026-08-18T09:00", "2026-09-05T09:00"):
        with clock.frozen(morning):
            world.begin_day()
            with transaction(readonly=True):
                query = db.select(db.func.count(SettlementPeriod.id))
                found.append(db.session.scalar(query.filter_by(programme_id=programme)))
    return found


def owed(world: World, programme: int) -> Any:
    """Use a voucher, lock: what may be paid."""
    with clock.frozen(AUGUST):
        _voucher, code = world.card(programme)
        world.redeem(code, 500)
        period = world.act("statement.lock", "finance_maker", programme_id=programme)
        pools = {pool["pool_id"] for pool in period["pools"]}
        with transaction(readonly=True):
            claims = ask("settlement_claims", until=clock.now())
    return [claim.amount_fen for claim in claims if claim.pool_id in pools]


def closed(world: World, programme: int) -> Any:
    """Use a voucher, and let its month end."""
    with clock.frozen(AUGUST):
        issued_now = world.issue(programme, world.resident())
        (pool,) = issued_now["pools"]
        (voucher,) = issued_now["vouchers"]
        cards = world.act("voucher.print_cards", "purchaser_clerk", voucher_ids=[voucher["id"]])
        world.redeem(cards["cards"][0]["code"])
    with clock.frozen("2026-09-01T09:00"):
        lapsed = world.act("voucher.lapse", "finance_maker")["pools"]
    return [one["closed"] for one in lapsed if one["pool_id"] == pool["pool_id"]]


def funded(world: World, programme: int) -> Any:
    """Issue a voucher: what each line commits."""
    before = _committed(world)
    with clock.frozen(AUGUST):
        world.issue(programme, world.resident())
    after = _committed(world)
    return [one - other for one, other in zip(after, before, strict=True)]


def _committed(world: World) -> list[int]:
    with transaction(readonly=True):
        return [budget.rooms(number)["encumbered"] for number in world.lines.values()]


def renewed(world: World, programme: int) -> Any:
    """Renew in the next month: new vouchers, and lots of the old one."""
    with clock.frozen(AUGUST):
        voucher, _code = world.card(programme)
    with clock.frozen("2026-09-01T09:00"):
        answer = world.act("voucher.renew", "purchaser_clerk", programme_id=programme)
    return len(answer["vouchers"]), len(world.lots(voucher))


def again(world: World, programme: int) -> Any:
    """Issue a second voucher to a family and to the same person."""
    with clock.frozen(AUGUST):
        number = next(world.serial)
        one, other = (world.resident(household_number=number) for _ in range(2))
        world.issue(programme, one)
        return [
            world.tried(
                "voucher.issue", "purchaser_clerk", programme_id=programme, resident_ids=[who]
            )
            for who in (other, one)
        ]


def beside(world: World, programme: int) -> Any:
    """Issue to somebody who holds a voucher of the programme EDU."""
    with clock.frozen(AUGUST):
        resident = world.resident()
        with transaction(readonly=True):
            known = db.session.scalar(db.select(Programme.id).filter_by(code="EDU"))
        if known is None:
            line = [{"line_id": world.lines["L1"]}]
            known = factories.make_programme(world.county, **TERMS | {"funding": line})
        world.issue(known, resident)
        return world.tried(
            "voucher.issue", "purchaser_clerk", programme_id=programme, resident_ids=[resident]
        )


PAYERS = {"other_payers": [{"code": "ins", "name": "保险"}]}
RESULTS = {
    "services": [
        TERMS["services"][0] | {"results": [{"code": "passed", "name": "合格"}]},
    ]
}
VISITS = {
    "unit": "minute",
    "commit": "maximum_price",
    "services": [HOURS],
    "allotments": [{"code": "a", "name": "时长", "amounts": [{"quantity": 300}]}],
}
TIERED = [
    one | {"amounts": [{"quantity": 1_000, "when": LEVEL}, {"quantity": 600}]} for one in PERIODS
]
OVERPAID = {
    "allotments": [TIERED[1]],
    "on_change": {"amounts": "at_once"},
}
LOCKED = {"settlement": {"cycle": "month"}}
SPLIT = {"funding": [{"line": "L1", "share_ppm": 600_000}, {"line": "L2"}]}

SOURCES = {"sources": [{"figure": "1,000 分", "document": "望财〔2026〕1号"}]}

ACTED: dict[str, Acted] = {
    "eligibility": Acted(issued, (LEVEL, {"fact": "care_level", "at_least": 5})),
    "one_per": Acted(again),
    "excludes": Acted(beside, ([], ["EDU"])),
    "classes[].code": Acted(shown, ("A", "B")),
    "classes[].name": Acted(shown, ("普通券", "困难券")),
    "classes[].when": Acted(
        shown,
        (LEVEL, {"fact": "care_level", "at_least": 5}),
        {"classes": [{"code": "A", "name": "甲"}, {"code": "B", "name": "乙"}]},
    ),
    "allotments[].code": Acted(shown, ("a", "b")),
    "allotments[].name": Acted(
        shown, ("额度", "时长"), {"allotments": [MONTH, MONTH | {"code": "b"}]}
    ),
    "allotments[].amounts[].when": Acted(
        shown,
        (LEVEL, {"fact": "care_level", "at_least": 5}),
        {"allotments": [MONTH | {"amounts": [{"quantity": 1_000}, {"quantity": 600}]}]},
    ),
    "renewal": Acted(renewed, (), {"allotments": [MONTH]}),
    "services[].name": Acted(shown, ("学费", "书本费")),
    "services[].unit": Acted(shown, ("次", "学期")),
    "services[].longest": Acted(held, (60, 120), VISITS),
    "services[].hold_days": Acted(held, (1, 2), VISITS),
    "services[].hold_until": Acted(held, (), VISITS | {"services": [HOURS | {"hold_days": 400}]}),
    "services[].results[].name": Acted(shown, ("合格", "取得证书"), RESULTS),
    "other_payers[].name": Acted(shown, ("保险", "长护险"), PAYERS),
    "identity_check": Acted(identified),
    "on_change.eligibility": Acted(changed, (), {"allotments": PERIODS, "eligibility": LEVEL}),
    "on_change.amounts": Acted(changed, (), {"allotments": TIERED}),
    "on_change.death": Acted(died),
    "on_change.hospital": Acted(in_hospital),
    "suspension.prolongs": Acted(suspended, SWITCH, {"allotments": [MONTH]}),
    "suspension.grants": Acted(suspended, SWITCH, {"allotments": [MONTH]}),
    "recovery": Acted(overpaid, (), OVERPAID),
    "give_back": Acted(given_back, (), {"confirm_days": 5}),
    "reopen_caps": Acted(
        reopened,
        (),
        {
            "caps": [{"code": "m", "name": "每月", "per": "month", "limit": 500}],
            "entry": {"late_days": 40},
        },
    ),
    "payee": Acted(paid_to),
    "settlement.cycle": Acted(locked, ()),
    "settlement.lock_day": Acted(locked, (5, 20), LOCKED),
    "settlement.minimum_fen": Acted(owed, (500, 501)),
    "close": Acted(closed, (), {"allotments": [MONTH]}),
    "funding[].line": Acted(funded, ("L1", "L2"), {"funding": [{"line": "L1"}]}),
    "funding[].line_id": Acted(funded, ("L1", "L2"), {"funding": [{}]}),
    "funding[].share_ppm": Acted(funded, (500_000, 600_000), SPLIT),
    "sources[].figure": Acted(sourced, ("1,000 分", "10 元"), SOURCES),
    "sources[].document": Acted(sourced, ("望财〔2026〕1号", "假定"), SOURCES),
    "sources[].is_assumed": Acted(sourced, SWITCH, SOURCES),
}
