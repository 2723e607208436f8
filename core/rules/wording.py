"""A rule in words, for pages and for reasons."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.db import db
from core.divisions import Division
from core.facts.declared import DAY, Fact, number_text
from core.rules.predicate import (
    THE_DAY,
    All,
    Leaf,
    Not,
    Predicate,
    Share,
)

# What an operator denied amounts to, where the value is known.
DENIED = {"at_least": "below", "below": "at_least", "at_most": "above", "above": "at_most"}


def sentence(predicate: Predicate) -> str:
    """Return a rule as one readable sentence; asks the database for divisions' names."""
    if predicate == All(()):
        return _("所有在世居民。")
    return _("%(rule)s。", rule=_words(predicate, wanted=True, outermost=True))


def demand(leaf: Leaf, *, wanted: bool, place: str = "") -> str:
    """Return what a leaf demands, or when denied its contrary: `年龄满 60 周岁`.

    `place` is the name of the division meant, where it is known.
    """
    said = _requirement(leaf, wanted=wanted, place=place)
    if leaf.on == THE_DAY:
        return said
    if isinstance(leaf.on, date):
        return _("在 %(day)s 当日%(said)s", day=leaf.on, said=said)
    return _("在当年 1 月 1 日%(said)s", said=said)


def _words(predicate: Predicate, *, wanted: bool, outermost: bool = False) -> str:
    if isinstance(predicate, Leaf):
        return demand(predicate, wanted=wanted, place=_place(predicate))
    if isinstance(predicate, Not):
        return _words(predicate.part, wanted=not wanted, outermost=outermost)
    parts = [_words(part, wanted=wanted) for part in predicate.parts]
    if len(parts) == 1:
        return parts[0]
    joined = (_("，并且") if isinstance(predicate, All) is wanted else _("，或者")).join(parts)
    return joined if outermost else _("（%(rule)s）", rule=joined)


def _place(leaf: Leaf) -> str:
    if leaf.operator != "within":
        return ""
    found = db.session.get(Division, str(leaf.bound))
    return found.name if found else ""


def _requirement(leaf: Leaf, *, wanted: bool, place: str) -> str:
    fact, bound = leaf.declared, leaf.bound
    name = _(fact.name)
    if isinstance(bound, tuple):
        values = "、".join(_value(fact, one).strip() for one in bound)
        values = f" {values}" if values[0].isascii() else values
        if leaf.operator == "has_any":
            return _has(name, values, wanted=wanted, one=len(bound) == 1)
        return _is(name, values, wanted=wanted, one=len(bound) == 1)
    if leaf.operator == "within":
        where = place or _("区划%(code)s", code=bound)
        if wanted:
            return _("%(name)s在%(where)s内", name=name, where=where)
        return _("%(name)s不在%(where)s内", name=name, where=where)
    if leaf.operator in DENIED:
        word = leaf.operator if wanted else DENIED[leaf.operator]
        return _compared(fact, name, word, bound)
    return _months(leaf, name, wanted=wanted)


def _compared(fact: Fact, name: str, word: str, bound: object) -> str:
    said = _value(fact, bound)
    if fact.kind == DAY:
        forms = {
            "at_least": _l("%(name)s不早于%(bound)s", name=name, bound=said),
            "at_most": _l("%(name)s不晚于%(bound)s", name=name, bound=said),
            "above": _l("%(name)s晚于%(bound)s", name=name, bound=said),
            "below": _l("%(name)s早于%(bound)s", name=name, bound=said),
        }
    elif fact.code == "age":
        forms = {
            "at_least": _l("%(name)s满%(bound)s", name=name, bound=said),
            "at_most": _l("%(name)s不超过%(bound)s", name=name, bound=said),
            "above": _l("%(name)s超过%(bound)s", name=name, bound=said),
            "below": _l("%(name)s不满%(bound)s", name=name, bound=said),
        }
    else:
        forms = {
            "at_least": _l("%(name)s不低于%(bound)s", name=name, bound=said),
            "at_most": _l("%(name)s不高于%(bound)s", name=name, bound=said),
            "above": _l("%(name)s高于%(bound)s", name=name, bound=said),
            "below": _l("%(name)s低于%(bound)s", name=name, bound=said),
        }
    return str(forms[word])


def _months(leaf: Leaf, name: str, *, wanted: bool) -> str:
    forms = {
        ("months_ago_above", True): _l("%(name)s距今超过 %(n)s 个月", name=name, n=leaf.bound),
        ("months_ago_above", False): _l("%(name)s距今不超过 %(n)s 个月", name=name, n=leaf.bound),
        ("months_ago_at_least", True): _l("%(name)s距今满 %(n)s 个月", name=name, n=leaf.bound),
        ("months_ago_at_least", False): _l("%(name)s距今不满 %(n)s 个月", name=name, n=leaf.bound),
    }
    return str(forms[leaf.operator, wanted])


def _has(name: str, values: str, *, wanted: bool, one: bool) -> str:
    if not wanted:
        return _("%(name)s不包括%(values)s", name=name, values=values)
    if one:
        return _("%(name)s包括%(values)s", name=name, values=values)
    return _("%(name)s包括%(values)s之一", name=name, values=values)


def _is(name: str, values: str, *, wanted: bool, one: bool) -> str:
    if not wanted:
        return _("%(name)s不是%(values)s", name=name, values=values)
    if one:
        return _("%(name)s是%(values)s", name=name, values=values)
    return _("%(name)s是%(values)s之一", name=name, values=values)


def _value(fact: Fact, value: object) -> str:
    """Write a bound: words in quotes, figures a blank off from the characters before them."""
    if isinstance(value, str):
        return _("“%(word)s”", word=value)
    if isinstance(value, Share):
        each = number_text(fact, value.fen)
        return f" {each}" if value.per == 1 else f" {each} ÷ {value.per}"
    return f" {number_text(fact, value)}" if isinstance(value, int) else f" {value}"
