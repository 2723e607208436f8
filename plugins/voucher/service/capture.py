"""Writing redemptions: guards and rows of many lines at once, all of them or none.

On PostgreSQL one call of the function `voucher_capture` (in the plugin's migrations), on SQLite
the same statements in the caller's transaction; one conformance suite runs on both. A guard that
does not hold means that another writer came between reading and writing: nothing is written and
`Overtaken` is raised.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from core import clock
from core.db import Direct, is_postgresql

OVERTAKEN_STATE = "HG001"


class Overtaken(Exception):  # noqa: N818 - a turn of events, not an error
    """Another writer changed what the decision rested on."""


@dataclass(frozen=True)
class Rows:
    """One redemption: its line, one draw per lot, and what it counts under the caps."""

    line: dict[str, Any]
    draws: list[dict[str, Any]]
    counts: list[dict[str, Any]]


def write(connection: Direct, rows: list[Rows], *, now: datetime) -> None:
    """Write redemptions, all of them or none; raises Overtaken."""
    lines = [row.line for row in rows]
    draws = [draw for row in rows for draw in row.draws]
    counts = [count for row in rows for count in row.counts]
    if is_postgresql():
        _call(connection, lines, draws, counts, now=now)
    else:
        _write_each(connection, lines, draws, counts, now=now)


def _call(
    connection: Direct,
    lines: list[dict[str, Any]],
    draws: list[dict[str, Any]],
    counts: list[dict[str, Any]],
    *,
    now: datetime,
) -> None:
    try:
        connection.rows(
            "SELECT voucher_capture(CAST(:lines AS jsonb), CAST(:draws AS jsonb),"
            " CAST(:counts AS jsonb), :now, :today)",
            {
                "lines": json.dumps(lines, ensure_ascii=False, default=str),
                "draws": json.dumps(draws, default=str),
                "counts": json.dumps(counts),
                "now": now,
                "today": clock.day_of(now),
            },
        )
    except psycopg.Error as error:
        if error.sqlstate in {OVERTAKEN_STATE, "23505", "40P01"}:
            raise Overtaken from error
        raise


def _write_each(
    connection: Direct,
    lines: list[dict[str, Any]],
    draws: list[dict[str, Any]],
    counts: list[dict[str, Any]],
    *,
    now: datetime,
) -> None:
    when = {"now": connection.at(now), "today": connection.day(clock.day_of(now))}
    lines, draws = (
        [_plain(connection, row) for row in lines],
        [_plain(connection, row) for row in draws],
    )
    for line in lines:
        if line["step"] and connection.run(STEP, line) != 1:
            raise Overtaken
    for draw in draws:
        if connection.run(DRAW, draw) != 1:
            raise Overtaken
    connection.run_many(COUNTER, counts)
    for count in counts:
        if connection.run(COUNT, count) != 1:
            raise Overtaken
    connection.run_many(COUNTED, counts)
    connection.run_many(AUDIT, [line | when for line in lines if line["action"]])
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
        ("held", "available", draw["held"], draw["held_fen"]),
        ("available", "redeemed", draw["quantity"], draw["amount_fen"]),
        ("available", "forfeited", draw["forfeited"], draw["released"]),
    ]
    return [
        {**draw, "from_state": source, "to_state": state, "moved": quantity, "worth": worth}
        for source, state, quantity, worth in steps
        if quantity
    ]


def _plain(connection: Direct, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with days, instants and objects as SQLite stores them."""
    return {name: _stored(connection, value) for name, value in row.items()}


def _stored(connection: Direct, value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.at(value)
    if isinstance(value, date):
        return connection.day(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


STEP = """
UPDATE voucher_credential SET last_step = :step
WHERE id = :credential_id AND last_step < :step AND state = 'active'
"""

# The lot must stand exactly as it was read, so that the answer's remainder is the truth.
DRAW = """
UPDATE voucher_lot
SET redeemed = redeemed + :quantity, forfeited = forfeited + :forfeited,
    held = held - :held, held_fen = held_fen - :held_fen,
    charged_fen = charged_fen + :amount_fen, released_fen = released_fen + :released,
    valid_through = coalesce(:kept_through, valid_through),
    entry_through = coalesce(:kept_entry, entry_through)
WHERE id = :lot_id
  AND granted - held - redeemed - expired - forfeited - cancelled = :available
  AND :available + :held >= :quantity + :forfeited
  AND held >= :held AND held_fen >= :held_fen
  AND committed_fen - charged_fen - released_fen - held_fen + :held_fen >= :amount_fen + :released
"""

COUNTER = """
INSERT INTO voucher_counter (programme_id, owner, cap, period, used)
VALUES (:programme_id, :owner, :cap, :period, 0) ON CONFLICT DO NOTHING
"""

COUNT = """
UPDATE voucher_counter SET used = :used
WHERE programme_id = :programme_id AND owner = :owner AND cap = :cap AND period = :period
  AND used = :before
"""

COUNTED = """
INSERT INTO voucher_count (redemption_id, owner, cap, period, added)
VALUES (:redemption_id, :owner, :cap, :period, :used - :before)
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
  quantity, price_fen, amount_fen, forfeited_fen, redeemed_at, service_on, state, journal_id, act,
  payee_id, unit_price_fen, others_fen, others, result, hold_id, enrolment_id, started_at, ended_at)
VALUES (:redemption_id, :receipt, :voucher_id, :credential_id, :programme_id,
  :organisation_id, :division_code, :provider_id, :office_id, :device_id, :actor_id, :service_code,
  :quantity, :price_fen, :amount_fen, :forfeited_fen, :now, :service_on, 'captured', :journal_id,
  :act, :payee_id, :unit_price_fen, :others_fen, :others, :result, :hold_id, :enrolment_id,
  :started_at, :ended_at)
"""

MOVE = """
INSERT INTO voucher_lot_move (lot_id, journal_id, redemption_id, from_state, to_state, quantity,
  amount_fen, act)
VALUES (:lot_id, :journal_id, :redemption_id, :from_state, :to_state, :moved, :worth, :act)
"""

PENDING = "INSERT INTO pending_increase (account_id, amount_fen) VALUES (:account_id, :amount_fen)"
