"""Reading a rule from JSON: every mistake is told with its place, nothing unknown gets through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core.db import db
from core.divisions import Division
from core.errors import InvalidInput
from core.facts import RESIDENT, Fact
from core.facts.declared import CHOICE, DAY, DENOMINATOR_MAX, NUMBER, PLACE, RATIO, SET
from core.fields import FEN_MAX
from core.plugins import registry
from core.rules.predicate import (
    MONTHS_ABOVE,
    MONTHS_AT_LEAST,
    OPERATORS,
    THE_DAY,
    YEAR_START,
    All,
    AnyOf,
    Leaf,
    Not,
    Predicate,
    Share,
    leaves,
)

DEPTH_MAX, LEAVES_MAX, VALUES_MAX = 8, 100, 100
# Each is a join, and SQLite joins at most 64 tables; two rules are compared in one statement.
SOURCES_MAX = 20
MONTHS_MAX = 1_200
TEXT_MAX = 80
FIRST_YEAR, LAST_YEAR = 1900, 2199
EVERYBODY = All(())
NOBODY_YET = Leaf("", "", 0)


def read(tree: Any, *, at: str = "rule", about: str = RESIDENT) -> Predicate:
    """Read a rule on residents (or on organisations) from its JSON form; None is everybody alive.

    Raises InvalidInput whose `errors` name the places, as `rule.all[0].at_least`. Whether the
    divisions named exist is asked apart (`require_places`), because this asks no database.
    """
    if tree is None:
        return EVERYBODY
    reader = _Reader(about)
    predicate = reader.node(tree, at, 1)
    if not reader.errors:
        reader.limit(predicate, at)
    if reader.errors:
        place, (sentence, *_more) = next(iter(reader.errors.items()))
        raise InvalidInput(
            _(
                "资格条件有 %(n)s 处错误，第一处在 %(place)s：%(sentence)s。请改正。",
                n=len(reader.errors),
                place=place,
                sentence=sentence,
            ),
            errors=dict(reader.errors),
        )
    return predicate


def require_places(predicate: Predicate) -> None:
    """Refuse a rule that names a division nobody has registered."""
    codes = {str(leaf.bound) for leaf in leaves(predicate) if leaf.operator == "within"}
    found = set(db.session.scalars(db.select(Division.code).where(Division.code.in_(codes))))
    if missing := sorted(codes - found):
        raise InvalidInput(
            _(
                "资格条件中的行政区划代码 %(codes)s 不存在，请核对 GB/T 2260 代码。",
                codes="、".join(missing),
            )
        )


@dataclass
class _Reader:
    """Reads a tree to its end and notes every mistake on the way."""

    about: str
    errors: dict[str, list[str]] = field(default_factory=dict)
    leaf_count: int = 0

    def wrong(self, at: str, sentence: str) -> None:
        self.errors.setdefault(at, []).append(sentence)

    def node(self, tree: Any, at: str, depth: int) -> Predicate:
        if depth > DEPTH_MAX:
            self.wrong(at, _("条件套叠超过 %(most)s 层", most=DEPTH_MAX))
        elif not isinstance(tree, dict):
            self.wrong(at, _("须为对象"))
        elif "fact" in tree:
            return self.leaf(tree, at)
        elif len(tree) != 1 or next(iter(tree)) not in {"all", "any", "not"}:
            self.wrong(at, _("须为 all、any、not 之一，或含 fact 的一项条件"))
        elif "not" in tree:
            return Not(self.node(tree["not"], f"{at}.not", depth + 1))
        else:
            return self.group(tree, at, depth)
        return NOBODY_YET

    def group(self, tree: dict[str, Any], at: str, depth: int) -> Predicate:
        ((word, parts),) = tree.items()
        at = f"{at}.{word}"
        if not isinstance(parts, list) or not parts:
            self.wrong(at, _("须为至少一项条件的列表"))
            return NOBODY_YET
        if len(parts) > LEAVES_MAX:
            self.wrong(at, _("条件超过 %(most)s 项", most=LEAVES_MAX))
            return NOBODY_YET
        read = [self.node(part, f"{at}[{n}]", depth + 1) for n, part in enumerate(parts)]
        return All(tuple(read)) if word == "all" else AnyOf(tuple(read))

    def leaf(self, tree: dict[str, Any], at: str) -> Predicate:
        self.leaf_count += 1
        if self.leaf_count > LEAVES_MAX:
            if self.leaf_count == LEAVES_MAX + 1:
                self.wrong(at, _("条件超过 %(most)s 项", most=LEAVES_MAX))
            return NOBODY_YET
        code = tree["fact"]
        fact = registry().facts.get(code) if isinstance(code, str) else None
        if fact is None or fact.about != self.about:
            self.wrong(f"{at}.fact", _("没有这个资料项"))
            return NOBODY_YET
        asked = [name for name in tree if name not in {"fact", "on"}]
        fitting = OPERATORS[fact.kind]
        if len(asked) != 1 or asked[0] not in fitting:
            sentence = _(
                "“%(name)s”须且只须有一项要求：%(operators)s",
                name=_(fact.name),
                operators="、".join(fitting),
            )
            self.wrong(at if len(asked) != 1 else f"{at}.{asked[0]}", sentence)
            return NOBODY_YET
        on = self.day(tree.get("on", THE_DAY), f"{at}.on")
        return self.requirement(fact, asked[0], tree[asked[0]], on, f"{at}.{asked[0]}")

    def requirement(self, fact: Fact, word: str, given: Any, on: str | date, at: str) -> Leaf:
        """Read an operator and its bound; a list becomes a tuple, one value a tuple of one."""
        if word in {"in", "has_any"}:
            if not isinstance(given, list) or not 0 < len(given) <= VALUES_MAX:
                self.wrong(at, _("须为 1 至 %(most)s 个值的列表", most=VALUES_MAX))
                return NOBODY_YET
            values = tuple(self.value(fact, one, f"{at}[{n}]") for n, one in enumerate(given))
            return Leaf(fact.code, word, tuple(dict.fromkeys(values)), on)
        if word in {"is", "has"}:
            one = (self.value(fact, given, at),)
            return Leaf(fact.code, "in" if word == "is" else "has_any", one, on)
        if word in {MONTHS_ABOVE, MONTHS_AT_LEAST}:
            return Leaf(fact.code, word, self.whole(given, at, 0, MONTHS_MAX), on)
        if fact.kind == RATIO:
            return Leaf(fact.code, word, self.share(given, at), on)
        return Leaf(fact.code, word, self.value(fact, given, at), on)

    def value(self, fact: Fact, given: Any, at: str) -> int | str | date:
        """Read one value of a fact's kind."""
        if fact.kind == NUMBER:
            return self.whole(given, at, -FEN_MAX, FEN_MAX)
        if not isinstance(given, str) or not 0 < len(given) <= TEXT_MAX or not given.isprintable():
            self.wrong(at, _("须为文字"))
        elif fact.kind == DAY:
            return self.iso(given, at)
        elif fact.kind in {CHOICE, SET} and fact.options and given not in fact.options:
            self.wrong(at, _("须为以下之一：%(options)s", options="、".join(fact.options)))
        elif fact.kind == PLACE and not given.isalnum():
            self.wrong(at, _("须为行政区划代码"))
        else:
            return given
        return ""

    def share(self, given: Any, at: str) -> Share:
        if isinstance(given, dict):
            if set(given) != {"fen", "per"}:
                self.wrong(at, _("须为整数（分），或 fen 与 per 两项"))
                return Share(0)
            per = self.whole(given["per"], f"{at}.per", 1, DENOMINATOR_MAX)
            return Share(self.whole(given["fen"], f"{at}.fen", 0, FEN_MAX), per)
        return Share(self.whole(given, at, 0, FEN_MAX))

    def whole(self, given: Any, at: str, least: int, most: int) -> int:
        if isinstance(given, int) and not isinstance(given, bool) and least <= given <= most:
            return given
        self.wrong(at, _("须为 %(least)s 至 %(most)s 的整数", least=least, most=most))
        return least

    def day(self, given: Any, at: str) -> str | date:
        """Read on which day a fact is taken."""
        if given in (THE_DAY, YEAR_START):
            return str(given)
        if not isinstance(given, str):
            self.wrong(at, _("须为 day、year_start 或日期"))
            return THE_DAY
        return self.iso(given, at)

    def iso(self, given: str, at: str) -> date:
        try:
            found = date.fromisoformat(given)
        except ValueError:
            found = date.min
        if not FIRST_YEAR <= found.year <= LAST_YEAR or found.isoformat() != given:
            self.wrong(at, _("须为日期，如 2026-09-01"))
        return found

    def limit(self, predicate: Predicate, at: str) -> None:
        """Refuse a tree that asks for more different facts than one statement can join."""
        sources = {
            (leaf.fact, leaf.on, leaf.bound if leaf.operator == "has_any" else None)
            for leaf in leaves(predicate)
        }
        if len(sources) > SOURCES_MAX:
            self.wrong(
                at,
                _(
                    "用到 %(n)s 种资料（同一资料按不同日期或名册分别计），最多 %(most)s 种",
                    n=len(sources),
                    most=SOURCES_MAX,
                ),
            )
