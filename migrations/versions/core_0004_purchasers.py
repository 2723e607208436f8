"""Who buys: legal kinds as a history, duties and double funding, conversions, virement."""

import sqlalchemy as sa
from alembic import op

from core.schema import append_only

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0004"
down_revision = "core_0003"

# What the code of an organisation alone says; as `core.purchasers.kinds` had it on this day.
BY_CODE = {
    "31": "trade_registered",
    "51": "social_organisation",
    "52": "social_organisation",
    "53": "social_organisation",
    "54": "self_governing",
    "55": "self_governing",
    "91": "enterprise",
    "92": "individual_business",
    "93": "cooperative",
    "N2": "rural_collective",
}


def upgrade() -> None:
    _organisation_kind()
    _duty()
    _funding_warning()
    _conversion()
    _line_transfer()
    _record_known()
    append_only("organisation_kind")


def _organisation_kind() -> None:
    op.create_table(
        "organisation_kind",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("legal_kind", sa.Text(), nullable=False),
        sa.Column("institution_class", sa.Text(), nullable=True),
        sa.Column("civil_servant_law", sa.Boolean(), nullable=False),
        sa.Column("administrative_functions", sa.Boolean(), nullable=False),
        sa.Column("administrative_staffing", sa.Boolean(), nullable=False),
        sa.Column("budget_funded", sa.Boolean(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_kind_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_kind")),
    )
    with op.batch_alter_table("organisation_kind", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_kind_organisation_id",
            ["organisation_id", "from_on", "id"],
            unique=False,
        )


def _duty() -> None:
    op.create_table(
        "duty",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("line_id", ID, nullable=True),
        sa.Column("staff_fen", sa.BigInteger(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("posts >= 0", name=op.f("ck_duty_posts")),
        sa.CheckConstraint("staff_fen >= 0", name=op.f("ck_duty_staff_fen")),
        sa.CheckConstraint("line_id IS NULL OR staff_fen IS NULL", name=op.f("ck_duty_one_source")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_duty_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_duty_division_code")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["budget_line.id"], name=op.f("fk_duty_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duty_organisation_id"), ["organisation_id"], unique=False
        )


def _funding_warning() -> None:
    op.create_table(
        "funding_warning",
        sa.Column("id", ID, nullable=False),
        sa.Column("duty_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("staff_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_by", ID, nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_by", ID, nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'cleared')", name=op.f("ck_funding_warning_state")),
        sa.CheckConstraint("cleared_by <> raised_by", name=op.f("ck_funding_warning_two_persons")),
        sa.ForeignKeyConstraint(["duty_id"], ["duty.id"], name=op.f("fk_funding_warning_duty_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_funding_warning_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_funding_warning_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_warning")),
        sa.UniqueConstraint(
            "duty_id",
            "item_code",
            "fiscal_year",
            name=op.f("uq_funding_warning_duty_id_item_code_fiscal_year"),
        ),
    )
    with op.batch_alter_table("funding_warning", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_funding_warning_organisation_id"), ["organisation_id"], unique=False
        )


def _conversion() -> None:
    op.create_table(
        "conversion",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("from_line_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("posts_not_created", sa.Integer(), nullable=False),
        sa.Column("purchase_id", ID, nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_conversion_positive")),
        sa.CheckConstraint("posts_not_created >= 0", name=op.f("ck_conversion_posts")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_conversion_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_conversion_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["from_line_id"], ["budget_line.id"], name=op.f("fk_conversion_from_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversion")),
    )
    with op.batch_alter_table("conversion", schema=None) as batch_op:
        for column in ("organisation_id", "from_line_id", "purchase_id"):
            batch_op.create_index(batch_op.f(f"ix_conversion_{column}"), [column], unique=False)


def _line_transfer() -> None:
    op.create_table(
        "line_transfer",
        sa.Column("id", ID, nullable=False),
        sa.Column("from_line_id", ID, nullable=False),
        sa.Column("to_line_id", ID, nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'declined')", name=op.f("ck_line_transfer_state")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_line_transfer_positive")),
        sa.CheckConstraint("from_line_id <> to_line_id", name=op.f("ck_line_transfer_two_lines")),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_line_transfer_two_persons")),
        sa.ForeignKeyConstraint(
            ["from_line_id"], ["budget_line.id"], name=op.f("fk_line_transfer_from_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_line_id"], ["budget_line.id"], name=op.f("fk_line_transfer_to_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_line_transfer_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journal.id"], name=op.f("fk_line_transfer_journal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_transfer")),
    )
    with op.batch_alter_table("line_transfer", schema=None) as batch_op:
        for column in ("from_line_id", "to_line_id", "division_code"):
            batch_op.create_index(batch_op.f(f"ix_line_transfer_{column}"), [column], unique=False)


def _record_known() -> None:
    """Record of the organisations that are already there what their codes alone tell."""
    kinds = " ".join(f"WHEN '{prefix}' THEN '{kind}'" for prefix, kind in BY_CODE.items())
    op.execute(
        "INSERT INTO organisation_kind (organisation_id, legal_kind, civil_servant_law,"  # noqa: S608 - its values stand above
        " administrative_functions, administrative_staffing, budget_funded, credit_code, from_on,"
        " document, recorded_at)"
        " SELECT id, legal_kind, false, false, false, false, credit_code, '1900-01-01',"
        " '统一社会信用代码 ' || credit_code, CURRENT_TIMESTAMP FROM ("
        "SELECT id, credit_code, CASE substr(credit_code, 1, 2)"
        " WHEN '11' THEN CASE WHEN kind IN ('purchaser', 'finance', 'auditor')"
        f" THEN 'administrative_organ' END {kinds} END AS legal_kind FROM organisation) AS known"
        " WHERE legal_kind IS NOT NULL"
    )
