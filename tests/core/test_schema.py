"""The schema: every component's history, all or nothing, and what the database itself refuses."""

from __future__ import annotations

import threading
from datetime import date
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, Column, Integer, Table, Text, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from core import budget, clock, schema
from core.checks import APPEND_ONLY
from core.db import Id, Instant, db, init_app, is_postgresql, transaction
from core.ledger import AccountingPeriod, Journal
from core.plugins import load
from core.privacy import Encrypted

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before}


def upgrade():
    {body}
"""
NEWEST = max(path.stem[:9] for path in schema.MIGRATIONS.glob("versions/core_*.py"))
MAKE_DRAW = 'op.create_table("lottery_draw", sa.Column("id", sa.Integer, primary_key=True))'
MAKE_TICKETS = """op.create_table(
        "lottery_ticket",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("draw_id", sa.Integer, sa.ForeignKey("lottery_draw.id")),
    )"""
FILL = 'op.execute("INSERT INTO lottery_draw VALUES (1)")'
FILL_TICKETS = 'op.execute("INSERT INTO lottery_ticket VALUES (1, 1)")'
# SQLite has to make the table anew for this.
REBUILD = """with op.batch_alter_table("lottery_draw") as batch:
        batch.create_check_constraint("positive", "id > 0")"""
FAIL = 'raise RuntimeError("no")'


@pytest.fixture
def build(empty_url):
    """Return what builds an app on the empty database, with other plugins if asked."""
    apps = []

    def make(*plugins):
        # Pages and API, which take longest to mount, do not matter here.
        app = Flask("bare")
        app.config["SQLALCHEMY_DATABASE_URI"] = empty_url
        init_app(app)
        load(app, plugins)
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def lottery(tmp_path):
    """Return what makes a plugin of revisions, each given as the body of its upgrade."""

    def make(*bodies):
        plugin = ModuleType("lottery")
        plugin.__file__ = str(tmp_path / "lottery" / "__init__.py")
        folder = tmp_path / "lottery" / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        for number, body in enumerate(bodies, start=1):
            before = repr(f"lottery_{number - 1:04d}") if number > 1 else None
            revision = f"lottery_{number:04d}"
            source = REVISION.format(revision=revision, before=before, body=body)
            (folder / f"{revision}_x.py").write_text(source)
        return plugin

    return make


@pytest.fixture
def model():
    """Return what declares a table of the lottery's models for one test."""
    tables = []

    def make(*columns, name="lottery_draw"):
        key = Column("id", Integer, primary_key=True)
        tables.append(Table(name, db.metadata, key, *columns))

    yield make
    for table in tables:
        db.metadata.remove(table)


def tables(app):
    with app.app_context():
        return set(inspect(db.engine).get_table_names())


def upgrade(app):
    with app.app_context():
        schema.upgrade()
    return tables(app)


def check(app):
    with app.app_context(), transaction(readonly=True):
        return schema.check()


def run(app, *statements):
    with app.app_context(), transaction():
        for statement in statements:
            db.session.execute(text(statement))


# --- upgrading ---------------------------------------------------------------------------------


def test_an_empty_database_becomes_what_the_models_say(build):
    app = build()
    assert {"journal", "alembic_version_core"} <= upgrade(app)
    assert check(app) == []


def test_every_component_has_a_history_of_its_own(build, lottery):
    names = upgrade(build(lottery(MAKE_DRAW)))
    assert {"alembic_version_core", "alembic_version_lottery", "lottery_draw"} <= names
    assert "alembic_version" not in names


def test_a_second_upgrade_changes_nothing(build):
    app = build()
    upgrade(app)
    run(app, "INSERT INTO division VALUES ('43', '湖南省', 'province', '43/')")
    upgrade(app)
    assert check(app) == []
    with app.app_context(), transaction(readonly=True):
        assert db.session.scalar(text("SELECT count(*) FROM division")) == 1


