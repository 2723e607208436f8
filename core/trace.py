"""Follow the yuan: from anything that has a number, the stations before and after it.

A station is a place of a component (a budget line, a voucher, a payment). Each component knows
only the stations next to its own; the walk is put together here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy import or_

from core.access import Actor, scoped, system
from core.budget import BudgetLine, Pool, PoolShare, pool_totals, pools_of, rooms
from core.db import db, transaction
from core.fiscal import past_lines
from core.formats import NOTHING, day, yuan_text
from core.ledger import Journal
from core.plugins import ask
from core.purchases import Demand, Purchase
from core.purchases.models import PurchaseFunding
from core.settlement import state_name
from core.settlement.claims import payee_names
from core.settlement.models import Clawback, Payment, PaymentBatch, PaymentClaim, PaymentItem

BUDGET, BANK = "budget", "bank"
# A walk is for reading: fifty places of one kind tell enough, the lists have them all.
MOST = 50
DEEPEST = 12
_LINES = ("line", "budget.appropriate")


@dataclass(frozen=True)
class Place:
    """A station of a yuan: what it is, in words, and where its page and its journals are.

    `kind` and `key` name it among all components; `permission` opens its page. `title` and
    `detail` never hold personal data.
    """

    kind: str
    key: str
    title: str
    detail: str = ""
    amount_fen: int | None = None
    at: date | datetime | None = None
    journals: tuple[int, ...] = ()
    endpoint: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    permission: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """Return what tells this place from all others."""
        return self.kind, self.key


@dataclass(frozen=True)
class Step:
    """A place next to another: before it, `toward` the budget, or after it, toward the bank."""

    toward: str
    place: Place


@dataclass(frozen=True)
class Walk:
    """A place with what lies before it, the budget first, and after it, the bank last.

    `cut` tells that a level has more places than are shown.
    """

    here: Place
    before: list[list[Place]]
    after: list[list[Place]]
    cut: bool


def find(text: str, actor: Actor) -> list[Place]:
    """Return the places a number or code may mean, as far as the actor may see them."""
    found: list[Place] = ask("trace_found", text=text.strip(), actor=actor)
    return list({place.name: place for place in found}.values())


def walk(here: Place) -> Walk:
    """Return the whole walk through a place, both ways."""
    before, cut_before = _levels(here, BUDGET)
    after, cut_after = _levels(here, BANK)
    return Walk(here, before[::-1], after, cut_before or cut_after)


@click.command("trace", help="追踪一笔钱：凭单号、小票编号、批次号、付款编号或指标编号。")
@click.argument("text")
@with_appcontext
def trace_command(text: str) -> None:
    """Print the whole walk of whatever a text means; exit 1 when it means nothing."""
    with transaction(readonly=True):
        places = find(text, system())
        if not places:
            raise click.ClickException(_("没有找到“%(text)s”，请核对编号。", text=text))
        for place in places:
            _print(walk(place))


def _print(found: Walk) -> None:
    levels = [*found.before, [found.here], *found.after]
    for level in levels:
        for place in level:
            mark = "▶" if place is found.here else " "
            journals = _("凭证 %(numbers)s", numbers=" ".join(map(str, place.journals)))
            parts = [place.title, yuan_text(place.amount_fen), day(place.at), place.detail]
            parts.append(journals if place.journals else "")
            click.echo(f"{mark} " + "  ".join(part for part in parts if part not in {"", NOTHING}))
        if level is not levels[-1]:
            click.echo("  ↓")
    if found.cut:
        click.echo(_("有的站太多，每站只列前 %(most)s 个。", most=MOST))


def _levels(start: Place, toward: str) -> tuple[list[list[Place]], bool]:
    """Return the places in one direction, each as far out as its longest way there."""
    known: dict[tuple[str, str], Place] = {}
    depths: dict[tuple[str, str], int] = {}
    frontier, cut = [start], False
    for depth in range(1, DEEPEST + 1):
        found: dict[tuple[str, str], Place] = {}
        for place in frontier:
            steps: list[Step] = ask("trace_steps", place=place)
            found |= {s.place.name: s.place for s in steps if s.toward == toward}
        cut = cut or len(found) > MOST
        frontier = list(found.values())[:MOST]
        for place in frontier:
            known[place.name], depths[place.name] = place, depth
    far = max(depths.values(), default=0)
    levels = [[known[n] for n, d in depths.items() if d == depth] for depth in range(1, far + 1)]
    return [level for level in levels if level], cut


# --- the core's own places ---------------------------------------------------------------------


def core_found(text: str, actor: Actor) -> list[Place]:
    """Return the core's places a text names: a line's code, a batch's or payment's number.

    Also `line:3`, `pool:8`, `payment:5` and the sources of the core's journals.
    """
    kind, number = _numbered(text)
    lines = scoped(BudgetLine, actor, "budget.view").where(
        or_(BudgetLine.code == text, BudgetLine.id == (number if kind in _LINES else 0))
    )
    pools = scoped(Pool, actor, "budget.view").where(Pool.id == (number if kind == "pool" else 0))
    batches = scoped(PaymentBatch, actor, "settlement.view").where(
        or_(PaymentBatch.number == text, PaymentBatch.id == (number if kind == "batch" else 0))
    )
    claims = scoped(PaymentClaim, actor, "payment.view").where(
        PaymentClaim.id == (number if kind == "claim" else 0)
    )
    items = db.select(PaymentItem.payment_id).where(
        PaymentItem.id == (number if kind == "payment_item" else 0)
    )
    payments = scoped(Payment, actor, "payment.view").where(
        or_(
            Payment.end_to_end_id == text,
            Payment.bank_reference == text,
            Payment.id == (number if kind == "payment" else 0),
            Payment.id.in_(items),
        )
    )
    clawbacks = scoped(Clawback, actor, "clawback.view").where(
        Clawback.id == (number if kind == "clawback" else 0)
    )
    purchases = scoped(Purchase, actor, "purchase.view").where(
        or_(
            Purchase.number == text,
            Purchase.filed_number == text,
            Purchase.id == (number if kind == "purchase" else 0),
        )
    )
    return [
        *map(line_place, _some(lines)),
        *map(purchase_place, _some(purchases)),
        *map(pool_place, _some(pools)),
        *map(_batch_place, _some(batches)),
        *map(claim_place, _some(claims)),
        *map(_payment_place, _some(payments)),
        *map(clawback_place, _some(clawbacks)),
    ]


def core_steps(place: Place) -> list[Step]:
    """Return the core's stations next to a place."""
    number = int(place.key) if place.key.isdecimal() else 0
    steps = {
        "line": _around_line,
        "demand": _around_demand,
        "purchase": _around_purchase,
        "pool": _around_pool,
        "claim": _around_claim,
        "payment": _around_payment,
        "batch": _around_batch,
        "clawback": _around_clawback,
    }
    return steps[place.kind](number) if place.kind in steps else []


