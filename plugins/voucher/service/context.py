"""The till's one reading statement: everything a decision rests on, one row per line and lot.

Written once for both engines; they differ in how a list of lines arrives and in where the next
numbers of journals and redemptions come from.
"""

from __future__ import annotations

from typing import Any

_ASKED_POSTGRESQL = """
WITH asked AS (
  SELECT a.n, a.lookup, a.typed, a.credential, a.service, a.key,
         nextval('journal_id_seq') AS journal_id,
         nextval('voucher_redemption_id_seq') AS redemption_id
  FROM jsonb_to_recordset(CAST(:asked AS jsonb))
       AS a(n int, lookup text, typed text, credential bigint, service text, key text)
)"""

# SQLite has one writer, and this statement runs in its transaction: the next numbers are free.
_ASKED_SQLITE = """
WITH asked AS (
  SELECT value ->> 'n' AS n, value ->> 'lookup' AS lookup, value ->> 'typed' AS typed,
         value ->> 'credential' AS credential, value ->> 'service' AS service,
         value ->> 'key' AS key,
         (SELECT coalesce(max(id), 0) FROM journal) + rowid_ AS journal_id,
         (SELECT coalesce(max(id), 0) FROM voucher_redemption) + rowid_ AS redemption_id
  FROM (SELECT j.value, row_number() OVER () AS rowid_ FROM json_each(:asked) AS j)
)"""

# Where a row is found by two columns, a subquery asks for both at once. In a plain join PostgreSQL,
# once it saw few rows, goes by one of them, and walks through all that a clerk ever did.
_REST = """
SELECT asked.n, asked.journal_id, asked.redemption_id,
       ap.state, u.id, u.name, g.role, o.id, o.tags, o.suspended_on, g.division_code,
       d.id, d.office_id,
       e.status, e.fingerprint, e.answer,
       c.id, c.kind, c.state, c.last_step,
       v.id, v.number, v.state, v.class_code, v.terms_id, v.resident_id, v.family, v.income_fen,
       v.ended_on, v.suspended_from, v.suspended_through,
       p.id, p.name, p.state, p.organisation_id, p.division_code,
       r.name, r.died_on, r.born_on,
       ad.id, ad.state, ad.from_on, ad.to_on, f.is_offered, f.price_fen,
       l.id, l.pool_id, l.granted, l.held, l.redeemed, l.expired, l.forfeited, l.cancelled,
       l.committed_fen, l.charged_fen, l.released_fen, l.held_fen, l.valid_from, l.valid_through,
       l.entry_through, l.allotment
FROM asked
LEFT JOIN accounting_period ap ON ap.month = :month
LEFT JOIN user_session s ON s.token_hash = :token AND s.ended_at IS NULL AND s.expires_at > :now
LEFT JOIN user_account u ON u.id = coalesce(:actor, s.user_id) AND u.disabled_at IS NULL
LEFT JOIN role_grant g ON g.id = (
  SELECT min(h.id) FROM role_grant h
  WHERE h.user_id = u.id AND h.role IN ('provider_clerk', 'provider_manager')
    AND h.from_on <= :today AND (h.to_on IS NULL OR h.to_on >= :today))
LEFT JOIN organisation o ON o.id = g.organisation_id
LEFT JOIN device d ON d.id = s.device_id AND d.revoked_at IS NULL AND d.organisation_id = o.id
LEFT JOIN audit_entry e ON e.id = (
  SELECT x.id FROM audit_entry x WHERE x.scope = 'user:' || u.id AND x.request_key = asked.key)
LEFT JOIN voucher_credential c ON c.id = coalesce(
  asked.credential,
  (SELECT k.id FROM voucher_credential k WHERE k.lookup_hash = asked.lookup),
  (SELECT k.id FROM voucher_credential k WHERE k.typed_hash = asked.typed))
LEFT JOIN voucher_voucher v ON v.id = c.voucher_id
LEFT JOIN voucher_programme p ON p.id = v.programme_id
LEFT JOIN resident r ON r.id = v.resident_id
LEFT JOIN voucher_admission ad ON ad.id = (
  SELECT x.id FROM voucher_admission x WHERE x.programme_id = p.id AND x.provider_id = o.id)
LEFT JOIN voucher_offer f ON f.admission_id = ad.id AND f.service_code = asked.service
LEFT JOIN voucher_lot l ON l.voucher_id = v.id
"""

_COLUMNS = (
    "n journal_id redemption_id period_state user_id user_name role provider_id provider_tags"
    " provider_suspended provider_division device_id office_id"
    " old_status old_fingerprint old_answer"
    " credential_id credential_kind credential_state last_step"
    " voucher_id number voucher_state class_code terms_id resident_id family income_fen"
    " ended_on suspended_from suspended_through"
    " programme_id programme_name programme_state organisation_id division_code"
    " resident_name died_on born_on"
    " admission_id admission_state admission_from admission_to is_offered offer_price_fen"
    " lot_id pool_id granted held redeemed expired forfeited cancelled"
    " committed_fen charged_fen released_fen held_fen valid_from valid_through"
    " entry_through allotment"
).split()

READ = {True: _ASKED_POSTGRESQL + _REST, False: _ASKED_SQLITE + _REST}

# Asked a second time, after another writer came between: nobody may come between again.
LOCK_LOTS = """
SELECT l.id FROM voucher_lot l
WHERE l.voucher_id IN (
  SELECT c.voucher_id FROM voucher_credential c
  WHERE c.lookup_hash = :hash OR c.typed_hash = :hash)
ORDER BY l.id FOR UPDATE
"""

FIRST_USE = """
SELECT x.redeemed_at, o.name
FROM voucher_redemption x JOIN organisation o ON o.id = x.provider_id
WHERE x.voucher_id = :voucher_id AND x.state = 'captured'
ORDER BY x.id LIMIT 1
"""

# What the caps of a programme have counted for a holder and her family.
_COUNTERS = """
SELECT owner, cap, period, used FROM voucher_counter
WHERE programme_id = :programme_id AND owner IN (:holder, :family) AND period IN (
"""
_PERIODS_POSTGRESQL = "SELECT jsonb_array_elements_text(CAST(:periods AS jsonb)))"
_PERIODS_SQLITE = "SELECT value FROM json_each(:periods))"
COUNTERS = {True: _COUNTERS + _PERIODS_POSTGRESQL, False: _COUNTERS + _PERIODS_SQLITE}

HELD = """
SELECT lot_id, quantity, amount_fen FROM voucher_held_lot WHERE hold_id = :hold_id
"""

DIVISION_PATH = "SELECT path FROM division WHERE code = :code"

OFFERS = """
SELECT service_code, price_fen FROM voucher_offer
WHERE admission_id = :admission_id AND is_offered ORDER BY service_code
"""


def by_place(rows: list[Any]) -> dict[int, list[dict[str, Any]]]:
    """Return the statement's rows as dicts, by the line they answer.

    After a key rotation a line is asked under several hashes; the one that found a code counts.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        named = dict(zip(_COLUMNS, row, strict=True))
        known = found.setdefault(int(named["n"]), [])
        if known and known[0]["credential_id"] is None:
            known.clear()
        if not known or named["credential_id"] is not None:
            known.append(named)
    return found
