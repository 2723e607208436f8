"""The floor: the fewest rows that make a redemption durable, in the fastest shape we can write.

One function call per redemption: a conditional UPDATE of the lot, a redemption under a unique
key, two transfers. No sign-in, no permission, no admission, no audit trail, no answer to repeat.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import make_url

from bench import generator
from bench.measure import Slot

if TYPE_CHECKING:
    from collections.abc import Callable

LOTS = 100_000  # as SCHEMA makes them
CLIENTS = 16
SCHEMA = """
CREATE SCHEMA bench;
CREATE TABLE bench.lot (
  id bigint PRIMARY KEY, programme bigint NOT NULL, granted bigint NOT NULL,
  remaining bigint NOT NULL CHECK (remaining >= 0)) WITH (fillfactor = 85);
CREATE TABLE bench.redemption (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key uuid NOT NULL UNIQUE,
  lot bigint NOT NULL, provider bigint NOT NULL, amount bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now());
CREATE TABLE bench.transfer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, redemption bigint NOT NULL,
  debit bigint NOT NULL, credit bigint NOT NULL, amount bigint NOT NULL CHECK (amount > 0));
INSERT INTO bench.lot SELECT n, n % 1000, 1e12, 1e12 FROM generate_series(1, 100000) n;
CREATE FUNCTION bench.redeem(lot_ bigint, provider_ bigint, amount_ bigint, key_ uuid)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  programme_ bigint;
  number bigint;
BEGIN
  UPDATE bench.lot SET remaining = remaining - amount_
  WHERE id = lot_ AND remaining >= amount_ RETURNING programme INTO programme_;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  INSERT INTO bench.redemption (key, lot, provider, amount)
  VALUES (key_, lot_, provider_, amount_) RETURNING id INTO number;
  INSERT INTO bench.transfer (redemption, debit, credit, amount) VALUES
    (number, programme_ * 2, programme_ * 2 + 1, amount_),
    (number, programme_ * 2, 10000 + provider_, amount_);
  RETURN number;
END $$;
ANALYZE bench.lot;
"""
SCRIPT = f"""\\set lot random(1, {LOTS})
\\set provider random(1, 1000)
SELECT bench.redeem(:lot, :provider, 100, gen_random_uuid());
"""
CALL = "SELECT bench.redeem(%s, %s, 100, %s)"
BALANCED = """
SELECT (SELECT count(*) FROM bench.redemption) * 2 = (SELECT count(*) FROM bench.transfer)
   AND (SELECT sum(granted - remaining) FROM bench.lot)
     = (SELECT coalesce(sum(amount), 0) FROM bench.redemption)
"""


class Floor:
    """The floor in one database, driven by pgbench where there is one."""

    def __init__(self, url: str, folder: Path, binaries: Path | None) -> None:
        """Make the tables; `binaries` is where PostgreSQL's own programs may lie."""
        self.address = make_url(url).set(drivername="postgresql")
        self.text = self.address.render_as_string(hide_password=False)
        self.script = folder / "floor.sql"
        self.script.write_text(SCRIPT)
        beside = binaries / "pgbench" if binaries else None
        here = str(beside) if beside and beside.exists() else None
        self.pgbench = here or shutil.which("pgbench")
        self.log = folder / "floor-log"
        with psycopg.connect(self.text, autocommit=True) as connection:
            connection.execute(SCHEMA)

    @property
    def driver(self) -> str:
        """Name what drives the floor."""
        return "pgbench" if self.pgbench else "python"

    def run(self, seconds: float) -> Slot:
        """Redeem for some seconds with 16 clients; each waits for its own commit."""
        if not self.pgbench:
            return generator.drive(self._python, clients=CLIENTS, seconds=seconds)
        for old in self.log.parent.glob(f"{self.log.name}.*"):
            old.unlink()
        generator.run(
            [
                self.pgbench,
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={CLIENTS}",
                "--jobs=2",
                f"--time={max(1, round(seconds))}",
                "--log",
                f"--log-prefix={self.log}",
                f"--file={self.script}",
                self.text,
            ]
        )
        took: list[float] = []
        for file in self.log.parent.glob(f"{self.log.name}.*"):
            took += [int(line.split()[2]) / 1e3 for line in file.read_text().splitlines()]
        return Slot.of(took, seconds=max(1, round(seconds)))

    def _python(self, seed: int) -> Callable[[], None]:
        connection: Any = psycopg.connect(self.text, autocommit=True)
        random = Random(seed)

        def once() -> None:
            lot, provider = random.randint(1, LOTS), random.randint(1, 1000)
            connection.execute(CALL, (lot, provider, uuid.uuid4()))

        return once

    def balanced(self) -> bool:
        """Tell whether the floor's own books balance to the fen."""
        with psycopg.connect(self.text) as connection:
            row = connection.execute(BALANCED).fetchone()
        return bool(row and row[0])

    def settings(self) -> dict[str, str]:
        """Return the server's version and what its durability rests on."""
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        with psycopg.connect(self.text) as connection:
            return {
                name: str(connection.execute(f"SHOW {name}").fetchone()[0])  # type: ignore[index] # SHOW has one row
                for name in names
            }
