"""What is known of residents: facts from a day to a day, each with its document."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0002"
down_revision = "core_0001"


def upgrade() -> None:
    op.create_table(
        "resident_fact",
        sa.Column("id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_resident_fact_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_fact")),
    )
    with op.batch_alter_table("resident_fact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_resident_fact_resident_id", ["resident_id", "code", "from_on"], unique=False
        )
