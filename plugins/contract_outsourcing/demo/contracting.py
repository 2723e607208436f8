"""How the demo county's contracts come into force, and what becomes of their parts."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import qrcode

from core.db import db, transaction
from plugins.contract_outsourcing.demo.people import Firm, Office
from plugins.contract_outsourcing.demo.procuring import Watch
from plugins.contract_outsourcing.models import Milestone
from plugins.contract_outsourcing.rules.periods import last_day

if TYPE_CHECKING:
    from core.demo import Resident, World

YEAR = 12  # months


def drafted(
    world: World, office: Office, award: int, *, at: datetime, months: int = YEAR, **content: Any
) -> int:
    """Draft the contract of an award, in force from the first full month on; return its number."""
    first = world.month(2)
    fields = {
        "award_id": award,
        "starts_on": first.isoformat(),
        "ends_on": last_day(first, months).isoformat(),
        "evaluator_id": world.organisations["evaluator"],
    }
    made = world.do(office.clerk, "contract.draft", at=at, **fields | content)
    return int(made["id"])


def signed(
    world: World, office: Office, firm: Firm, award: int, *, at: datetime, **content: Any
) -> int:
    """Have a contract agreed, signed by both, published and filed; return its number.

    It is signed on the first full month's first day: of its year are the lines.
    """
    number = drafted(world, office, award, at=at, **content)
    agreed = world.do(office.approver, "contract.agree", at=at + timedelta(1), id=number)
    asked = {"id": number, "text_hash": agreed["text_hash"]}
    watch = Watch(world.at(world.month(2), "09:00"))
    for login in (firm.manager, office.approver):
        world.do(login, "contract.sign", at=watch.next(), **asked)
    world.do(office.clerk, "contract.publish", at=watch.next(), id=number)
    world.do("budget", "contract.file", at=watch.next(), id=number)
    return number


def milestones(contract: int) -> list[int]:
    """Return the milestones a contract was signed with, which stay as they are."""
    with transaction(readonly=True):
        query = db.select(Milestone.id).filter_by(contract_id=contract)
        return list(db.session.scalars(query.order_by(Milestone.sequence)))


def part(code: str, name: str, share_bp: int, due_on: date, **more: Any) -> dict[str, Any]:
    """Return a milestone of a contract's terms; `fiscal_year` is given with them all."""
    fields = {"code": code, "name": name, "share_bp": share_bp, "due_on": due_on.isoformat()}
    return fields | more


def deliver(
    world: World,
    firm: Firm,
    milestone: int,
    words: str,
    *,
    at: datetime,
    files: Iterable[dict[str, str]] = (),
) -> None:
    """Let a firm say that a part was delivered that day, with files that show it."""
    world.do(
        firm.manager,
        "milestone.deliver",
        at=at,
        id=milestone,
        delivered_on=at.date().isoformat(),
        words=words,
        links=[],
        files=list(files),
    )


def plate(name: str, text: str) -> dict[str, str]:
    """Return a picture of the plate at a place of work, whose code says where it hangs."""
    picture = io.BytesIO()
    qrcode.make(text).save(picture, "PNG")
    return {"name": name, "content": base64.b64encode(picture.getvalue()).decode()}


def hear(
    world: World,
    office: Office,
    milestone: int,
    said: Iterable[tuple[Resident, int | None, str]],
    *,
    at: datetime,
) -> None:
    """Write down by telephone what residents say, each with a score; without one it never came."""
    watch = Watch(at)
    for who, score, words in said:
        world.do(
            office.clerk,
            "opinion.record",
            at=watch.next(),
            milestone_id=milestone,
            resident_id=who.id,
            way="telephone",
            delivered=score is not None,
            words=words,
            **({} if score is None else {"score": score}),
        )


def accept(
    world: World, office: Office, milestone: int, codes: Iterable[str], *, at: datetime
) -> None:
    """Find every line of the standard met, and have it approved the next day."""
    record(world, office, milestone, codes, at=at)
    world.do(office.approver, "acceptance.approve", at=at + timedelta(1), id=milestone)


def record(
    world: World, office: Office, milestone: int, codes: Iterable[str], *, at: datetime
) -> None:
    """Find every line of the standard met."""
    results = [{"line": code, "found": "met"} for code in codes]
    world.do(office.accepter, "acceptance.record", at=at, id=milestone, results=results)
