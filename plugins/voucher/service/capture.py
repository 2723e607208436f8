"""Writing redemptions: guards and rows of many lines at once, all of them or none.

On PostgreSQL one call of the function `voucher_capture` (in the plugin's migrations), on SQLite
the same statements in the caller's transaction; one conformance suite runs on both. A guard that
does not hold means that another writer came between reading and writing: nothing is written and
`Overtaken` is raised.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from core import clock
from core.db import Direct, is_postgresql

OVERTAKEN_STATE = "HG001"


class Overtaken(Exception):  # noqa: N818 - a turn of events, not an error
    """Another writer changed what the decision rested on."""


@dataclass(frozen=True)
class Rows:
    """One redemption: its line and one draw per lot."""

    line: dict[str, Any]
    draws: list[dict[str, Any]]


def write(connection: Direct, rows: list[Rows], *, now: datetime) -> None:
    """Write redemptions, all of them or none; raises Overtaken."""
    lines = [row.line for row in rows]
    draws = [draw for row in rows for draw in row.draws]
    if is_postgresql():
        _call(connection, lines, draws, now)
    else:
        _write_each(connection, lines, draws, now)


def _call(
    connection: Direct, lines: list[dict[str, Any]], draws: list[dict[str, Any]], now: datetime
) -> None:
    try:
        connection.rows(
            "SELECT voucher_capture(CAST(:lines AS jsonb), CAST(:draws AS jsonb), :now, :today)",
            {
                "lines": json.dumps(lines, ensure_ascii=False),
                "draws": json.dumps(draws),
                "now": now,
                "today": clock.day_of(now),
            },
        )
    except psycopg.Error as error:
        if error.sqlstate in {OVERTAKEN_STATE, "23505", "40P01"}:
            raise Overtaken from error
        raise


def _write_each(
    connection: Direct, lines: list[dict[str, Any]], draws: list[dict[str, Any]], now: datetime
) -> None:
    when = {"now": connection.at(now), "today": connection.day(clock.day_of(now))}
    for line in lines:
        if line["step"] and connection.run(STEP, line) != 1:
            raise Overtaken
    for draw in draws:
        if connection.run(DRAW, draw) != 1:
            raise Overtaken
    connection.run_many(AUDIT, [line | when for line in lines])
    connection.run_many(JOURNAL, [line | when for line in lines])
    connection.run_many(REDEMPTION, [line | when for line in lines])
    connection.run_many(TRANSFER, [row for draw in draws for row in _transfers(draw)])
    connection.run_many(MOVE, [row for draw in draws for row in _moves(draw)])
    connection.run_many(
        PENDING,
        [
            {"account_id": draw["available_account"], "amount_fen": draw["released"]}
            for draw in draws
            if draw["released"]
        ],
    )


def _transfers(draw: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a draw's transfers: the use itself, and what is forfeited going back to the line."""
    pairs = [
        ("uncharged_account", "charged_account", draw["amount_fen"]),
        ("expense_account", "payable_account", draw["amount_fen"]),
        ("uncharged_account", "released_account", draw["released"]),
        ("encumbered_account", "available_account", draw["released"]),
    ]
    return [
        {
            "journal_id": draw["journal_id"],
            "debit_id": draw[debit],
            "credit_id": draw[credit],
            "amount_fen": amount,
        }
        for debit, credit, amount in pairs
        if amount
    ]


def _moves(draw: dict[str, Any]) -> list[dict[str, Any]]:
    steps = [
        ("redeemed", draw["quantity"], draw["amount_fen"]),
        ("forfeited", draw["forfeited"], draw["released"]),
    ]
    return [
        {**draw, "to_state": state, "moved": quantity, "worth": worth}
        for state, quantity, worth in steps
        if quantity
    ]


STEP = """
UPDATE voucher_credential SET last_step = :step
WHERE id = :credential_id AND last_step < :step AND state = 'active'
"""

# The lot must stand exactly as it was read, so that the answer's remainder is the truth.
DRAW = """
UPDATE voucher_lot
SET redeemed = redeemed + :quantity, forfeited = forfeited + :forfeited,
    charged_fen = charged_fen + :amount_fen, released_fen = released_fen + :released
WHERE id = :lot_id
  AND granted - held - redeemed - expired - forfeited - cancelled = :available
  AND :available >= :quantity + :forfeited
"""

AUDIT = """
INSERT INTO audit_entry (act, at, action, outcome, actor_id, actor_name, organisation_id,
  device_id, object_type, object_id, scope, request_key, fingerprint, status, answer)
VALUES (:act, :now, :action, 'accepted', :actor_id, :actor_name, :provider_id,
  :device_id, 'voucher', CAST(:voucher_id AS TEXT), :scope, :request_key, :fingerprint, 200,
  :answer)
"""

JOURNAL = """
INSERT INTO journal (id, entry_kind, source, act, actor_id, business_date, posted_at)
VALUES (:journal_id, 'voucher.redeemed', 'voucher.redeem:' || :redemption_id, :act, :actor_id,
  :today, :now)
"""

TRANSFER = """
INSERT INTO transfer (journal_id, debit_id, credit_id, amount_fen)
VALUES (:journal_id, :debit_id, :credit_id, :amount_fen)
"""

REDEMPTION = """
INSERT INTO voucher_redemption (id, receipt, voucher_id, credential_id, programme_id,
  organisation_id, division_code, provider_id, office_id, device_id, clerk_id, service_code,
  quantity, price_fen, amount_fen, forfeited_fen, redeemed_at, service_on, state, journal_id, act)
VALUES (:redemption_id, :receipt, :voucher_id, :credential_id, :programme_id,
  :organisation_id, :division_code, :provider_id, :office_id, :device_id, :actor_id, :service_code,
  :quantity, :price_fen, :amount_fen, :forfeited_fen, :now, :today, 'captured', :journal_id, :act)
"""

MOVE = """
INSERT INTO voucher_lot_move (lot_id, journal_id, redemption_id, from_state, to_state, quantity,
  amount_fen, act)
VALUES (:lot_id, :journal_id, :redemption_id, 'available', :to_state, :moved, :worth, :act)
"""

PENDING = "INSERT INTO pending_increase (account_id, amount_fen) VALUES (:account_id, :amount_fen)"