def test_a_failure_in_the_last_revision_leaves_nothing_of_any_component(build, lottery):
    app = build(lottery(MAKE_DRAW, FAIL))
    with pytest.raises(RuntimeError, match="no"):
        upgrade(app)
    assert tables(app) == set()


def test_after_a_failure_the_mended_upgrade_goes_through(build, lottery):
    with pytest.raises(RuntimeError, match="no"):
        upgrade(build(lottery(MAKE_DRAW, FAIL)))
    assert "lottery_draw" in upgrade(build(lottery(MAKE_DRAW, FILL)))


def test_a_plugin_left_out_keeps_its_tables_and_its_place(build, lottery):
    upgrade(build(lottery(MAKE_DRAW, FILL)))
    without = build()
    assert {"lottery_draw", "alembic_version_lottery"} <= upgrade(without)
    assert check(without) == []
    # Were it to start anew, the table would be there already.
    assert "lottery_ticket" in upgrade(build(lottery(MAKE_DRAW, FILL, MAKE_TICKETS)))


def test_a_table_that_others_refer_to_can_be_rebuilt(build, lottery):
    plugin = lottery(MAKE_DRAW, MAKE_TICKETS, FILL, FILL_TICKETS, REBUILD)
    app = build(plugin)
    upgrade(app)
    with app.app_context(), transaction(readonly=True):
        assert db.session.scalar(text("SELECT count(*) FROM lottery_ticket")) == 1


def test_a_table_under_a_view_can_be_rebuilt(build, lottery, tmp_path):
    plugin = lottery(MAKE_DRAW, FILL)
    written = tmp_path / "lottery" / "migrations" / "views.sql"
    written.write_text("-- Draws.\nCREATE VIEW hv_draw AS SELECT id FROM lottery_draw;\n")
    upgrade(build(plugin))
    app = build(lottery(MAKE_DRAW, FILL, REBUILD))
    upgrade(app)
    with app.app_context(), transaction(readonly=True):
        assert db.session.scalar(text("SELECT id FROM hv_draw")) == 1


def test_a_view_follows_its_file(build, lottery, tmp_path):
    app = build(lottery(MAKE_DRAW, FILL))
    written = tmp_path / "lottery" / "migrations" / "views.sql"
    first = "CREATE VIEW hv_draw AS SELECT id FROM lottery_draw;"
    for sql in (first, first.replace("id FROM", "id, id + 1 AS next_id FROM")):
        written.write_text(sql)
        upgrade(app)
    with app.app_context(), transaction(readonly=True):
        assert db.session.scalar(text("SELECT next_id FROM hv_draw")) == 2


def test_a_table_under_a_view_of_a_plugin_that_is_away_can_be_rebuilt(build, lottery, tmp_path):
    plugin = lottery(MAKE_DRAW)
    written = tmp_path / "lottery" / "migrations" / "views.sql"
    written.write_text(
        "CREATE VIEW hv_draw AS SELECT division.code FROM division, lottery_draw;"
        "CREATE VIEW hv_above AS SELECT code FROM hv_draw;"
    )
    upgrade(build(plugin))
    without = build()
    # As if the core brought a revision: it would run into the view.
    run(without, "DROP VIEW hv_role")
    upgrade(without)
    run(without, "ALTER TABLE division ADD COLUMN mayor TEXT")
    run(without, "ALTER TABLE division DROP COLUMN mayor")
    upgrade(build(plugin))
    run(without, "SELECT code FROM hv_above")


def test_an_upgrade_that_would_orphan_rows_is_refused(build, lottery):
    remove = "op.execute('DELETE FROM lottery_draw')"
    app = build(lottery(MAKE_DRAW, MAKE_TICKETS, FILL, FILL_TICKETS, remove))
    with pytest.raises((RuntimeError, IntegrityError)):
        upgrade(app)
    assert tables(app) == set()


def test_foreign_keys_hold_again_after_an_upgrade(build):
    app = build()
    with app.app_context():
        schema.upgrade()
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text("INSERT INTO gated_balance VALUES (77, 0)"))


