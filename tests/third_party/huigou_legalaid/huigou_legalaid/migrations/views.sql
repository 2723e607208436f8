-- What auditors read of legal aid; a view's name begins with hv_ and the plugin's name.

CREATE VIEW hv_legalaid_case AS
SELECT id AS case_id, number, kind, firm_id AS provider_id, organisation_id AS org_id, pool_id,
       fee_fen, accepted_at, settled_journal_id AS txn_id
  FROM legalaid_case;
