"""What terms would do before anybody approves them: people, money, headroom, who comes and goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import clock
from core import rules as eligibility
from core.access import Actor, fetch
from core.budget import BudgetLine, cascade
from core.db import db
from core.divisions import Division
from core.parties import own_organisation
from core.purchases import drawable
from plugins.voucher.models import Programme
from plugins.voucher.rules import Terms, allotment_period, read_terms
from plugins.voucher.service.granting import commitment
from plugins.voucher.service.programmes import as_stored, own_plan, terms_in_force
from plugins.voucher.service.trying import failures


def preview(
    actor: Actor,
    *,
    organisation_id: int,
    terms: dict[str, Any],
    programme_id: int | None = None,
    purchase_id: int | None = None,
) -> dict[str, Any]:
    """Tell what terms would do today, without writing anything.

    Against a programme (`programme_id`) also who enters and who leaves. Money is for one period of
    every allotment, and for all periods of the programme's time; it is held against what the
    purchase plan (`purchase_id`) can draw on.
    """
    organisation = own_organisation(actor, organisation_id, "programme.define")
    rules = read_terms(as_stored(organisation.id, terms))
    before = None
    if programme_id is not None:
        programme = fetch(Programme, programme_id, actor, "programme.view")
        before = terms_in_force(programme)[1]
    plan = own_plan(purchase_id, organisation.id)
    return outcome(rules, organisation.division_code, before, purchase_id=plan)


def outcome(
    rules: Terms, division: str, before: Terms | None = None, *, purchase_id: int | None = None
) -> dict[str, Any]:
    """Tell what terms would do today in a division, against earlier ones where there are any.

    Who asks must be allowed to see the programme.
    """
    people = _people(rules, division)
    classes = _classes(rules, division)
    period_fen = sum(one["period_fen"] for one in classes)
    whole_fen = sum(one["whole_fen"] for one in classes)
    return {
        "on": clock.today().isoformat(),
        "people": sum(people.values()),
        "townships": _townships(rules, before, people, division),
        "classes": classes,
        "period_fen": period_fen,
        "whole_fen": whole_fen,
        "lines": _lines(rules, purchase_id, period_fen, whole_fen),
        "rule": eligibility.sentence(eligibility.read(rules.eligibility)),
        "sources": list(rules.sources),
        "failing_cases": list(failures(rules)),
    }


def _people(rules: Terms, division: str) -> dict[str, int]:
    predicate = eligibility.read(rules.eligibility, at="eligibility")
    return eligibility.population(predicate, clock.today(), within_division=division)


def _townships(
    rules: Terms, before: Terms | None, people: dict[str, int], division: str
) -> list[dict[str, Any]]:
    """Return people by township, with who stays, enters and leaves against an earlier version."""
    changes: dict[str, eligibility.Change] = {}
    if before is not None:
        changes = eligibility.compare(
            eligibility.read(before.eligibility),
            eligibility.read(rules.eligibility),
            clock.today(),
            within_division=division,
        )
    codes = sorted({*people, *changes})
    names = {
        one.code: one.name
        for one in db.session.scalars(db.select(Division).where(Division.code.in_(codes)))
    }
    none = eligibility.Change(0, 0, 0)
    return [
        {
            "division_code": code,
            "name": names.get(code, code),
            "people": people.get(code, 0),
            "stay": changes.get(code, none).stay if before is not None else None,
            "enter": changes.get(code, none).enter if before is not None else None,
            "leave": changes.get(code, none).leave if before is not None else None,
        }
        for code in codes
    ]


def _classes(rules: Terms, division: str) -> list[dict[str, Any]]:
    """Return for each class how many it is for, and what its allotments commit.

    A resident gets the first class that is for her, and of an allotment the first amount.
    """
    said, earlier_classes = [], []
    for code, chosen in rules.classes.items():
        own = _and(rules.eligibility, chosen.when)
        people = _count(own, earlier_classes, division)
        period = whole = 0
        for allotment in rules.allotments.values():
            earlier = list(earlier_classes)
            for amount in allotment.amounts:
                if amount.classes and code not in amount.classes:
                    continue
                count = _count(_and(own, amount.when), earlier, division)
                fen = count * commitment(rules, code, amount.quantity)
                period += fen
                whole += fen * _periods(rules, allotment.code)
                if amount.when is None:
                    break
                earlier.append(amount.when)
        said.append(
            {
                "code": code,
                "name": chosen.name,
                "people": people,
                "period_fen": period,
                "whole_fen": whole,
            }
        )
        if chosen.when is None:
            break
        earlier_classes.append(chosen.when)
    return said


def _and(*trees: dict[str, Any] | None) -> dict[str, Any] | None:
    parts = [tree for tree in trees if tree is not None]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"all": parts}


def _count(tree: dict[str, Any] | None, but: list[dict[str, Any]], division: str) -> int:
    """Count who fulfils a rule and none of those before it.

    A rule that cannot be answered is not fulfilled, so it is counted apart, not denied.
    """
    whole = eligibility.population(eligibility.read(tree), clock.today(), within_division=division)
    if not but:
        return sum(whole.values())
    both = _and(tree, {"any": but})
    other = eligibility.population(eligibility.read(both), clock.today(), within_division=division)
    return sum(whole.values()) - sum(other.values())


def _periods(rules: Terms, code: str) -> int:
    """Return how many periods of an allotment lie in the programme's time."""
    allotment, count, day = rules.allotments[code], 0, rules.valid_from
    while day <= rules.valid_through:
        period = allotment_period(rules, allotment, day)
        count += 1
        if period.last >= rules.valid_through:
            break
        day = period.last + timedelta(days=1)
    return count


def _lines(
    rules: Terms, purchase_id: int | None, period_fen: int, whole_fen: int
) -> list[dict[str, Any]]:
    """Return each line's part of the money, against what a purchase can still draw on it."""
    shares = [share for _line, share in rules.funding]
    if not shares:
        return []
    parts = zip(rules.funding, cascade(period_fen, shares), cascade(whole_fen, shares), strict=True)
    can_draw = drawable(purchase_id, [line for line, _share in rules.funding])
    said = []
    for (line_id, _share), period, whole in parts:
        line = db.session.get_one(BudgetLine, line_id)
        available = can_draw[line_id]
        said.append(
            {
                "line_id": line_id,
                "code": line.code,
                "name": line.name,
                "available_fen": available,
                "period_fen": period,
                "whole_fen": whole,
                "headroom_fen": available - whole,
            }
        )
    return said
