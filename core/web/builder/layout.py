"""What the form is made of: sections of fields, of conditions, and of rows of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.facts import RESIDENT
from core.web.builder.kinds import At, Kind


@dataclass(frozen=True)
class Field:
    """One parameter: its path in what holds it (`rounding.price`), how it is typed, what it means.

    `usual` is what the form shows where the terms say nothing. A `rare` one is folded away until
    it says something else; a `quiet` one even then. `offers` is the id of the page's list of
    words that the field offers (a `<datalist>`).
    """

    path: str
    kind: Kind
    label: object
    hint: object
    usual: str = ""
    unit: object = ""
    rare: bool = False
    wide: bool = False
    quiet: bool = False
    offers: str = ""

    @property
    def name(self) -> str:
        """Return the field's part of the name in the form."""
        return self.path.replace(".", "-")

    @property
    def optional(self) -> bool:
        """Tell whether it can be left blank, so that a blank row is no row."""
        return self.kind.shape != "select" or any(not key for key, _word in self.kind.options)


@dataclass(frozen=True)
class Rule:
    """A condition over facts of residents or of organisations, as rows or JSON."""

    path: str
    label: object
    hint: object
    rare: bool = False
    about: str = RESIDENT

    @property
    def name(self) -> str:
        """Return the rule's part of the names in the form."""
        return self.path


@dataclass(frozen=True)
class Rows:
    """A list of alike parts. `one` names one of them; `least` blank ones stand ready.

    What has no code of its own is `numbered`: A, A2, A3. A row is told by what stands in `called`.
    """

    path: str
    label: object
    hint: object
    one: object
    parts: tuple[Part, ...]
    least: int = 0
    rare: bool = False
    numbered: str = ""
    called: str = "name"

    @property
    def name(self) -> str:
        """Return the rows' part of the names in the form."""
        return self.path


Part = Field | Rule | Rows


@dataclass(frozen=True)
class Section:
    """A heading of the form, in the order in which a policy paper is read."""

    code: str
    label: object
    hint: object
    parts: tuple[Part, ...]


def paths(parts: tuple[Part, ...], before: str = "") -> Iterator[str]:
    """Yield the path of every parameter, rows as they are."""
    for part in parts:
        yield before + part.path
        if isinstance(part, Rows):
            yield from paths(part.parts, f"{before}{part.path}.")


def choices(parts: tuple[Part, ...]) -> Iterator[Field]:
    """Yield the fields that are choices, on which others beside and below them may rest."""
    for part in parts:
        if isinstance(part, Field) and part.kind.options:
            yield part


def inside(parts: tuple[Part, ...], said: Mapping[str, Any], at: At) -> At:
    """Return where the fields of a document, or of one of its rows, stand."""
    return at.beside(
        {one.path: one.kind.typed(dug(said, one.path), at) or one.usual for one in choices(parts)}
    )


def dug(said: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path of nested mappings, None where nothing does."""
    outer, _dot, inner = path.partition(".")
    value = said.get(outer)
    return (value or {}).get(inner) if inner else value


def put(said: dict[str, Any], path: str, value: Any) -> None:
    """Let a value stand at a path of nested mappings."""
    outer, _dot, inner = path.partition(".")
    if inner:
        said.setdefault(outer, {})[inner] = value
    else:
        said[outer] = value


@dataclass(frozen=True)
class Found:
    """Where a name of the form leads: its labels from the outermost row on, the part, the rest."""

    labels: tuple[str, ...]
    part: Part
    rest: str


def located(name: str, parts: tuple[Part, ...], above: tuple[str, ...] = ()) -> Found | None:
    """Return where a name of the form leads, None where it leads nowhere."""
    for part in parts:
        labels = (*above, str(part.label))
        if name == part.name:
            return Found(labels, part, "")
        rest = name.removeprefix(f"{part.name}-")
        if rest == name or isinstance(part, Field):
            continue
        if isinstance(part, Rule):
            return Found(labels, part, rest)
        number, _dash, inner = rest.partition("-")
        if number.isascii() and number.isdecimal() and inner:
            row = f"{part.one} {int(number[:4]) + 1}"
            return located(inner, part.parts, (*above, row))
    return None