def test_an_upgrade_waits_for_another_one(build):
    app = build()
    done = threading.Event()

    def other():
        upgrade(app)
        done.set()

    with app.app_context(), schema._whole():  # noqa: SLF001 - stands for the other process
        thread = threading.Thread(target=other)
        thread.start()
        assert not done.wait(0.3)
    thread.join()
    assert done.is_set()


# --- revising and checking ---------------------------------------------------------------------


def test_a_revision_brings_the_database_to_the_models(build, lottery, model):
    model(Column("name", Text, nullable=False))
    app = build(lottery())
    with app.app_context():
        written = schema.revise("lottery", "draws")
    assert written.name == "lottery_0001_draws.py"
    assert tables(app) == set()
    assert "lottery_draw" in upgrade(app)
    assert check(app) == []


def test_a_revision_outlives_our_own_classes(build, lottery, model):
    model(
        Column("drawn_at", Instant()),
        Column("winner", Encrypted("lottery_draw.winner")),
        Column("number", Id),
    )
    app = build(lottery())
    with app.app_context():
        source = schema.revise("lottery", "draws").read_text().replace("'", '"')
    assert "sa.DateTime(timezone=True)" in source
    assert 'sa.Column("winner", sa.Text()' in source
    assert "core." not in source
    assert "downgrade" not in source
    upgrade(app)
    assert check(app) == []


def test_a_revision_is_of_one_component_and_drops_nothing_unknown(build, lottery, model):
    app = build(lottery(MAKE_DRAW))
    upgrade(app)
    run(app, "CREATE TABLE stranger (id INTEGER)", "CREATE TABLE lottery_stranger (id INTEGER)")
    model(Column("name", Text))
    with app.app_context():
        source = schema.revise("lottery", "names").read_text()
    assert "add_column" in source
    assert "drop" not in source
    assert "stranger" not in source


def test_there_is_nothing_to_revise_when_all_agree(build):
    with build().app_context(), pytest.raises(schema.NothingToReviseError):
        schema.revise("core", "nothing")


def test_a_database_that_was_left_behind_is_not_current(books):
    db.session.execute(text("DELETE FROM alembic_version_core"))
    assert not schema.is_current()


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        (
            "ALTER TABLE division ADD COLUMN mayor TEXT",
            "core: remove_column division division.mayor",
        ),
        ("DROP INDEX ix_division_path", "core: add_index division.ix_division_path"),
        ("DROP VIEW hv_role", "view hv_role is not the one written"),
        ("DELETE FROM alembic_version_core", f"core: is at {{}}, not at {{'{NEWEST}'}}"),
    ],
)
def test_a_difference_is_told(books, statement, difference):
    assert schema.is_current()
    db.session.execute(text(statement))
    assert difference in schema.check()


def test_a_check_constraint_that_is_gone_is_told(build, lottery, model):
    model(Column("n", Integer), CheckConstraint("n > 0", name="positive"))
    add = 'op.add_column("lottery_draw", sa.Column("n", sa.Integer))'
    app = build(lottery(MAKE_DRAW, add))
    upgrade(app)
    assert check(app) == ["lottery: check ck_lottery_draw_positive differs"]


# --- what the database refuses -----------------------------------------------------------------


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_history_is_neither_changed_nor_removed(books, table, act):
    key = "seq" if table == "seal" else "id"
    with pytest.raises(IntegrityError, match="append-only"):
        db.session.execute(text(act.format(table, key)))


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_history_is_not_emptied_at_one_stroke(books, table):
    # SQLite has no TRUNCATE; it makes one of a DELETE without condition, unless a trigger stands.
    act = f"TRUNCATE {table} CASCADE" if is_postgresql() else f"DELETE FROM {table}"  # noqa: S608 - names from our list
    with pytest.raises(IntegrityError, match="append-only"):
        db.session.execute(text(act))


def test_history_is_kept_also_where_ordinary_triggers_are_off(books):
    if is_postgresql():
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
    with pytest.raises(IntegrityError, match="append-only"):
        db.session.execute(text("UPDATE transfer SET amount_fen = 1"))


