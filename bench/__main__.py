"""`python -m bench`: every contestant in turn, round after round, and what their ratios say."""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from bench import county, generator, machine, serving
from bench.floor import Floor
from bench.generator import Traffic
from bench.measure import Ratio, Slot, Target, as_text, middle_of
from core import Huigou, create_app, schema
from core import db as database
from core.db import db, transaction
from core.plugins import ask
from core.seal import seal_pending, verify
from tests import postgres

RESULTS = Path(__file__).with_name("results.json")
P99_MS = 50

T1 = Target("T1", "one redemption over HTTP / the floor", 0.30)
T2 = Target("T2", "one redemption over HTTP / the textbook", 5)
T3 = Target("T3", "redemptions in batches of 100 / the floor", 2.5)
T5 = Target("T5", "one hot programme / spread over many", 0.9)
T9 = Target("T9", "SQLite / PostgreSQL, over HTTP", 0.5)
COMPARED = (
    (T1, "app", "floor"),
    (T2, "app", "textbook"),
    (T3, "batch", "floor"),
    (T5, "hot", "app"),
    (T9, "sqlite", "hot"),
)


@dataclass(frozen=True)
class Size:
    """How much is measured: rounds of slots, and what there is to redeem."""

    rounds: int
    seconds: float
    warm_seconds: float
    vouchers: int
    programmes: int


FULL = Size(rounds=5, seconds=8, warm_seconds=20, vouchers=4_000, programmes=1_000)
QUICK = Size(rounds=3, seconds=2, warm_seconds=2, vouchers=600, programmes=40)


@dataclass
class Bench:
    """One run: a folder, the databases in it, and who takes part."""

    size: Size
    folder: Path
    stack: ExitStack
    apps: dict[str, Huigou] = field(default_factory=dict)
    contestants: dict[str, Callable[[float], Slot]] = field(default_factory=dict)
    behind: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    floor: Floor | None = None

    def prepare(self) -> None:
        """Build the databases, start the servers, and let everybody run warm."""
        secret = secrets.token_urlsafe(32)
        environment = {"HUIGOU_SECRET_KEYS": secret, "HUIGOU_INSTANCE": str(self.folder)}
        environment["HUIGOU_DEMO"] = ""
        server = self.stack.enter_context(postgres.server(durable=True))
        url = postgres.create_database(server, f"huigou_bench_{secrets.token_hex(4)}")
        self.stack.callback(postgres.drop_database, server, str(make_url(url).database))
        here = f"sqlite:///{self.folder}/bench.db"
        for name, where in (("postgresql", url), ("sqlite", here)):
            start = time.monotonic()
            self._load(name, where, secret)
            say(f"{name}: loaded in {time.monotonic() - start:.0f} s")
        own = postgres.found()[0].folder if "huigou-pg-" in url else None
        self.floor = Floor(url, self.folder, own)
        self.contestants["floor"] = self.floor.run
        enter, logs = self.stack.enter_context, self.folder
        port = enter(serving.app(url, environment, logs / "app.log"))
        self._http("app", Traffic(port, self.folder / "postgresql-spread"))
        self._http("hot", Traffic(port, self.folder / "postgresql-hot"))
        batch = Traffic(port, self.folder / "postgresql-hot", batch=True, connections=4)
        self._http("batch", batch)
        port = enter(serving.textbook(url, environment, logs / "textbook.log"))
        self._http("textbook", Traffic(port, self.folder / "postgresql-spread"))
        port = enter(serving.app(here, environment, logs / "sqlite.log"))
        self._http("sqlite", Traffic(port, self.folder / "sqlite-hot"))

    def _load(self, name: str, url: str, secret: str) -> None:
        settings: dict[str, Any] = {"SQLALCHEMY_DATABASE_URI": url, "SECRETS": [secret]}
        if name == "postgresql":
            # Only loading hurries; what is measured waits for the disk.
            hurried = {"connect_args": {"options": "-c synchronous_commit=off"}}
            settings["SQLALCHEMY_ENGINE_OPTIONS"] = hurried
        app = create_app(settings=settings)
        self.apps[name] = app
        with app.app_context():
            schema.upgrade()
            programmes = self.size.programmes if name == "postgresql" else 0
            load = county.build(vouchers=self.size.vouchers, programmes=programmes)
            if name == "postgresql":
                with transaction():
                    db.session.execute(db.text("ANALYZE"))
        for kind, pairs in (("hot", load.hot), ("spread", load.spread)):
            text = "".join(f"{token}\t{code}\n" for token, code in pairs)
            (self.folder / f"{name}-{kind}").write_text(text, encoding="ascii")

    def _http(self, name: str, traffic: Traffic) -> None:
        self.contestants[name] = lambda seconds: generator.send(traffic, seconds)

    def run(self) -> dict[str, list[Slot]]:
        """Let the contestants take turns; return each one's slots."""
        slots: dict[str, list[Slot]] = {name: [] for name in self.contestants}
        for name, contestant in self.contestants.items():
            contestant(self.size.warm_seconds)
            self._catch_up(name)
        self.behind.clear()
        cores = machine.Cores()
        for number in range(self.size.rounds):
            for name, contestant in self.contestants.items():
                cores.since()
                slot = contestant(self.size.seconds)
                spent, others = cores.since()
                done = slot.rate * self.size.seconds
                cpu = {kind: seconds / done * 1e6 for kind, seconds in spent.items()}
                slots[name].append(replace(slot, cpu=cpu, others=others))
                say(f"round {number + 1} {name:<9} {slot.rate:9.0f}/s  p99 {slot.p99:6.1f} ms")
                self._catch_up(name)
        return slots

    def _catch_up(self, name: str) -> None:
        """Seal what waits, so that nobody pays for another's turn; note how long it took."""
        if name == "floor":
            return
        start = time.monotonic()
        with self.apps["sqlite" if name == "sqlite" else "postgresql"].app_context():
            _seal_all()
        self.behind[name].append(time.monotonic() - start)

    def findings(self) -> list[str]:
        """Return what is wrong with the books after all of it: every check, and the chain."""
        assert self.floor is not None  # noqa: S101 - prepared
        found = [] if self.floor.balanced() else ["the floor's own books do not balance"]
        for name, app in self.apps.items():
            with app.app_context():
                _seal_all()
                with transaction(readonly=True):
                    wrong = [one for check in ask("integrity_checks") for one in check.run()]
                    found += [f"{name}: {one}" for one in [*wrong, *verify()]]
                database.forget_connections()
                db.session.remove()
                db.engine.dispose()
        return found


