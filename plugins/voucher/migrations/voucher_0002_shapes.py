"""Vouchers of every shape: versions of terms, counters, holds, enrolments, recoveries."""

import json

import sqlalchemy as sa
from alembic import op

from core.schema import append_only

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "voucher_0002"
down_revision = "voucher_0001"

LIVE = "state = 'ordered' OR (state = 'approved' AND NOT is_partial)"

# Writes redemptions, all of them or none; see plugins/voucher/service/capture.py.
CAPTURE = """
CREATE FUNCTION voucher_capture(
  lines jsonb, draws jsonb, counts jsonb, at_ timestamptz, day_ date
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  wanted int;
  done int;
BEGIN
  -- The request keys first: whoever repeats a request waits here for the first one's outcome.
  -- An ordinary act writes its own entry.
  INSERT INTO audit_entry (act, at, action, outcome, actor_id, actor_name, organisation_id,
    device_id, object_type, object_id, scope, request_key, fingerprint, status, answer)
  SELECT x.act, at_, x.action, 'accepted', x.actor_id, x.actor_name, x.provider_id,
    x.device_id, 'voucher', x.voucher_id::text, x.scope, x.request_key, x.fingerprint, 200,
    x.answer
  FROM jsonb_to_recordset(lines) AS x(act text, action text, actor_id bigint, actor_name text,
    provider_id bigint, device_id bigint, voucher_id bigint, scope text, request_key text,
    fingerprint text, answer text)
  WHERE x.action IS NOT NULL;

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
      held = l.held - d.held, held_fen = l.held_fen - d.held_fen,
      charged_fen = l.charged_fen + d.amount_fen, released_fen = l.released_fen + d.released,
      valid_through = coalesce(d.kept_through, l.valid_through),
      entry_through = coalesce(d.kept_entry, l.entry_through)
  FROM jsonb_to_recordset(draws) AS d(lot_id bigint, available bigint, quantity bigint,
    forfeited bigint, amount_fen bigint, released bigint, held bigint, held_fen bigint,
    kept_through date, kept_entry date)
  WHERE l.id = d.lot_id
    AND l.granted - l.held - l.redeemed - l.expired - l.forfeited - l.cancelled = d.available
    AND d.available + d.held >= d.quantity + d.forfeited
    AND l.held >= d.held AND l.held_fen >= d.held_fen
    AND l.committed_fen - l.charged_fen - l.released_fen - l.held_fen + d.held_fen
        >= d.amount_fen + d.released;
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done <> jsonb_array_length(draws) THEN
    RAISE EXCEPTION 'overtaken' USING ERRCODE = 'HG001';
  END IF;

  IF jsonb_array_length(counts) > 0 THEN
    INSERT INTO voucher_counter (programme_id, owner, cap, period, used)
    SELECT c.programme_id, c.owner, c.cap, c.period, 0
    FROM jsonb_to_recordset(counts) AS c(programme_id bigint, owner text, cap text, period text)
    ORDER BY c.programme_id, c.owner, c.cap, c.period
    ON CONFLICT DO NOTHING;
    UPDATE voucher_counter k SET used = c.used
    FROM jsonb_to_recordset(counts) AS c(programme_id bigint, owner text, cap text, period text,
      before bigint, used bigint)
    WHERE k.programme_id = c.programme_id AND k.owner = c.owner AND k.cap = c.cap
      AND k.period = c.period AND k.used = c.before;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done <> jsonb_array_length(counts) THEN
      RAISE EXCEPTION 'overtaken' USING ERRCODE = 'HG001';
    END IF;
    INSERT INTO voucher_count (redemption_id, owner, cap, period, added)
    SELECT c.redemption_id, c.owner, c.cap, c.period, c.used - c.before
    FROM jsonb_to_recordset(counts) AS c(redemption_id bigint, owner text, cap text, period text,
      before bigint, used bigint);
  END IF;

  INSERT INTO journal (id, entry_kind, source, act, actor_id, business_date, posted_at)
  SELECT x.journal_id, 'voucher.redeemed', 'voucher.redeem:' || x.redemption_id, x.act,
    x.actor_id, day_, at_
  FROM jsonb_to_recordset(lines) AS x(journal_id bigint, redemption_id bigint, act text,
    actor_id bigint);

  INSERT INTO voucher_redemption (id, receipt, voucher_id, credential_id, programme_id,
    organisation_id, division_code, provider_id, office_id, device_id, clerk_id, service_code,
    quantity, price_fen, amount_fen, forfeited_fen, redeemed_at, service_on, state, journal_id,
    act, payee_id, unit_price_fen, others_fen, others, result, hold_id, enrolment_id, started_at,
    ended_at, writer)
  SELECT x.redemption_id, x.receipt, x.voucher_id, x.credential_id, x.programme_id,
    x.organisation_id, x.division_code, x.provider_id, x.office_id, x.device_id, x.actor_id,
    x.service_code, x.quantity, x.price_fen, x.amount_fen, x.forfeited_fen, at_, x.service_on,
    'captured', x.journal_id, x.act, x.payee_id, x.unit_price_fen, x.others_fen, x.others,
    x.result, x.hold_id, x.enrolment_id, x.started_at, x.ended_at,
    pg_current_xact_id()::text::bigint
  FROM jsonb_to_recordset(lines) AS x(redemption_id bigint, receipt text, voucher_id bigint,
    credential_id bigint, programme_id bigint, organisation_id bigint, division_code text,
    provider_id bigint, office_id bigint, device_id bigint, actor_id bigint, service_code text,
    quantity bigint, price_fen bigint, amount_fen bigint, forfeited_fen bigint, service_on date,
    journal_id bigint, act text, payee_id bigint, unit_price_fen bigint, others_fen bigint,
    others json, result text, hold_id bigint, enrolment_id bigint, started_at timestamptz,
    ended_at timestamptz);

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
  SELECT d.lot_id, d.journal_id, d.redemption_id, m.source, m.target, m.quantity, m.worth, d.act
  FROM jsonb_to_recordset(draws) AS d(lot_id bigint, journal_id bigint, redemption_id bigint,
    quantity bigint, amount_fen bigint, forfeited bigint, released bigint, held bigint,
    held_fen bigint, act text)
  CROSS JOIN LATERAL (VALUES
    ('held', 'available', d.held, d.held_fen),
    ('available', 'redeemed', d.quantity, d.amount_fen),
    ('available', 'forfeited', d.forfeited, d.released)
  ) AS m(source, target, quantity, worth)
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
        "voucher_count",
        sa.Column("redemption_id", ID, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("cap", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "redemption_id", "owner", "cap", "period", name=op.f("pk_voucher_count")
        ),
    )
    op.create_table(
        "voucher_counter",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("cap", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["voucher_programme.id"], name=op.f("fk_voucher_counter_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_counter")),
        sa.UniqueConstraint(
            "programme_id",
            "owner",
            "cap",
            "period",
            name=op.f("uq_voucher_counter_programme_id_owner_cap_period"),
        ),
    )
    op.create_table(
        "voucher_decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=True),
        sa.Column("judged_on", sa.Date(), nullable=False),
        sa.Column("is_eligible", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["voucher_programme.id"],
            name=op.f("fk_voucher_decision_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_voucher_decision_resident_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["voucher_terms.id"], name=op.f("fk_voucher_decision_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_decision")),
    )
    with op.batch_alter_table("voucher_decision", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_decision_resident_id", ["resident_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_voucher_decision_voucher_id"), ["voucher_id"], unique=False
        )

    op.create_table(
        "voucher_enrolment",
        sa.Column("id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("credential_id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("enrolled_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["programme_id"],
            ["voucher_programme.id"],
            name=op.f("fk_voucher_enrolment_programme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher_voucher.id"], name=op.f("fk_voucher_enrolment_voucher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_enrolment")),
    )
    with op.batch_alter_table("voucher_enrolment", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_enrolment_provider_id", ["provider_id"], unique=False)
        batch_op.create_index(
            "uq_voucher_enrolment_open",
            ["voucher_id", "service_code"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "voucher_hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("credential_id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("clerk_id", ID, nullable=False),
        sa.Column("service_code", sa.Text(), nullable=False),
        sa.Column("is_visit", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["voucher_programme.id"], name=op.f("fk_voucher_hold_programme_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher_voucher.id"], name=op.f("fk_voucher_hold_voucher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_hold")),
    )
    with op.batch_alter_table("voucher_hold", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_hold_voucher_id", ["voucher_id"], unique=False)
        batch_op.create_index(
            "uq_voucher_hold_clerk",
            ["clerk_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open' AND is_visit"),
            postgresql_where=sa.text("state = 'open' AND is_visit"),
        )
        batch_op.create_index(
            "uq_voucher_hold_resident",
            ["resident_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open' AND is_visit"),
            postgresql_where=sa.text("state = 'open' AND is_visit"),
        )

    op.create_table(
        "voucher_held_lot",
        sa.Column("hold_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["voucher_hold.id"], name=op.f("fk_voucher_held_lot_hold_id")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["voucher_lot.id"], name=op.f("fk_voucher_held_lot_lot_id")
        ),
        sa.PrimaryKeyConstraint("hold_id", "lot_id", name=op.f("pk_voucher_held_lot")),
    )
    op.create_table(
        "voucher_recovery",
        sa.Column("id", ID, nullable=False),
        sa.Column("voucher_id", ID, nullable=False),
        sa.Column("lot_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("recovered", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clawback_id", ID, nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["voucher_lot.id"], name=op.f("fk_voucher_recovery_lot_id")
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id"], ["voucher_voucher.id"], name=op.f("fk_voucher_recovery_voucher_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_recovery")),
    )
    with op.batch_alter_table("voucher_recovery", schema=None) as batch_op:
        batch_op.create_index("ix_voucher_recovery_voucher_id", ["voucher_id"], unique=False)

    op.add_column(
        "voucher_lot",
        sa.Column(
            "entry_through", sa.Date(), server_default=sa.text("'9999-12-31'"), nullable=False
        ),
    )
    op.add_column(
        "voucher_lot",
        sa.Column("held_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "voucher_lot",
        sa.Column("allotment", sa.Text(), server_default=sa.text("'face'"), nullable=False),
    )
    op.add_column(
        "voucher_lot",
        sa.Column("period", sa.Text(), server_default=sa.text("'once'"), nullable=False),
    )
    op.add_column(
        "voucher_redemption", sa.Column("payee_id", ID, server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "voucher_redemption",
        sa.Column("unit_price_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "voucher_redemption",
        sa.Column("others_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("voucher_redemption", sa.Column("others", sa.JSON(), nullable=True))
    op.add_column(
        "voucher_redemption",
        sa.Column("reversed_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("voucher_redemption", sa.Column("result", sa.Text(), nullable=True))
    op.add_column("voucher_redemption", sa.Column("hold_id", ID, nullable=True))
    op.add_column("voucher_redemption", sa.Column("enrolment_id", ID, nullable=True))
    op.add_column(
        "voucher_redemption", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "voucher_redemption", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "voucher_reversal",
        sa.Column("is_partial", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "voucher_reversal",
        sa.Column("amount_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("voucher_reversal", sa.Column("unit_price_fen", sa.BigInteger(), nullable=True))
    op.add_column("voucher_reversal", sa.Column("quantity", sa.BigInteger(), nullable=True))
    op.add_column(
        "voucher_terms",
        sa.Column("state", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
    )
    op.add_column("voucher_terms", sa.Column("effective_on", sa.Date(), nullable=True))
    op.add_column("voucher_terms", sa.Column("made_by", ID, nullable=True))
    op.add_column("voucher_terms", sa.Column("approved_by", ID, nullable=True))
    op.add_column("voucher_voucher", sa.Column("period", sa.Text(), nullable=True))
    op.add_column("voucher_voucher", sa.Column("family", sa.Text(), nullable=True))
    op.add_column("voucher_voucher", sa.Column("income_fen", sa.BigInteger(), nullable=True))
    op.add_column("voucher_voucher", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("voucher_voucher", sa.Column("suspended_from", sa.Date(), nullable=True))
    op.add_column("voucher_voucher", sa.Column("suspended_through", sa.Date(), nullable=True))

    op.execute("UPDATE voucher_lot SET entry_through = valid_through")
    op.execute(
        "UPDATE voucher_redemption SET payee_id = provider_id,"
        " unit_price_fen = CASE WHEN quantity > 0 THEN price_fen * 1000 / quantity ELSE 0 END"
    )
    op.execute(
        "UPDATE voucher_reversal SET amount_fen = (SELECT r.amount_fen"
        " FROM voucher_redemption r WHERE r.id = voucher_reversal.redemption_id)"
    )
    op.drop_index("uq_voucher_reversal_live", "voucher_reversal")
    op.create_index(
        "uq_voucher_reversal_live",
        "voucher_reversal",
        ["redemption_id"],
        unique=True,
        sqlite_where=sa.text(LIVE),
        postgresql_where=sa.text(LIVE),
    )
    op.execute(
        "UPDATE pool SET source = source || '/v1/face/once'"
        " WHERE component = 'voucher' AND source LIKE 'programme:%'"
    )
    append_only("voucher_decision")
    _rewrite_terms()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION voucher_capture(jsonb, jsonb, timestamptz, date)")
        op.execute(CAPTURE)


def _rewrite_terms() -> None:
    """Say the first version's face values as allotments made once; nothing changes its meaning."""
    bind = op.get_bind()
    terms = sa.table(
        "voucher_terms",
        sa.column("id"),
        sa.column("programme_id"),
        sa.column("document", sa.JSON),
        sa.column("state"),
        sa.column("made_by"),
        sa.column("approved_by"),
    )
    programmes = {
        row.id: row
        for row in bind.execute(
            sa.text("SELECT id, state, made_by, approved_by FROM voucher_programme")
        )
    }
    for row in bind.execute(sa.select(terms.c.id, terms.c.programme_id, terms.c.document)).all():
        document, programme = row.document, programmes[row.programme_id]
        if isinstance(document, str):
            document = json.loads(document)
        faces = [
            {"classes": [item["code"]], "quantity": item.pop("face_fen")}
            for item in document["classes"]
        ]
        forfeits = document["remainder"] == "forfeit"
        document |= {
            "allotments": [{"code": "face", "name": "面额", "amounts": faces}],
            "rounding": {"price": "half_up", "subsidy": "half_up", "per": "use"},
            "beyond": "self_pay" if forfeits else "refuse",
        }
        bind.execute(
            sa.update(terms)
            .where(terms.c.id == row.id)
            .values(
                document=document,
                state="approved" if programme.state == "closed" else programme.state,
                made_by=programme.made_by,
                approved_by=programme.approved_by,
            )
        )
