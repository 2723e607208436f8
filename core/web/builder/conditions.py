"""Conditions over facts as rows (fact, operator, value); what rows cannot say is JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.facts import Fact, facts_about
from core.facts.declared import CHOICE, DAY, NUMBER, PLACE, RATIO, SET
from core.plugins import registry
from core.rules.predicate import MONTHS_ABOVE, MONTHS_AT_LEAST, OPERATORS
from core.web.builder import values
from core.web.builder.values import UnreadableError

NOT = "not:"
# As the form offers them: each operator of `core.rules`, and the contrary where people need it.
WORDS: dict[str, object] = {
    "at_least": _l("不低于（满）"),
    "at_most": _l("不高于（不超过）"),
    "above": _l("高于"),
    "below": _l("低于（不满）"),
    "is": _l("是"),
    "in": _l("是其中之一"),
    "not:is": _l("不是"),
    "not:in": _l("不是其中任何一个"),
    "has": _l("包括"),
    "has_any": _l("包括其中之一"),
    "not:has": _l("不包括"),
    "not:has_any": _l("一个也不包括"),
    "within": _l("在这个区划内"),
    "not:within": _l("不在这个区划内"),
    MONTHS_ABOVE: _l("距今超过几个月"),
    MONTHS_AT_LEAST: _l("距今满几个月"),
}
GROUPS = ("甲", "乙", "丙", "丁", "戊", "己")
OTHER = {"all": "any", "any": "all"}
COLUMNS = ("group", "fact", "operator", "value", "on", "day")
HINTS = {
    NUMBER: _l("填数字"),
    RATIO: _l("填元"),
    DAY: _l("填日期，如 2026-09-01"),
    PLACE: _l("填区划代码"),
}


def facts(about: str) -> list[Fact]:
    """Return the facts a condition about residents, or about organisations, may ask for."""
    return list(facts_about(about).values())


def operators(kind: str) -> list[str]:
    """Return the operators that fit facts of a kind, as the form offers them."""
    return [word for word in WORDS if word.removeprefix(NOT) in OPERATORS[kind]]


def hint(fact: Fact) -> str:
    """Return what the value of a fact may be."""
    if fact.options:
        return _("可填：%(options)s", options="、".join(fact.options))
    if fact.kind == NUMBER and fact.unit:
        return _("填数字，单位：%(unit)s", unit=_("元") if fact.unit == "fen" else fact.unit)
    return str(HINTS.get(fact.kind, ""))


@dataclass
class Reading:
    """A rule as read from the form: its tree, the field of each place, and what cannot be read."""

    tree: Any = None
    places: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def name_of(self, place: str, otherwise: str) -> str:
        """Return the name of the form's row that a place of the tree came from."""
        # What stands at no place in the tree, a single row or JSON, is all of it.
        found = [one for one in self.places if not one or f"{place}.".startswith(f"{one}.")]
        return self.places[max(found, key=len)] if found else otherwise


def row_numbers(typed: Mapping[str, str], prefix: str) -> list[int]:
    """Return the numbers of the rows that stand under a name, in order."""
    pattern = re.compile(rf"{re.escape(prefix)}-(\d{{1,4}})-", re.ASCII)
    return sorted({int(found[1]) for name in typed if (found := pattern.match(name))})


def read(typed: Mapping[str, str], prefix: str) -> Reading:
    """Read a rule; JSON, where there is any, goes before the rows."""
    done = Reading()
    if text := typed.get(f"{prefix}-json", ""):
        done.places[""] = f"{prefix}-json"
        try:
            done.tree = values.json_of(text)
        except UnreadableError as error:
            done.problems[f"{prefix}-json"] = error.sentence
        return done
    join = "any" if typed.get(f"{prefix}-join") == "any" else "all"
    parts: list[tuple[Any, list[str]]] = []
    groups: dict[str, tuple[list[Any], list[str]]] = {}
    for number in row_numbers(typed, prefix):
        row = {one: typed.get(f"{prefix}-{number}-{one}", "") for one in COLUMNS}
        if not row["fact"] and not row["value"]:
            continue
        leaf = _leaf(row, f"{prefix}-{number}", done)
        if not (group := row["group"]):
            parts.append((leaf, [f"{prefix}-{number}"]))
            continue
        if group not in groups:
            groups[group] = ([], [])
            parts.append(({OTHER[join]: groups[group][0]}, groups[group][1]))
        groups[group][0].append(leaf)
        groups[group][1].append(f"{prefix}-{number}")
    if parts:
        done.tree = parts[0][0] if len(parts) == 1 else {join: [tree for tree, _names in parts]}
        _place(parts, join, done)
    return done


