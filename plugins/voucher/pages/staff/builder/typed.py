"""A programme as typed: the form's fields by name, read into terms, and written from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugins.voucher.pages.staff.builder import conditions
from plugins.voucher.pages.staff.builder.conditions import Reading, row_numbers
from plugins.voucher.pages.staff.builder.kinds import At
from plugins.voucher.pages.staff.builder.layout import Field, Part, Rows, Rule, located
from plugins.voucher.pages.staff.builder.sections import SECTIONS
from plugins.voucher.pages.staff.builder.values import UnreadableError
from plugins.voucher.service.checking import Fault, Place

PLAIN = ("code", "name", "organisation_id", "purchase_id", "effective_on")
ABOUT_FORM = {"csrf_token", "request_key", "step"}
ROWS_MOST = 200
CELLS_MOST = 8_000
ROW = re.compile(r"[a-z_]+(?:-\d{1,4}-[a-z_]+)*-\d{1,4}", re.ASCII)
EVERY: tuple[Part, ...] = tuple(part for section in SECTIONS for part in section.parts)


@dataclass
class Typed:
    """What stands in the form, by name; afterwards the terms it means, and what is wrong where."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    names: dict[Place, str] = field(default_factory=dict)
    rules: dict[Place, Reading] = field(default_factory=dict)

    @classmethod
    def sent(cls, form: Mapping[str, str]) -> Typed:
        """Return the form as somebody sent it."""
        said = {
            name: value.strip()
            for name, value in list(form.items())[:CELLS_MOST]
            if name not in ABOUT_FORM
        }
        return cls(said)

    @classmethod
    def of(cls, document: Mapping[str, Any], **plain: Any) -> Typed:
        """Return the form filled in as a document, whole or begun, says."""
        made = cls({name: "" if said is None else str(said) for name, said in plain.items()})
        unit = str(document.get("unit") or "fen")
        made._write(EVERY, document, "", At(unit))
        return made

    # --- for the page ----------------------------------------------------------------------------

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
        place = located(name, EVERY)
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
        found = {name: located(name, EVERY) for name in self.errors}
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
        """Return the terms as typed; what cannot be read is among the errors."""
        self.errors, self.names, self.rules = {}, {}, {}
        document = self._read(EVERY, "", (), At(self.get("unit") or "fen"))
        _by_code(document)
        return document

    def _read(self, parts: tuple[Part, ...], prefix: str, place: Place, at: At) -> dict[str, Any]:
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
        outer, _dot, inner = part.path.partition(".")
        if inner:
            said.setdefault(outer, {})[inner] = value
        else:
            said[outer] = value

    def _items(self, part: Rows, name: str, place: Place, at: At) -> list[dict[str, Any]]:
        """Return the rows that say anything, each with a code where the list is numbered."""
        items: list[dict[str, Any]] = []
        for number in self.rows(name)[:ROWS_MOST]:
            prefix = f"{name}-{number}-"
            if self._is_blank(part.parts, prefix):
                continue
            here = At(at.unit, self.get(f"{prefix}of") or "fen")
            self.names[*place, len(items)] = f"{prefix}{part.parts[0].name}"
            items.append(self._read(part.parts, prefix, (*place, len(items)), here))
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

    def note(self, faults: list[Fault]) -> None:
        """Put faults of the terms at the fields they came from; what was found before stays."""
        for fault in faults:
            name = self.name_of(fault)
            self.errors.setdefault(name, fault.sentence)

    def name_of(self, fault: Fault) -> str:
        """Return the name of the field nearest to a fault."""
        place = fault.place
        if place in self.rules:
            return self.rules[place].name_of(fault.inside, f"{self.names[place]}-0-fact")
        while place and place not in self.names:
            place = place[:-1]
        return self.names.get(place, "name")

    # --- writing ---------------------------------------------------------------------------------

    def _write(self, parts: tuple[Part, ...], said: Mapping[str, Any], prefix: str, at: At) -> None:
        for part in parts:
            value = dug(said, part.path)
            name = prefix + part.name
            if isinstance(part, Rows):
                for number, item in enumerate(value or ()):
                    inner = At(at.unit, str(item.get("of") or "fen"))
                    self.values[f"{name}-{number}-{part.parts[0].name}"] = ""
                    self._write(part.parts, item, f"{name}-{number}-", inner)
            elif isinstance(part, Rule):
                self.values |= conditions.write(value, name)
            elif text := part.kind.typed(value, at):
                self.values[name] = text


def dug(said: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path of nested mappings, None where nothing does."""
    outer, _dot, inner = path.partition(".")
    value = said.get(outer)
    return (value or {}).get(inner) if inner else value


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


def _by_code(document: dict[str, Any]) -> None:
    """Let classes and services be meant by name, too."""
    codes = {
        kind: {item.get("name"): item["code"] for item in document.get(kind, ())}
        | {item["code"]: item["code"] for item in document.get(kind, ())}
        for kind in ("classes", "services")
    }
    users = [item for name in ("shares", "reductions", "caps") for item in document.get(name, ())]
    users += document.get("classes", ())
    users += [one for item in document.get("allotments", ()) for one in item.get("amounts", ())]
    for item in users:
        for kind, known in codes.items():
            if isinstance(item.get(kind), list):
                item[kind] = [known.get(str(one), one) for one in item[kind]]
    for case in document.get("cases", ()):
        for name, kind in (("service", "services"), ("class", "classes")):
            if name in case:
                case[name] = codes[kind].get(case[name], case[name])
