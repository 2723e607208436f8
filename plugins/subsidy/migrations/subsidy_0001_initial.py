"""Subsidies: schemes and the versions of their terms."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "subsidy_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "subsidy_scheme",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("purchase_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_scheme_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subsidy_scheme_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_scheme")),
        sa.UniqueConstraint("code", name=op.f("uq_subsidy_scheme_code")),
    )
    with op.batch_alter_table("subsidy_scheme", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subsidy_scheme_organisation_id", ["organisation_id"], unique=False
        )
        batch_op.create_index("ix_subsidy_scheme_purchase_id", ["purchase_id"], unique=False)

    op.create_table(
        "subsidy_terms",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("sent_back_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_terms_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_terms")),
        sa.UniqueConstraint(
            "scheme_id", "version", name=op.f("uq_subsidy_terms_scheme_id_version")
        ),
    )
