"""Trying terms before anybody depends on them: the test cases that a version carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import clock
from core import rules as eligibility
from core.db import db
from core.divisions import Division
from core.errors import InvalidInput, Refusal, RuleBroken
from core.facts import Fact, Known, Place, Ratio, Value, fitted
from core.formats import yuan
from core.plugins import registry
from plugins.voucher import rules as decisions
from plugins.voucher.rules import QUANTITY_ONE, Decision, LotState, Situation, Terms, Use
from plugins.voucher.service.granting import commitment

BORN = date(1900, 1, 1)


def refuse_failing(rules: Terms) -> None:
    """Refuse terms of which a test case does not come out as written."""
    failing = list(failures(rules))
    if failing:
        raise RuleBroken(
            "CASE_FAILS",
            _(
                "%(n)s 个测试用例与规则不符：%(what)s请改正规则或用例后再提交。",
                n=len(failing),
                what="".join(failing[:3]),
            ),
            failing=failing,
        )


def failures(rules: Terms) -> Iterator[str]:
    """Yield a sentence for every test case that does not come out as written."""
    for case in rules.cases:
        try:
            sentence = _eligible(rules, case) if "eligible" in case else _pays(rules, case)
        except Refusal as refusal:
            sentence = _("“%(name)s”：%(why)s", name=case["name"], why=refusal.message)
        if sentence:
            yield sentence


def _eligible(rules: Terms, case: dict[str, Any]) -> str | None:
    on = date.fromisoformat(case["on"]) if case.get("on") else clock.today()
    predicate = eligibility.read(rules.eligibility, at="eligibility")
    wanted = list(dict.fromkeys(eligibility.needs(predicate, on)))
    facts = {code: _given(code, said) for code, said in case["facts"].items()}
    known = Known(BORN, None, {need: _value(need[0], facts) for need in wanted})
    verdict = eligibility.judge(predicate, known, on)
    if verdict.eligible == case["eligible"]:
        return None
    if case["eligible"]:
        why = "".join(reason.sentence for reason in verdict.reasons)
        return _("“%(name)s”应符合条件，实为不符合：%(why)s", name=case["name"], why=why)
    return _("“%(name)s”应不符合条件，实为符合。", name=case["name"])


def _given(code: str, said: Any) -> Any:
    """Return a fact as the case gives it; refuse what the register would not take."""
    fact = registry().facts.get(code)
    if fact is None:
        raise InvalidInput(_("没有“%(code)s”这项居民资料，请核对编号。", code=code))
    if said is None:
        return None
    if fact.kind == "place":
        return str(said)
    if fact.kind == "set":
        return frozenset(fitted(fact, one) for one in (said if isinstance(said, list) else [said]))
    if fact.kind == "ratio":
        return _ratio(fact, said)
    return fitted(fact, said)


def _ratio(fact: Fact, said: Any) -> Ratio:
    parts = (said.get("fen"), said.get("per")) if isinstance(said, dict) else ()
    match parts:
        case int(income), int(heads) if income >= 0 and heads > 0:
            return Ratio(income, heads)
    raise InvalidInput(
        _("“%(name)s”须写成金额（分）和人数：fen 和 per 两个整数。", name=_(fact.name))
    )


def _value(code: str, facts: dict[str, Any]) -> Value:
    """Return a case's fact as the register would tell it; what it leaves out is unknown."""
    fact = registry().facts[code]
    said = facts.get(code)
    if fact.kind == "set":
        return said or frozenset()
    if fact.kind == "ratio" and said is None:
        income, heads = facts.get("income_fen"), facts.get("household_size")
        return Ratio(income, heads) if income is not None and heads else None
    if said is None:
        return None
    if fact.kind == "place":
        found = db.session.get(Division, said)
        path = tuple(found.path.strip("/").split("/")) if found else (said,)
        return Place(said, found.name if found else said, path)
    kept: Value = said
    return kept


def _pays(rules: Terms, case: dict[str, Any]) -> str | None:
    minutes = case.get("minutes")
    use = Use(
        service_code=case["service"],
        quantity=(minutes or case.get("quantity", 1)) * QUANTITY_ONE,
        price_fen=case["price_fen"],
        others_fen=case.get("others_fen") or {},
        result=case.get("result"),
    )
    class_code = case.get("class") or next(iter(rules.classes))
    decision = try_use(rules, class_code, use, income_fen=case.get("income_fen"))
    if decision.amount_fen == case["pays_fen"]:
        return None
    return _(
        "“%(name)s”应由凭单支付 %(wanted)s 元，按规则为 %(found)s 元。",
        name=case["name"],
        wanted=yuan(case["pays_fen"]),
        found=yuan(decision.amount_fen),
    )


def try_use(rules: Terms, class_code: str, use: Use, *, income_fen: int | None = None) -> Decision:
    """Decide a use of a voucher that has its full allotments, on the programme's first day."""
    if class_code not in rules.classes:
        raise InvalidInput(_("项目里没有“%(code)s”这一类凭单。", code=class_code))
    day = rules.valid_from
    lots = tuple(_lots(rules, class_code, day))
    # A case asks what a use pays, at a provider of the right kind.
    kinds = {one.provider_tag or "" for one in (*rules.classes.values(), *rules.services.values())}
    where = Situation(
        terms=rules,
        class_code=class_code,
        voucher_state="active",
        credential_kind="card",
        credential_state="active",
        step_is_fresh=True,
        lots=lots,
        programme_state="approved",
        resident_died_on=None,
        provider_tags=f" {' '.join(sorted(kinds))} ",
        provider_suspended=False,
        admission_state="admitted",
        admission_from=None,
        admission_to=None,
        offered=True,
        offer_price_fen=None,
        holder="resident:0",
        income_fen=income_fen,
    )
    service = decisions.covered_service(where, use)
    there = replace(use, presence=service.presence, identity_checked=True)
    decisions.refuse_use(where, there, service, day)
    price = decisions.unit_price(where, use, service)
    return decisions.pay(where, use, service, price, day)


def _lots(rules: Terms, class_code: str, day: date) -> Iterator[LotState]:
    """Yield a full lot of every allotment, of the first amount that is for the class."""
    for place, allotment in enumerate(rules.allotments.values()):
        for amount in allotment.amounts:
            if not amount.classes or class_code in amount.classes:
                fen = commitment(rules, class_code, amount.quantity)
                yield LotState(
                    place + 1, place + 1, amount.quantity, fen, 0, day, day, day, position=place
                )
                break