def line_place(line: BudgetLine) -> Place:
    """Return a budget line as a station."""
    return Place(
        "line",
        str(line.id),
        _("预算指标 %(code)s %(name)s", code=line.code, name=line.name),
        _("%(year)s 年，%(document)s", year=line.fiscal_year, document=line.document),
        rooms(line.id)["approved"],
        endpoint="budget.show",
        values={"id": line.id},
        permission="budget.view",
    )


def purchase_place(purchase: Purchase) -> Place:
    """Return a plan as a station, with the journals that reserved its money and gave it back."""
    own = db.select(Journal.id).where(Journal.source.startswith(f"purchase:{purchase.id}/"))
    return Place(
        "purchase",
        str(purchase.id),
        _("购买计划 %(number)s %(name)s", number=purchase.number, name=purchase.name),
        purchase.filed_number or "",
        purchase.budget_fen,
        purchase.filed_at,
        journals=tuple(db.session.scalars(own.order_by(Journal.id))),
        endpoint="purchases.show",
        values={"id": purchase.id},
        permission="purchase.view",
    )


def _demand_place(demand: Demand) -> Place:
    return Place(
        "demand",
        str(demand.id),
        _("居民需求 %(number)s %(title)s", number=demand.id, title=demand.title),
        _("%(people)s 人", people=demand.people),
        at=demand.asked_at,
        endpoint="demands.show",
        values={"id": demand.id},
        permission="demand.view",
    )


def pool_place(pool: Pool) -> Place:
    """Return a pool as a station."""
    return Place(
        "pool",
        str(pool.id),
        _("额度池 %(name)s", name=pool.name),
        _("承诺给这个项目的钱"),
        pool_totals(pool.id)["committed"],
        pool.opened_on,
        endpoint="budget.pool",
        values={"id": pool.id},
        permission="budget.view",
    )


def claim_place(claim: PaymentClaim) -> Place:
    """Return a claim as a station, with the journals of every attempt to pay it."""
    items = db.session.scalars(
        db.select(PaymentItem).where(PaymentItem.claim_id == claim.id).order_by(PaymentItem.id)
    )
    journals = [n for item in items for n in (item.sent_journal_id, item.result_journal_id) if n]
    return Place(
        "claim",
        str(claim.id),
        _("应付款项 %(title)s", title=claim.title),
        payee_names([claim.payee_id])[claim.payee_id],
        claim.amount_fen,
        journals=tuple(journals),
    )


def clawback_place(clawback: Clawback) -> Place:
    """Return a claw-back as a station."""
    return Place(
        "clawback",
        str(clawback.id),
        _("追回 %(number)s 号", number=clawback.id),
        state_name(clawback.state),
        clawback.amount_fen,
        clawback.approved_at or clawback.ordered_at,
        journals=(clawback.journal_id,) if clawback.journal_id else (),
        endpoint="clawbacks.index",
        permission="clawback.view",
    )


