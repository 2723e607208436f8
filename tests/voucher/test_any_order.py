"""Whatever people do, in whatever order, every check of the books finds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import Huigou, clock
from tests.conftest import COUNTY, Database, forget
from tests.voucher.path import MORNING
from tests.voucher.play import Play

SMALL = st.integers(0, 5)

# What people may try, each with the numbers that say on what; refusals are part of the game.
STEPS = st.one_of(
    st.tuples(st.just("redeem"), SMALL, st.sampled_from((50_000, 30_000, 7, 60_000))),
    st.tuples(st.just("redeem"), SMALL, st.sampled_from((50_000, 30_000, 9_999))),
    st.tuples(st.just("void"), SMALL),
    st.tuples(st.just("lock")),
    st.tuples(st.just("confirm"), SMALL),
    st.tuples(st.just("object"), SMALL),
    st.tuples(st.just("resolve"), SMALL, st.booleans()),
    st.tuples(st.just("order"), SMALL, st.sampled_from(("give_back", "cancel", "cancel"))),
    st.tuples(st.just("decide"), SMALL, st.sampled_from((True, True, False))),
    st.tuples(st.just("run")),
    st.tuples(st.just("bank"), st.sampled_from(("成功", "成功", "失败"))),
    st.tuples(st.just("pay")),
    st.tuples(st.just("receive"), st.sampled_from((50_000, 20_000, 7))),
    st.tuples(st.just("change"), SMALL, SMALL),
)
# Half of the games begin with something paid, so that claw-backs are not rare.
BEGUN = [
    *(("redeem", place, 30_000) for place in range(4)),
    ("lock",),
    *[("change", 0, 3)] * 4,
    ("pay",),
    *(("order", place, "cancel") for place in range(2)),
]
TERMS = st.fixed_dictionaries(
    {
        "close": st.sampled_from(("on_last_day", "when_paid")),
        "single_use": st.booleans(),
        "confirm_days": st.sampled_from((0, 3)),
        "void_window": st.sampled_from(("same_day", "until_lock")),
        "lines": st.sampled_from((1, 2)),
    }
)


@pytest.mark.slow
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(terms=TERMS, begun=st.booleans(), steps=st.lists(STEPS, min_size=5, max_size=25))
def test_the_books_hold_after_any_steps_in_any_order(
    app_kept: Huigou,
    database_kept: Database,
    terms: dict[str, Any],
    begun: bool,  # noqa: FBT001 - hypothesis gives it by name
    steps: list[tuple[Any, ...]],
) -> None:
    forget(app_kept)
    database_kept.fresh(COUNTY)
    try:
        play = Play(app_kept, database_kept)
        with clock.frozen(MORNING):
            play.build(terms)
        play.play([*BEGUN, *steps] if begun else steps)
    finally:
        forget(app_kept)
