-- The stable surface for auditors and independent checks: names and columns that do not change
-- when our tables do, the same on PostgreSQL and SQLite. Amounts in fen, times in UTC. No view
-- hides a row. An upgrade lays these views anew whenever a table or this file has changed.

-- An account. The floor is what its balance (credits less debits) may not go below.
CREATE VIEW hv_account AS
SELECT account.id AS account_id,
       account.key AS code,
       account.kind AS kind,
       COALESCE(budget_line.organisation_id, pool.organisation_id) AS org_id,
       account.line_id AS budget_line_id,
       account.party_id AS provider_id,
       CASE WHEN account.kind IN (
                'line.available', 'line.reserved', 'line.encumbered', 'line.accrued',
                'line.disbursed', 'pool.uncharged', 'pool.charged', 'pool.released',
                'fin.payable', 'fin.in_transit'
            ) THEN 0 END AS floor_fen
  FROM account
  LEFT JOIN budget_line ON budget_line.id = account.line_id
  LEFT JOIN pool ON pool.id = account.pool_id;

-- One amount from a credit to a debit account. txn_id is the journal, act the audit entry's txn_ref.
CREATE VIEW hv_transfer AS
SELECT transfer.id AS seq,
       transfer.id AS transfer_id,
       transfer.journal_id AS txn_id,
       transfer.debit_id AS debit_id,
       transfer.credit_id AS credit_id,
       transfer.amount_fen AS amount_fen,
       journal.entry_kind AS kind,
       journal.reverses_id AS reverses_id,
       journal.business_date AS business_date,
       journal.posted_at AS posted_at,
       journal.actor_id AS actor_id,
       journal.act AS act
  FROM transfer
  LEFT JOIN journal ON journal.id = transfer.journal_id;

-- Credits less debits of every account.
CREATE VIEW hv_balance AS
SELECT account.id AS account_id,
       account.kind AS kind,
       account.line_id AS budget_line_id,
       account.pool_id AS pool_id,
       account.party_id AS provider_id,
       CAST(COALESCE(credits.total, 0) - COALESCE(debits.total, 0) AS BIGINT) AS balance_fen
  FROM account
  LEFT JOIN (SELECT credit_id, SUM(amount_fen) AS total FROM transfer GROUP BY credit_id) AS credits
         ON credits.credit_id = account.id
  LEFT JOIN (SELECT debit_id, SUM(amount_fen) AS total FROM transfer GROUP BY debit_id) AS debits
         ON debits.debit_id = account.id;

-- A budget line and its rooms: approved = available + reserved + encumbered + accrued + disbursed.
CREATE VIEW hv_budget AS
SELECT budget_line.id AS budget_line_id,
       budget_line.organisation_id AS org_id,
       budget_line.fiscal_year AS fiscal_year,
       CAST(COALESCE(-SUM(CASE WHEN room.kind = 'line.approved' THEN room.balance_fen END), 0)
            AS BIGINT) AS approved_fen,
       CAST(COALESCE(SUM(CASE WHEN room.kind = 'line.available' THEN room.balance_fen END), 0)
            AS BIGINT) AS available_fen,
       CAST(COALESCE(SUM(CASE WHEN room.kind = 'line.reserved' THEN room.balance_fen END), 0)
            AS BIGINT) AS reserved_fen,
       CAST(COALESCE(SUM(CASE WHEN room.kind = 'line.encumbered' THEN room.balance_fen END), 0)
            AS BIGINT) AS encumbered_fen,
       CAST(COALESCE(SUM(CASE WHEN room.kind = 'line.accrued' THEN room.balance_fen END), 0)
            AS BIGINT) AS accrued_fen,
       CAST(COALESCE(SUM(CASE WHEN room.kind = 'line.disbursed' THEN room.balance_fen END), 0)
            AS BIGINT) AS disbursed_fen
  FROM budget_line
  LEFT JOIN hv_balance AS room ON room.budget_line_id = budget_line.id
 GROUP BY budget_line.id, budget_line.organisation_id, budget_line.fiscal_year;

