"""How the demo county settles: the first month paid, the second one under review."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from core.db import db, transaction
from core.demo import CANTEEN, HOME_CARE, Provider, record_account
from core.files import csv_stream, read_table
from core.settlement.bank import ORDER_COLUMNS, REASON, REFERENCE, RESULT
from plugins.voucher.demo.story import CARE, Story, clerk_of
from plugins.voucher.models import Statement

Statements = dict[tuple[int, str], int]


def plan_payment(story: Story) -> None:
    """Plan the first month's way to the bank, and the one payment that comes back."""
    world, first = story.world, story.world.month(1)
    lock_at = world.at(first, "09:30")
    statements: Statements = {}
    story.plan(lock_at, lambda: statements.update(_lock(story, 2, lock_at)))
    for place, provider in enumerate(world.providers):
        # A third says nothing, which counts as agreed once the days have passed.
        if place % 3:
            at = story.moment(first + timedelta(1 + place % 6), 9, 10, 15)
            story.plan(at, _confirming(story, provider, statements, at))
    batch: dict[str, Any] = {}
    run_at, sent_at = (
        world.at(first + timedelta(18), "10:00"),
        world.at(first + timedelta(19), "09:30"),
    )

    def pay() -> None:
        batch.update(world.do("maker", "settlement.run", at=run_at))
        approved_at = run_at + timedelta(hours=5)
        world.do("approver", "settlement.approve", at=approved_at, id=batch["id"])

    def send() -> None:
        batch.update(world.do("treasurer", "payment.export", at=sent_at, id=batch["id"]))

    story.plan(run_at, pay)
    story.plan(sent_at, send)
    _plan_answer(story, batch, world.at(first + timedelta(20), "15:20"))


def _plan_answer(story: Story, batch: dict[str, Any], at: datetime) -> None:
    """Plan the bank's answer, and the rejected payee's new account, which waits to be verified."""
    world = story.world

    def answer() -> None:
        rejected = story.busiest(2, HOME_CARE, CARE)[0].name
        content = _answer_of_bank(base64.b64decode(batch["content_base64"]), rejected)
        world.do(
            "treasurer",
            "payment.import_result",
            at=at,
            filename=f"{batch['number']}-结果.csv",
            content=base64.b64encode(content).decode(),
        )

    story.plan(at, answer)
    changed_at = at + timedelta(days=1)

    def change() -> None:
        rejected = story.busiest(2, HOME_CARE, CARE)[0]
        record_account(world, rejected, at=changed_at, verified_at=None)

    story.plan(changed_at, change)


def _answer_of_bank(order: bytes, rejected: str) -> bytes:
    """Return the bank's result file for an order: all paid but the payments of one payee."""
    rows = []
    for place, row in enumerate(read_table(order, "order.csv")[:-1], start=1):
        outcome = ["成功", f"{place:08d}", ""]
        if rejected in row.values.values():
            outcome = ["失败", "", "账号与户名不符"]
        rows.append([*row.values.values(), *outcome])
    return b"".join(csv_stream((*ORDER_COLUMNS, RESULT, REFERENCE, REASON), rows))


def plan_review(story: Story) -> None:
    """Plan the second month's statements: open, but one confirmed and one objected to.

    They are locked two days before the load at the most, so that the days for objections still
    run; and a reversal waits for the second person.
    """
    world = story.world
    at = max(world.at(world.month(0), "08:30"), world.began - timedelta(days=2))
    at = min(at, world.began)
    later = min(at + timedelta(hours=20), world.began)

    def review() -> None:
        statements = _lock(story, 1, at)
        confirming, reversing = story.busiest(1, HOME_CARE, CARE)[:2]
        # The first canteen, which the sign-in page offers, has its statement still before it.
        objecting = next(one for one in story.busiest(1, CANTEEN, CARE) if one.manager != "care01")
        _confirming(story, confirming, statements, later)()
        world.do(
            objecting.manager,
            "statement.object",
            at=later,
            statement_id=statements[objecting.id, CARE],
            redemption_id=story.uses_in(1, objecting, CARE)[-1].id,
            reason="当日系统重复记录，实际只服务一次，请核减",
        )
        world.do(
            clerk_of(CARE),
            "redemption.reverse",
            at=later,
            receipt=story.uses_in(1, reversing, CARE)[-1].receipt,
            reason="居民来电：当日无人上门服务，请查实后冲正",
        )

    story.plan(at, review)


def _lock(story: Story, months_back: int, at: datetime) -> Statements:
    """Lock a month of every programme; return the statements by provider and programme."""
    world = story.world
    cutoff = world.at(world.month(months_back - 1), "00:00") - timedelta(seconds=1)
    periods = {}
    for code, programme_id in story.programmes.items():
        fields = {"programme_id": programme_id, "cutoff_at": cutoff.isoformat()}
        answer = world.attempt("maker", "statement.lock", at=at, **fields)
        # No course may have ended in a month.
        if answer.body.get("code") != "NOTHING_TO_SETTLE":
            periods[answer.body["id"]] = code
    # A statement never changes hands, so a load that goes on reads here what the first one read.
    with transaction(readonly=True):
        query = db.select(Statement).where(Statement.period_id.in_(periods)).order_by(Statement.id)
        return {
            (row.provider_id, periods[row.period_id]): row.id for row in db.session.scalars(query)
        }


def _confirming(
    story: Story, provider: Provider, statements: Statements, at: datetime
) -> Callable[[], None]:
    def confirm() -> None:
        for (provider_id, _code), number in statements.items():
            if provider_id == provider.id:
                story.world.do(provider.manager, "statement.confirm", at=at, id=number)

    return confirm
