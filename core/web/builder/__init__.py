"""The form that builds a nested document: drawn from a table, read into it, told in words.

A component describes its document once, as sections of fields, conditions and rows of these, and
gives them to a `Builder`. `macros/builder.html` draws what the builder makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.web.builder import described, kinds, values
from core.web.builder.kinds import At, Kind
from core.web.builder.layout import Field, Part, Rows, Rule, Section, paths
from core.web.builder.typed import Typed
from core.web.builder.values import UnreadableError

__all__ = [
    "At",
    "Builder",
    "Field",
    "Kind",
    "Part",
    "Rows",
    "Rule",
    "Section",
    "Typed",
    "UnreadableError",
    "kinds",
    "paths",
    "values",
]


@dataclass(frozen=True)
class Builder:
    """The form of one kind of document."""

    sections: tuple[Section, ...]

    def sent(self, form: Mapping[str, str]) -> Typed:
        """Return the form as somebody sent it."""
        typed = Typed(self.sections)
        typed.take(form)
        return typed

    def of(self, document: Mapping[str, Any], **plain: Any) -> Typed:
        """Return the form filled in as a document says, and the page's own fields as `plain`."""
        said = {name: "" if value is None else str(value) for name, value in plain.items()}
        typed = Typed(self.sections, said)
        typed.fill(document)
        return typed

    def told(self, document: Mapping[str, Any]) -> list[tuple[object, list[tuple[str, str]]]]:
        """Return what a document says of its own, section by section, as labels and words."""
        return described.told(self.sections, document)

    def changes(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, str]]:
        """Return what differs between two versions of a document: label, old and new words."""
        return described.changes(self.sections, old, new)
