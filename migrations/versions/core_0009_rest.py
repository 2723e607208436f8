"""Functions handed over, ties of associations, incubators, sources of money, moved duties."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0009"
down_revision = "core_0008"


def upgrade() -> None:
    _handovers()
    _parties()
    with op.batch_alter_table("budget_line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("source", sa.Text(), nullable=False, server_default="general")
        )
    with op.batch_alter_table("budget_line", schema=None) as batch_op:
        batch_op.alter_column("source", server_default=None)
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.add_column(sa.Column("posts_needed", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("institution_reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("proposal_id", ID, nullable=True))
        batch_op.add_column(sa.Column("moved_from_id", ID, nullable=True))
        batch_op.create_check_constraint("posts_needed", "posts_needed >= 0")
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.add_column(sa.Column("handover_id", ID, nullable=True))
        batch_op.create_index(batch_op.f("ix_purchase_handover_id"), ["handover_id"], unique=False)


def _handovers() -> None:
    op.create_table(
        "handover",
        sa.Column("id", ID, nullable=False),
        sa.Column("catalogue_item_id", ID, nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("to_organisation_id", ID, nullable=True),
        sa.Column("to_kind", sa.Text(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("confirmed_by", ID, nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(to_organisation_id IS NULL) <> (to_kind IS NULL)", name=op.f("ck_handover_to_one")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_handover_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["to_organisation_id"],
            ["organisation.id"],
            name=op.f("fk_handover_to_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_handover_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint(
            "organisation_id", "item_code", name=op.f("uq_handover_organisation_id_item_code")
        ),
    )


def _parties() -> None:
    op.create_table(
        "association_tie",
        sa.Column("id", ID, nullable=False),
        sa.Column("association_id", ID, nullable=False),
        sa.Column("authority_id", ID, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decoupled_on", sa.Date(), nullable=True),
        sa.Column("decoupled_document", sa.Text(), nullable=True),
        sa.Column("decoupled_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["organisation.id"],
            name=op.f("fk_association_tie_association_id"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"],
            ["organisation.id"],
            name=op.f("fk_association_tie_authority_id"),
        ),
        sa.CheckConstraint(
            "association_id <> authority_id", name=op.f("ck_association_tie_two_parties")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_association_tie")),
        sa.UniqueConstraint(
            "association_id",
            "authority_id",
            name=op.f("uq_association_tie_association_id_authority_id"),
        ),
    )
    op.create_table(
        "incubator",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_incubator_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incubator")),
        sa.UniqueConstraint("division_code", "name", name=op.f("uq_incubator_division_code_name")),
    )
    op.create_table(
        "incubator_fostering",
        sa.Column("incubator_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incubator_id"],
            ["incubator.id"],
            name=op.f("fk_incubator_fostering_incubator_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["organisation.id"],
            name=op.f("fk_incubator_fostering_provider_id"),
        ),
        sa.PrimaryKeyConstraint("incubator_id", "provider_id", name=op.f("pk_incubator_fostering")),
    )
