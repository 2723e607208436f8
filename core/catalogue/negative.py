"""The negative list (负面清单): what may not be bought on a day, judged by marks and by words.

An entry's mark always hits. A word in a name or description hits too, but words may only sound
like it; finance may then clear a phrase in writing, with a second person, and the phrase no longer
counts. A place may add entries of its own; it can take none away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask_babel import gettext as _
from sqlalchemy import Date, Select, bindparam, select

from core.catalogue.models import CONFIRMED, NegativeClearance, NegativeEntry
from core.db import built_once, db
from core.divisions import Division
from core.errors import RuleBroken


@dataclass(frozen=True)
class Entry:
    """An entry in force on a day: what, why, on which article it rests, and how it is met."""

    code: str
    text: str
    reason: str
    basis: str
    flags: tuple[str, ...]
    words: tuple[str, ...]
    from_on: date
    to_on: date | None = None
    division_code: str | None = None


@dataclass(frozen=True)
class Hit:
    """An entry that was met: by a mark, or by a word that was read."""

    entry: Entry
    word: str | None


def entries(on: date, division_code: str | None = None) -> list[Entry]:
    """Return the entries in force on a day: those shipped, and those of a place and above it."""
    return _entries(on, _above(division_code))


def _entries(on: date, above: Collection[str]) -> list[Entry]:
    shipped = [one for one in _shipped(on) if one.division_code in {None, *above}]
    return [*shipped, *_own(on, above)]


def judge_negative(
    text: str, *, flags: Collection[str] = (), on: date, division_code: str | None = None
) -> list[Hit]:
    """Return the entries that a text or marks meet on a day, marks first.

    `flags` are marks such as `labour_dispatch`, `works_bundled`, `financing` (see negative.yaml).
    Phrases cleared for the division or one above it are not read.
    """
    above = _above(division_code)
    found = _entries(on, above)
    marked = [Hit(entry, None) for entry in found if set(entry.flags) & set(flags)]
    cleared = _cleared(above)
    met = {hit.entry.code for hit in marked}
    for entry in found:
        read = text
        for phrase in cleared.get(entry.code, ()):
            read = read.replace(phrase, "\n")
        word = next((word for word in entry.words if word in read), None)
        if word and entry.code not in met:
            marked.append(Hit(entry, word))
    return marked


def refuse_negative(
    text: str, *, what: str, on: date, flags: Collection[str] = (), division_code: str | None = None
) -> None:
    """Refuse NEGATIVE_LIST_HIT, naming the entry, its reason and its article.

    `what` names the thing judged ("目录事项“养老服务”").
    """
    hits = judge_negative(text, flags=flags, on=on, division_code=division_code)
    if not hits:
        return
    entry, word = hits[0].entry, hits[0].word
    if word is None:
        message = _(
            "%(what)s属于负面清单“%(entry)s”：%(reason)s。不得购买，请从目录和计划中删去。",
            what=what,
            entry=entry.text,
            reason=entry.reason,
        )
    else:
        message = _(
            "%(what)s写有“%(word)s”，触及负面清单“%(entry)s”：%(reason)s。确属该类的不得购买；"
            "只是措辞相近的，请改写，或请财政部门书面说明理由并经另一人复核后放行这一措辞。",
            what=what,
            word=word,
            entry=entry.text,
            reason=entry.reason,
        )
    raise RuleBroken(
        "NEGATIVE_LIST_HIT",
        message,
        basis=entry.basis,
        entry=entry.code,
        entries=[hit.entry.code for hit in hits],
        word=word,
    )


@cache
def known_flags() -> tuple[str, ...]:
    """Return every mark that an entry knows."""
    return tuple(dict.fromkeys(flag for one in _file().values() for flag in one["flags"]))


def _shipped(on: date) -> Iterator[Entry]:
    for code, written in _file().items():
        days = sorted(day for day in written["bases"] if day <= on)
        if days:
            yield Entry(
                code,
                written["text"],
                written["reason"],
                written["bases"][days[-1]],
                tuple(written["flags"]),
                tuple(written.get("words", ())),
                days[0],
                division_code=written.get("division"),
            )


def _own(on: date, above: Collection[str]) -> list[Entry]:
    if not above:
        return []
    return [
        Entry(
            f"own:{row.id}",
            row.text,
            row.reason,
            row.basis,
            (),
            tuple(row.words.split("\n")),
            row.from_on,
            row.to_on,
            row.division_code,
        )
        for row in db.session.scalars(_confirmed(), {"above": list(above), "on": on})
    ]


@built_once
def _confirmed() -> Select[NegativeEntry]:
    """Select the places' entries in force `on` a day, of the divisions `above`."""
    on = bindparam("on", type_=Date)
    return (
        select(NegativeEntry)
        .where(
            NegativeEntry.division_code.in_(bindparam("above", expanding=True)),
            NegativeEntry.state == CONFIRMED,
            NegativeEntry.from_on <= on,
            NegativeEntry.to_on.is_(None) | (NegativeEntry.to_on >= on),
        )
        .order_by(NegativeEntry.id)
    )


def _cleared(above: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if above:
        for entry, phrase in db.session.execute(_clearances(), {"above": list(above)}):
            found.setdefault(entry, []).append(phrase)
    return found


@built_once
def _clearances() -> Select[str, str]:
    """Select entries with the phrases cleared of them, of the divisions `above`."""
    return select(NegativeClearance.entry, NegativeClearance.phrase).where(
        NegativeClearance.division_code.in_(bindparam("above", expanding=True)),
        NegativeClearance.state == CONFIRMED,
    )


def _above(division_code: str | None) -> tuple[str, ...]:
    """Return a division's code and those above it."""
    if division_code is None:
        return ()
    path = db.session.scalar(_path(), {"code": division_code})
    return tuple(code for code in (path or "").split("/") if code)


@built_once
def _path() -> Select[str]:
    return select(Division.path).where(Division.code == bindparam("code"))


@cache
def _file() -> dict[str, Any]:
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