def _seal_all() -> None:
    while True:
        with transaction():
            if not seal_pending():
                return


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def main() -> int:
    """Measure, print and write the results; fail when the books do not balance."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under three minutes, coarser")
    size = QUICK if parser.parse_args().quick else FULL
    folder = Path(tempfile.mkdtemp(prefix="huigou-bench-"))
    try:
        with ExitStack() as stack:
            bench = Bench(size, folder, stack)
            flush = machine.flush_ms(folder)
            bench.prepare()
            assert bench.floor is not None  # noqa: S101 - prepared
            facts = machine.facts() | bench.floor.settings()
            facts |= {"floor_driver": bench.floor.driver, "http_driver": generator.driver()}
            slots = bench.run()
            findings = bench.findings()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report = _report(size, facts | {"flush_ms": flush}, slots, findings)
    report["sealer_behind_s"] = bench.behind
    RESULTS.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    _print(report, slots)
    return 1 if findings or any(found["refused"] for found in report["slots"].values()) else 0


def _report(
    size: Size, facts: dict[str, Any], slots: dict[str, list[Slot]], findings: list[str]
) -> dict[str, Any]:
    ratios = {}
    for target, over, under in COMPARED:
        ratio = Ratio.between(
            [slot.rate for slot in slots[over]], [slot.rate for slot in slots[under]]
        )
        others = max(slot.others for slot in (*slots[over], *slots[under]))
        ratios[target.number] = asdict(ratio) | {
            "least": target.least,
            "over": over,
            "under": under,
            "noisy": others > machine.NOISY_SHARE,
        }
    return {
        "machine": facts,
        "size": asdict(size),
        "slots": {name: middle_of(found) for name, found in slots.items()},
        "rates": {name: [slot.rate for slot in found] for name, found in slots.items()},
        "ratios": ratios,
        "findings": findings,
    }


def _print(report: dict[str, Any], slots: dict[str, list[Slot]]) -> None:
    say("")
    for name, value in report["machine"].items():
        say(f"{name:<20} {value}")
    say(f"\n{'':<10}{'per s':>9} {'p50 ms':>8} {'p99 ms':>8} {'others':>7}  CPU us each")
    for name, found in report["slots"].items():
        cpu = ", ".join(f"{kind} {spent:.0f}" for kind, spent in found["cpu_us"].items())
        noisy = "  NOISY" if found["others_cpu"] > machine.NOISY_SHARE else ""
        say(
            f"{name:<10}{found['per_second']:>9.0f} {found['p50_ms']:>8.1f} "
            f"{found['p99_ms']:>8.1f} {found['others_cpu']:>7.0%}  {cpu}{noisy}"
        )
        if found["refused"]:
            say(f"{'':<10}{found['refused']} requests were refused or failed")
    say("\nMedian of the ratios of each round (lowest-highest):")
    for target, _over, _under in COMPARED:
        found = report["ratios"][target.number]
        ratio = Ratio(found["middle"], found["lowest"], found["highest"])
        say(as_text(target, ratio, noisy=found["noisy"]))
    p99 = report["slots"]["sqlite"]["p99_ms"]
    verdict = "met" if p99 < P99_MS else "MISSED"
    say(f"T9  SQLite, p99 at 16 connections {p99:.0f} ms, < {P99_MS} ms: {verdict}")
    count = sum(len(found) for found in slots.values())
    say(f"\n{count} slots; books after all of it: {report['findings'] or 'in order'}")
    say(f"written to {RESULTS}")


if __name__ == "__main__":
    raise SystemExit(main())
