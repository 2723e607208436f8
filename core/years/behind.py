"""What stands behind a commitment that was taken on: the outstanding vouchers of named residents.

The opening journal holds their money already, in a pool of the form voucher. A second file names
the holders once their programme is approved; the form's component checks its rows and takes the
pool over. Nothing is posted again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from core.access import Actor, scoped
from core.budget import Pool, lock_pool, pool_totals
from core.db import db
from core.errors import InvalidInput, RuleBroken
from core.formats import yuan_text
from core.parties import Resident
from core.plugins import ask, registry, tell
from core.years.models import APPROVED, Takeon
from core.years.opening import VOUCHER, Row

TAKEON = "takeon"
UNCHARGED = "pool.uncharged"
NAMED = 5  # rows named in one refusal
TOLD = 200  # faults told in full


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row of a file; `row` is its line there. Never holds personal data."""

    row: int
    message: str

    def said(self) -> dict[str, Any]:
        """Return the fault as JSON."""
        return {"row": self.row, "message": self.message}


@dataclass(frozen=True)
class Part:
    """A pool that was taken on, and the rows that stand behind it."""

    opening: Takeon
    number: str
    pool: Pool
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Examined:
    """What a file of vouchers means: its parts, their sums beside the pools', and its faults."""

    parts: list[Part]
    rows: list[Row]
    faults: list[Fault]

    def said(self) -> list[dict[str, Any]]:
        """Return the counts and sums of each programme's pools as JSON."""
        found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        holders: dict[tuple[str, str], set[int]] = defaultdict(set)
        for part in self.parts:
            for row in part.rows:
                key = (row["programme"], part.number)
                holders[key].add(row["resident_id"])
                found[key]["lots"] += 1
                for name in ("granted", "remaining", "committed_fen"):
                    found[key][name] += row[name]
        return [
            {"programme": programme, "pool": number, "holders": len(holders[programme, number])}
            | dict(sums)
            for (programme, number), sums in sorted(found.items())
        ]


def examine(
    actor: Actor, content: Mapping[str, Any], permission: str, *, locking: bool = False
) -> Examined:
    """Check vouchers row by row and sum them up beside their pools; writes nothing.

    `locking` keeps residents and pools as they are until the transaction ends.
    """
    if VOUCHER not in registry().forms:
        raise InvalidInput(_("没有启用凭单制，不能补录凭单名册。"))
    vouchers = content["vouchers"]
    residents = _residents(vouchers, locking=locking)
    faults = [fault for row in vouchers if (fault := _unfit(row, residents)) is not None]
    parts, strays = _parts(actor, vouchers, permission, locking=locking)
    faults += strays
    for part in parts:
        known = [row for row in part.rows if row["resident_id"] in residents]
        faults += [
            *_used(part),
            *ask("commitment_faults", form=VOUCHER, pool=part.pool, rows=known),
        ]
    sums = [
        Row(
            UNCHARGED,
            part.number,
            sum(row["committed_fen"] for row in part.rows),
            pool_totals(part.pool.id)["uncharged"],
        )
        for part in parts
    ]
    return Examined(parts, sums, sorted(faults, key=lambda fault: fault.row))


def refuse_faults(faults: Sequence[Fault]) -> None:
    """Refuse TAKEON_ROWS_REFUSED with each row that cannot be taken on."""
    if not faults:
        return
    named = [
        _("第 %(row)s 行：%(what)s", row=fault.row, what=fault.message) for fault in faults[:NAMED]
    ]
    raise RuleBroken(
        "TAKEON_ROWS_REFUSED",
        _(
            "凭单名册有 %(count)s 处不能建账，一张也没有建（%(rows)s）。请改正后重新提交。",
            count=len(faults),
            rows="；".join(named),
        ),
        basis="会计法第十五条",
        faults=[fault.said() for fault in faults[:TOLD]],
    )


def take_on(examined: Examined) -> int | None:
    """Have the component take over each pool with what stands behind it; return their journal."""
    for part in examined.parts:
        tell(
            "commitment_taken_on",
            form=VOUCHER,
            pool=part.pool,
            rows=part.rows,
            journal_id=part.opening.journal_id,
        )
    return examined.parts[0].opening.journal_id if examined.parts else None


