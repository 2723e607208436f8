"""Whatever becomes of a contract, in any order: its sums hold, reckoned anew as in the books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import Huigou
from tests.conftest import COUNTY, Database, forget
from tests.contract import contract_world as world
from tests.contract.play import Play

SMALL = st.integers(0, 3)
FOUND = st.sampled_from(("met", "met", "partly", "not_met"))
STEPS = st.one_of(
    st.tuples(st.just("accept"), SMALL, st.sampled_from(("met", "partly"))),
    st.tuples(st.just("accept"), SMALL, st.sampled_from(("met", "partly"))),
    st.tuples(st.just("deliver"), SMALL, st.sampled_from((0, 1, 40, 200))),
    st.tuples(st.just("record"), SMALL, FOUND),
    st.tuples(st.just("approve"), SMALL),
    st.tuples(st.just("refuse"), SMALL),
    st.tuples(st.just("deduct"), SMALL, st.sampled_from((0, 1, 60, 10_000))),
    st.tuples(st.just("decide"), SMALL, st.sampled_from((True, True, False))),
    st.tuples(st.just("supplement"), st.sampled_from((1, 5, 10)), st.sampled_from((-1, -1, 0, 1))),
    st.tuples(st.just("cut"), SMALL, st.integers(1, 4)),
    st.tuples(st.just("conclude")),
    st.tuples(st.just("rest"), st.sampled_from((True, True, False))),
    st.tuples(st.just("pay"), st.sampled_from(("成功", "成功", "失败"))),
    st.tuples(st.just("next_year")),
    st.tuples(st.just("wait"), st.sampled_from((1, 35))),
)
# How it ends: performed and closed where all was paid; given up; or left as it is.
PERFORMED = (
    ("go_on",),
    ("score", 9100),
    ("next_year",),
    ("hear",),
    *[("accept", 0, "met")] * 4,
    ("accept", 0, "partly"),
    ("pay", "成功"),
    ("close",),
)
GIVEN_UP = (("turn_down",), ("score", 7450), ("terminate",), ("pay", "失败"), ("pay", "成功"))
ENDS = st.sampled_from((PERFORMED, PERFORMED, (*GIVEN_UP, ("receive",), ("close",))))
TERMS = st.fixed_dictionaries(
    {
        "value_fen": st.one_of(st.just(world.VALUE), st.integers(1_000_000, world.VALUE)),
        "now": st.lists(st.integers(1, 9), min_size=1, max_size=3),
        "later": st.lists(st.integers(1, 9), max_size=2),
        "by_shares": st.booleans(),
        "tail": st.booleans(),
        "advance_bp": st.sampled_from((0, 0, 1000, 3000)),
    }
)
BOTH_YEARS_BP = (7_000, 3_000)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole by weights, each part at least one; the last takes what is left."""
    parts = [max(1, total * weight // sum(weights)) for weight in weights[:-1]]
    return [*parts, total - sum(parts)]


def draft(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a contract of drawn terms, over one year or two."""
    value, later = drawn["value_fen"], drawn["later"]
    if not later:
        value = min(value, 70_000_000)
    whole = 10_000 if drawn["by_shares"] else value
    shares = split(whole, BOTH_YEARS_BP) if later else [whole]
    measure = "share_bp" if drawn["by_shares"] else "amount_fen"
    milestones = [
        _part(f"N{place}", 2026, f"2026-{3 + 3 * place:02d}-28", **{measure: fen})
        for place, fen in enumerate(split(shares[0], drawn["now"]))
    ]
    if later:
        milestones += [
            _part(f"L{place}", 2027, f"2027-0{1 + place}-28", **{measure: fen})
            for place, fen in enumerate(split(shares[1], later))
        ]
    if drawn["tail"]:
        milestones[-1]["kind"] = "tail"
    if drawn["advance_bp"]:
        fen = value * drawn["advance_bp"] // 10_000 // 3
        milestones.insert(0, _part("A", 2026, None, kind="advance", amount_fen=fen))
    terms = world.terms(milestones=milestones, bond=None)
    if not drawn["tail"]:
        terms["tail"] = None
    return {"value_fen": value, "terms": terms}


def _part(code: str, year: int, due_on: str | None, **how: Any) -> dict[str, Any]:
    return {"code": code, "name": f"节点 {code}", "fiscal_year": year, "due_on": due_on, **how}


@pytest.mark.slow
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(drawn=TERMS, steps=st.lists(STEPS, min_size=6, max_size=12), end=ENDS)
def test_the_sums_of_a_contract_hold_after_any_steps_in_any_order(
    app_kept: Huigou,
    database_kept: Database,
    drawn: dict[str, Any],
    steps: list[tuple[Any, ...]],
    end: tuple[tuple[Any, ...], ...],
) -> None:
    forget(app_kept)
    database_kept.fresh(COUNTY)
    try:
        play = Play(app_kept, database_kept)
        if play.sign(draft(drawn)):
            for step in (*steps, *end):
                play.step(*step)
        play.finish()
    finally:
        forget(app_kept)
