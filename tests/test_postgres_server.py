"""The tests' own PostgreSQL: it starts, copies databases, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.postgres import (
    NAMED_SERVER,
    create_database,
    drop_database,
    found,
    server,
    started,
)


@pytest.fixture(scope="module")
def server_url():
    with server() as url:
        yield url


@pytest.fixture
def make_database(server_url):
    """Create databases whose names no other worker on the same server uses."""
    prefix = f"server_test_{os.getpid()}_"
    names = []

    def make(name, template=None):
        names.append(prefix + name)
        return create_database(server_url, prefix + name, template and prefix + template)

    yield make
    for name in names:
        drop_database(server_url, name)


def ask(url, statement, **values):
    engine = create_engine(url)
    with engine.begin() as connection:
        answer = connection.execute(text(statement), values)
        value = answer.scalar() if answer.returns_rows else None
    engine.dispose()
    return value


def folder_of(url):
    return Path(make_url(url).query["host"])


def is_gone(folder):
    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not folder.exists()


def test_a_copy_of_a_template_holds_its_rows_and_is_independent(make_database):
    template = make_database("template")
    ask(template, "CREATE TABLE line AS SELECT '教育凭单' AS name")
    copy = make_database("copy", template="template")
    ask(copy, "DELETE FROM line")
    assert ask(copy, "SELECT count(*) FROM line") == 0
    assert ask(template, "SELECT name FROM line") == "教育凭单"


def test_a_database_is_dropped_although_someone_is_connected(server_url):
    name = f"server_test_{os.getpid()}_busy"
    engine = create_engine(create_database(server_url, name))
    with engine.connect():
        drop_database(server_url, name)
        listed = ask(server_url, "SELECT 1 FROM pg_database WHERE datname = :name", name=name)
    engine.dispose()
    assert listed is None


def test_sixty_four_clients_and_more_fit_at_once(server_url):
    assert int(ask(server_url, "SHOW max_connections")) >= 200


def test_a_named_server_is_used_as_it_is(monkeypatch, server_url):
    monkeypatch.setenv(NAMED_SERVER, server_url)
    with server() as url:
        assert url == server_url


@pytest.mark.parametrize("binaries", found(), ids=lambda binaries: str(binaries.folder.parent.name))
def test_every_installation_found_here_starts_and_leaves_nothing(binaries):
    with started(binaries) as url:
        assert ask(url, "SHOW fsync") == "off"
    assert is_gone(folder_of(url))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://postgres@/postgres?host={folder_of(url)}")


def test_a_durable_server_waits_for_the_disk():
    with started(found()[0], durable=True) as url:
        assert ask(url, "SHOW fsync") == "on"


def test_a_server_ends_with_tests_that_were_killed():
    program = (
        "import time; from tests.postgres import found, started\n"
        "with started(found()[0]) as url: print(url, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    ) as tests:
        url = tests.stdout.readline().strip()
        tests.send_signal(signal.SIGKILL)
    assert is_gone(folder_of(url))


def test_where_there_is_no_postgresql_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("pathlib.Path.glob", lambda *_: iter(()))
    with pytest.raises(RuntimeError, match="make test"):
        found()
