"""A document in words: every parameter that says something of its own, and what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from core import rules as eligibility
from core.errors import InvalidInput
from core.web.builder import values
from core.web.builder.kinds import At, nothing
from core.web.builder.layout import Part, Rows, Rule, Section, dug, inside

Key = tuple[str, ...]
BETWEEN = " · "


@dataclass(frozen=True)
class Row:
    """A row of a list, or the document itself: its key, what it is called, and by which field."""

    key: Key = ()
    label: str = ""
    called: str = ""


@dataclass(frozen=True)
class Told:
    """One parameter in words, with the row it stands in, which may be `named` by it."""

    label: str
    text: str
    usual: bool
    row: Row
    named: bool = False


def told(
    sections: tuple[Section, ...], document: Mapping[str, Any]
) -> list[tuple[object, list[tuple[str, str]]]]:
    """Return what a document says of its own, section by section, as labels and words."""
    found = []
    for section, parameters in _told(sections, document):
        said: dict[str, list[str]] = {}
        for _key, one in parameters:
            if not one.usual and not one.named:
                # What a row says is told in one line, under the row's name.
                label, between, rest = one.label.partition(BETWEEN)
                said.setdefault(label, []).append(f"{rest}：{one.text}" if between else one.text)
        if said:
            found.append((section.label, [(label, "；".join(w)) for label, w in said.items()]))
    return found


def changes(
    sections: tuple[Section, ...], old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Return what differs between two versions of a document: label, old and new words."""
    before, after = _flat(sections, old), _flat(sections, new)
    found: list[dict[str, str]] = []
    seen: set[Key] = set()
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        if one is not None and other is not None:
            if one.text != other.text:
                found.append({"label": other.label, "old": one.text, "new": other.text})
            continue
        only, rest = (one, before) if one is not None else (other, after)
        assert only is not None  # noqa: S101 - the key is one of theirs
        if not only.row.key:
            empty = nothing()
            pair = (only.text, empty) if one is not None else (empty, only.text)
            found.append({"label": only.label, "old": pair[0], "new": pair[1]})
        elif only.row.key not in seen:
            seen.add(only.row.key)
            whole = "；".join(
                f"{said.label.removeprefix(only.row.label + BETWEEN)} {said.text}"
                for said in rest.values()
                if said.row.key[: len(only.row.key)] == only.row.key
                and not (said.usual or said.named)
            )
            none = "—"
            pair = (whole, none) if one is not None else (none, whole)
            found.append({"label": only.row.label, "old": pair[0], "new": pair[1]})
    return found


def _flat(sections: tuple[Section, ...], document: Mapping[str, Any]) -> dict[Key, Told]:
    return {key: one for _section, said in _told(sections, document) for key, one in said}


def _told(
    sections: tuple[Section, ...], document: Mapping[str, Any]
) -> Iterator[tuple[Section, Iterator[tuple[Key, Told]]]]:
    """Yield each section with its parameters in words."""
    parts = tuple(part for section in sections for part in section.parts)
    names = {
        part.path: {
            str(one["code"]): str(one[part.called])
            for one in document.get(part.path) or ()
            if "code" in one and part.called in one
        }
        for part in parts
        if isinstance(part, Rows)
    }
    at = inside(parts, document, At(names=names))
    for section in sections:
        yield section, _walk(section.parts, document, at, Row())


def _walk(
    parts: tuple[Part, ...], said: Mapping[str, Any], at: At, row: Row
) -> Iterator[tuple[Key, Told]]:
    before = f"{row.label}{BETWEEN}" if row.label else ""
    for part in parts:
        value = dug(said, part.path)
        label = before + str(part.label)
        if isinstance(part, Rows):
            for number, item in enumerate(value or ()):
                name = str(item.get(part.called) or "")
                code = str(item.get("code") or name or number)
                one = _("%(one)s“%(name)s”", one=part.one, name=name)
                one = one if name else f"{part.one} {number + 1}"
                inner = Row((*row.key, part.path, code), before + one, part.called)
                yield from _walk(part.parts, item, inside(part.parts, item, at), inner)
        elif isinstance(part, Rule):
            text = nothing() if value is None else _sentence(value, part.about)
            yield (*row.key, part.path), Told(label, text, value is None, row)
        else:
            empty = value is None or value in ([], {})
            text = nothing() if empty else part.kind.words(value, at)
            usual = empty or part.kind.typed(value, at) == part.usual
            named = part.path == row.called
            yield (*row.key, part.path), Told(label, text, usual, row, named)


def _sentence(tree: Any, about: str) -> str:
    """Return a rule in words; one that cannot be read is told as it stands."""
    try:
        return eligibility.sentence(eligibility.read(tree, about=about))
    except InvalidInput:
        return _("（读不懂）%(rule)s", rule=values.json_typed(tree))
