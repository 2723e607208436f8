"""The rows of a decided use, as capture writes them, and what its receipt says."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from core import clock
from core.acts import Request
from core.db import Direct
from plugins.voucher.rules import Decision, Draw, Terms
from plugins.voucher.service import capture
from plugins.voucher.service.known import accounts_of, terms_of
from plugins.voucher.service.reading import Line, available_of

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


def receipt(connection: Direct, line: Line, now: datetime) -> dict[str, Any]:
    """Return the answer to a use that was decided: its receipt and who pays what."""
    assert line.decision is not None  # noqa: S101 - only decided lines are answered
    head, terms = line.head, terms_of(connection, line.head["terms_id"])
    return {
        "id": head["redemption_id"],
        "receipt": f"{clock.day_of(now):%Y%m%d}-{secrets.token_hex(5).upper()}",
        "voucher": head["number"],
        "programme": head["programme_name"],
        "service": terms.services[line.use.service_code].name,
        "quantity": line.decision.quantity,
        "service_on": line.decision.service_on.isoformat(),
        **money(line.decision, terms),
        "redeemed_at": now.isoformat(),
    }


def money(decision: Decision, terms: Terms) -> dict[str, Any]:
    """Return who pays what in fen, and what is left in the programme's unit."""
    return {
        "price_fen": decision.price_fen,
        "others_fen": decision.others_fen,
        "amount_fen": decision.amount_fen,
        "forfeited_fen": decision.forfeited_fen,
        "self_pay_fen": decision.self_pay_fen,
        "unit": terms.unit,
        "drawn": sum(draw.quantity for draw in decision.draws),
        "remaining": decision.remaining,
    }


def rows(
    connection: Direct,
    line: Line,
    answer: dict[str, Any],
    *,
    act: str,
    request: Request | None = None,
    accounts: Callable[[int, int], dict[str, int]] = accounts_of,
) -> capture.Rows:
    """Return one redemption's rows: the line itself, one draw per lot, what it counts.

    With a request the audit entry and the remembered answer are written with it; an ordinary act
    writes its own. `accounts` gives the account numbers of a pool and a payee.
    """
    assert line.decision is not None  # noqa: S101 - only decided lines are written
    head, decision, use = line.head, line.decision, line.use
    terms = terms_of(connection, head["terms_id"])
    payee = head["resident_id"] if terms.payee == "resident" else head["provider_id"]
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
        "action": request.act.operation_id if request else None,
        "actor_id": head["user_id"],
        "actor_name": head["user_name"],
        "request_key": line.key,
        "receipt": answer["receipt"],
        "step": line.step,
        "service_code": use.service_code,
        "quantity": decision.quantity,
        "price_fen": decision.price_fen,
        "amount_fen": decision.amount_fen,
        "forfeited_fen": decision.forfeited_fen,
        "service_on": decision.service_on,
        "payee_id": payee,
        "unit_price_fen": decision.unit_price_fen,
        "others_fen": decision.others_fen,
        "others": dict(use.others_fen) or None,
        "result": use.result,
        "hold_id": line.hold_id,
        "enrolment_id": line.enrolment_id,
        "started_at": line.started_at,
        "ended_at": line.ended_at,
    }
    draws = [
        _draw(line, draw, terms, act) | accounts(draw.pool_id, payee) for draw in decision.draws
    ]
    year = clock.today().year
    for row, draw in zip(draws, decision.draws, strict=True):
        # With several lines, or after the year's end, when the pool may be carried over any day,
        # a forfeit moves the entitlement only; its money waits for the close.
        row["released"] = draw.forfeited_fen if row["forfeit_year"] == year else 0
    return capture.Rows(written, draws, _counts(line))


def _draw(line: Line, draw: Draw, terms: Terms, act: str) -> dict[str, Any]:
    """Return what one lot gives, as it stood when it was read."""
    row = next(row for row in line.found if row["lot_id"] == draw.lot_id)
    kept = draw.kept_through
    return {
        "act": act,
        "journal_id": line.head["journal_id"],
        "redemption_id": line.head["redemption_id"],
        "lot_id": draw.lot_id,
        "available": available_of(row),
        "quantity": draw.quantity,
        "amount_fen": draw.amount_fen,
        "forfeited": draw.forfeited,
        "held": draw.held,
        "held_fen": draw.held_fen,
        "kept_through": kept,
        "kept_entry": kept and kept + timedelta(terms.late_days),
    }


def _counts(line: Line) -> list[dict[str, Any]]:
    assert line.decision is not None  # noqa: S101 - as above
    return [
        {
            "programme_id": line.head["programme_id"],
            "redemption_id": line.head["redemption_id"],
            "owner": owner,
            "cap": cap,
            "period": period,
            "before": before,
            "used": used,
        }
        for (owner, cap, period), (before, used) in sorted(line.decision.counted.items())
        if before != used
    ]