def _payment_place(payment: Payment) -> Place:
    reference = payment.bank_reference
    state = state_name(payment.state)
    return Place(
        "payment",
        str(payment.id),
        _("付款 %(number)s", number=payment.end_to_end_id),
        _("%(state)s，银行流水号 %(reference)s", state=state, reference=reference)
        if reference
        else state,
        payment.amount_fen,
        payment.result_at,
        endpoint="settlement.show",
        values={"id": payment.batch_id},
        permission="settlement.view",
    )


def _batch_place(batch: PaymentBatch) -> Place:
    return Place(
        "batch",
        str(batch.id),
        _("支付批次 %(number)s", number=batch.number),
        state_name(batch.state),
        batch.total_fen,
        batch.exported_at or batch.made_at,
        endpoint="settlement.show",
        values={"id": batch.id},
        permission="settlement.view",
    )


def _around_line(number: int) -> list[Step]:
    pools = db.select(Pool).where(Pool.id.in_(pools_of(number))).order_by(Pool.id)
    plans = (
        db.select(Purchase)
        .join(PurchaseFunding, PurchaseFunding.purchase_id == Purchase.id)
        .where(PurchaseFunding.line_id == number)
        .order_by(Purchase.id)
    )
    return [
        *(Step(BANK, purchase_place(plan)) for plan in _some(plans)),
        *(Step(BANK, pool_place(pool)) for pool in _some(pools)),
    ]


def _around_demand(number: int) -> list[Step]:
    plans = db.select(Purchase).join(Demand, Demand.purchase_id == Purchase.id)
    return [Step(BANK, purchase_place(one)) for one in _some(plans.where(Demand.id == number))]


def _around_purchase(number: int) -> list[Step]:
    lines = (
        db.select(BudgetLine)
        .join(PurchaseFunding, PurchaseFunding.line_id == BudgetLine.id)
        .where(PurchaseFunding.purchase_id == number)
    )
    demands = db.select(Demand).where(Demand.purchase_id == number).order_by(Demand.id)
    pools = db.select(Pool).where(Pool.purchase_id == number).order_by(Pool.id)
    return [
        *(Step(BUDGET, line_place(line)) for line in _some(lines)),
        *(Step(BUDGET, _demand_place(demand)) for demand in _some(demands)),
        *(Step(BANK, pool_place(pool)) for pool in _some(pools)),
    ]


def _around_pool(number: int) -> list[Step]:
    # What lies after a pool is told by the component that draws on it.
    # Those it drew on before it was carried over, too.
    drawing = db.select(PoolShare.line_id).where(PoolShare.pool_id == number)
    lines = db.select(BudgetLine).where(
        or_(BudgetLine.id.in_(drawing), BudgetLine.id.in_(past_lines([number])))
    )
    plans = db.select(Purchase).join(Pool, Pool.purchase_id == Purchase.id)
    return [
        *(Step(BUDGET, line_place(line)) for line in _some(lines)),
        *(Step(BUDGET, purchase_place(one)) for one in _some(plans.where(Pool.id == number))),
    ]


def _around_claim(number: int) -> list[Step]:
    pools = db.select(Pool).join(PaymentClaim).where(PaymentClaim.id == number)
    payments = db.select(Payment).join(PaymentItem).where(PaymentItem.claim_id == number)
    return [
        *(Step(BUDGET, pool_place(pool)) for pool in _some(pools)),
        *(Step(BANK, _payment_place(payment)) for payment in _some(payments)),
    ]


def _around_payment(number: int) -> list[Step]:
    claims = db.select(PaymentClaim).join(PaymentItem).where(PaymentItem.payment_id == number)
    batches = db.select(PaymentBatch).join(Payment).where(Payment.id == number)
    return [
        *(Step(BUDGET, claim_place(claim)) for claim in _some(claims)),
        *(Step(BANK, _batch_place(batch)) for batch in _some(batches)),
    ]


def _around_batch(number: int) -> list[Step]:
    payments = db.select(Payment).where(Payment.batch_id == number)
    return [Step(BUDGET, _payment_place(payment)) for payment in _some(payments)]


def _around_clawback(number: int) -> list[Step]:
    pools = db.select(Pool).join(Clawback, Clawback.pool_id == Pool.id)
    return [Step(BUDGET, pool_place(pool)) for pool in _some(pools.where(Clawback.id == number))]


def _numbered(text: str) -> tuple[str, int]:
    """Read `pool:8` or `payment_item:7/sent`: what, and which number."""
    found = re.match(r"([a-z_.]+):(\d{1,18})(?:/|$)", text)
    return (found[1], int(found[2])) if found else ("", 0)


def _some(query: Any) -> list[Any]:
    # One more than is shown, so that the walk knows when it was cut.
    return list(db.session.scalars(query.limit(MOST + 1)).unique())
