"""What people ask for and what is planned for it: menus, orders, purchases with their money."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0006"
down_revision = "core_0005"


def upgrade() -> None:
    op.create_table(
        "menu",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("published_by", ID, nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_menu_period")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_menu_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_menu_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu")),
    )
    with op.batch_alter_table("menu", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_menu_division_code"), ["division_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_menu_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "purchase",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("catalogue_item_id", ID, nullable=False),
        sa.Column("catalogue_category", sa.Text(), nullable=False),
        sa.Column("by_analogy", sa.Boolean(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("beneficiary", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column("standard", sa.Text(), nullable=True),
        sa.Column("quantity", ID, nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("goal", sa.Text(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("form_reason", sa.Text(), nullable=True),
        sa.Column("is_open_tender", sa.Boolean(), nullable=False),
        sa.Column("split_approval", sa.Text(), nullable=True),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.Column("fund_purpose", sa.Text(), nullable=True),
        sa.Column("emergency_reason", sa.Text(), nullable=True),
        sa.Column("emergency_report", sa.Text(), nullable=True),
        sa.Column("emergency_reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consulted_from", sa.Date(), nullable=True),
        sa.Column("consulted_to", sa.Date(), nullable=True),
        sa.Column("consulted_hash", sa.Text(), nullable=True),
        sa.Column("submitted_by", ID, nullable=True),
        sa.Column("agreed_by", ID, nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_back_reason", sa.Text(), nullable=True),
        sa.Column("countersigned_by", ID, nullable=True),
        sa.Column("countersigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_number", sa.Text(), nullable=True),
        sa.Column("filed_by", ID, nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_purchase_period")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_purchase_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_purchase_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase")),
        sa.UniqueConstraint("filed_number", name=op.f("uq_purchase_filed_number")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_number")),
    )
    with op.batch_alter_table("purchase", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_purchase_catalogue_item_id"), ["catalogue_item_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_purchase_division_code"), ["division_code"], unique=False
        )
        batch_op.create_index(
            "ix_purchase_fiscal_year", ["fiscal_year", "catalogue_category"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_purchase_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "menu_offer",
        sa.Column("id", ID, nullable=False),
        sa.Column("menu_id", ID, nullable=False),
        sa.Column("catalogue_item_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["menu_id"], ["menu.id"], name=op.f("fk_menu_offer_menu_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_offer")),
        sa.UniqueConstraint(
            "menu_id", "catalogue_item_id", name=op.f("uq_menu_offer_menu_id_catalogue_item_id")
        ),
    )
    op.create_table(
        "purchase_comment",
        sa.Column("id", ID, nullable=False),
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_comment_purchase_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_comment")),
    )
    with op.batch_alter_table("purchase_comment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_purchase_comment_purchase_id"), ["purchase_id"], unique=False
        )

    op.create_table(
        "purchase_cosignature",
        sa.Column("id", ID, nullable=False),
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("signed_by", ID, nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_purchase_cosignature_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_cosignature_purchase_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_cosignature")),
        sa.UniqueConstraint(
            "purchase_id",
            "organisation_id",
            name=op.f("uq_purchase_cosignature_purchase_id_organisation_id"),
        ),
    )
    with op.batch_alter_table("purchase_cosignature", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_purchase_cosignature_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "purchase_forward",
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_purchase_forward_positive")),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_forward_purchase_id")
        ),
        sa.PrimaryKeyConstraint("purchase_id", "fiscal_year", name=op.f("pk_purchase_forward")),
    )
    op.create_table(
        "purchase_funding",
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("line_id", ID, autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_purchase_funding_positive")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_purchase_funding_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_funding_purchase_id")
        ),
        sa.PrimaryKeyConstraint("purchase_id", "line_id", name=op.f("pk_purchase_funding")),
    )
    with op.batch_alter_table("purchase_funding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_purchase_funding_line_id"), ["line_id"], unique=False)

    op.create_table(
        "purchase_indicator",
        sa.Column("id", ID, nullable=False),
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("target", ID, nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_purchase_indicator_purchase_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_indicator")),
        sa.UniqueConstraint(
            "purchase_id", "position", name=op.f("uq_purchase_indicator_purchase_id_position")
        ),
    )
    op.create_table(
        "demand",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("offer_id", ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("resident_id", ID, nullable=True),
        sa.Column("community", sa.Text(), nullable=True),
        sa.Column("asker_name", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("purchase_id", ID, nullable=True),
        sa.Column("merged_into_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("people > 0", name=op.f("ck_demand_people")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_demand_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["demand.id"], name=op.f("fk_demand_merged_into_id")
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["menu_offer.id"], name=op.f("fk_demand_offer_id")),
        sa.ForeignKeyConstraint(
            ["purchase_id"], ["purchase.id"], name=op.f("fk_demand_purchase_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_demand_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand")),
    )
    with op.batch_alter_table("demand", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_demand_division_code"), ["division_code"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_demand_merged_into_id"), ["merged_into_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_demand_offer_id"), ["offer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demand_purchase_id"), ["purchase_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_demand_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "demand_notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("demand_id", ID, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_demand_notice_demand_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_demand_notice_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand_notice")),
    )
    with op.batch_alter_table("demand_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demand_notice_demand_id"), ["demand_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_demand_notice_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "demand_support",
        sa.Column("id", ID, nullable=False),
        sa.Column("demand_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demand.id"], name=op.f("fk_demand_support_demand_id")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_demand_support_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand_support")),
        sa.UniqueConstraint(
            "demand_id", "resident_id", name=op.f("uq_demand_support_demand_id_resident_id")
        ),
    )
    with op.batch_alter_table("demand_support", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_demand_support_resident_id"), ["resident_id"], unique=False
        )
    op.create_table(
        "special_fund",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_special_fund_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_fund")),
        sa.UniqueConstraint("name", name=op.f("uq_special_fund_name")),
    )
    op.create_table(
        "special_fund_line",
        sa.Column("line_id", ID, autoincrement=False, nullable=False),
        sa.Column("fund_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["fund_id"], ["special_fund.id"], name=op.f("fk_special_fund_line_fund_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["budget_line.id"], name=op.f("fk_special_fund_line_line_id")
        ),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_special_fund_line")),
    )
    with op.batch_alter_table("special_fund_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_special_fund_line_fund_id"), ["fund_id"], unique=False)
