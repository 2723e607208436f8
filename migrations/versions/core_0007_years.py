"""Fiscal years that close, what goes on into the next one, and what stands without budget."""

import sqlalchemy as sa
from alembic import op

from core.schema import append_only, refuse_closed_lines

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0007"
down_revision = "core_0006"


def upgrade() -> None:
    op.create_table(
        "fiscal_year",
        sa.Column("id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", ID, nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", ID, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'closed')", name=op.f("ck_fiscal_year_state")),
        sa.CheckConstraint("closed_by <> requested_by", name=op.f("ck_fiscal_year_two_persons")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["user_account.id"], name=op.f("fk_fiscal_year_closed_by")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_fiscal_year_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user_account.id"], name=op.f("fk_fiscal_year_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fiscal_year")),
        sa.UniqueConstraint(
            "year", "division_code", name=op.f("uq_fiscal_year_year_division_code")
        ),
    )
    op.create_table(
        "takeon",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'declined')", name=op.f("ck_takeon_state")
        ),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_takeon_two_persons")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_takeon_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_takeon_division_code")
        ),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_takeon_journal_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["user_account.id"], name=op.f("fk_takeon_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_takeon")),
        sa.UniqueConstraint("sha256", "division_code", name=op.f("uq_takeon_sha256_division_code")),
    )
    op.create_table(
        "carry_over",
        sa.Column("id", ID, nullable=False),
        sa.Column("pool_id", ID, nullable=True),
        sa.Column("line_id", ID, nullable=True),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("from_year", sa.Integer(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'declined')", name=op.f("ck_carry_over_state")
        ),
        sa.CheckConstraint(
            "(pool_id IS NULL) <> (line_id IS NULL)", name=op.f("ck_carry_over_what")
        ),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_carry_over_two_persons")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_carry_over_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_carry_over_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journal.id"], name=op.f("fk_carry_over_journal_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_carry_over_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_carry_over_organisation_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_carry_over_pool_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["user_account.id"], name=op.f("fk_carry_over_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carry_over")),
    )
    with op.batch_alter_table("carry_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_carry_over_line_id"), ["line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_carry_over_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "closed_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("line_id", ID, nullable=False),
        sa.Column("year_id", ID, nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_closed_line_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["year_id"], ["fiscal_year.id"], name=op.f("fk_closed_line_year_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_line")),
        sa.UniqueConstraint("line_id", name=op.f("uq_closed_line_line_id")),
    )
    op.create_table(
        "forward_obligation",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("line_id", ID, nullable=True),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_id", ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'converted', 'cancelled')", name=op.f("ck_forward_obligation_state")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_forward_obligation_positive")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_forward_obligation_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journal.id"], name=op.f("fk_forward_obligation_journal_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_forward_obligation_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_forward_obligation_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_forward_obligation_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forward_obligation")),
        sa.UniqueConstraint("source", name=op.f("uq_forward_obligation_source")),
    )
    with op.batch_alter_table("forward_obligation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_forward_obligation_purchase_id"), ["purchase_id"], unique=False
        )

    op.create_table(
        "legal_debt",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("party_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pool_id", ID, nullable=True),
        sa.Column("line_id", ID, nullable=True),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("funded_by", ID, nullable=True),
        sa.Column("funded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('recorded', 'awaiting', 'funded', 'paid', 'declined')",
            name=op.f("ck_legal_debt_state"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_legal_debt_positive")),
        sa.CheckConstraint("approved_by <> recorded_by", name=op.f("ck_legal_debt_two_persons")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["user_account.id"], name=op.f("fk_legal_debt_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_legal_debt_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["funded_by"], ["user_account.id"], name=op.f("fk_legal_debt_funded_by")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_legal_debt_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_legal_debt_organisation_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_legal_debt_party_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_legal_debt_pool_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["user_account.id"], name=op.f("fk_legal_debt_recorded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_debt")),
        sa.UniqueConstraint(
            "organisation_id", "document", name=op.f("uq_legal_debt_organisation_id_document")
        ),
    )
    with op.batch_alter_table("legal_debt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_legal_debt_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_legal_debt_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "opening_payable",
        sa.Column("id", ID, nullable=False),
        sa.Column("takeon_id", ID, nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.Column("party_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_opening_payable_party_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_opening_payable_pool_id")),
        sa.ForeignKeyConstraint(
            ["takeon_id"], ["takeon.id"], name=op.f("fk_opening_payable_takeon_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_payable")),
    )
    with op.batch_alter_table("opening_payable", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_payable_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "pool_carry",
        sa.Column("id", ID, nullable=False),
        sa.Column("carry_id", ID, nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("from_line_id", ID, nullable=False),
        sa.Column("to_line_id", ID, nullable=False),
        sa.Column("encumbered_fen", sa.BigInteger(), nullable=False),
        sa.Column("accrued_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["carry_id"], ["carry_over.id"], name=op.f("fk_pool_carry_carry_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_line_id"], ["budget_line.id"], name=op.f("fk_pool_carry_from_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journal.id"], name=op.f("fk_pool_carry_journal_id")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_pool_carry_pool_id")),
        sa.ForeignKeyConstraint(
            ["to_line_id"], ["budget_line.id"], name=op.f("fk_pool_carry_to_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_carry")),
        sa.UniqueConstraint("carry_id", "position", name=op.f("uq_pool_carry_carry_id_position")),
    )
    with op.batch_alter_table("pool_carry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pool_carry_from_line_id"), ["from_line_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_pool_carry_pool_id"), ["pool_id"], unique=False)

    with op.batch_alter_table("budget_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("carried_from_id", ID, nullable=True))

    with op.batch_alter_table("clawback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paid_journal_id", ID, nullable=True))

    with op.batch_alter_table("clawback_receipt", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("way", sa.Text(), server_default=sa.text("'restored'"), nullable=False)
        )
        batch_op.add_column(sa.Column("claim_id", ID, nullable=True))
        batch_op.create_index(
            batch_op.f("ix_clawback_receipt_claim_id"), ["claim_id"], unique=False
        )
        batch_op.create_check_constraint("way", "way IN ('restored', 'remitted', 'set_off')")

    with op.batch_alter_table("payment_claim", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("set_off_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )

    append_only("closed_line")
    append_only("pool_carry")
    refuse_closed_lines()
