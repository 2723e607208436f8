"""What a slot of a measurement says, and how slots that took turns are compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Slot:
    """One contestant's turn: operations per second, milliseconds, answers that were refused."""

    rate: float
    p50: float
    p99: float
    refused: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    others: float = 0.0

    @classmethod
    def of(cls, milliseconds: list[float], *, seconds: float, refused: int = 0) -> Slot:
        """Make a slot of the time each operation took."""
        took = sorted(milliseconds) or [0.0]
        at = [took[min(len(took) - 1, int(len(took) * part))] for part in (0.5, 0.99)]
        return cls(len(milliseconds) / seconds, at[0], at[1], refused)


@dataclass(frozen=True)
class Ratio:
    """Pairwise ratios of two contestants that took turns: their median, lowest and highest."""

    middle: float
    lowest: float
    highest: float

    @classmethod
    def between(cls, over: list[float], under: list[float]) -> Ratio:
        """Compare round by round."""
        pairs = [a / b for a, b in zip(over, under, strict=True)]
        return cls(median(pairs), min(pairs), max(pairs))


@dataclass(frozen=True)
class Target:
    """A target: its number, its sentence, and the least ratio that meets it."""

    number: str
    sentence: str
    least: float


def as_text(target: Target, ratio: Ratio, *, noisy: bool) -> str:
    """Return a target's line: met or missed, median, lowest and highest."""
    verdict = "met   " if ratio.middle >= target.least else "MISSED"
    mark = "  NOISY" if noisy else ""
    return (
        f"{target.number:<3} {target.sentence:<52} {ratio.middle:6.2f}  "
        f"({ratio.lowest:.2f}-{ratio.highest:.2f})  >= {target.least:<4} {verdict}{mark}"
    )


def middle_of(slots: list[Slot]) -> dict[str, Any]:
    """Return the median rate, latencies and CPU per operation of a contestant's slots."""
    names = sorted({name for slot in slots for name in slot.cpu})
    return {
        "per_second": median(slot.rate for slot in slots),
        "p50_ms": median(slot.p50 for slot in slots),
        "p99_ms": median(slot.p99 for slot in slots),
        "refused": sum(slot.refused for slot in slots),
        "cpu_us": {name: median(slot.cpu.get(name, 0.0) for slot in slots) for name in names},
        "others_cpu": max(slot.others for slot in slots),
    }
