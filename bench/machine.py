"""What the machine is, how long its disk takes to keep a page, and who else uses its cores."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sqlite3
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
NOISY_SHARE = 0.15
FLUSHES = 100
PAGE = b"\0" * 8192
PACKAGES = ("flask", "flask-smorest", "marshmallow", "sqlalchemy", "psycopg", "granian")
# Fields 14 to 17 of /proc/<pid>/stat, counted from after the parenthesis of the name.
PARENT, TIMES = 1, slice(11, 15)


def facts() -> dict[str, Any]:
    """Return cores, system and versions."""
    found = {"cores": os.cpu_count(), "system": platform.platform()}
    found |= {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    return found | {name: importlib.metadata.version(name) for name in PACKAGES}


def flush_ms(folder: Path) -> float:
    """Return the median time in ms until the disk has kept a page of 8 KiB."""
    took = []
    file = os.open(folder / "flush", os.O_CREAT | os.O_WRONLY, 0o600)
    for _ in range(FLUSHES):
        os.pwrite(file, PAGE, 0)
        start = time.perf_counter()
        os.fdatasync(file)
        took.append((time.perf_counter() - start) * 1e3)
    os.close(file)
    return median(took)


class Cores:
    """Who used the cores since the last look: our own processes by name, and all others."""

    def __init__(self) -> None:
        self._last = self._look()

    def since(self) -> tuple[dict[str, float], float]:
        """Return CPU seconds by kind of process of ours, and the others' share of all cores."""
        before, self._last = self._last, self._look()
        now = self._last
        ours = {name: now[2][name] - before[2].get(name, 0.0) for name in now[2]}
        whole, busy = now[0] - before[0], now[1] - before[1]
        return ours, max(0.0, busy - sum(ours.values())) / whole if whole else 0.0

    def _look(self) -> tuple[float, float, dict[str, float]]:
        stat = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
        ticks = [int(field) / TICKS for field in stat]
        whole = sum(ticks)
        # Without idle and waiting for the disk.
        return whole, whole - ticks[3] - ticks[4], _ours()


def _ours() -> dict[str, float]:
    """Return the CPU seconds of this process and its descendants, ended ones in their parent."""
    parents: dict[int, int] = {}
    spent: dict[int, tuple[str, float]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _bracket, rest = file.read_text(errors="replace").rpartition(")")
            text = file.with_name("cmdline").read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = rest.split()
        pid = int(file.parent.name)
        parents[pid] = int(fields[PARENT])
        kind = _kind(name.partition("(")[2], text, pid)
        spent[pid] = (kind, sum(int(field) for field in fields[TIMES]) / TICKS)
    totals: dict[str, float] = defaultdict(float)
    for pid, (kind, seconds) in spent.items():
        above = pid
        while above not in {0, 1, os.getpid()}:
            above = parents.get(above, 0)
        if above == os.getpid():
            totals[kind] += seconds
    return dict(totals)


def _kind(name: str, command: str, pid: int) -> str:
    if pid == os.getpid():
        return "client"
    if name == "postgres":
        return "database"
    if "\0work\0" in command:
        return "sealer"
    return "app"