def refuse_partly(pool: Pool, amount_fen: int, left_fen: int) -> None:
    """Refuse to give back a part of a voucher pool whose holders are not named yet.

    What was given back has no holder, so the rest could not be named any more.
    """
    if amount_fen < left_fen and _form_of(pool) == VOUCHER and VOUCHER in registry().forms:
        raise RuleBroken(
            "TAKEON_HOLDERS_MISSING",
            _(
                "“%(name)s”是凭单的期初承诺，只能全部释放（%(left)s）。"
                "仍有居民持券的，请先提交凭单名册，到期后自动释放。",
                name=pool.name,
                left=yuan_text(left_fen),
            ),
            open_fen=left_fen,
        )


def _form_of(pool: Pool) -> str | None:
    number, _slash, name = pool.source.partition("/")
    found = db.session.get_one(Takeon, int(number))
    forms = {one["number"]: one["form"] for one in found.content["pools"]}
    return forms.get(name)


def _residents(vouchers: Sequence[Mapping[str, Any]], *, locking: bool) -> dict[int, bool]:
    """Return which residents of these are registered, and whether each is alive."""
    numbers = sorted({row["resident_id"] for row in vouchers if row["resident_id"]})
    query = db.select(Resident.id, Resident.died_on).where(Resident.id.in_(numbers))
    if locking:
        query = query.order_by(Resident.id).with_for_update(key_share=True)
    return {number: died_on is None for number, died_on in db.session.execute(query)}


def _unfit(row: Mapping[str, Any], residents: Mapping[int, bool]) -> Fault | None:
    alive = residents.get(row["resident_id"])
    if alive is None:
        return Fault(row["row"], _("居民没有登记，或身份证号不对，请先导入居民"))
    return None if alive else Fault(row["row"], _("居民已去世，请剔除"))


def _parts(
    actor: Actor, vouchers: Sequence[dict[str, Any]], permission: str, *, locking: bool
) -> tuple[list[Part], list[Fault]]:
    """Return the pools that rows name, in the order they are locked, and the rows without one."""
    waiting = _waiting(actor, permission)
    by_pool: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in vouchers:
        by_pool[row["pool"]].append(row)
    parts, faults = [], []
    found = {number: waiting.get(number, []) for number in by_pool}
    for number, rows in sorted(by_pool.items(), key=lambda pair: _order(found[pair[0]])):
        pools = [
            (opening, lock_pool(pool.id) if locking else pool) for opening, pool in found[number]
        ]
        pools = [(opening, pool) for opening, pool in pools if pool.component == TAKEON]
        if len(pools) == 1:
            parts.append(Part(pools[0][0], number, pools[0][1], rows))
            continue
        faults.append(
            Fault(
                rows[0]["row"],
                _(
                    "额度池 %(number)s 没有待补录名册的凭单承诺（须已批准、编号唯一、尚未补录）",
                    number=number,
                ),
            )
        )
    return parts, faults


def _order(found: list[tuple[Takeon, Pool]]) -> int:
    return found[0][1].id if found else 0


def _waiting(actor: Actor, permission: str) -> dict[str, list[tuple[Takeon, Pool]]]:
    """Return the voucher pools in view whose holders are not named yet, by their numbers."""
    openings = {
        f"{opening.id}/{one['number']}": (one["number"], opening)
        for opening in db.session.scalars(
            scoped(Takeon, actor, permission).where(Takeon.state == APPROVED)
        )
        for one in opening.content["pools"]
        if one["form"] == VOUCHER
    }
    query = db.select(Pool).where(Pool.component == TAKEON, Pool.source.in_(openings))
    found: dict[str, list[tuple[Takeon, Pool]]] = defaultdict(list)
    for pool in db.session.scalars(query.where(Pool.closed_on.is_(None)).order_by(Pool.id)):
        number, opening = openings[pool.source]
        found[number].append((opening, pool))
    return found


def _used(part: Part) -> list[Fault]:
    """Find a pool that holds more than uncharged money: what is owed has no holder."""
    totals = pool_totals(part.pool.id)
    if totals["committed"] == totals["uncharged"]:
        return []
    return [
        Fault(
            part.rows[0]["row"],
            _(
                "额度池 %(number)s 承诺 %(committed)s，未用 %(uncharged)s，已有变动，不能补录名册",
                number=part.number,
                committed=yuan_text(totals["committed"]),
                uncharged=yuan_text(totals["uncharged"]),
            ),
        )
    ]
