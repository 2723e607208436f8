"""Contract outsourcing: procurement, sealed bids, awards, contracts, performance."""

import sqlalchemy as sa
from alembic import op

from core.schema import append_only

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "contract_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "contract_expert",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_contract_expert_division_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_expert")),
        sa.UniqueConstraint("user_id", name=op.f("uq_contract_expert_user_id")),
    )
    op.create_table(
        "contract_exclusion",
        sa.Column("id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_contract_exclusion_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_exclusion_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_contract_exclusion_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_exclusion")),
    )
    with op.batch_alter_table("contract_exclusion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_exclusion_provider_id"), ["provider_id"], unique=False
        )

    op.create_table(
        "contract_expert_tie",
        sa.Column("id", ID, nullable=False),
        sa.Column("expert_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["contract_expert.id"], name=op.f("fk_contract_expert_tie_expert_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_expert_tie_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_expert_tie")),
    )
    with op.batch_alter_table("contract_expert_tie", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_expert_tie_expert_id"), ["expert_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_expert_tie_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "contract_party_tie",
        sa.Column("id", ID, nullable=False),
        sa.Column("one_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_contract_party_tie_in_order")),
        sa.ForeignKeyConstraint(
            ["one_id"], ["organisation.id"], name=op.f("fk_contract_party_tie_one_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["organisation.id"], name=op.f("fk_contract_party_tie_other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_party_tie")),
        sa.UniqueConstraint(
            "one_id", "other_id", name=op.f("uq_contract_party_tie_one_id_other_id")
        ),
    )
    with op.batch_alter_table("contract_party_tie", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_party_tie_one_id"), ["one_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_contract_party_tie_other_id"), ["other_id"], unique=False
        )

    op.create_table(
        "contract_signature",
        sa.Column("id", ID, nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_signature_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_signature")),
        sa.UniqueConstraint(
            "object_type",
            "object_id",
            "organisation_id",
            name=op.f("uq_contract_signature_object_type_object_id_organisation_id"),
        ),
    )
    op.create_table(
        "contract_tender",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("agency_id", ID, nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("method_reason", sa.Text(), nullable=True),
        sa.Column("method_approval", sa.Text(), nullable=True),
        sa.Column("ceiling_fen", sa.BigInteger(), nullable=False),
        sa.Column("bid_bond_fen", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sheet", sa.JSON(), nullable=False),
        sa.Column("sheet_hash", sa.Text(), nullable=True),
        sa.Column("documents_until", sa.Date(), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publicity_until", sa.Date(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rerun_of_id", ID, nullable=True),
        sa.Column("failed_code", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", ID, nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ceiling_fen > 0", name=op.f("ck_contract_tender_ceiling")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["organisation.id"], name=op.f("fk_contract_tender_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_contract_tender_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_tender_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["rerun_of_id"], ["contract_tender.id"], name=op.f("fk_contract_tender_rerun_of_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_tender")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_tender_number")),
    )
    with op.batch_alter_table("contract_tender", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_tender_agency_id"), ["agency_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_tender_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_tender_purchase_id"), ["purchase_id"], unique=False
        )

    op.create_table(
        "contract_bid",
        sa.Column("id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("bidder_index", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("technical", sa.LargeBinary(), nullable=False),
        sa.Column("price", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_contract_bid_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_bid_tender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_bid")),
        sa.UniqueConstraint("receipt", name=op.f("uq_contract_bid_receipt")),
    )
    with op.batch_alter_table("contract_bid", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_bid_bidder_index"), ["bidder_index"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_bid_provider_id"), ["provider_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_contract_bid_tender_id"), ["tender_id"], unique=False)

    op.create_table(
        "contract_challenge",
        sa.Column("id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("party_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("after_id", ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("may_affect", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("filed_by", ID, nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_from", sa.Date(), nullable=True),
        sa.Column("suspended_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["after_id"], ["contract_challenge.id"], name=op.f("fk_contract_challenge_after_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_contract_challenge_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_challenge_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["organisation.id"], name=op.f("fk_contract_challenge_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_challenge_tender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_challenge")),
    )
    with op.batch_alter_table("contract_challenge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_challenge_party_id"), ["party_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_challenge_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "contract_key_holder",
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("share", sa.Text(), nullable=True),
        sa.Column("offered", sa.Text(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_key_holder_tender_id")
        ),
        sa.PrimaryKeyConstraint("tender_id", "part", name=op.f("pk_contract_key_holder")),
        sa.UniqueConstraint(
            "tender_id", "user_id", name=op.f("uq_contract_key_holder_tender_id_user_id")
        ),
    )
    with op.batch_alter_table("contract_key_holder", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_key_holder_user_id"), ["user_id"], unique=False
        )

    op.create_table(
        "contract_panel_draw",
        sa.Column("id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("drawn", sa.JSON(), nullable=False),
        sa.Column("drawn_by", ID, nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_panel_draw_tender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_panel_draw")),
    )
    with op.batch_alter_table("contract_panel_draw", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_panel_draw_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "contract_panel_member",
        sa.Column("id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("expert_id", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["expert_id"], ["contract_expert.id"], name=op.f("fk_contract_panel_member_expert_id")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_panel_member_tender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_panel_member")),
        sa.UniqueConstraint(
            "tender_id", "user_id", name=op.f("uq_contract_panel_member_tender_id_user_id")
        ),
    )
    with op.batch_alter_table("contract_panel_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_panel_member_user_id"), ["user_id"], unique=False
        )

    op.create_table(
        "contract_tender_amendment",
        sa.Column("id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("affects_bids", sa.Boolean(), nullable=False),
        sa.Column("closed_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tender_id"],
            ["contract_tender.id"],
            name=op.f("fk_contract_tender_amendment_tender_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_tender_amendment")),
        sa.UniqueConstraint(
            "tender_id", "number", name=op.f("uq_contract_tender_amendment_tender_id_number")
        ),
    )
    op.create_table(
        "contract_tender_invitee",
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("organisation_id", ID, autoincrement=False, nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_tender_invitee_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_tender_invitee_tender_id")
        ),
        sa.PrimaryKeyConstraint(
            "tender_id", "organisation_id", name=op.f("pk_contract_tender_invitee")
        ),
    )
    op.create_table(
        "contract_tender_question",
        sa.Column("id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tender_id"],
            ["contract_tender.id"],
            name=op.f("fk_contract_tender_question_tender_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_tender_question")),
    )
    with op.batch_alter_table("contract_tender_question", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_tender_question_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "contract_award",
        sa.Column("id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("bid_id", ID, nullable=True),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("unit_prices", sa.JSON(), nullable=True),
        sa.Column("small_firm", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_contract_award_positive")),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_award_bid_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_contract_award_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contract_award_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_contract_award_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_award_tender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_award")),
    )
    with op.batch_alter_table("contract_award", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_award_provider_id"), ["provider_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_award_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "contract_bid_check",
        sa.Column("id", ID, nullable=False),
        sa.Column("bid_id", ID, nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_bid_check_bid_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["contract_panel_member.id"],
            name=op.f("fk_contract_bid_check_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_bid_check")),
        sa.UniqueConstraint(
            "bid_id", "condition", name=op.f("uq_contract_bid_check_bid_id_condition")
        ),
    )
    op.create_table(
        "contract_bid_fault",
        sa.Column("bid_id", ID, autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_bid_fault_bid_id")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_contract_bid_fault")),
    )
    op.create_table(
        "contract_bid_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("bid_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_bid_file_bid_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_bid_file")),
    )
    with op.batch_alter_table("contract_bid_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_bid_file_bid_id"), ["bid_id"], unique=False)

    op.create_table(
        "contract_bid_opening",
        sa.Column("bid_id", ID, autoincrement=False, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("small_firm", sa.Boolean(), nullable=False),
        sa.Column("bond", sa.JSON(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_bid_opening_bid_id")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_contract_bid_opening_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_bid_opening_tender_id")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_contract_bid_opening")),
    )
    with op.batch_alter_table("contract_bid_opening", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_bid_opening_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "contract_bid_price",
        sa.Column("bid_id", ID, autoincrement=False, nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("unit_prices", sa.JSON(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("price_fen > 0", name=op.f("ck_contract_bid_price_positive")),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_bid_price_bid_id")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_contract_bid_price")),
    )
    op.create_table(
        "contract_final_quote",
        sa.Column("bid_id", ID, autoincrement=False, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("called_by", ID, nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Text(), nullable=True),
        sa.Column("quoted_by", ID, nullable=True),
        sa.Column("quoted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_final_quote_bid_id")
        ),
        sa.ForeignKeyConstraint(
            ["called_by"],
            ["contract_panel_member.id"],
            name=op.f("fk_contract_final_quote_called_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_final_quote_tender_id")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_contract_final_quote")),
    )
    with op.batch_alter_table("contract_final_quote", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_final_quote_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "contract_low_bid",
        sa.Column("bid_id", ID, autoincrement=False, nullable=False),
        sa.Column("tests", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("explained_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("judged_by", ID, nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_low_bid_bid_id")
        ),
        sa.ForeignKeyConstraint(
            ["judged_by"], ["contract_panel_member.id"], name=op.f("fk_contract_low_bid_judged_by")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_contract_low_bid")),
    )
    op.create_table(
        "contract_ranking",
        sa.Column("bid_id", ID, autoincrement=False, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("evaluated_fen", sa.BigInteger(), nullable=False),
        sa.Column("price_score", sa.Text(), nullable=False),
        sa.Column("other_score", sa.Text(), nullable=False),
        sa.Column("total", sa.Text(), nullable=False),
        sa.Column("tie_break", sa.Text(), nullable=True),
        sa.Column("lot_seed", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_ranking_bid_id")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_ranking_tender_id")
        ),
        sa.PrimaryKeyConstraint("bid_id", name=op.f("pk_contract_ranking")),
        sa.UniqueConstraint("tender_id", "place", name=op.f("uq_contract_ranking_tender_id_place")),
    )
    op.create_table(
        "contract_score",
        sa.Column("id", ID, nullable=False),
        sa.Column("bid_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("centipoints", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("centipoints >= 0", name=op.f("ck_contract_score_not_negative")),
        sa.ForeignKeyConstraint(
            ["bid_id"], ["contract_bid.id"], name=op.f("fk_contract_score_bid_id")
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["contract_panel_member.id"], name=op.f("fk_contract_score_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_score")),
        sa.UniqueConstraint(
            "bid_id",
            "member_id",
            "indicator",
            name=op.f("uq_contract_score_bid_id_member_id_indicator"),
        ),
    )
    with op.batch_alter_table("contract_score", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_score_member_id"), ["member_id"], unique=False
        )

    op.create_table(
        "contract_contract",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("award_id", ID, nullable=False),
        sa.Column("tender_id", ID, nullable=False),
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("evaluator_id", ID, nullable=True),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("multi_year_reason", sa.Text(), nullable=True),
        sa.Column("value_fen", sa.BigInteger(), nullable=False),
        sa.Column("is_public_service", sa.Boolean(), nullable=False),
        sa.Column("small_firm", sa.Boolean(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("renewed_from_id", ID, nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", ID, nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_by", ID, nullable=True),
        sa.Column("suspended_from", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_contract_contract_period")),
        sa.CheckConstraint("value_fen >= 0", name=op.f("ck_contract_contract_value")),
        sa.ForeignKeyConstraint(
            ["award_id"], ["contract_award.id"], name=op.f("fk_contract_contract_award_id")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_contract_contract_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["evaluator_id"], ["organisation.id"], name=op.f("fk_contract_contract_evaluator_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_contract_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_contract_contract_provider_id")
        ),
        sa.ForeignKeyConstraint(
            ["renewed_from_id"],
            ["contract_contract.id"],
            name=op.f("fk_contract_contract_renewed_from_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["contract_tender.id"], name=op.f("fk_contract_contract_tender_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_contract")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_contract_number")),
    )
    with op.batch_alter_table("contract_contract", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_contract_award_id"), ["award_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_contract_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_contract_provider_id"), ["provider_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_contract_purchase_id"), ["purchase_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_contract_tender_id"), ["tender_id"], unique=False
        )

    op.create_table(
        "contract_amendment",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", ID, nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract_contract.id"],
            name=op.f("fk_contract_amendment_contract_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_amendment")),
        sa.UniqueConstraint(
            "contract_id", "number", name=op.f("uq_contract_amendment_contract_id_number")
        ),
    )
    op.create_table(
        "contract_bond",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_by", ID, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract_contract.id"], name=op.f("fk_contract_bond_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_bond")),
    )
    with op.batch_alter_table("contract_bond", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_bond_contract_id"), ["contract_id"], unique=False
        )

    op.create_table(
        "contract_delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("purchase_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("sitting", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract_contract.id"], name=op.f("fk_contract_delivery_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_delivery")),
        sa.UniqueConstraint(
            "purchase_id",
            "resident_id",
            "served_on",
            "service",
            "sitting",
            name="uq_contract_delivery_once",
        ),
    )
    with op.batch_alter_table("contract_delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contract_delivery_contract_id", ["contract_id", "served_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_delivery_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "contract_income",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("received_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract_contract.id"], name=op.f("fk_contract_income_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_income")),
    )
    with op.batch_alter_table("contract_income", schema=None) as batch_op:
        batch_op.create_index("ix_contract_income_contract_id", ["contract_id"], unique=False)

    op.create_table(
        "contract_performance_score",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("centipoints", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("given_by", ID, nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "centipoints BETWEEN 0 AND 10000", name=op.f("ck_contract_performance_score_points")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract_contract.id"],
            name=op.f("fk_contract_performance_score_contract_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_performance_score")),
        sa.UniqueConstraint(
            "contract_id",
            "period",
            "side",
            name=op.f("uq_contract_performance_score_contract_id_period_side"),
        ),
    )
    op.create_table(
        "contract_receivable",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("financier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_contract_receivable_positive")),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract_contract.id"],
            name=op.f("fk_contract_receivable_contract_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_receivable")),
    )
    with op.batch_alter_table("contract_receivable", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_receivable_contract_id"), ["contract_id"], unique=False
        )

    op.create_table(
        "contract_subcontract",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract_contract.id"],
            name=op.f("fk_contract_subcontract_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_subcontract_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_subcontract")),
    )
    with op.batch_alter_table("contract_subcontract", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_subcontract_contract_id"), ["contract_id"], unique=False
        )

    op.create_table(
        "contract_year",
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("fiscal_year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.Boolean(), nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract_contract.id"], name=op.f("fk_contract_year_contract_id")
        ),
        sa.PrimaryKeyConstraint("contract_id", "fiscal_year", name=op.f("pk_contract_year")),
        sa.UniqueConstraint("pool_id", name=op.f("uq_contract_year_pool_id")),
    )
    op.create_table(
        "contract_ending",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("bond_id", ID, nullable=True),
        sa.Column("call_bond", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["bond_id"], ["contract_bond.id"], name=op.f("fk_contract_ending_bond_id")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract_contract.id"], name=op.f("fk_contract_ending_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_ending")),
    )
    with op.batch_alter_table("contract_ending", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_ending_contract_id"), ["contract_id"], unique=False
        )

    op.create_table(
        "contract_milestone",
        sa.Column("id", ID, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("amendment_id", ID, nullable=True),
        sa.Column("provider_id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", ID, nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("payable_fen", sa.BigInteger(), nullable=False),
        sa.Column("deducted_fen", sa.BigInteger(), nullable=False),
        sa.Column("advance_fen", sa.BigInteger(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("journal_id", ID, nullable=True),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_contract_milestone_amount")),
        sa.ForeignKeyConstraint(
            ["amendment_id"],
            ["contract_amendment.id"],
            name=op.f("fk_contract_milestone_amendment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contract_contract.id"],
            name=op.f("fk_contract_milestone_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_contract_milestone_division_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_contract_milestone_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["organisation.id"], name=op.f("fk_contract_milestone_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_milestone")),
        sa.UniqueConstraint(
            "contract_id", "sequence", name=op.f("uq_contract_milestone_contract_id_sequence")
        ),
    )
    with op.batch_alter_table("contract_milestone", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_milestone_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_milestone_provider_id"), ["provider_id"], unique=False
        )
        batch_op.create_index("ix_contract_milestone_state", ["state", "contract_id"], unique=False)

    op.create_table(
        "contract_acceptance",
        sa.Column("id", ID, nullable=False),
        sa.Column("milestone_id", ID, nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["contract_milestone.id"],
            name=op.f("fk_contract_acceptance_milestone_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_acceptance")),
    )
    with op.batch_alter_table("contract_acceptance", schema=None) as batch_op:
        batch_op.create_index("ix_contract_acceptance_milestone_id", ["milestone_id"], unique=False)

    op.create_table(
        "contract_deduction",
        sa.Column("id", ID, nullable=False),
        sa.Column("milestone_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("unit_fen", sa.BigInteger(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("capped_fen", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", ID, nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("stated_by", ID, nullable=True),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statement_until", sa.Date(), nullable=False),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["contract_milestone.id"],
            name=op.f("fk_contract_deduction_milestone_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_deduction")),
    )
    with op.batch_alter_table("contract_deduction", schema=None) as batch_op:
        batch_op.create_index("ix_contract_deduction_milestone_id", ["milestone_id"], unique=False)

    op.create_table(
        "contract_evidence_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("milestone_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", ID, nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["contract_milestone.id"],
            name=op.f("fk_contract_evidence_file_milestone_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_evidence_file")),
    )
    with op.batch_alter_table("contract_evidence_file", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_evidence_file_milestone_id"), ["milestone_id"], unique=False
        )

    op.create_table(
        "contract_opinion",
        sa.Column("id", ID, nullable=False),
        sa.Column("milestone_id", ID, nullable=False),
        sa.Column("resident_id", ID, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", ID, nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["contract_milestone.id"],
            name=op.f("fk_contract_opinion_milestone_id"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["resident.id"], name=op.f("fk_contract_opinion_resident_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_opinion")),
        sa.UniqueConstraint(
            "milestone_id", "resident_id", name=op.f("uq_contract_opinion_milestone_id_resident_id")
        ),
    )
    with op.batch_alter_table("contract_opinion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_opinion_resident_id"), ["resident_id"], unique=False
        )

    op.create_table(
        "contract_order",
        sa.Column("milestone_id", ID, autoincrement=False, nullable=False),
        sa.Column("contract_id", ID, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=True),
        sa.Column("verified", sa.Integer(), nullable=True),
        sa.Column("paid", sa.Integer(), nullable=True),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.Column("penalty_fen", sa.BigInteger(), nullable=False),
        sa.Column("placed_by", ID, nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract_contract.id"], name=op.f("fk_contract_order_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["contract_milestone.id"], name=op.f("fk_contract_order_milestone_id")
        ),
        sa.PrimaryKeyConstraint("milestone_id", name=op.f("pk_contract_order")),
    )
    with op.batch_alter_table("contract_order", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contract_order_contract_id", ["contract_id", "service", "quarter"], unique=False
        )
    for table in (
        "contract_bid_opening",
        "contract_bid_fault",
        "contract_bid_price",
        "contract_bid_file",
        "contract_panel_draw",
        "contract_ranking",
        "contract_signature",
        "contract_delivery",
        "contract_evidence_file",
    ):
        append_only(table)
