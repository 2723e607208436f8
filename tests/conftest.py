"""Fixtures: an app on SQLite and on PostgreSQL, a fresh migrated database per test, a county."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import make_url

from core import Huigou, create_app
from core import db as database
from core.db import db, transaction
from core.plugins import ask
from core.seal import seal_pending
from tests import factories, memory, postgres

SECRET = "a test secret, long enough: 0123456789 abcdefghijkl"
SETTINGS = {
    "TESTING": True,
    "SECRETS": [SECRET],
    # argon2's cheapest honest cost: hundreds of users are made in a run.
    "PASSWORD_MEMORY_KIB": 64,
}
ENGINES = ("sqlite", "postgresql")

os.environ.setdefault("HUIGOU_INSTANCE", "/tmp/huigou-tests")  # noqa: S108 - holds nothing secret


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


class Database:
    """One engine's migrated template and the test database copied from it.

    `county` is the county of the factories once a test has made it; the database in which it
    stands alone is then kept, too, because most tests begin there.
    """

    def __init__(self, engine: str, folder: Path, server: str | None) -> None:
        """Migrate the template once."""
        self.engine, self.server = engine, server
        self.worker = f"{os.getpid()}"
        self.template_file, self.file = folder / "template.db", folder / "test.db"
        self.county_file = folder / "county.db"
        self.county: factories.County | None = None
        template = create_app(
            settings=SETTINGS | {"SQLALCHEMY_DATABASE_URI": self._url(is_template=True)}
        )
        with template.app_context():
            from core import schema  # noqa: PLC0415 - imports the models of every component

            schema.upgrade()
            database.forget_connections()
            db.engine.dispose()
        self.fresh()

    def _url(self, *, is_template: bool = False) -> str:
        if self.engine == "sqlite":
            return f"sqlite:///{self.template_file if is_template else self.file}"
        name = self._template_name() if is_template else f"test_{self.worker}"
        assert self.server is not None
        if is_template:
            return _psycopg(postgres.create_database(self.server, name))
        return _psycopg(
            str(make_url(self.server).set(database=name).render_as_string(hide_password=False))
        )

    def _template_name(self) -> str:
        return f"template_{self.worker}"

    @property
    def url(self) -> str:
        """The test database's address."""
        return self._url()

    def fresh(self, *, with_county: bool = False) -> None:
        """Replace the test database by a copy of the template, or of the county that was kept."""
        is_kept = with_county and self.county is not None
        if self.engine == "sqlite":
            for suffix in ("-wal", "-shm"):
                Path(f"{self.file}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self.county_file if is_kept else self.template_file, self.file)
            return
        assert self.server is not None
        template = self._county_name() if is_kept else self._template_name()
        postgres.drop_database(self.server, f"test_{self.worker}")
        postgres.create_database(self.server, f"test_{self.worker}", template=template)

    def keep(self, county: factories.County) -> None:
        """Keep the test database, to which nobody is connected, as one that holds the county."""
        self.county = county
        if self.engine == "sqlite":
            # Closed by its last connection, the file is whole without its journal.
            shutil.copyfile(self.file, self.county_file)
            return
        assert self.server is not None
        source = f"test_{self.worker}"
        postgres.create_database(self.server, self._county_name(), template=source)

    def _county_name(self) -> str:
        return f"county_{self.worker}"


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
    return apps[database_kept.engine]


@pytest.fixture
def app(
    request: pytest.FixtureRequest, app_kept: Huigou, database_kept: Database
) -> Iterator[Huigou]:
    """The app on a fresh database; after the test the books must balance."""
    database_kept.fresh(with_county="county" in request.fixturenames)
    _forget(app_kept)
    yield app_kept
    with app_kept.app_context():
        findings = books()
    _forget(app_kept)
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


@pytest.fixture
def make_app(database_kept: Database) -> Iterator[Callable[..., Huigou]]:
    """Build an app with other plugins or settings on a fresh database of the same engine."""
    database_kept.fresh()
    made: list[Huigou] = []

    def make(**options: Any) -> Huigou:
        settings = SETTINGS | {"SQLALCHEMY_DATABASE_URI": database_kept.url}
        made.append(create_app(settings=settings | options.pop("settings", {}), **options))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            findings = books()
        _forget(app)
        assert findings == []


def books() -> list[Any]:
    """Return what is wrong with the books: every check of every plugin, and the chain."""
    sealed = 1
    while sealed:
        with transaction():
            sealed = seal_pending()
    with transaction(readonly=True):
        return [finding for check in ask("integrity_checks") for finding in check.run()]


def _forget(app: Huigou) -> None:
    from plugins.voucher.service import known  # noqa: PLC0415 - after the models are loaded

    known.forget()
    database.forget_connections()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Huigou) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def county(app: Huigou, database_kept: Database) -> factories.County:
    """A small county: division, organisations, a user for every role, a budget line."""
    if database_kept.county is None:
        with app.app_context():
            made = factories.make_county()
        _forget(app)
        database_kept.keep(made)
    return copy.deepcopy(database_kept.county)


@pytest.fixture
def as_role(app: Huigou, county: factories.County) -> Callable[[str], str]:
    """Return a session token of somebody with a role."""

    def token(role: str) -> str:
        with app.app_context():
            return factories.token_of(county, role)

    return token
