"""Ties between organisations, which contract outsourcing had kept for itself."""

from datetime import UTC, timedelta, timezone

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
revision = "core_0010"
down_revision = "core_0009"

BEFORE = "contract_party_tie"
SHANGHAI = timezone(timedelta(hours=8))


def upgrade() -> None:
    op.create_table(
        "party_tie",
        sa.Column("id", ID, nullable=False),
        sa.Column("one_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", ID, nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("ended_by <> recorded_by", name=op.f("ck_party_tie_two_persons")),
        sa.CheckConstraint("ended_on >= from_on", name=op.f("ck_party_tie_ends_after")),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_party_tie_in_order")),
        sa.ForeignKeyConstraint(["one_id"], ["organisation.id"], name=op.f("fk_party_tie_one_id")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["organisation.id"], name=op.f("fk_party_tie_other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_tie")),
    )
    with op.batch_alter_table("party_tie", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_tie_one_id"), ["one_id"], unique=False)
        batch_op.create_index("ix_party_tie_other_id", ["other_id", "one_id"], unique=False)
        batch_op.create_index(
            "uq_party_tie_in_force",
            ["one_id", "other_id"],
            unique=True,
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        )
    _take_over()


def _take_over() -> None:
    """Copy what stood in the plugin's own table, in force since the day it was recorded."""
    connection = op.get_bind()
    if BEFORE not in sa.inspect(connection).get_table_names():
        return
    before = _table(BEFORE)
    now = _table("party_tie", sa.column("document"), sa.column("from_on", sa.Date()))
    for row in connection.execute(sa.select(before).order_by(before.c.recorded_at)).all():
        at = row.recorded_at if row.recorded_at.tzinfo else row.recorded_at.replace(tzinfo=UTC)
        values = dict(zip(before.c.keys(), row, strict=True))
        values |= {"document": "以前登记的关联关系", "from_on": at.astimezone(SHANGHAI).date()}
        connection.execute(now.insert().values(values))


def _table(name: str, *columns: sa.ColumnClause) -> sa.TableClause:
    kept = [sa.column(one) for one in ("one_id", "other_id", "kind", "recorded_by")]
    return sa.table(name, *kept, sa.column("recorded_at", sa.DateTime(timezone=True)), *columns)