def _place(parts: list[tuple[Any, list[str]]], join: str, done: Reading) -> None:
    """Write down which row each place of the tree came from."""
    for number, (tree, names) in enumerate(parts):
        above = "" if len(parts) == 1 else f"{join}[{number}]"
        inner = tree.get(OTHER[join])
        for place, name in enumerate(names):
            below = f"{OTHER[join]}[{place}]" if isinstance(inner, list) else ""
            done.places[".".join(step for step in (above, below) if step)] = f"{name}-value"


def _leaf(row: dict[str, str], name: str, done: Reading) -> dict[str, Any]:
    fact = registry().facts.get(row["fact"])
    if fact is None:
        done.problems[f"{name}-fact"] = _("请选择资料项。")
        return {"fact": row["fact"]}
    fitting = operators(fact.kind)
    word = row["operator"] or fitting[0]
    if word not in fitting:
        done.problems[f"{name}-operator"] = _(
            "“%(fact)s”可用的比较：%(words)s。",
            fact=_(fact.name),
            words="、".join(str(WORDS[one]) for one in fitting),
        )
    asked = word.removeprefix(NOT)
    try:
        bound = _bound(fact, asked, row["value"])
    except UnreadableError as error:
        done.problems[f"{name}-value"] = error.sentence
        bound = row["value"]
    leaf = {"fact": fact.code, asked: bound}
    if row["day"] or row["on"] not in {"", "day"}:
        leaf["on"] = row["day"] or row["on"]
    return {"not": leaf} if word.startswith(NOT) else leaf


def _bound(fact: Fact, word: str, text: str) -> Any:
    if not text:
        raise UnreadableError(_("请填写值。%(hint)s", hint=hint(fact)))
    if word in {MONTHS_ABOVE, MONTHS_AT_LEAST}:
        return values.whole(text)
    said = values.several(text) if word in {"in", "has_any"} else [text]
    found = [values.fact_value(fact, one) for one in said]
    if fact.kind in {NUMBER, RATIO} and any(isinstance(one, str) for one in found):
        raise UnreadableError(_("%(hint)s。", hint=hint(fact)))
    if fact.kind in {CHOICE, SET} and fact.options:
        unknown = [one for one in found if one not in fact.options]
        if unknown:
            raise UnreadableError(_("没有“%(one)s”。%(hint)s。", one=unknown[0], hint=hint(fact)))
    return found if word in {"in", "has_any"} else found[0]


def write(tree: Any, prefix: str) -> dict[str, str]:
    """Return a rule as it is typed: rows where they say the same, else JSON."""
    if tree is None:
        return {}
    rows = _rows(tree, prefix)
    if rows is not None:
        done = read(rows, prefix)
        if not done.problems and done.tree == tree:
            return rows
    return {f"{prefix}-json": values.json_typed(tree)}


def _rows(tree: Any, prefix: str) -> dict[str, str] | None:
    join, parts = _group(tree) or ("all", [tree])
    typed = {f"{prefix}-join": join}
    letters = iter(GROUPS)
    number = 0
    for part in parts:
        inner = _group(part)
        letter = next(letters, None) if inner else ""
        if letter is None or (inner and inner[0] != OTHER[join]):
            return None
        for leaf in inner[1] if inner else [part]:
            row = _row(leaf)
            if row is None:
                return None
            row["group"] = letter
            typed |= {f"{prefix}-{number}-{one}": said for one, said in row.items() if said}
            number += 1
    return typed


def _group(tree: Any) -> tuple[str, list[Any]] | None:
    if isinstance(tree, dict) and len(tree) == 1:
        ((word, parts),) = tree.items()
        if word in OTHER and isinstance(parts, list):
            return word, parts
    return None


def _row(tree: Any) -> dict[str, str] | None:
    """Return a leaf, or the contrary of one, as the row that says so."""
    if not isinstance(tree, dict):
        return None
    before, leaf = (NOT, tree["not"]) if set(tree) == {"not"} else ("", tree)
    if not isinstance(leaf, dict) or not isinstance(leaf.get("fact"), str):
        return None
    fact = registry().facts.get(leaf["fact"])
    words = [word for word in leaf if word not in {"fact", "on"}]
    if fact is None or len(words) != 1:
        return None
    said = leaf[words[0]]
    many = said if isinstance(said, list) else [said]
    on = str(leaf.get("on", ""))
    fixed = on not in {"", "day", "year_start"}
    return {
        "fact": fact.code,
        "operator": before + words[0],
        "value": "、".join(values.fact_typed(fact, one) for one in many),
        "on": "" if fixed else on,
        "day": on if fixed else "",
    }
