"""A document as typed: the form's fields by name, read into it, and written from it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from core.lines import Place
from core.web.builder import conditions
from core.web.builder.conditions import Reading, row_numbers
from core.web.builder.kinds import At
from core.web.builder.layout import (
    Field,
    Part,
    Rows,
    Rule,
    Section,
    choices,
    dug,
    inside,
    located,
    put,
)
from core.web.builder.values import UnreadableError

ABOUT_FORM = {"csrf_token", "request_key", "step"}
ROWS_MOST = 200
CELLS_MOST = 8_000
ROW = re.compile(r"[a-z_]+(?:-\d{1,4}-[a-z_]+)*-\d{1,4}", re.ASCII)


@dataclass
class Typed:
    """What stands in a form of these sections, by name; once read, what is wrong where."""

    sections: tuple[Section, ...]
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    names: dict[Place, str] = field(default_factory=dict)
    rules: dict[Place, Reading] = field(default_factory=dict)

    def take(self, form: Mapping[str, str]) -> None:
        """Take the form as somebody sent it."""
        for name, value in list(form.items())[:CELLS_MOST]:
            if name not in ABOUT_FORM:
                self.values[name] = value.strip()

    def fill(self, document: Mapping[str, Any]) -> None:
        """Fill in the form as a document, whole or begun, says."""
        self._write(self.parts, document, "", At())

    # --- for the page ----------------------------------------------------------------------------

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts of all sections."""
        return tuple(part for section in self.sections for part in section.parts)

    @property
    def conditions(self) -> ModuleType:
        """Return what the rows of a condition offer: facts, comparisons, groups."""
        return conditions

    def get(self, name: str, usual: str = "") -> str:
        """Return what stands in a field; the usual where the form does not say."""
        return self.values.get(name, usual)

    def rows(self, name: str, least: int = 0) -> list[int]:
        """Return the numbers of a list's rows; blank ones stand ready."""
        found = row_numbers(self.values, name)
        while len(found) < least:
            found.append(found[-1] + 1 if found else 0)
        return found

    def add(self, name: str) -> None:
        """Add a blank row to a list or a rule; a name that leads to neither adds nothing."""
        place = located(name, self.parts)
        if place is None or place.rest or isinstance(place.part, Field):
            return
        column, least = "fact", 1
        if isinstance(place.part, Rows):
            column, least = place.part.parts[0].name, place.part.least
        # The blank one that stood ready is a row, too.
        found = self.rows(name, least)
        if len(found) < ROWS_MOST:
            for number in (*found, found[-1] + 1 if found else 0):
                self.values.setdefault(f"{name}-{number}-{column}", "")

    def drop(self, row: str) -> None:
        """Take a row out, with all that stands in it; a name that is no row's drops nothing."""
        if not ROW.fullmatch(row):
            return
        for name in [name for name in self.values if name.startswith(f"{row}-")]:
            del self.values[name]

    def labels(self) -> dict[str, str]:
        """Return what the form calls each field that has an error."""
        found = {name: located(name, self.parts) for name in self.errors}
        return {name: " · ".join(one.labels) for name, one in found.items() if one is not None}

    def is_usual(self, part: Part, prefix: str) -> bool:
        """Tell whether a part says only what it says by itself, so that it may stay folded."""
        name = prefix + part.name
        if any(error == name or error.startswith(f"{name}-") for error in self.errors):
            return False
        if isinstance(part, Field):
            return part.quiet or self.get(name) in {"", part.usual}
        if isinstance(part, Rule):
            return conditions.read(self.values, name) == Reading()
        return not self.rows(name)

    def all_usual(self, parts: list[Part], prefix: str) -> bool:
        """Tell whether none of many parts says anything of its own."""
        return all(self.is_usual(part, prefix) for part in parts)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield every field as it was typed, to carry it to the next page."""
        yield from self.values.items()

    # --- reading ---------------------------------------------------------------------------------

    def terms(self) -> dict[str, Any]:
        """Return the document as typed; what cannot be read is among the errors."""
        self.errors, self.names, self.rules = {}, {}, {}
        document = self._read(self.parts, "", (), At())
        _by_code(self.parts, document)
        return document

    def _read(self, parts: tuple[Part, ...], prefix: str, place: Place, at: At) -> dict[str, Any]:
        at = at.beside(
            {one.path: self.get(prefix + one.name) or one.usual for one in choices(parts)}
        )
        said: dict[str, Any] = {}
        for part in parts:
            here = (*place, *part.path.split("."))
            self.names[here] = prefix + part.name
            if isinstance(part, Rows):
                if items := self._items(part, prefix + part.name, here, at):
                    said[part.path] = items
            elif isinstance(part, Rule):
                reading = conditions.read(self.values, prefix + part.name)
                self.rules[here] = reading
                self.errors |= reading.problems
                if reading.tree is not None:
                    said[part.path] = reading.tree
            elif text := self.get(prefix + part.name):
                self._set(said, part, prefix, text, at)
        return {name: value for name, value in said.items() if not _is_idle(name, value, parts)}

    def _set(self, said: dict[str, Any], part: Field, prefix: str, text: str, at: At) -> None:
        try:
            value = part.kind.taken(text, at)
        except UnreadableError as error:
            self.errors[prefix + part.name] = error.sentence
            value = text
        put(said, part.path, value)

    def _items(self, part: Rows, name: str, place: Place, at: At) -> list[dict[str, Any]]:
        """Return the rows that say anything, each with a code where the list is numbered."""
        items: list[dict[str, Any]] = []
        for number in self.rows(name)[:ROWS_MOST]:
            prefix = f"{name}-{number}-"
            if self._is_blank(part.parts, prefix):
                continue
            self.names[*place, len(items)] = f"{prefix}{part.parts[0].name}"
            items.append(self._read(part.parts, prefix, (*place, len(items)), at))
        if part.numbered:
            _number(items, part.numbered)
        return items

    def _is_blank(self, parts: tuple[Part, ...], prefix: str) -> bool:
        for part in parts:
            name = prefix + part.name
            if isinstance(part, Field):
                if part.optional and self.get(name):
                    return False
            elif isinstance(part, Rule):
                if conditions.read(self.values, name) != Reading():
                    return False
            elif not all(self._is_blank(part.parts, f"{name}-{n}-") for n in self.rows(name)):
                return False
        return True

    def note(self, place: Place, sentence: str, within: str = "") -> None:
        """Put what is wrong at the field nearest to its place; what was found before stays.

        In a rule `within` tells where (`all[0].at_least`). What is of the whole document stands at
        the form's `name`.
        """
        self.errors.setdefault(self._name_of(place, within), sentence)

    def _name_of(self, place: Place, within: str) -> str:
        if place in self.rules:
            return self.rules[place].name_of(within, f"{self.names[place]}-0-fact")
        while place and place not in self.names:
            place = place[:-1]
        return self.names.get(place, "name")

    # --- writing ---------------------------------------------------------------------------------

    def _write(self, parts: tuple[Part, ...], said: Mapping[str, Any], prefix: str, at: At) -> None:
        at = inside(parts, said, at)
        for part in parts:
            value = dug(said, part.path)
            name = prefix + part.name
            if isinstance(part, Rows):
                for number, item in enumerate(value or ()):
                    self.values[f"{name}-{number}-{part.parts[0].name}"] = ""
                    self._write(part.parts, item, f"{name}-{number}-", at)
            elif isinstance(part, Rule):
                self.values |= conditions.write(value, name)
            elif text := part.kind.typed(value, at):
                self.values[name] = text


def _is_idle(name: str, value: Any, parts: tuple[Part, ...]) -> bool:
    """Tell whether a nested part has only answers to a question that was left open."""
    nested = [
        part for part in parts if isinstance(part, Field) and part.path.startswith(f"{name}.")
    ]
    if not nested or not any(not key for key, _word in nested[0].kind.options):
        return False
    return not any(part.optional and dug({name: value}, part.path) is not None for part in nested)


def _number(items: list[dict[str, Any]], first: str) -> None:
    """Give what has no code the next one that is free: s1, s2; A, A2."""
    taken = {item.get("code") for item in items}
    for place, item in enumerate(items, start=1):
        if "code" not in item:
            serial = place
            while (
                code := first if first.isupper() and serial == 1 else f"{first}{serial}"
            ) in taken:
                serial += 1
            taken.add(code)
            item["code"] = code


def _by_code(parts: tuple[Part, ...], document: dict[str, Any]) -> None:
    """Let the rows of a list be meant by name, too."""
    known = {}
    for part in parts:
        if isinstance(part, Rows):
            items = [one for one in document.get(part.path, ()) if "code" in one]
            known[part.path] = {one.get(part.called): one["code"] for one in items} | {
                one["code"]: one["code"] for one in items
            }
    _mean(parts, document, known)


def _mean(
    parts: tuple[Part, ...], said: dict[str, Any], known: Mapping[str, Mapping[Any, str]]
) -> None:
    for part in parts:
        value = dug(said, part.path)
        if isinstance(part, Rows):
            for item in value or ():
                _mean(part.parts, item, known)
        elif isinstance(part, Field) and value is not None and part.kind.among in known:
            codes = known[part.kind.among]
            if isinstance(value, list):
                put(said, part.path, [codes.get(str(one), one) for one in value])
            else:
                put(said, part.path, codes.get(str(value), value))