@pytest.mark.parametrize("state", ["locked", "closed"])
def test_no_journal_enters_a_period_that_is_not_open(books, state):
    db.session.add(AccountingPeriod(month="2026-08", state=state))
    row = {"entry_kind": "x", "source": "x", "act": "x", "posted_at": clock.now()}
    db.session.execute(insert(Journal).values(row | {"business_date": date(2026, 7, 31)}))
    with pytest.raises(IntegrityError, match="period"):
        db.session.execute(insert(Journal).values(row | {"business_date": date(2026, 8, 31)}))


# --- the views ---------------------------------------------------------------------------------

VIEWS = {
    "hv_account": "account_id code kind org_id budget_line_id provider_id floor_fen",
    "hv_transfer": "seq transfer_id txn_id debit_id credit_id amount_fen kind reverses_id"
    " business_date posted_at actor_id act",
    "hv_balance": "account_id kind budget_line_id pool_id provider_id balance_fen",
    "hv_budget": "budget_line_id org_id fiscal_year approved_fen available_fen reserved_fen"
    " encumbered_fen accrued_fen disbursed_fen",
    "hv_pool": "pool_id purchase_id period committed_fen uncharged_fen charged_fen released_fen"
    " accrued_fen paid_fen status",
    "hv_commitment": "commitment_id form ref_id budget_line_id fiscal_year catalogue_id amount_fen"
    " status activated_at txn_id",
    "hv_settlement": "settlement_id provider_id status gross_fen adjust_fen net_fen made_by"
    " checked_by content_hash approved_hash approved_at",
    "hv_payment": "payment_id source_type source_id amount_fen status paid_by bank_ref paid_at",
    "hv_claim": "settlement_id claim_id form source provider_id pool_id amount_fen sent_txn_id"
    " result_txn_id",
    "hv_approval": "object_type object_id step actor_id decision content_hash at",
    "hv_status_log": "object_type object_id from_status to_status at actor_id",
    "hv_audit": "seq at actor_id action object_type object_id txn_ref hash_version prev_hash hash",
    "hv_seal": "seq subject subject_id form prints previous_hash hash sealed_at",
    "hv_idempotency": "actor_id key fingerprint status at",
    "hv_role": "user_id role org_id granted_by approved_by from_at to_at",
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_views_columns_are_as_promised(books, view):
    columns = inspect(db.session.connection()).get_columns(view)
    assert " ".join(column["name"] for column in columns) == VIEWS[view]


def view(name, **which):
    """Return a view's rows as dicts."""
    rows = db.session.execute(text(f"SELECT * FROM {name}")).mappings()  # noqa: S608 - names from above
    return [dict(row) for row in rows if which.items() <= dict(row).items()]


def test_the_views_say_what_the_books_say(books):
    for line in (books.line, books.other_line):
        rooms = {f"{room}_fen": fen for room, fen in budget.rooms(line).items()}
        assert rooms.items() <= view("hv_budget", budget_line_id=line)[0].items()
    for pool in (books.pool, books.both):
        totals = {f"{part}_fen": fen for part, fen in budget.pool_totals(pool).items()}
        assert totals.items() <= view("hv_pool", pool_id=pool)[0].items()
    held = {row["budget_line_id"]: row["amount_fen"] for row in view("hv_commitment", form="fake")}
    assert held[books.other_line] == 40_001
    assert sum(row["balance_fen"] for row in view("hv_balance")) == 0
    assert {row["status"] for row in view("hv_settlement")} == {"draft"}
    assert sum(row["amount_fen"] for row in view("hv_payment")) == 93_333
    assert sum(row["amount_fen"] for row in view("hv_claim")) == 93_333


def test_every_transfer_leads_to_its_act_in_the_audit_trail(books):
    acts = {row["txn_ref"] for row in view("hv_audit")}
    assert {row["act"] for row in view("hv_transfer")} <= acts
    assert all(row["hash"] for row in view("hv_audit"))
