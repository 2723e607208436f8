"""Fixtures: an app on SQLite and on PostgreSQL, a fresh migrated database per test, a county."""

from __future__ import annotations

import copy
import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import make_url

from core import Huigou, create_app
from core import db as database
from core.audit import AuditEntry
from core.db import db, transaction
from tests import factories, memory, postgres
from tests.books import begin, books

SECRET = "a test secret, long enough: 0123456789 abcdefghijkl"
SETTINGS = {
    "TESTING": True,
    "SECRETS": [SECRET],
    # argon2's cheapest honest cost: hundreds of users are made in a run.
    "PASSWORD_MEMORY_KIB": 64,
}
Made = TypeVar("Made")
ENGINES = ("sqlite", "postgresql")

# A run makes many things and keeps them: looking through them all the time takes a tenth of it.
gc.set_threshold(50_000, 20, 100)
os.environ.setdefault("HUIGOU_INSTANCE", "/tmp/huigou-tests")  # noqa: S108 - holds nothing secret


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Ask once what hangs on no engine: pages (their acts are tested on both), and what says so.

    Browsers begin: pytest puts them last, and then one worker looks at pages while others idle.
    """
    twice = {item for item in items if "[postgresql" in item.name and _once(item)}
    config.hook.pytest_deselected(items=list(twice))
    items[:] = [item for item in items if item not in twice]
    items.sort(key=lambda item: item.path.parent.name != "browser")


def _once(item: pytest.Item) -> bool:
    if item.get_closest_marker("race"):
        return False
    is_page = item.path.parent.name == "web" or item.path.stem.endswith("_pages")
    return is_page or item.get_closest_marker("one_engine") is not None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL for this worker."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def databases_folder() -> Iterator[Path]:
    """The folder of this worker's databases that are files."""
    with memory.folder() as made:
        yield made


TEMPLATE, COUNTY = "template", "county"
STAGES = 12  # kept at once; the tests of one file, which follow each other, share a few


@dataclass(frozen=True)
class Stage:
    """A database that is kept: its name, what its maker returned, how many acts made it."""

    name: str
    made: Any
    acts: int


class Database:
    """One engine's migrated template and the test database copied from it.

    Many tests begin alike: the county of the factories, a programme with its vouchers. What the
    first of them made is kept as a stage, and the others begin with a copy.
    """

    def __init__(self, engine: str, folder: Path, server: str | None) -> None:
        """Migrate the template once."""
        self.engine, self.folder, self.server = engine, folder, server
        self.worker = f"{os.getpid()}"
        self.numbers = itertools.count(1)
        self.stage, self.stages = TEMPLATE, {TEMPLATE: Stage(TEMPLATE, None, 0)}
        self._copy(None, TEMPLATE)
        template = create_app(settings=SETTINGS | {"SQLALCHEMY_DATABASE_URI": self._url(TEMPLATE)})
        with template.app_context():
            from core import schema  # noqa: PLC0415 - imports the models of every component

            schema.upgrade()
            database.forget_connections()
            db.engine.dispose()
        self.fresh()

    @property
    def url(self) -> str:
        """The test database's address."""
        return self._url("test")

    def fresh(self, stage: str = TEMPLATE) -> None:
        """Replace the test database by a copy of a stage, or of the template until there is one."""
        self.stage = stage if stage in self.stages else TEMPLATE
        self._drop("test")
        self._copy(self.stages[self.stage].name, "test")
        self._begin()

    def at(self, app: Huigou, stage: str, make: Callable[[], Made]) -> Made:
        """Bring the test database to a stage and return a copy of what `make` returned there.

        `make` leads from the present stage to that one. It runs as if there were no stages when
        any act was done in between.
        """
        if stage == self.stage:
            return _copied(self.stages[stage].made, app)
        if _acts(app) != self.stages[self.stage].acts:
            return make()
        name = stage if self.stage == TEMPLATE else f"{self.stage}, then {stage}"
        if name in self.stages:
            forget(app)
            self.fresh(name)
        else:
            made = make()
            self._keep(name, Stage(f"stage{next(self.numbers)}", made, _acts(app)), app)
        return _copied(self.stages[name].made, app)

    def with_county(
        self, app: Huigou, county: factories.County, stage: str, make: Callable[[], Made]
    ) -> Made:
        """Bring the test database to a stage, and the county to what it was like there.

        `make` is called in the app's context.
        """

        def both() -> tuple[factories.County, Made]:
            with app.app_context():
                made = make()
            # The test goes on with the county; the stage keeps its own.
            return _copied((county, made), app)

        grown, made = self.at(app, stage, both)
        vars(county).update(vars(grown))
        return made

    def _keep(self, name: str, stage: Stage, app: Huigou) -> None:
        if len(self.stages) == STAGES:
            oldest = next(one for one in self.stages if one not in {TEMPLATE, COUNTY})
            self._drop(self.stages.pop(oldest).name)
        forget(app)
        self._copy("test", stage.name)
        self.stage, self.stages[name] = name, stage
        self._begin()

    def _begin(self) -> None:
        """Let the books know what the test database was copied from."""
        begin(make_url(self.url).database or "", f"{self.engine} {self.stages[self.stage].name}")

    def _url(self, name: str) -> str:
        if self.server is None:
            return f"sqlite:///{self.folder}/{name}.db"
        address = make_url(self.server).set(database=f"{name}_{self.worker}")
        return _psycopg(address.render_as_string(hide_password=False))

    def _copy(self, source: str | None, target: str) -> None:
        """Make a database, empty or a copy of one to which nobody is connected."""
        if self.server is not None:
            template = source and f"{source}_{self.worker}"
            postgres.create_database(self.server, f"{target}_{self.worker}", template=template)
        elif source:
            # Closed by its last connection, a file is whole without its journal.
            shutil.copyfile(self.folder / f"{source}.db", self.folder / f"{target}.db")

    def _drop(self, name: str) -> None:
        if self.server is not None:
            postgres.drop_database(self.server, f"{name}_{self.worker}")
            return
        for suffix in ("", "-wal", "-shm"):
            (self.folder / f"{name}.db{suffix}").unlink(missing_ok=True)


