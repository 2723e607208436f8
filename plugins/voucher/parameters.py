"""Every parameter of a terms document, in the order of a policy paper: its meaning and an example.

The words stand in parameters.yaml; options, limits and defaults are read from the schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import fields, missing, validate
from marshmallow.schema import Schema

from core.docs.declared import table
from core.fields import Text
from plugins.voucher.terms_schema import TermsSchema

NO_LIMIT = 10**12  # a bound nobody will meet is not worth reading


@dataclass(frozen=True)
class Parameter:
    """A parameter as the schema has it: `caps[].per`, its options, its form and its default."""

    path: str
    options: tuple[str, ...]
    form: str
    is_required: bool
    default: Any
    is_leaf: bool


def parameters() -> list[Parameter]:
    """Return every parameter of the schema, at its path."""
    return list(_walk(TermsSchema(), ""))


@cache
def paper() -> dict[str, dict[str, dict[str, str]]]:
    """Return the words for every parameter (means, unit, example), by the part of the paper."""
    words = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(words)
    return found


def document() -> str:
    """Return a table of the parameters for each part of the paper."""
    known = {one.path: one for one in parameters()}
    heads = ("parameter", "means", "may be", "left out", "example")
    return "\n\n".join(
        f"### {title}\n\n{table(heads, [_row(known[path], said) for path, said in words.items()])}"
        for title, words in paper().items()
    )


def _row(one: Parameter, said: dict[str, str]) -> tuple[str, ...]:
    unit = said.get("unit")
    allowed = ", ".join(f"`{option}`" for option in one.options) or one.form
    if unit:
        allowed = f"{allowed}; {unit}"
    name = one.path.rpartition(".")[2].removesuffix("[]")
    usual = "—" if one.default in (None, [], {}) else f"`{_written(one.default)}`"
    return (
        f"`{one.path}`",
        said["means"],
        allowed,
        "required" if one.is_required else usual,
        f"`{name}: {said['example']}`",
    )


def _written(value: Any) -> str:
    """Return a default as one writes it in YAML."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_written(one)}' for name, one in value.items())}}}"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _walk(schema: Schema, before: str) -> Iterator[Parameter]:
    for name, field in schema.fields.items():
        path, nested = f"{before}{field.data_key or name}", _nested(field)
        yield _parameter(path, field, is_leaf=nested is None)
        if nested is not None:
            inside = "[]." if isinstance(field, fields.List) else "."
            yield from _walk(nested, path + inside)


def _nested(field: fields.Field[Any]) -> Schema | None:
    inner = field.inner if isinstance(field, fields.List) else field
    return inner.schema if isinstance(inner, fields.Nested) else None


def _parameter(path: str, field: fields.Field[Any], *, is_leaf: bool) -> Parameter:
    usual = field.load_default
    default = usual() if callable(usual) else usual
    if isinstance(default, date):
        default = default.isoformat()
    options: tuple[str, ...] = ()
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            options = tuple(str(choice) for choice in rule.choices)
    return Parameter(
        path,
        options,
        _form(field),
        field.required,
        None if default is missing else default,
        is_leaf,
    )


def _form(field: fields.Field[Any]) -> str:
    """Return what may be written, for people."""
    low: Any = None
    high: Any = None
    for rule in field.validators:
        if isinstance(rule, validate.Range | validate.Length):
            low, high = rule.min, rule.max
    if isinstance(field, fields.Integer):
        return f"{low:,} to {high:,}" if high < NO_LIMIT else f"{low:,} or more"
    if isinstance(field, Text):
        return f"text of at most {field.longest}"
    if isinstance(field, fields.List):
        inner = "entries" if isinstance(field.inner, fields.Nested) else "codes"
        return f"{low or 0} to {high} {inner}" if high else f"list of {inner}"
    kinds = {fields.Boolean: "true, false", fields.Date: "date", fields.Raw: "rule"}
    kinds |= {fields.Dict: "map", fields.Nested: "map"}
    return next((word for kind, word in kinds.items() if type(field) is kind), "")
