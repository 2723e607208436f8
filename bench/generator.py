"""Who makes the load: wrk and pgbench where they are installed, else threads of our own."""

from __future__ import annotations

import http.client
import itertools
import json
import multiprocessing
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from bench.measure import Slot

SCRIPT = Path(__file__).with_name("redeem.lua")
PROCESSES = 2
SINGLE, BATCH = "/api/v1/voucher/redemptions", "/api/v1/voucher/redemptions/batch"
LINES = 100
PRICE_FEN = 1


@dataclass(frozen=True)
class Traffic:
    """Redemptions to ask for: where, with which (token, code) pairs, how many per request."""

    port: int
    pairs: Path
    batch: bool = False
    connections: int = 16

    @property
    def lines(self) -> int:
        """Return how many redemptions one request asks for."""
        return LINES if self.batch else 1


def driver() -> str:
    """Name what drives the traffic."""
    return "wrk" if shutil.which("wrk") else "python"


def send(traffic: Traffic, seconds: float) -> Slot:
    """Send traffic for some seconds; the rate is in redemptions per second."""
    wrk = shutil.which("wrk")
    if wrk is None:
        slot = drive(_Requests(traffic), clients=traffic.connections, seconds=seconds)
        return Slot(slot.rate * traffic.lines, slot.p50, slot.p99, slot.refused)
    said = run(
        [
            wrk,
            f"--threads={PROCESSES}",
            f"--connections={traffic.connections}",
            f"--duration={max(1, round(seconds))}s",
            "--timeout=30s",
            f"--script={SCRIPT}",
            f"http://127.0.0.1:{traffic.port}",
            "--",
            str(traffic.pairs),
            str(traffic.lines),
            uuid.uuid4().hex[:12],
            str(PROCESSES),
        ]
    )
    found = json.loads(said.splitlines()[-1])
    rate = found["requests"] / found["seconds"] * traffic.lines
    return Slot(rate, found["p50_ms"], found["p99_ms"], found["refused"])


def run(command: list[str]) -> str:
    """Run a program to its end and return what it said; raise RuntimeError when it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed.\n{done.stdout}{done.stderr}")
    return done.stdout


# --- without wrk and pgbench -------------------------------------------------------------------

# Given a client's number, prepares what it does again and again.
Prepare = Callable[[int], Callable[[], Any]]


def drive(prepare: Prepare, *, clients: int, seconds: float) -> Slot:
    """Let clients in two processes repeat something for some seconds."""
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()
    share = clients // PROCESSES
    workers = [
        context.Process(target=_work, args=(prepare, number * share, share, seconds, results))
        for number in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    parts = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    took = [one for part, _refused in parts for one in part]
    return Slot.of(took, seconds=seconds, refused=sum(refused for _took, refused in parts))


def _work(prepare: Prepare, first: int, share: int, seconds: float, results: Any) -> None:
    found: Queue[tuple[list[float], int]] = Queue()

    def client(number: int) -> None:
        once, took, refused = prepare(number), [], 0
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            refused += once() is False
            took.append((time.perf_counter() - start) * 1e3)
        found.put((took, refused))

    threads = [threading.Thread(target=client, args=(first + n,)) for n in range(share)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    parts = [found.get() for _ in threads]
    results.put(([one for took, _n in parts for one in took], sum(n for _took, n in parts)))


class _Requests:
    """The traffic in plain Python: each client goes round its own share of the codes."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic, self.run_id = traffic, uuid.uuid4().hex[:12]
        lines = traffic.pairs.read_text(encoding="ascii").splitlines()
        self.pairs = [line.split("\t") for line in lines]

    def __call__(self, client: int) -> Callable[[], bool]:
        traffic = self.traffic
        own = itertools.cycle(self.pairs[client :: traffic.connections])
        connection = http.client.HTTPConnection("127.0.0.1", traffic.port, timeout=30)
        counter = itertools.count()

        def once() -> bool:
            key, uses = f"{self.run_id}-{client}-{next(counter)}", []
            for place in range(traffic.lines):
                token, code = next(own)
                use = {"code": code, "service_code": "fee", "price_fen": PRICE_FEN}
                uses.append(use | {"key": f"{key}-{place}"} if traffic.batch else use)
            headers = {"Content-Type": "application/json", "Idempotency-Key": key}
            headers["Authorization"] = f"Bearer {token}"
            body = json.dumps({"lines": uses} if traffic.batch else uses[0])
            connection.request("POST", BATCH if traffic.batch else SINGLE, body, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            return answer.status == 200 and not said.get("refused")

        return once
