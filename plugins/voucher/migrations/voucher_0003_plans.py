"""The purchase plan that a programme, and each version of its terms, carries out."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "voucher_0003"
down_revision = "voucher_0002"


def upgrade() -> None:
    op.add_column("voucher_programme", sa.Column("purchase_id", ID, nullable=True))
    op.create_index("ix_voucher_programme_purchase_id", "voucher_programme", ["purchase_id"])
    op.add_column("voucher_terms", sa.Column("purchase_id", ID, nullable=True))