-- A commitment pool: committed = uncharged + charged + released. Running totals, net of refunds;
-- what is paid was accrued before.
CREATE VIEW hv_pool AS
SELECT pool.id AS pool_id,
       COALESCE(CAST(pool.purchase_id AS TEXT), pool.component || ':' || pool.source)
           AS purchase_id,
       pool.name AS period,
       CAST(COALESCE(-SUM(CASE WHEN part.kind = 'pool.committed' THEN part.balance_fen END), 0)
            AS BIGINT) AS committed_fen,
       CAST(COALESCE(SUM(CASE WHEN part.kind = 'pool.uncharged' THEN part.balance_fen END), 0)
            AS BIGINT) AS uncharged_fen,
       CAST(COALESCE(SUM(CASE WHEN part.kind = 'pool.charged' THEN part.balance_fen END), 0)
            AS BIGINT) AS charged_fen,
       CAST(COALESCE(SUM(CASE WHEN part.kind = 'pool.released' THEN part.balance_fen END), 0)
            AS BIGINT) AS released_fen,
       CAST(COALESCE(SUM(CASE WHEN part.kind IN ('line.accrued', 'line.disbursed')
                              THEN part.balance_fen END), 0) AS BIGINT) AS accrued_fen,
       CAST(COALESCE(SUM(CASE WHEN part.kind = 'line.disbursed' THEN part.balance_fen END), 0)
            AS BIGINT) AS paid_fen,
       CASE WHEN pool.closed_on IS NULL THEN 'open' ELSE 'closed' END AS status
  FROM pool
  LEFT JOIN hv_balance AS part ON part.pool_id = pool.id
 GROUP BY pool.id, pool.purchase_id, pool.component, pool.source, pool.name, pool.closed_on;

-- What one pool holds of one budget line: encumbered, accrued or disbursed; also of a line on which
-- it drew before it was carried over into the next year. catalogue_id is the item of the catalogue that
-- the pool's plan buys. txn_id is the journal that first encumbered the line.
CREATE VIEW hv_commitment AS
SELECT CAST(pool.id AS TEXT) || '/' || CAST(drawn.line_id AS TEXT) AS commitment_id,
       pool.component AS form,
       pool.source AS ref_id,
       drawn.line_id AS budget_line_id,
       budget_line.fiscal_year AS fiscal_year,
       CAST(purchase.catalogue_item_id AS TEXT) AS catalogue_id,
       COALESCE(held.amount_fen, 0) AS amount_fen,
       CASE WHEN pool.closed_on IS NULL THEN 'open' ELSE 'closed' END AS status,
       journal.posted_at AS activated_at,
       journal.id AS txn_id
  FROM pool
  JOIN (SELECT pool_id, line_id FROM pool_share
        UNION
        SELECT pool_id, from_line_id FROM pool_carry) AS drawn
    ON drawn.pool_id = pool.id
  LEFT JOIN purchase ON purchase.id = pool.purchase_id
  LEFT JOIN budget_line ON budget_line.id = drawn.line_id
  LEFT JOIN (SELECT pool_id, budget_line_id, CAST(SUM(balance_fen) AS BIGINT) AS amount_fen
               FROM hv_balance
              WHERE kind IN ('line.encumbered', 'line.accrued', 'line.disbursed')
              GROUP BY pool_id, budget_line_id) AS held
         ON held.pool_id = pool.id AND held.budget_line_id = drawn.line_id
  LEFT JOIN (SELECT account.pool_id, account.line_id, MIN(transfer.journal_id) AS journal_id
               FROM transfer JOIN account ON account.id = transfer.credit_id
              WHERE account.kind = 'line.encumbered'
              GROUP BY account.pool_id, account.line_id) AS first_entry
         ON first_entry.pool_id = pool.id AND first_entry.line_id = drawn.line_id
  LEFT JOIN journal ON journal.id = first_entry.journal_id;