def _copied(made: Made, app: Huigou) -> Made:
    """Return a deep copy of what a stage's maker returned; the app in it stays the same."""
    return copy.deepcopy(made, {id(app): app})


def _psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def databases() -> dict[str, Database]:
    """The engines' templates, each made at its first use and kept for the whole run."""
    return {}


@pytest.fixture(scope="session")
def apps() -> dict[str, Huigou]:
    """One app per engine; its database is replaced before every test."""
    return {}


@pytest.fixture(scope="session", params=ENGINES)
def database_kept(
    request: pytest.FixtureRequest,
    databases: dict[str, Database],
    databases_folder: Path,
) -> Database:
    """The engine a test runs on; pytest makes this anew whenever the engine changes."""
    engine: str = request.param
    if engine not in databases:
        on_postgresql = engine == "postgresql"
        server = request.getfixturevalue("postgres_server") if on_postgresql else None
        databases[engine] = Database(engine, databases_folder, server)
    return databases[engine]


@pytest.fixture(scope="session")
def app_kept(database_kept: Database, apps: dict[str, Huigou]) -> Huigou:
    """The engine's app, its database as the last test left it."""
    if database_kept.engine not in apps:
        settings = SETTINGS | {"SQLALCHEMY_DATABASE_URI": database_kept.url}
        apps[database_kept.engine] = create_app(settings=settings)
        gc.freeze()
    return apps[database_kept.engine]


@pytest.fixture
def app(
    request: pytest.FixtureRequest, app_kept: Huigou, database_kept: Database
) -> Iterator[Huigou]:
    """The app on a fresh database; after the test the books must balance."""
    database_kept.fresh(COUNTY if "county" in request.fixturenames else TEMPLATE)
    forget(app_kept)
    yield app_kept
    with app_kept.app_context():
        findings = books()
    forget(app_kept)
    assert findings == []


@pytest.fixture
def empty_url(database_kept: Database, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database without any table."""
    if database_kept.server is None:
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    name = f"empty_{database_kept.worker}"
    yield _psycopg(postgres.create_database(database_kept.server, name))
    postgres.drop_database(database_kept.server, name)


@pytest.fixture(scope="session")
def apps_made() -> dict[tuple[Any, ...], tuple[Huigou, list[Any]]]:
    """The apps of `make_app` and the plugins given to them, by everything they are made from."""
    return {}


@pytest.fixture
def make_app(
    database_kept: Database, apps_made: dict[tuple[Any, ...], tuple[Huigou, list[Any]]]
) -> Iterator[Callable[..., Huigou]]:
    """Build an app with other plugins or settings on a fresh database of the same engine.

    An app of the same kinds of plugins is built once; its plugins then share the state of those
    given now.
    """
    database_kept.fresh()
    made: list[Huigou] = []

    def make(*, plugins_given: Sequence[Any] = (), **settings: Any) -> Huigou:
        settings = SETTINGS | {"SQLALCHEMY_DATABASE_URI": database_kept.url} | settings
        surroundings = sorted(one for one in os.environ.items() if one[0].startswith("HUIGOU_"))
        key = (*map(type, plugins_given), repr(settings), repr(surroundings))
        if key not in apps_made:
            app = create_app(settings=settings, plugins_given=plugins_given)
            apps_made[key] = app, list(plugins_given)
        app, plugins = apps_made[key]
        for plugin, given in zip(plugins, plugins_given, strict=True):
            plugin.__dict__ = given.__dict__
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            findings = books()
        forget(app)
        assert findings == []


def forget(app: Huigou) -> None:
    """Let go of the database, which is about to be replaced."""
    from plugins.voucher.service import known  # noqa: PLC0415 - after the models are loaded

    known.forget()
    database.forget_connections()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _acts(app: Huigou) -> int:
    """Return how many acts were ever tried: each leaves an entry in the audit trail."""
    with app.app_context(), transaction(readonly=True):
        return db.session.scalar(db.select(db.func.count(AuditEntry.id))) or 0


@pytest.fixture
def client(app: Huigou) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def county(app: Huigou, database_kept: Database) -> factories.County:
    """A small county: division, organisations, a user for every role, a budget line."""
    return county_of(app, database_kept)


def county_of(app: Huigou, fresh: Database) -> factories.County:
    """Make the county of the factories in a fresh database, or copy the one that was made."""

    def make() -> factories.County:
        with app.app_context():
            return factories.make_county()

    return fresh.at(app, COUNTY, make)


@pytest.fixture
def as_role(app: Huigou, county: factories.County) -> Callable[[str], str]:
    """Return a session token of somebody with a role."""

    def token(role: str) -> str:
        with app.app_context():
            return factories.token_of(county, role)

    return token
