"""Terms in words: every parameter that says something of its own, and what a version changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _

from core import rules as eligibility
from core.errors import InvalidInput
from plugins.voucher.pages.staff.builder import values
from plugins.voucher.pages.staff.builder.kinds import At, nothing
from plugins.voucher.pages.staff.builder.layout import Part, Rows, Rule
from plugins.voucher.pages.staff.builder.sections import SECTIONS
from plugins.voucher.pages.staff.builder.typed import dug

Key = tuple[str, ...]
BETWEEN = " · "


@dataclass(frozen=True)
class Told:
    """One parameter in words, with the row it stands in, which may be `named` by it."""

    label: str
    text: str
    usual: bool
    row: Key = ()
    row_label: str = ""
    named: bool = False


def told(document: Mapping[str, Any]) -> list[tuple[object, list[tuple[str, str]]]]:
    """Return what terms say of their own, section by section, as labels and words."""
    at = _at(document)
    found = []
    for section in SECTIONS:
        said: dict[str, list[str]] = {}
        for _key, one in _walk(section.parts, document, at, (), ""):
            if not one.usual and not one.named:
                # What a row says is told in one line, under the row's name.
                label, between, rest = one.label.partition(BETWEEN)
                said.setdefault(label, []).append(f"{rest}：{one.text}" if between else one.text)
        if said:
            found.append((section.label, [(label, "；".join(w)) for label, w in said.items()]))
    return found


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what differs between two versions' terms: label, old and new words."""
    before, after = _flat(old), _flat(new)
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
        if not only.row:
            empty = nothing()
            pair = (only.text, empty) if one is not None else (empty, only.text)
            found.append({"label": only.label, "old": pair[0], "new": pair[1]})
        elif only.row not in seen:
            seen.add(only.row)
            whole = "；".join(
                f"{said.label.removeprefix(only.row_label + BETWEEN)} {said.text}"
                for said in rest.values()
                if said.row[: len(only.row)] == only.row and not (said.usual or said.named)
            )
            none = "—"
            pair = (whole, none) if one is not None else (none, whole)
            found.append({"label": only.row_label, "old": pair[0], "new": pair[1]})
    return found


def _flat(document: Mapping[str, Any]) -> dict[Key, Told]:
    at = _at(document)
    return {
        key: one for section in SECTIONS for key, one in _walk(section.parts, document, at, (), "")
    }


def _at(document: Mapping[str, Any]) -> At:
    """Return where every field of a document stands, with the names of classes and services."""
    names: dict[str, str] = {}
    for one in (*document.get("classes", ()), *document.get("services", ())):
        # A code that is both a class's and a service's is told as it is.
        names[one["code"]] = one["code"] if one["code"] in names else one["name"]
    return At(str(document.get("unit") or "fen"), names=names)


def _walk(
    parts: tuple[Part, ...], said: Mapping[str, Any], at: At, row: Key, before: str
) -> Iterator[tuple[Key, Told]]:
    for part in parts:
        value = dug(said, part.path)
        label = before + str(part.label)
        if isinstance(part, Rows):
            for number, item in enumerate(value or ()):
                name = str(item.get("name") or item.get("figure") or "")
                code = str(item.get("code") or name or number)
                one = _("%(one)s“%(name)s”", one=part.one, name=name)
                inner = (*row, part.path, code)
                here = replace(at, of=str(item.get("of") or "fen"))
                head = f"{before}{one if name else f'{part.one} {number + 1}'}{BETWEEN}"
                yield from _walk(part.parts, item, here, inner, head)
        elif isinstance(part, Rule):
            text = nothing() if value is None else _sentence(value)
            yield (*row, part.path), Told(label, text, value is None, row, _row_label(before))
        else:
            empty = value is None or value in ([], {})
            text = nothing() if empty else part.kind.words(value, at)
            usual = empty or part.kind.typed(value, at) == part.usual
            named = bool(row) and part.path in {"name", "figure"}
            yield (*row, part.path), Told(label, text, usual, row, _row_label(before), named)


def _row_label(before: str) -> str:
    return before.removesuffix(BETWEEN)


def _sentence(tree: Any) -> str:
    """Return a rule in words; one that cannot be read is told as it stands."""
    try:
        return eligibility.sentence(eligibility.read(tree))
    except InvalidInput:
        return _("（读不懂）%(rule)s", rule=values.json_typed(tree))
