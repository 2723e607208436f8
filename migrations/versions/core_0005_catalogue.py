"""What may be bought: catalogues by version, comments, proposals, the own negative list."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0005"
down_revision = "core_0004"


def upgrade() -> None:
    op.create_table(
        "catalogue",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lower_may", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("copied_from", ID, nullable=True),
        sa.Column("comment_from", sa.Date(), nullable=True),
        sa.Column("comment_to", sa.Date(), nullable=True),
        sa.Column("consultation", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", ID, nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", ID, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('buy', 'hand_over')", name=op.f("ck_catalogue_kind")),
        sa.CheckConstraint("lower_may IN ('add', 'select')", name=op.f("ck_catalogue_lower_may")),
        sa.CheckConstraint(
            "state IN ('draft', 'comment', 'submitted', 'published', 'withdrawn')",
            name=op.f("ck_catalogue_state"),
        ),
        sa.CheckConstraint("published_by <> submitted_by", name=op.f("ck_catalogue_two_persons")),
        sa.ForeignKeyConstraint(
            ["copied_from"], ["catalogue.id"], name=op.f("fk_catalogue_copied_from")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_catalogue_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user_account.id"], name=op.f("fk_catalogue_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["user_account.id"], name=op.f("fk_catalogue_published_by")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["user_account.id"], name=op.f("fk_catalogue_submitted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
        sa.UniqueConstraint(
            "kind", "division_code", "batch", "version", name="uq_catalogue_version"
        ),
    )
    with op.batch_alter_table("catalogue", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalogue_division_code"), ["division_code"], unique=False
        )

    op.create_table(
        "negative_clearance",
        sa.Column("id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'confirmed', 'rejected')", name=op.f("ck_negative_clearance_state")
        ),
        sa.CheckConstraint("decided_by <> made_by", name=op.f("ck_negative_clearance_two_persons")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_negative_clearance_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_negative_clearance_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user_account.id"], name=op.f("fk_negative_clearance_made_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negative_clearance")),
    )
    with op.batch_alter_table("negative_clearance", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_negative_clearance_division_code"), ["division_code"], unique=False
        )

    op.create_table(
        "negative_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'confirmed', 'rejected')", name=op.f("ck_negative_entry_state")
        ),
        sa.CheckConstraint("decided_by <> made_by", name=op.f("ck_negative_entry_two_persons")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_negative_entry_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_negative_entry_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user_account.id"], name=op.f("fk_negative_entry_made_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_negative_entry")),
    )
    with op.batch_alter_table("negative_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_negative_entry_division_code", ["division_code", "from_on"], unique=False
        )

    op.create_table(
        "catalogue_comment",
        sa.Column("id", ID, nullable=False),
        sa.Column("catalogue_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=True),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["user_account.id"], name=op.f("fk_catalogue_comment_answered_by")
        ),
        sa.ForeignKeyConstraint(
            ["catalogue_id"], ["catalogue.id"], name=op.f("fk_catalogue_comment_catalogue_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_catalogue_comment_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_comment")),
    )
    with op.batch_alter_table("catalogue_comment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalogue_comment_catalogue_id"), ["catalogue_id"], unique=False
        )

    op.create_table(
        "catalogue_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("catalogue_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.Column("beneficiary", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.Text(), nullable=False),
        sa.Column("provider_kind", sa.Text(), nullable=True),
        sa.Column("upper_code", sa.Text(), nullable=True),
        sa.Column("approval_document", sa.Text(), nullable=True),
        sa.Column("duty", sa.Text(), nullable=True),
        sa.Column("baseline_fen", sa.BigInteger(), nullable=True),
        sa.Column("baseline_unit", sa.Text(), nullable=True),
        sa.Column("baseline_year", sa.Integer(), nullable=True),
        sa.Column("assessment", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "beneficiary IN ('public', 'government')", name=op.f("ck_catalogue_item_beneficiary")
        ),
        sa.CheckConstraint(
            "decision IN ('buy', 'hand_over', 'keep')", name=op.f("ck_catalogue_item_decision")
        ),
        sa.CheckConstraint(
            "nature IN ('public', 'support')", name=op.f("ck_catalogue_item_nature")
        ),
        sa.ForeignKeyConstraint(
            ["catalogue_id"], ["catalogue.id"], name=op.f("fk_catalogue_item_catalogue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_item")),
        sa.UniqueConstraint(
            "catalogue_id", "code", name=op.f("uq_catalogue_item_catalogue_id_code")
        ),
    )
    op.create_table(
        "catalogue_proposal",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("item_id", ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'declined')", name=op.f("ck_catalogue_proposal_state")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["user_account.id"], name=op.f("fk_catalogue_proposal_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_catalogue_proposal_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user_account.id"], name=op.f("fk_catalogue_proposal_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_catalogue_proposal_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_proposal")),
    )
    with op.batch_alter_table("catalogue_proposal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalogue_proposal_organisation_id"), ["organisation_id"], unique=False
        )
