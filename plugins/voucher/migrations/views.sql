-- The voucher's part of the stable surface for auditors; see migrations/views.sql for the rules.

-- A voucher over all its lots: face = remaining + returned + redeemed, in fen. valid_to is the last
-- day, inclusive. remaining is in the voucher's own unit.
CREATE VIEW hv_voucher AS
SELECT voucher_voucher.id AS voucher_id,
       voucher_voucher.programme_id AS scheme_id,
       voucher_voucher.resident_id AS recipient_ref,
       (SELECT pool_share.line_id FROM voucher_lot AS first_lot
          JOIN pool_share ON pool_share.pool_id = first_lot.pool_id AND pool_share.position = 0
         WHERE first_lot.voucher_id = voucher_voucher.id
         ORDER BY first_lot.id LIMIT 1) AS budget_line_id,
       CAST(SUM(voucher_lot.committed_fen) AS BIGINT) AS face_fen,
       CAST(SUM(CASE WHEN voucher_lot.unit = 'fen'
                          AND voucher_lot.committed_fen = voucher_lot.granted
                     THEN voucher_lot.granted - voucher_lot.redeemed - voucher_lot.expired
                          - voucher_lot.forfeited - voucher_lot.cancelled
                     ELSE voucher_lot.committed_fen - voucher_lot.charged_fen
                          - voucher_lot.released_fen END) AS BIGINT) AS remaining_fen,
       CAST(SUM(CASE WHEN voucher_lot.unit = 'fen'
                          AND voucher_lot.committed_fen = voucher_lot.granted
                     THEN voucher_lot.expired + voucher_lot.forfeited + voucher_lot.cancelled
                     ELSE voucher_lot.released_fen END) AS BIGINT) AS returned_fen,
       voucher_voucher.state AS status,
       voucher_voucher.issued_by AS issued_by,
       voucher_voucher.issued_at AS issued_at,
       MIN(voucher_lot.valid_from) AS valid_from,
       MAX(voucher_lot.valid_through) AS valid_to,
       MIN(voucher_lot.unit) AS unit,
       CAST(SUM(voucher_lot.granted) AS BIGINT) AS granted,
       CAST(SUM(voucher_lot.granted - voucher_lot.held - voucher_lot.redeemed
                - voucher_lot.expired - voucher_lot.forfeited - voucher_lot.cancelled)
            AS BIGINT) AS remaining
  FROM voucher_voucher
  LEFT JOIN voucher_lot ON voucher_lot.voucher_id = voucher_voucher.id
 GROUP BY voucher_voucher.id, voucher_voucher.programme_id, voucher_voucher.resident_id,
          voucher_voucher.state, voucher_voucher.issued_by, voucher_voucher.issued_at;

-- What each redemption drew from each lot; what was corrected since is not taken off.
CREATE VIEW hv_redemption_lot AS
SELECT voucher_lot_move.redemption_id AS redemption_id,
       voucher_lot_move.lot_id AS lot_id,
       voucher_lot.pool_id AS pool_id,
       voucher_lot_move.quantity AS quantity,
       voucher_lot_move.amount_fen AS amount_fen
  FROM voucher_lot_move
  JOIN voucher_lot ON voucher_lot.id = voucher_lot_move.lot_id
  JOIN voucher_redemption ON voucher_redemption.id = voucher_lot_move.redemption_id
   AND voucher_redemption.journal_id = voucher_lot_move.journal_id
 WHERE voucher_lot_move.from_state = 'available' AND voucher_lot_move.to_state = 'redeemed';

-- A redemption's statement: that of the first locked period it belongs to.
CREATE VIEW hv_redemption_statement AS
SELECT voucher_redemption.id AS redemption_id,
       voucher_statement.id AS statement_id
  FROM voucher_redemption
  JOIN voucher_settlement_period
    ON voucher_settlement_period.programme_id = voucher_redemption.programme_id
   AND voucher_settlement_period.sequence = (
         SELECT MIN(earlier.sequence) FROM voucher_settlement_period AS earlier
          WHERE earlier.programme_id = voucher_redemption.programme_id
            AND voucher_redemption.writer < earlier.watermark
            AND voucher_redemption.redeemed_at <= earlier.cutoff_at)
  JOIN voucher_statement
    ON voucher_statement.period_id = voucher_settlement_period.id
   AND voucher_statement.provider_id = voucher_redemption.provider_id;

-- A redemption. transfer_id is what it made owed to the payee; settlement_id the payment that
-- holds it now, empty while none does. quantity is in thousandths of the service's unit or of
-- minutes. reversed_fen was corrected since.
CREATE VIEW hv_redemption AS
SELECT voucher_redemption.id AS redemption_id,
       voucher_redemption.voucher_id AS voucher_id,
       voucher_redemption.provider_id AS provider_id,
       voucher_redemption.device_id AS device_id,
       voucher_redemption.clerk_id AS clerk_id,
       voucher_redemption.amount_fen AS amount_fen,
       voucher_redemption.state AS state,
       voucher_redemption.redeemed_at AS redeemed_at,
       (SELECT MIN(transfer.id) FROM transfer
          JOIN account ON account.id = transfer.credit_id AND account.kind = 'fin.payable'
         WHERE transfer.journal_id = voucher_redemption.journal_id) AS transfer_id,
       (SELECT MIN(payment_item.payment_id)
          FROM hv_redemption_lot
          JOIN payment_claim
            ON payment_claim.component = 'voucher'
           AND payment_claim.source = COALESCE(
                 (SELECT 'objection:' || CAST(voucher_objection.id AS TEXT)
                    FROM voucher_objection
                   WHERE voucher_objection.redemption_id = voucher_redemption.id),
                 'statement:' || CAST(hv_redemption_statement.statement_id AS TEXT)
               ) || '/pool:' || CAST(hv_redemption_lot.pool_id AS TEXT)
               || CASE WHEN voucher_redemption.payee_id = voucher_redemption.provider_id
                         OR EXISTS (SELECT 1 FROM voucher_objection
                                     WHERE voucher_objection.redemption_id = voucher_redemption.id)
                       THEN '' ELSE '/payee:' || CAST(voucher_redemption.payee_id AS TEXT) END
          JOIN payment_item ON payment_item.claim_id = payment_claim.id AND payment_item.live
         WHERE hv_redemption_lot.redemption_id = voucher_redemption.id) AS settlement_id,
       'thousandth' AS unit,
       voucher_redemption.quantity AS quantity,
       voucher_redemption.journal_id AS journal_id,
       voucher_redemption.payee_id AS payee_id,
       voucher_redemption.others_fen AS others_fen,
       voucher_redemption.reversed_fen AS reversed_fen
  FROM voucher_redemption
  LEFT JOIN hv_redemption_statement
         ON hv_redemption_statement.redemption_id = voucher_redemption.id;

-- Which provider was admitted to which programme, first and last day inclusive.
CREATE VIEW hv_enrolment AS
SELECT programme_id AS scheme_id,
       provider_id,
       from_on AS from_at,
       to_on AS to_at
  FROM voucher_admission;
