"""The kinds of fields: how each is typed, read into the terms, written back, and told in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from core.budget import BudgetLine
from core.db import db
from core.formats import yuan_text
from core.web.builder import values
from core.web.builder.values import UnreadableError

Options = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class At:
    """Where a field stands: what is chosen beside and above it, the names of rows by list and code.

    `chosen` has the code of every choice by the choice's path; the nearest goes before those above.
    """

    chosen: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def beside(self, chosen: Mapping[str, str]) -> At:
        """Return where the fields beside these choices stand."""
        return replace(self, chosen={**self.chosen, **chosen})


@dataclass(frozen=True)
class Kind:
    """A kind of field. `shape` is how it is drawn; `read` raises UnreadableError.

    `write` gives back what `read` took. A `structured` kind may also be typed as JSON, and is
    written so where the plain form would not say the same. A kind `among` a list of the document
    holds codes of that list's rows.
    """

    shape: str
    read: Callable[[str, At], Any]
    write: Callable[[Any, At], str]
    words: Callable[[Any, At], str]
    inputmode: str = ""
    options: Options = ()
    structured: bool = False
    among: str = ""

    def typed(self, value: Any, at: At) -> str:
        """Return a value as it is typed; what cannot be typed plainly is JSON."""
        if value is None or value in ([], {}):
            return ""
        text = self.write(value, at)
        if not self.structured:
            return text
        try:
            same = not text.startswith(("[", "{")) and self.read(text, at) == value
        except UnreadableError:
            same = False
        return text if same else values.json_typed(value)

    def taken(self, text: str, at: At) -> Any:
        """Return what was typed as the terms have it."""
        if self.structured and text.startswith(("[", "{")):
            return values.json_of(text)
        return self.read(text, at)


def _as_is(text: str, _at: At) -> str:
    return text


def _text_of(value: Any, _at: At) -> str:
    return str(value)


TEXT = Kind("text", _as_is, _text_of, _text_of)
DAY = Kind("date", _as_is, _text_of, _text_of)


def _line(value: Any, _at: At) -> str:
    line = db.session.get(BudgetLine, value)
    return f"{line.code} {line.name}" if line else str(value)


# The options are the purchaser's lines, which the page knows.
LINE = Kind("line", lambda text, _at: values.whole(text), _text_of, _line)


def whole(unit: object = "") -> Kind:
    """Return the kind of a whole number, told with its unit."""
    return Kind(
        "text",
        lambda text, _at: values.whole(text),
        _text_of,
        lambda value, _at: f"{value} {unit}".strip(),
        inputmode="numeric",
    )


def choice(*options: tuple[str, object]) -> Kind:
    """Return the kind of a choice of codes with their names."""
    names = dict(options)
    return Kind(
        "select",
        _as_is,
        _text_of,
        lambda value, _at: str(names.get(value, value)),
        options=options,
    )


def flag(yes: object, no: object) -> Kind:
    """Return the kind of a yes or no, told in its own words."""
    return Kind(
        "select",
        lambda text, _at: {"yes": True, "no": False}.get(text, text),
        lambda value, _at: "yes" if value else "no",
        lambda value, _at: str(yes if value else no),
        options=(("no", no), ("yes", yes)),
    )


YUAN = Kind(
    "text",
    lambda text, _at: values.yuan(text),
    lambda value, _at: values.yuan_typed(value),
    lambda value, _at: yuan_text(value),
    inputmode="decimal",
)
PERCENT = Kind(
    "text",
    lambda text, _at: values.percent(text),
    lambda value, _at: values.percent_typed(value),
    lambda value, _at: f"{values.percent_typed(value)}%",
    inputmode="decimal",
)


def decimal(places: int, most: int, unit: object = "") -> Kind:
    """Return the kind of a whole number typed with decimal places and told with its unit."""
    return Kind(
        "text",
        lambda text, _at: values.decimal(text, places, most),
        lambda value, _at: values.decimal_typed(value, places),
        lambda value, _at: f"{values.decimal_typed(value, places)}{unit}",
        inputmode="decimal",
    )


# Basis points, typed as per cent.
BP = decimal(2, 10_000, "%")
FACTS = Kind(
    "text",
    lambda text, _at: values.facts(text),
    lambda value, _at: values.facts_typed(value),
    lambda value, _at: values.facts_typed(value),
    structured=True,
)


def code(among: str) -> Kind:
    """Return the kind of a code of a row of the list `among`, which may be typed by name."""
    return Kind("text", _as_is, _text_of, _text_of, among=among)


def codes(among: str = "") -> Kind:
    """Return the kind of several codes, of rows of the list `among`, told by their names."""

    def words(value: Any, at: At) -> str:
        names = at.names.get(among, {})
        return "、".join(names.get(str(one), str(one)) for one in value)

    return Kind(
        "text",
        lambda text, _at: values.several(text),
        lambda value, _at: "、".join(map(str, value)),
        words,
        structured=True,
        among=among,
    )


def nothing() -> str:
    """Return the word for a parameter that says nothing."""
    return _("未设")
