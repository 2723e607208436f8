"""Rule figures and calendars that offices record, and the legal clocks counted by them."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0008"
down_revision = "core_0007"


def upgrade() -> None:
    op.create_table(
        "work_calendar",
        sa.Column("id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_code", sa.Text(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", ID, nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'returned', 'withdrawn')",
            name=op.f("ck_work_calendar_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_calendar")),
    )
    with op.batch_alter_table("work_calendar", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_calendar_year"), ["year"], unique=False)

    op.create_table(
        "rule_figure",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("division_code", sa.Text(), nullable=True),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("permit", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_code", sa.Text(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", ID, nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'returned', 'withdrawn')",
            name=op.f("ck_rule_figure_state"),
        ),
        sa.CheckConstraint(
            "(number IS NULL) <> (text IS NULL)", name=op.f("ck_rule_figure_one_value")
        ),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_rule_figure_in_order")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_rule_figure_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_figure")),
    )
    with op.batch_alter_table("rule_figure", schema=None) as batch_op:
        batch_op.create_index("ix_rule_figure_code", ["code", "state"], unique=False)

    op.create_table(
        "work_calendar_day",
        sa.Column("id", ID, nullable=False),
        sa.Column("calendar_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_worked", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["work_calendar.id"], name=op.f("fk_work_calendar_day_calendar_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_calendar_day")),
        sa.UniqueConstraint(
            "calendar_id", "day", name=op.f("uq_work_calendar_day_calendar_id_day")
        ),
    )
    op.create_table(
        "deadline",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("moved_from_on", sa.Date(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.CheckConstraint("due_on >= starts_on", name=op.f("ck_deadline_in_order")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_deadline_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_deadline_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline")),
    )
    with op.batch_alter_table("deadline", schema=None) as batch_op:
        batch_op.create_index("ix_deadline_due_on", ["due_on", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_deadline_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq_deadline_running",
            ["kind", "object_type", "object_id"],
            unique=True,
            sqlite_where=sa.text("stopped_on IS NULL"),
            postgresql_where=sa.text("stopped_on IS NULL"),
        )
