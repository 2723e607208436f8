"""Subsidies: from the application to the money and back."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "subsidy_0002"
down_revision = "subsidy_0001"


def upgrade() -> None:
    op.create_table(
        "subsidy_guarantor",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("licence_no", sa.Text(), nullable=False),
        sa.Column("controller_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("named_by", ID, nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["controller_id"], ["organisation.id"], name=op.f("fk_subsidy_guarantor_controller_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_guarantor_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_guarantor_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_guarantor")),
    )
    with op.batch_alter_table("subsidy_guarantor", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subsidy_guarantor_standing",
            ["organisation_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'ended'"),
            postgresql_where=sa.text("state <> 'ended'"),
        )

    op.create_table(
        "subsidy_bank_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("loans", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("taken_by", ID, nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["organisation.id"], name=op.f("fk_subsidy_bank_file_bank_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_bank_file_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_bank_file_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_bank_file_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_bank_file")),
        sa.UniqueConstraint(
            "scheme_id",
            "bank_id",
            "sha256",
            name=op.f("uq_subsidy_bank_file_scheme_id_bank_id_sha256"),
        ),
    )
    with op.batch_alter_table("subsidy_bank_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subsidy_bank_file_bank_id"), ["bank_id"], unique=False)

    op.create_table(
        "subsidy_guarantor_figure",
        sa.Column("id", ID, nullable=False),
        sa.Column("guarantor_id", ID, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("net_assets_fen", sa.BigInteger(), nullable=False),
        sa.Column("small_rural_bp", sa.Integer(), nullable=False),
        sa.Column("licence_until", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["guarantor_id"],
            ["subsidy_guarantor.id"],
            name=op.f("fk_subsidy_guarantor_figure_guarantor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_guarantor_figure")),
    )
    with op.batch_alter_table("subsidy_guarantor_figure", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subsidy_guarantor_figure_as_of", ["guarantor_id", "as_of", "id"], unique=False
        )

    op.create_table(
        "subsidy_handling_bank",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("named_by", ID, nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["organisation.id"], name=op.f("fk_subsidy_handling_bank_bank_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"],
            ["division.code"],
            name=op.f("fk_subsidy_handling_bank_division_code"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_handling_bank_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_handling_bank_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_handling_bank")),
        sa.UniqueConstraint(
            "scheme_id", "bank_id", name=op.f("uq_subsidy_handling_bank_scheme_id_bank_id")
        ),
    )
    with op.batch_alter_table("subsidy_handling_bank", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_handling_bank_bank_id"), ["bank_id"], unique=False
        )

    op.create_table(
        "subsidy_promise",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("party_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notified_by", ID, nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("state_by", sa.Date(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_subsidy_promise_price")),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_subsidy_promise_days")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_promise_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_promise_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_subsidy_promise_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_promise_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_promise")),
    )
    with op.batch_alter_table("subsidy_promise", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_promise_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "ix_subsidy_promise_scheme_party", ["scheme_id", "party_id"], unique=False
        )

    op.create_table(
        "subsidy_scheme_year",
        sa.Column("scheme_id", ID, autoincrement=False, nullable=False),
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.Column("forward_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["pool_id"], ["pool.id"], name=op.f("fk_subsidy_scheme_year_pool_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_scheme_year_scheme_id")
        ),
        sa.PrimaryKeyConstraint("scheme_id", "fiscal_year", name=op.f("pk_subsidy_scheme_year")),
        sa.UniqueConstraint("pool_id", name=op.f("uq_subsidy_scheme_year_pool_id")),
    )
    op.create_table(
        "subsidy_unit_round",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("wanted_fen", sa.BigInteger(), nullable=False),
        sa.Column("left_fen", sa.BigInteger(), nullable=False),
        sa.Column("concluded_by", ID, nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "wanted_fen >= 0 AND left_fen >= 0", name=op.f("ck_subsidy_unit_round_figures")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_unit_round_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_unit_round_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_unit_round_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_unit_round")),
        sa.UniqueConstraint(
            "scheme_id",
            "period_from",
            "period_to",
            name=op.f("uq_subsidy_unit_round_scheme_id_period_from_period_to"),
        ),
    )
    with op.batch_alter_table("subsidy_unit_round", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_unit_round_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "subsidy_application",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=True),
        sa.Column("applicant_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("declared", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "separate_accounts", sa.Boolean(), server_default=sa.text("(false)"), nullable=False
        ),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by", ID, nullable=True),
        sa.Column("judged_on", sa.Date(), nullable=True),
        sa.Column("reasons", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("sent_back_reason", sa.Text(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["party.id"], name=op.f("fk_subsidy_application_applicant_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_application_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_application_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_application_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_application_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_application")),
        sa.UniqueConstraint("number", name=op.f("uq_subsidy_application_number")),
    )
    with op.batch_alter_table("subsidy_application", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_application_applicant_id"), ["applicant_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_application_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_application_scheme_id"), ["scheme_id"], unique=False
        )
        batch_op.create_index(
            "ix_subsidy_application_standing",
            ["scheme_id", "applicant_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('draft', 'submitted', 'complete', 'eligible')"),
            postgresql_where=sa.text("state IN ('draft', 'submitted', 'complete', 'eligible')"),
        )

    op.create_table(
        "subsidy_guarantee",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("guarantor_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("debtor_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("fee_scheme_id", ID, nullable=True),
        sa.Column("fee_terms_id", ID, nullable=True),
        sa.Column("pool_scheme_id", ID, nullable=True),
        sa.Column("pool_terms_id", ID, nullable=True),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("loan_number", sa.Text(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("guaranteed_fen", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_fen", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("paid_document", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("due_on > from_on", name=op.f("ck_subsidy_guarantee_period")),
        sa.CheckConstraint("guaranteed_fen > 0", name=op.f("ck_subsidy_guarantee_positive")),
        sa.CheckConstraint(
            "outstanding_fen >= 0 AND outstanding_fen <= guaranteed_fen",
            name=op.f("ck_subsidy_guarantee_outstanding"),
        ),
        sa.ForeignKeyConstraint(
            ["debtor_id"], ["party.id"], name=op.f("fk_subsidy_guarantee_debtor_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_guarantee_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["fee_scheme_id"],
            ["subsidy_scheme.id"],
            name=op.f("fk_subsidy_guarantee_fee_scheme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["fee_terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_guarantee_fee_terms_id")
        ),
        sa.ForeignKeyConstraint(
            ["guarantor_id"],
            ["subsidy_guarantor.id"],
            name=op.f("fk_subsidy_guarantee_guarantor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_guarantee_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["pool_scheme_id"],
            ["subsidy_scheme.id"],
            name=op.f("fk_subsidy_guarantee_pool_scheme_id"),
        ),
        sa.ForeignKeyConstraint(
            ["pool_terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_guarantee_pool_terms_id")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_subsidy_guarantee_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_guarantee")),
        sa.UniqueConstraint(
            "guarantor_id",
            "bank",
            "loan_number",
            name=op.f("uq_subsidy_guarantee_guarantor_id_bank_loan_number"),
        ),
        sa.UniqueConstraint("number", name=op.f("uq_subsidy_guarantee_number")),
    )
    with op.batch_alter_table("subsidy_guarantee", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_guarantee_debtor_id"), ["debtor_id"], unique=False
        )
        batch_op.create_index(
            "ix_subsidy_guarantee_exposure", ["guarantor_id", "state", "debtor_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_guarantee_fee_scheme_id"), ["fee_scheme_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_guarantee_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_guarantee_pool_scheme_id"), ["pool_scheme_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_guarantee_provider_id"), ["provider_id"], unique=False
        )

    op.create_table(
        "subsidy_loan",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("borrower_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("class_code", sa.Text(), nullable=False),
        sa.Column("lent_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("principal_fen", sa.BigInteger(), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("lpr_ppm", sa.Integer(), nullable=False),
        sa.Column("partners", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("file_id", ID, nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("due_on > lent_on", name=op.f("ck_subsidy_loan_days")),
        sa.CheckConstraint("principal_fen > 0", name=op.f("ck_subsidy_loan_principal")),
        sa.ForeignKeyConstraint(
            ["bank_id"], ["organisation.id"], name=op.f("fk_subsidy_loan_bank_id")
        ),
        sa.ForeignKeyConstraint(
            ["borrower_id"], ["party.id"], name=op.f("fk_subsidy_loan_borrower_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_loan_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["subsidy_bank_file.id"], name=op.f("fk_subsidy_loan_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subsidy_loan_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_loan_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_loan")),
        sa.UniqueConstraint("bank_id", "number", name=op.f("uq_subsidy_loan_bank_id_number")),
    )
    with op.batch_alter_table("subsidy_loan", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_loan_borrower_id"), ["borrower_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_loan_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "ix_subsidy_loan_scheme_borrower", ["scheme_id", "borrower_id"], unique=False
        )

    op.create_table(
        "subsidy_promise_check",
        sa.Column("id", ID, nullable=False),
        sa.Column("promise_id", ID, nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("found_fen", sa.BigInteger(), nullable=True),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("checked_by", ID, nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["promise_id"], ["subsidy_promise.id"], name=op.f("fk_subsidy_promise_check_promise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_promise_check")),
    )
    with op.batch_alter_table("subsidy_promise_check", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_promise_check_promise_id"), ["promise_id"], unique=False
        )

    op.create_table(
        "subsidy_round",
        sa.Column("id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("evaluator_id", ID, nullable=True),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_by", ID, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publicised_on", sa.Date(), nullable=True),
        sa.Column("notice_until", sa.Date(), nullable=True),
        sa.Column("pool_fen", sa.BigInteger(), nullable=True),
        sa.Column("wanted_fen", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_round_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["evaluator_id"], ["organisation.id"], name=op.f("fk_subsidy_round_evaluator_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subsidy_round_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_round_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_round_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_round")),
        sa.UniqueConstraint("scheme_id", "year", name=op.f("uq_subsidy_round_scheme_id_year")),
    )
    with op.batch_alter_table("subsidy_round", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_round_evaluator_id"), ["evaluator_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_round_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "subsidy_application_paper",
        sa.Column("id", ID, nullable=False),
        sa.Column("application_id", ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", ID, nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["subsidy_application.id"],
            name=op.f("fk_subsidy_application_paper_application_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_application_paper")),
    )
    with op.batch_alter_table("subsidy_application_paper", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_application_paper_application_id"),
            ["application_id"],
            unique=False,
        )

    op.create_table(
        "subsidy_guarantee_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("guarantee_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_guarantee_event_positive")),
        sa.ForeignKeyConstraint(
            ["guarantee_id"],
            ["subsidy_guarantee.id"],
            name=op.f("fk_subsidy_guarantee_event_guarantee_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_guarantee_event")),
    )
    with op.batch_alter_table("subsidy_guarantee_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_guarantee_event_guarantee_id"), ["guarantee_id"], unique=False
        )

    op.create_table(
        "subsidy_loan_ending",
        sa.Column("id", ID, nullable=False),
        sa.Column("loan_id", ID, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["subsidy_loan.id"], name=op.f("fk_subsidy_loan_ending_loan_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_loan_ending")),
    )
    with op.batch_alter_table("subsidy_loan_ending", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subsidy_loan_ending_live",
            ["loan_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'dropped'"),
            postgresql_where=sa.text("state <> 'dropped'"),
        )

    op.create_table(
        "subsidy_loan_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("loan_id", ID, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("for_on", sa.Date(), nullable=True),
        sa.Column("rate_ppm", sa.Integer(), nullable=True),
        sa.Column("undoes_id", ID, nullable=True),
        sa.Column("file_id", ID, nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_subsidy_loan_event_amount")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["subsidy_bank_file.id"], name=op.f("fk_subsidy_loan_event_file_id")
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["subsidy_loan.id"], name=op.f("fk_subsidy_loan_event_loan_id")
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["subsidy_loan_event.id"], name=op.f("fk_subsidy_loan_event_undoes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_loan_event")),
        sa.UniqueConstraint(
            "loan_id", "reference", name=op.f("uq_subsidy_loan_event_loan_id_reference")
        ),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_subsidy_loan_event_undoes_id")),
    )
    op.create_table(
        "subsidy_result",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("application_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("applicant_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("evaluator_id", ID, nullable=True),
        sa.Column("answers", sa.Integer(), nullable=True),
        sa.Column("investment_fen", sa.BigInteger(), nullable=True),
        sa.Column("investment_document", sa.Text(), nullable=True),
        sa.Column("investment_by", ID, nullable=True),
        sa.Column("veto", sa.Text(), nullable=True),
        sa.Column("vetoed_by", ID, nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("composite", sa.Integer(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("few_answers", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("award_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("final_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("calculation", sa.JSON(), nullable=True),
        sa.Column("is_below", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("blocked_until", sa.Date(), nullable=True),
        sa.CheckConstraint("award_fen >= 0", name=op.f("ck_subsidy_result_award")),
        sa.CheckConstraint("final_fen >= 0", name=op.f("ck_subsidy_result_final")),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["party.id"], name=op.f("fk_subsidy_result_applicant_id")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["subsidy_application.id"],
            name=op.f("fk_subsidy_result_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_result_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["evaluator_id"], ["organisation.id"], name=op.f("fk_subsidy_result_evaluator_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subsidy_result_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["subsidy_round.id"], name=op.f("fk_subsidy_result_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_result_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_result")),
        sa.UniqueConstraint("application_id", name=op.f("uq_subsidy_result_application_id")),
    )
    with op.batch_alter_table("subsidy_result", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_result_applicant_id"), ["applicant_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_subsidy_result_round_id"), ["round_id"], unique=False)

    op.create_table(
        "subsidy_round_approval",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user_account.id"], name=op.f("fk_subsidy_round_approval_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["subsidy_round.id"], name=op.f("fk_subsidy_round_approval_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_round_approval")),
        sa.UniqueConstraint(
            "round_id",
            "settled_at",
            "person_id",
            name=op.f("uq_subsidy_round_approval_round_id_settled_at_person_id"),
        ),
    )
    op.create_table(
        "subsidy_grant",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("application_id", ID, nullable=False),
        sa.Column("result_id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("beneficiary_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("signed_by", ID, nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("broken_from", sa.Date(), nullable=True),
        sa.Column("broken_reason", sa.Text(), nullable=True),
        sa.Column("forfeited_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_grant_positive")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["subsidy_application.id"],
            name=op.f("fk_subsidy_grant_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["party.id"], name=op.f("fk_subsidy_grant_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_grant_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subsidy_grant_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["subsidy_result.id"], name=op.f("fk_subsidy_grant_result_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_grant_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_grant_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_grant")),
        sa.UniqueConstraint("application_id", name=op.f("uq_subsidy_grant_application_id")),
        sa.UniqueConstraint("number", name=op.f("uq_subsidy_grant_number")),
        sa.UniqueConstraint("result_id", name=op.f("uq_subsidy_grant_result_id")),
    )
    with op.batch_alter_table("subsidy_grant", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_grant_beneficiary_id"), ["beneficiary_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_subsidy_grant_scheme_id"), ["scheme_id"], unique=False)

    op.create_table(
        "subsidy_objection",
        sa.Column("id", ID, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("result_id", ID, nullable=False),
        sa.Column("applicant_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("evaluator_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=True),
        sa.Column("raised_by", ID, nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("version_before", sa.Integer(), nullable=True),
        sa.Column("version_after", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["party.id"], name=op.f("fk_subsidy_objection_applicant_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_objection_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["evaluator_id"], ["organisation.id"], name=op.f("fk_subsidy_objection_evaluator_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_objection_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["subsidy_result.id"], name=op.f("fk_subsidy_objection_result_id")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["subsidy_round.id"], name=op.f("fk_subsidy_objection_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_objection")),
    )
    with op.batch_alter_table("subsidy_objection", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_objection_result_id"), ["result_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_objection_round_id"), ["round_id"], unique=False
        )

    op.create_table(
        "subsidy_result_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("result_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("composite", sa.Integer(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("award_fen", sa.BigInteger(), nullable=False),
        sa.Column("calculation", sa.JSON(), nullable=False),
        sa.Column("objection_id", ID, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["result_id"], ["subsidy_result.id"], name=op.f("fk_subsidy_result_version_result_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_result_version")),
        sa.UniqueConstraint(
            "result_id", "version", name=op.f("uq_subsidy_result_version_result_id_version")
        ),
    )
    op.create_table(
        "subsidy_score",
        sa.Column("id", ID, nullable=False),
        sa.Column("result_id", ID, nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("centipoints", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("scored_by", ID, nullable=True),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "centipoints >= 0 AND centipoints <= 10000", name=op.f("ck_subsidy_score_range")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["subsidy_result.id"], name=op.f("fk_subsidy_score_result_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_score")),
    )
    with op.batch_alter_table("subsidy_score", schema=None) as batch_op:
        batch_op.create_index("ix_subsidy_score_result", ["result_id", "party"], unique=False)

    op.create_table(
        "subsidy_breach",
        sa.Column("id", ID, nullable=False),
        sa.Column("grant_id", ID, nullable=False),
        sa.Column("closed_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("state_by", sa.Date(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("clawback_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lowered_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("forfeited_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["subsidy_grant.id"], name=op.f("fk_subsidy_breach_grant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_breach")),
    )
    with op.batch_alter_table("subsidy_breach", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subsidy_breach_grant_id"), ["grant_id"], unique=False)
        batch_op.create_index(
            "ix_subsidy_breach_open",
            ["grant_id"],
            unique=True,
            sqlite_where=sa.text("state = 'proposed'"),
            postgresql_where=sa.text("state = 'proposed'"),
        )

    op.create_table(
        "subsidy_claim",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("application_id", ID, nullable=True),
        sa.Column("grant_id", ID, nullable=True),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("payee_id", ID, nullable=False),
        sa.Column("beneficiary_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("asked_fen", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lowered_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("units", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claimed", sa.JSON(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=True),
        sa.Column("calculation", sa.JSON(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("computed_by", ID, nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("pool_id", ID, nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.Column("paid_journal_id", ID, nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_subsidy_claim_amount")),
        sa.CheckConstraint(
            "lowered_fen >= 0 AND lowered_fen <= amount_fen", name=op.f("ck_subsidy_claim_lowered")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["subsidy_application.id"],
            name=op.f("fk_subsidy_claim_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["party.id"], name=op.f("fk_subsidy_claim_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_claim_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["subsidy_grant.id"], name=op.f("fk_subsidy_claim_grant_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subsidy_claim_organisation_id")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["party.id"], name=op.f("fk_subsidy_claim_payee_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_subsidy_claim_pool_id")),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_claim_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_claim_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_claim")),
        sa.UniqueConstraint(
            "grant_id", "instalment", name=op.f("uq_subsidy_claim_grant_id_instalment")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_subsidy_claim_number")),
    )
    with op.batch_alter_table("subsidy_claim", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_claim_application_id"), ["application_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_claim_beneficiary_id"), ["beneficiary_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_claim_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_subsidy_claim_payee_id"), ["payee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_subsidy_claim_pool_id"), ["pool_id"], unique=False)
        batch_op.create_index("ix_subsidy_claim_scheme_state", ["scheme_id", "state"], unique=False)

    op.create_table(
        "subsidy_claim_approval",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("round", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_claim_approval_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user_account.id"], name=op.f("fk_subsidy_claim_approval_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_claim_approval")),
        sa.UniqueConstraint(
            "claim_id",
            "round",
            "person_id",
            name=op.f("uq_subsidy_claim_approval_claim_id_round_person_id"),
        ),
    )
    op.create_table(
        "subsidy_claim_correction",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_claim_correction_positive")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_claim_correction_claim_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_claim_correction")),
    )
    with op.batch_alter_table("subsidy_claim_correction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_claim_correction_claim_id"), ["claim_id"], unique=False
        )

    op.create_table(
        "subsidy_guarantee_claim",
        sa.Column("claim_id", ID, autoincrement=False, nullable=False),
        sa.Column("guarantee_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_guarantee_claim_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["guarantee_id"],
            ["subsidy_guarantee.id"],
            name=op.f("fk_subsidy_guarantee_claim_guarantee_id"),
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_subsidy_guarantee_claim")),
    )
    with op.batch_alter_table("subsidy_guarantee_claim", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_guarantee_claim_guarantee_id"), ["guarantee_id"], unique=False
        )

    op.create_table(
        "subsidy_recovery",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("clawback_id", ID, nullable=False),
        sa.Column("party_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_by", sa.Date(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_recovery_positive")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_recovery_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["clawback_id"], ["clawback.id"], name=op.f("fk_subsidy_recovery_clawback_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_recovery_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_subsidy_recovery_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["party.id"], name=op.f("fk_subsidy_recovery_party_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_recovery")),
        sa.UniqueConstraint("clawback_id", name=op.f("uq_subsidy_recovery_clawback_id")),
        sa.UniqueConstraint("number", name=op.f("uq_subsidy_recovery_number")),
    )
    with op.batch_alter_table("subsidy_recovery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_recovery_claim_id"), ["claim_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_recovery_party_id"), ["party_id"], unique=False
        )

    op.create_table(
        "subsidy_relief",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("application_id", ID, nullable=True),
        sa.Column("beneficiary_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("charger_id", ID, nullable=True),
        sa.Column("claim_id", ID, nullable=True),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("free_hours", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("compensated_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("calculation", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_reason", sa.Text(), nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_relief_positive")),
        sa.CheckConstraint("compensated_fen >= 0", name=op.f("ck_subsidy_relief_compensated")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["subsidy_application.id"],
            name=op.f("fk_subsidy_relief_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["party.id"], name=op.f("fk_subsidy_relief_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["charger_id"], ["organisation.id"], name=op.f("fk_subsidy_relief_charger_id")
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_relief_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_subsidy_relief_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_subsidy_relief_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_relief_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_relief_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_relief")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_subsidy_relief_claim_id")),
    )
    with op.batch_alter_table("subsidy_relief", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_relief_beneficiary_id"), ["beneficiary_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_relief_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "ix_subsidy_relief_scheme_state", ["scheme_id", "state"], unique=False
        )

    op.create_table(
        "subsidy_use",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_use_claim_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_use")),
    )
    with op.batch_alter_table("subsidy_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subsidy_use_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(
            "ix_subsidy_use_live",
            ["kind", "key"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "subsidy_aid",
        sa.Column("id", ID, nullable=False),
        sa.Column("party_id", ID, nullable=False),
        sa.Column("scheme_id", ID, nullable=False),
        sa.Column("terms_id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=True),
        sa.Column("grant_id", ID, nullable=True),
        sa.Column("relief_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("begin", sa.Date(), nullable=False),
        sa.Column("end", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_aid_positive")),
        sa.CheckConstraint(
            "claim_id IS NULL OR grant_id IS NULL", name=op.f("ck_subsidy_aid_claim_or_grant")
        ),
        sa.CheckConstraint(
            "coalesce(claim_id, grant_id) IS NULL OR relief_id IS NULL",
            name=op.f("ck_subsidy_aid_one_act"),
        ),
        sa.CheckConstraint(
            "coalesce(claim_id, grant_id, relief_id) IS NOT NULL",
            name=op.f("ck_subsidy_aid_an_act"),
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_aid_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["subsidy_grant.id"], name=op.f("fk_subsidy_aid_grant_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_subsidy_aid_party_id")),
        sa.ForeignKeyConstraint(
            ["relief_id"], ["subsidy_relief.id"], name=op.f("fk_subsidy_aid_relief_id")
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["subsidy_scheme.id"], name=op.f("fk_subsidy_aid_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"], ["subsidy_terms.id"], name=op.f("fk_subsidy_aid_terms_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_aid")),
    )
    with op.batch_alter_table("subsidy_aid", schema=None) as batch_op:
        batch_op.create_index("ix_subsidy_aid_claim", ["claim_id", "party_id"], unique=True)
        batch_op.create_index("ix_subsidy_aid_grant", ["grant_id"], unique=True)
        batch_op.create_index("ix_subsidy_aid_party", ["party_id", "on"], unique=False)
        batch_op.create_index("ix_subsidy_aid_relief", ["relief_id", "party_id"], unique=True)

    op.create_table(
        "subsidy_breach_recovery",
        sa.Column("recovery_id", ID, autoincrement=False, nullable=False),
        sa.Column("breach_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["breach_id"], ["subsidy_breach.id"], name=op.f("fk_subsidy_breach_recovery_breach_id")
        ),
        sa.ForeignKeyConstraint(
            ["recovery_id"],
            ["subsidy_recovery.id"],
            name=op.f("fk_subsidy_breach_recovery_recovery_id"),
        ),
        sa.PrimaryKeyConstraint("recovery_id", name=op.f("pk_subsidy_breach_recovery")),
    )
    with op.batch_alter_table("subsidy_breach_recovery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_breach_recovery_breach_id"), ["breach_id"], unique=False
        )

    op.create_table(
        "subsidy_guarantee_recovery",
        sa.Column("id", ID, nullable=False),
        sa.Column("guarantee_id", ID, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recovery_id", ID, nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_guarantee_recovery_positive")),
        sa.ForeignKeyConstraint(
            ["guarantee_id"],
            ["subsidy_guarantee.id"],
            name=op.f("fk_subsidy_guarantee_recovery_guarantee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["recovery_id"],
            ["subsidy_recovery.id"],
            name=op.f("fk_subsidy_guarantee_recovery_recovery_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_guarantee_recovery")),
        sa.UniqueConstraint(
            "guarantee_id",
            "document",
            name=op.f("uq_subsidy_guarantee_recovery_guarantee_id_document"),
        ),
    )
    op.create_table(
        "subsidy_loan_correction",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("loan_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("calculation", sa.JSON(), nullable=False),
        sa.Column("recovery_id", ID, nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_subsidy_loan_correction_positive")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["subsidy_claim.id"], name=op.f("fk_subsidy_loan_correction_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["subsidy_loan.id"], name=op.f("fk_subsidy_loan_correction_loan_id")
        ),
        sa.ForeignKeyConstraint(
            ["recovery_id"],
            ["subsidy_recovery.id"],
            name=op.f("fk_subsidy_loan_correction_recovery_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_loan_correction")),
    )
    with op.batch_alter_table("subsidy_loan_correction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subsidy_loan_correction_claim_id"), ["claim_id"], unique=False
        )

    op.create_table(
        "subsidy_relief_paper",
        sa.Column("id", ID, nullable=False),
        sa.Column("relief_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["relief_id"], ["subsidy_relief.id"], name=op.f("fk_subsidy_relief_paper_relief_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_relief_paper")),
    )
    with op.batch_alter_table("subsidy_relief_paper", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subsidy_relief_paper_live",
            ["kind", "key"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_subsidy_relief_paper_relief_id"), ["relief_id"], unique=False
        )
