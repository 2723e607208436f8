"""Money reserved for a purchase, and pools that draw on it first."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0003"
down_revision = "core_0002"


def upgrade() -> None:
    # Columns are added in place: rebuilt, an account would lose the triggers that keep it.
    op.add_column("account", sa.Column("purchase_id", ID, nullable=True))
    op.create_index("ix_account_purchase_id", "account", ["purchase_id"])
    op.add_column("pool", sa.Column("purchase_id", ID, nullable=True))
    op.add_column(
        "pool",
        sa.Column("fixed_envelope", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index("ix_pool_purchase_id", "pool", ["purchase_id"])
