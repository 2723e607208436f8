"""The voucher: programmes, providers' offers, vouchers with lots, redemptions, statements."""

import sqlalchemy as sa
from alembic import op

from core.schema import append_only

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "voucher_0001"
down_revision = None


# Writes redemptions, all of them or none; see plugins/voucher/service/capture.py.
CAPTURE = """
CREATE FUNCTION voucher_capture(
  lines jsonb, draws jsonb, at_ timestamptz, day_ date
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted int;
  done int;
BEGIN
  -- The request keys first: whoever repeats a request waits here for the first one's outcome.
  INSERT INTO audit_entry (act, at, action, outcome, actor_id, actor_name, organisation_id,
    device_id, object_type, object_id, scope, request_key, fingerprint, status, answer)
  SELECT x.act, at_, x.action, 'accepted', x.actor_id, x.actor_name, x.provider_id,
    x.device_id, 'voucher', x.voucher_id::text, x.scope, x.request_key, x.fingerprint, 200,
    x.answer
  FROM jsonb_to_recordset(lines) AS x(act text, action text, actor_id bigint, actor_name text,
    provider_id bigint, device_id bigint, voucher_id bigint, scope text, request_key text,
    fingerprint text, answer text);

  SELECT count(*) INTO wanted FROM jsonb_to_recordset(lines) AS x(step bigint) WHERE x.step > 0;
  IF wanted > 0 THEN
    UPDATE voucher_credential c SET last_step = x.step
    FROM jsonb_to_recordset(lines) AS x(credential_id bigint, step bigint)
    WHERE c.id = x.credential_id AND x.step > 0 AND c.last_step < x.step AND c.state = 'active';
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> wanted THEN
      RAISE EXCEPTION 'overtaken' USING ERRCODE = 'HG001';
    END IF;
  END IF;

  IF jsonb_array_length(draws) > 1 THEN
    PERFORM 1 FROM voucher_lot l
    WHERE l.id = ANY (
      ARRAY(SELECT (d ->> 'lot_id')::bigint FROM jsonb_array_elements(draws) d))
    ORDER BY l.id FOR NO KEY UPDATE;
  END IF;
  UPDATE voucher_lot l
  SET redeemed = l.redeemed + d.quantity, forfeited = l.forfeited + d.forfeited,
      charged_fen = l.charged_fen + d.amount_fen, released_fen = l.released_fen + d.released
  FROM jsonb_to_recordset(draws) AS d(lot_id bigint, available bigint, quantity bigint,
    forfeited bigint, amount_fen bigint, released bigint)
  WHERE l.id = d.lot_id
    AND l.granted - l.held - l.redeemed - l.expired - l.forfeited - l.cancelled = d.available
    AND d.available >= d.quantity + d.forfeited;
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done <> jsonb_array_length(draws) THEN
    RAISE EXCEPTION 'overtaken' USING ERRCODE = 'HG001';
  END IF;

  INSERT INTO journal (id, entry_kind, source, act, actor_id, business_date, posted_at)
  SELECT x.journal_id, 'voucher.redeemed', 'voucher.redeem:' || x.redemption_id, x.act,
    x.actor_id, day_, at_
  FROM jsonb_to_recordset(lines) AS x(journal_id bigint, redemption_id bigint, act text,
    actor_id bigint);

  INSERT INTO voucher_redemption (id, receipt, voucher_id, credential_id, programme_id,
    organisation_id, division_code, provider_id, office_id, device_id, clerk_id, service_code,
    quantity, price_fen, amount_fen, forfeited_fen, redeemed_at, service_on, state, journal_id,
    act, writer)
  SELECT x.redemption_id, x.receipt, x.voucher_id, x.credential_id, x.programme_id,
    x.organisation_id, x.division_code, x.provider_id, x.office_id, x.device_id, x.actor_id,
    x.service_code, x.quantity, x.price_fen, x.amount_fen, x.forfeited_fen, at_, day_, 'captured',
    x.journal_id, x.act, pg_current_xact_id()::text::bigint
  FROM jsonb_to_recordset(lines) AS x(redemption_id bigint, receipt text, voucher_id bigint,
    credential_id bigint, programme_id bigint, organisation_id bigint, division_code text,
    provider_id bigint, office_id bigint, device_id bigint, actor_id bigint, service_code text,
    quantity bigint, price_fen bigint, amount_fen bigint, forfeited_fen bigint, journal_id bigint,
    act text);

  INSERT INTO transfer (journal_id, debit_id, credit_id, amount_fen)
  SELECT d.journal_id, t.debit_id, t.credit_id, t.amount_fen
  FROM jsonb_to_recordset(draws) AS d(journal_id bigint, amount_fen bigint, released bigint,
    uncharged_account bigint, charged_account bigint, expense_account bigint,
    payable_account bigint, released_account bigint, encumbered_account bigint,
    available_account bigint)
  CROSS JOIN LATERAL (VALUES
    (d.uncharged_account, d.charged_account, d.amount_fen),
    (d.expense_account, d.payable_account, d.amount_fen),
    (d.uncharged_account, d.released_account, d.released),
    (d.encumbered_account, d.available_account, d.released)
  ) AS t(debit_id, credit_id, amount_fen)
  WHERE t.amount_fen > 0;

  INSERT INTO voucher_lot_move (lot_id, journal_id, redemption_id, from_state, to_state, quantity,
    amount_fen, act)
  SELECT d.lot_id, d.journal_id, d.redemption_id, 'available', m.state, m.quantity, m.worth, d.act
  FROM jsonb_to_recordset(draws) AS d(lot_id bigint, journal_id bigint, redemption_id bigint,
    quantity bigint, amount_fen bigint, forfeited bigint, released bigint, act text)
  CROSS JOIN LATERAL (VALUES
    ('redeemed', d.quantity, d.amount_fen),
    ('forfeited', d.forfeited, d.released)
  ) AS m(state, quantity, worth)
  WHERE m.quantity > 0;

  INSERT INTO pending_increase (account_id, amount_fen)
  SELECT d.available_account, d.released
  FROM jsonb_to_recordset(draws) AS d(available_account bigint, released bigint)
  WHERE d.released > 0;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "voucher_lot_move",
        sa.Column("id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("journal_id", ID, nullable=True),
        sa.Column("redemption_id", ID, nullable=True),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_voucher_lot_move_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_lot_move")),
    )
    with op.batch_alter_table("voucher_lot_move", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_lot_move_lot_id", ["lot_id"], unique=False)
        batch_op.create_index("ix_voucher_lot_move_redemption_id", ["redemption_id"], unique=False)

    op.create_table(
        "voucher_redemption",
        sa.Column("id", ID, nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("credential_id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("office_id", ID, nullable=True),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("clerk_id", ID, nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("forfeited_fen", sa.BigInteger(), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("service_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("writer", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "amount_fen >= 0 AND forfeited_fen >= 0", name=op.f("ck_voucher_redemption_amounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_redemption")),
        sa.UniqueConstraint("receipt", name=op.f("uq_voucher_redemption_receipt")),
    )
    with op.batch_alter_table("voucher_redemption", schema=None) as batch_op:
        batch_op.create_index(
            "ix_voucher_redemption_provider", ["programme_id", "provider_id", "id"], unique=False
        )
        batch_op.create_index("ix_voucher_redemption_voucher_id", ["voucher_id"], unique=False)

    op.create_table(
        "voucher_reversal",
        sa.Column("id", ID, nullable=False),
        sa.Column("redemption_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entitlement", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=True),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", ID, nullable=True),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.Column("clawback_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["voucher_redemption.id"],
            name=op.f("fk_voucher_reversal_redemption_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_reversal")),
    )
    with op.batch_alter_table("voucher_reversal", schema=None) as batch_op:
        batch_op.create_index(
            "uq_voucher_reversal_live",
            ["redemption_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'cancelled'"),
            postgresql_where=sa.text("state <> 'cancelled'"),
        )

    op.create_table(
        "voucher_programme",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("approved_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_voucher_programme_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_voucher_programme_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_voucher_programme_code")),
    )
    with op.batch_alter_table("voucher_programme", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_voucher_programme_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "voucher_admission",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_voucher_admission_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_voucher_admission_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["voucher_programme.id"],
            name=op.f("fk_voucher_admission_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_voucher_admission_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_admission")),
        sa.UniqueConstraint(
            "programme_id",
            "provider_id",
            name=op.f("uq_voucher_admission_programme_id_provider_id"),
        ),
    )
    with op.batch_alter_table("voucher_admission", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_voucher_admission_provider_id"), ["provider_id"], unique=False
        )

    op.create_table(
        "voucher_settlement_period",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("cutoff_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watermark", sa.BigInteger(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["division_code"],
            ["division.code"],
            name=op.f("fk_voucher_settlement_period_division_code"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_voucher_settlement_period_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["voucher_programme.id"],
            name=op.f("fk_voucher_settlement_period_programme_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_settlement_period")),
        sa.UniqueConstraint(
            "programme_id",
            "sequence",
            name=op.f("uq_voucher_settlement_period_programme_id_sequence"),
        ),
    )
    op.create_table(
        "voucher_terms",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["voucher_programme.id"], name=op.f("fk_voucher_terms_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_terms")),
        sa.UniqueConstraint(
            "programme_id", "version", name=op.f("uq_voucher_terms_programme_id_version")
        ),
    )
    op.create_table(
        "voucher_offer",
        sa.Column("id", ID, nullable=False),
        sa.Column("admission_id", ID, nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["voucher_admission.id"], name=op.f("fk_voucher_offer_admission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_offer")),
        sa.UniqueConstraint(
            "admission_id", "service_code", name=op.f("uq_voucher_offer_admission_id_service_code")
        ),
    )
    op.create_table(
        "voucher_statement",
        sa.Column("id", ID, nullable=False),
        sa.Column("period_id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("gross_fen", sa.BigInteger(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("confirm_by", sa.Date(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_voucher_statement_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_voucher_statement_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["period_id"],
            ["voucher_settlement_period.id"],
            name=op.f("fk_voucher_statement_period_id"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["voucher_programme.id"],
            name=op.f("fk_voucher_statement_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_voucher_statement_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_statement")),
        sa.UniqueConstraint(
            "period_id", "provider_id", name=op.f("uq_voucher_statement_period_id_provider_id")
        ),
    )
    with op.batch_alter_table("voucher_statement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_voucher_statement_provider_id"), ["provider_id"], unique=False
        )

    op.create_table(
        "voucher_voucher",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("class_code", sa.Text(), nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_voucher_voucher_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_voucher_voucher_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["voucher_programme.id"], name=op.f("fk_voucher_voucher_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_voucher_voucher_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["voucher_terms.id"], name=op.f("fk_voucher_voucher_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_voucher")),
        sa.UniqueConstraint(
            "programme_id", "number", name=op.f("uq_voucher_voucher_programme_id_number")
        ),
    )
    with op.batch_alter_table("voucher_voucher", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_voucher_resident_id", ["resident_id"], unique=False)

    op.create_table(
        "voucher_credential",
        sa.Column("id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lookup_hash", sa.Text(), nullable=False),
        sa.Column("typed_hash", sa.Text(), nullable=True),
        sa.Column("public_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher_voucher.id"], name=op.f("fk_voucher_credential_voucher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_credential")),
        sa.UniqueConstraint("lookup_hash", name=op.f("uq_voucher_credential_lookup_hash")),
        sa.UniqueConstraint("typed_hash", name=op.f("uq_voucher_credential_typed_hash")),
    )
    with op.batch_alter_table("voucher_credential", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_credential_voucher_id", ["voucher_id"], unique=False)

    op.create_table(
        "voucher_lot",
        sa.Column("id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("redeemed", sa.BigInteger(), nullable=False),
        sa.Column("expired", sa.BigInteger(), nullable=False),
        sa.Column("forfeited", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.BigInteger(), nullable=False),
        sa.Column("committed_fen", sa.BigInteger(), nullable=False),
        sa.Column("charged_fen", sa.BigInteger(), nullable=False),
        sa.Column("released_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_through", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "charged_fen >= 0 AND released_fen >= 0 "
            "AND committed_fen - charged_fen - released_fen >= 0",
            name=op.f("ck_voucher_lot_money"),
        ),
        sa.CheckConstraint(
            "granted - held - redeemed - expired - forfeited - cancelled >= 0",
            name=op.f("ck_voucher_lot_remaining"),
        ),
        sa.CheckConstraint(
            "held >= 0 AND redeemed >= 0 AND expired >= 0 AND forfeited >= 0 AND cancelled >= 0",
            name=op.f("ck_voucher_lot_parts"),
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_voucher_lot_pool_id")),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher_voucher.id"], name=op.f("fk_voucher_lot_voucher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_lot")),
        postgresql_with={"fillfactor": 85},
    )
    with op.batch_alter_table("voucher_lot", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_lot_pool_id", ["pool_id"], unique=False)
        batch_op.create_index("ix_voucher_lot_voucher_id", ["voucher_id"], unique=False)

    op.create_table(
        "voucher_objection",
        sa.Column("id", ID, nullable=False),
        sa.Column("statement_id", ID, nullable=False),
        sa.Column("redemption_id", ID, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", ID, nullable=True),
        sa.Column("resolved_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["redemption_id"],
            ["voucher_redemption.id"],
            name=op.f("fk_voucher_objection_redemption_id"),
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["voucher_statement.id"],
            name=op.f("fk_voucher_objection_statement_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_objection")),
        sa.UniqueConstraint("redemption_id", name=op.f("uq_voucher_objection_redemption_id")),
    )
    with op.batch_alter_table("voucher_objection", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_voucher_objection_statement_id"), ["statement_id"], unique=False
        )

    op.create_table(
        "voucher_statement_pool",
        sa.Column("statement_id", ID, nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_voucher_statement_pool_pool_id")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["voucher_statement.id"],
            name=op.f("fk_voucher_statement_pool_statement_id"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "pool_id", name=op.f("pk_voucher_statement_pool")),
    )
    append_only("voucher_lot_move")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CAPTURE)
