"""The kinds of fields: how each is typed, read into the terms, written back, and told in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from core.budget import BudgetLine
from core.db import db
from core.formats import yuan_text
from plugins.voucher.pages.staff.builder import values
from plugins.voucher.pages.staff.builder.values import UnreadableError
from plugins.voucher.rules import measured

Options = tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class At:
    """Where a field stands: the programme's unit, what its row's figure is of, names by code."""

    unit: str = "fen"
    of: str = "fen"
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of field. `shape` is how it is drawn; `read` raises UnreadableError.

    `write` gives back what `read` took. A `structured` kind may also be typed as JSON, and is
    written so where the plain form would not say the same.
    """

    shape: str
    read: Callable[[str, At], Any]
    write: Callable[[Any, At], str]
    words: Callable[[Any, At], str]
    inputmode: str = ""
    options: Options = ()
    structured: bool = False

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


def _quantity(text: str, at: At) -> int:
    read = {"fen": values.yuan, "minute": values.minutes}.get(at.unit, values.whole)
    return read(text)


def _quantity_typed(value: int, at: At) -> str:
    write = {"fen": values.yuan_typed, "minute": values.minutes_typed}.get(at.unit, str)
    return write(value)


# An amount in the programme's own unit: yuan, hours and minutes, or times.
QUANTITY = Kind("text", _quantity, _quantity_typed, lambda value, at: measured(at.unit, value))


def _limit_unit(at: At) -> str:
    return "fen" if at.of == "fen" else "count"


# A limit in what its own row limits.
LIMIT = Kind(
    "text",
    lambda text, at: _quantity(text, At(_limit_unit(at))),
    lambda value, at: _quantity_typed(value, At(_limit_unit(at))),
    lambda value, at: yuan_text(value) if at.of == "fen" else str(value),
    inputmode="decimal",
)
CODES = Kind(
    "text",
    lambda text, _at: values.several(text),
    lambda value, _at: "、".join(map(str, value)),
    lambda value, at: "、".join(at.names.get(str(code), str(code)) for code in value),
    structured=True,
)
FACTS = Kind(
    "text",
    lambda text, _at: values.facts(text),
    lambda value, _at: values.facts_typed(value),
    lambda value, _at: values.facts_typed(value),
    structured=True,
)
SUMS = Kind(
    "text",
    lambda text, _at: values.sums(text),
    lambda value, _at: values.sums_typed(value),
    lambda value, _at: values.sums_typed(value),
    structured=True,
)


def nothing() -> str:
    """Return the word for a parameter that says nothing."""
    return _("未设")
