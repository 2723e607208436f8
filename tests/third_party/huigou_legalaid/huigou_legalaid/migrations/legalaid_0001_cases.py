"""Cases."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "legalaid_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "legalaid_case",
        sa.Column("id", ID, primary_key=True),
        sa.Column("number", sa.Text(), nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("firm_id", ID, sa.ForeignKey("organisation.id"), nullable=False, index=True),
        sa.Column("organisation_id", ID, sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("division_code", sa.Text(), sa.ForeignKey("division.code"), nullable=False),
        sa.Column("pool_id", ID, sa.ForeignKey("pool.id"), nullable=False, unique=True),
        sa.Column("fee_fen", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_journal_id", ID, sa.ForeignKey("journal.id")),
        sa.CheckConstraint("fee_fen > 0", name="positive"),
    )
