"""A rehearsal file as checked data: every fault is found before anything is played."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator, ValidationError

from core import clock
from core.lines import BadFileError, Json, Lines, Place, load
from core.plugins import registry
from core.rehearsal.names import items

SCHEMA = Path(__file__).with_name("rehearsal.schema.json")
SYSTEM = "system"


@dataclass(frozen=True)
class Expected:
    """What a figure of the books must say, in fen (or the figure's own unit)."""

    figure: str
    amount: int
    line: int

    @property
    def code(self) -> str:
        """Return the figure's code: `bud.available` of `bud.available[EDU]`."""
        return self.figure.partition("[")[0]

    @property
    def dimension(self) -> str | None:
        """Return the text in brackets, None without any."""
        return self.figure.partition("[")[2].rstrip("]") or None


@dataclass(frozen=True)
class Event:
    """One dated act, run once or once per item, and what it must answer."""

    id: str
    line: int
    at: datetime
    by: str
    do: str
    fields: dict[str, Json]
    items: tuple[str, ...]
    key: str
    again: str | None
    refused: str | None
    facts: dict[str, Json]
    answer: dict[str, Json]
    remember: dict[str, Json]
    balances: list[Expected]
    is_setup: bool


@dataclass(frozen=True)
class Script:
    """A whole rehearsal, ready to be played."""

    path: Path
    id: str
    title: str
    actors: dict[str, dict[str, str]]
    events: list[Event]
    final: list[Expected]
    end_line: int

    @property
    def figures(self) -> list[Expected]:
        """Return every figure the file expects anything of, each once."""
        wanted = [*(one for event in self.events for one in event.balances), *self.final]
        return list({one.figure: one for one in wanted}.values())


def read(path: Path) -> Script:
    """Read and check a rehearsal file against its schema and this app's acts and figures.

    Raises BadFileError, naming file and line of every fault.
    """
    data, lines = load(path)
    broken = sorted(
        _validator().iter_errors(data), key=lambda error: lines.of(*error.absolute_path)
    )
    if broken:
        raise BadFileError([_said(error, lines) for error in broken])
    script = _script(data, lines)
    if faults := list(_faults(script, data, lines)):
        raise BadFileError(faults)
    return script


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _said(error: ValidationError, lines: Lines) -> str:
    """Return a schema error as a Chinese sentence with its line."""
    place = tuple(error.absolute_path)
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    # The library names the parts in question only in its message, each in quotes.
    named = re.findall(r"'([^']+)'", error.message)
    texts = {
        "required": f"缺少必填项 {named[:1]}",
        "additionalProperties": f"有不认识的项 {named}",
        "unevaluatedProperties": f"有不认识的项 {named}",
        "pattern": f"“{error.instance}”写法不对，须符合 {error.validator_value}",
        "type": f"类型不对，须为 {error.validator_value}",
        "const": f"只能写 {error.validator_value}",
        "None": "这里不能有这一项",
    }
    if str(error.validator) in {"additionalProperties", "unevaluatedProperties"}:
        place = (*place, *named[:1])
    text = texts.get(str(error.validator), error.message)
    return lines.fault(f"{where.lstrip('.') or '文件'}:{text}。", *place)


def _script(data: dict[str, Json], lines: Lines) -> Script:
    head = data["rehearsal"]
    begins = _moment(head["begins"], ("rehearsal", "begins"), lines)
    setup = [
        _event(head["id"], entry, ("setup", index), lines, begins=begins)
        for index, entry in enumerate(data.get("setup", []))
    ]
    events = [
        _event(head["id"], entry, ("events", index), lines)
        for index, entry in enumerate(data["events"])
    ]
    checkpoints: dict[str, list[Expected]] = {}
    for index, one in enumerate(data.get("checkpoints", [])):
        balances = _expected(one["balances"], ("checkpoints", index, "balances"), lines)
        checkpoints.setdefault(one["after"], []).extend(balances)
    return Script(
        path=lines.path,
        id=head["id"],
        title=head["title"],
        actors=data["actors"],
        events=[
            replace(event, balances=[*event.balances, *checkpoints.get(event.id, [])])
            for event in (*setup, *events)
        ],
        final=_expected(data.get("final", {}), ("final",), lines),
        end_line=lines.of("final") if "final" in data else events[-1].line,
    )


def _event(
    rehearsal: str,
    entry: dict[str, Json],
    place: Place,
    lines: Lines,
    *,
    begins: datetime | None = None,
) -> Event:
    expect = entry.get("expect", "accepted")
    refusal = expect if isinstance(expect, dict) else {}
    try:
        each = items(entry.get("each"))
    except ValueError as error:
        raise BadFileError([lines.fault(f"{error}。", *place, "each")]) from error
    at = _moment(entry["at"], (*place, "at"), lines) if "at" in entry else begins
    assert at is not None  # noqa: S101 - the schema asks events for it, setup has its beginning
    return Event(
        id=entry["id"],
        line=lines.of(*place),
        at=at,
        by=entry.get("by", SYSTEM),
        do=entry.get("do", ""),
        fields=entry.get("with", {}),
        items=each,
        key=f"rehearsal:{rehearsal}/{entry.get('key', entry['id'])}",
        again=entry.get("again"),
        refused=refusal.get("refused"),
        facts=refusal.get("facts", {}),
        answer=entry.get("answer", {}),
        remember=entry.get("remember", {}),
        balances=_expected(entry.get("balances", {}), (*place, "balances"), lines),
        is_setup=begins is not None,
    )


def _moment(text: str, place: Place, lines: Lines) -> datetime:
    try:
        return clock.instant(text)
    except ValueError as error:
        # A date like 2026-02-30 has the right form and is no day.
        raise BadFileError([lines.fault(f"没有“{text}”这个时间。", *place)]) from error


def _expected(balances: dict[str, int], place: Place, lines: Lines) -> list[Expected]:
    return [
        Expected(figure, amount, lines.of(*place, figure)) for figure, amount in balances.items()
    ]


def _faults(script: Script, data: dict[str, Json], lines: Lines) -> Iterator[str]:
    """Find what a schema cannot: names of acts, actors, figures and events, and their order."""
    seen: dict[str, Event] = {}
    previous: Event | None = None
    for event in script.events:
        at = f"{script.path}:{event.line}: {event.id}:"
        yield from (f"{at}{fault}。" for fault in _event_faults(event, script, seen))
        if previous is not None and event.at < previous.at:
            yield f"{at}时间早于前一事件 {previous.id}。"
        seen[event.id] = previous = event
    for index, checkpoint in enumerate(data.get("checkpoints", [])):
        if checkpoint["after"] not in seen:
            fault = f"没有名为“{checkpoint['after']}”的事件。"
            yield lines.fault(fault, "checkpoints", index, "after")
    for expected in script.figures:
        if expected.code not in registry().figures:
            yield f"{script.path}:{expected.line}: 没有名为“{expected.code}”的账面数。"


def _event_faults(event: Event, script: Script, seen: dict[str, Event]) -> Iterator[str]:
    if event.id in seen:
        yield "这个编号用过两次"
    if event.by != SYSTEM and event.by not in script.actors:
        yield f"没有名为“{event.by}”的人物"
    if event.again is None:
        if event.do not in registry().acts:
            yield f"没有名为“{event.do}”的操作"
    elif event.again not in seen:
        yield f"前面没有名为“{event.again}”的事件"
    elif not set(event.items) <= set(seen[event.again].items):
        yield f"“{event.again}”没有办理过其中的某些项"