-- What one payee is due in one payment batch. A payment is its settlement's only attempt: after a
-- rejection the claims go into another batch.
CREATE VIEW hv_settlement AS
SELECT payment.id AS settlement_id,
       payment.payee_id AS provider_id,
       CASE WHEN payment.state = 'pending' THEN payment_batch.state ELSE payment.state END
           AS status,
       payment.amount_fen AS gross_fen,
       CAST(0 AS BIGINT) AS adjust_fen,
       payment.amount_fen AS net_fen,
       payment_batch.made_by AS made_by,
       payment_batch.approved_by AS checked_by,
       payment_batch.content_hash AS content_hash,
       payment_batch.approved_hash AS approved_hash,
       payment_batch.approved_at AS approved_at
  FROM payment
  LEFT JOIN payment_batch ON payment_batch.id = payment.batch_id;

-- The payment of a settlement, as ordered from the bank and as the bank answered.
CREATE VIEW hv_payment AS
SELECT payment.id AS payment_id,
       'settlement' AS source_type,
       payment.id AS source_id,
       payment.amount_fen AS amount_fen,
       payment.state AS status,
       payment_batch.exported_by AS paid_by,
       payment.bank_reference AS bank_ref,
       CASE WHEN payment.state = 'paid' THEN payment.result_at END AS paid_at
  FROM payment
  LEFT JOIN payment_batch ON payment_batch.id = payment.batch_id;

-- The claims inside a settlement, attempt by attempt; source is the component's own name.
CREATE VIEW hv_claim AS
SELECT payment_item.payment_id AS settlement_id,
       payment_claim.id AS claim_id,
       payment_claim.component AS form,
       payment_claim.source AS source,
       payment_claim.payee_id AS provider_id,
       payment_claim.pool_id AS pool_id,
       payment_item.amount_fen AS amount_fen,
       payment_item.sent_journal_id AS sent_txn_id,
       payment_item.result_journal_id AS result_txn_id
  FROM payment_item
  LEFT JOIN payment_claim ON payment_claim.id = payment_item.claim_id;

-- Every decision of a second person; the hash is of what was decided, where it has one.
CREATE VIEW hv_approval AS
SELECT status_log.object_type AS object_type,
       status_log.object_id AS object_id,
       status_log.from_state AS step,
       status_log.actor_id AS actor_id,
       status_log.to_state AS decision,
       payment_batch.approved_hash AS content_hash,
       status_log.at AS at
  FROM status_log
  LEFT JOIN payment_batch
         ON status_log.object_type = 'payment_batch' AND payment_batch.id = status_log.object_id
 WHERE status_log.to_state IN ('approved', 'rejected') AND status_log.object_type <> 'payment';

-- Every change of state of every object.
CREATE VIEW hv_status_log AS
SELECT object_type,
       object_id,
       from_state AS from_status,
       to_state AS to_status,
       at,
       actor_id
  FROM status_log;

-- The audit trail with its seals; what has no hash yet waits for the sealer.
CREATE VIEW hv_audit AS
SELECT audit_entry.id AS seq,
       audit_entry.at AS at,
       audit_entry.actor_id AS actor_id,
       audit_entry.action AS action,
       audit_entry.object_type AS object_type,
       audit_entry.object_id AS object_id,
       audit_entry.act AS txn_ref,
       seal.form AS hash_version,
       seal.previous_hash AS prev_hash,
       seal.hash AS hash
  FROM audit_entry
  LEFT JOIN seal ON seal.subject = 'audit' AND seal.subject_id = audit_entry.id;

-- The whole chain: accounts, journals and audit entries in the order of their sealing.
CREATE VIEW hv_seal AS
SELECT seq, subject, subject_id, form, prints, previous_hash, hash, sealed_at FROM seal;

-- What was answered under each request key.
CREATE VIEW hv_idempotency AS
SELECT actor_id, request_key AS key, fingerprint, status, at
  FROM audit_entry
 WHERE request_key IS NOT NULL;

-- Who held which role for which organisation, first and last day inclusive. A grant has no second
-- person yet.
CREATE VIEW hv_role AS
SELECT user_id,
       role,
       organisation_id AS org_id,
       granted_by,
       CAST(NULL AS BIGINT) AS approved_by,
       from_on AS from_at,
       to_on AS to_at
  FROM role_grant;
