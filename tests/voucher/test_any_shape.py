"""Vouchers of other shapes: holds, visits, months, caps and corrections in any order, too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import Huigou, clock
from tests.conftest import COUNTY, Database, forget
from tests.voucher.path import MORNING
from tests.voucher.play import Play
from tests.voucher.shapes import MINUTES, MONTHLY, TRAINING

SMALL = st.integers(0, 5)
FEN = st.sampled_from((40_000, 9_999, 7, 6_000))
STEPS = st.one_of(
    st.tuples(st.just("redeem"), SMALL, FEN),
    st.tuples(st.just("begin"), SMALL, FEN),
    st.tuples(st.just("begin"), SMALL, FEN),
    st.tuples(st.just("end"), SMALL, st.integers(0, 5)),
    st.tuples(st.just("end"), SMALL, st.integers(1, 5)),
    st.tuples(st.just("void"), SMALL),
    st.tuples(st.just("correct"), SMALL, FEN),
    st.tuples(st.just("order"), SMALL, st.sampled_from(("give_back", "cancel"))),
    st.tuples(st.just("decide"), SMALL, st.sampled_from((True, True, False))),
    st.tuples(st.just("lock")),
    st.tuples(st.just("object"), SMALL),
    st.tuples(st.just("resolve"), SMALL, st.booleans()),
    st.tuples(st.just("pay")),
    st.tuples(st.just("receive"), st.sampled_from((20_000, 7))),
    st.tuples(st.just("renew")),
    st.tuples(st.just("dawn")),
    st.tuples(st.just("change"), SMALL, SMALL),
)
# Half of the games begin with uses of every kind, locked and paid.
BEGUN = [
    *(("redeem", place, 9_999) for place in range(3)),
    *[("begin", place, 9_999) for place in range(2)],
    *[("end", 0, 4), ("end", 0, 3)],
    ("lock",),
    ("pay",),
    *(("correct", place, 6_000) for place in range(2)),
    *[("decide", 0, True)] * 2,
]
CAPS = [
    {"code": "day", "name": "每日", "per": "day", "limit": 30_000},
    {"code": "uses", "name": "次数", "per": "week", "of": "uses", "limit": 4},
]
SHAPES: dict[str, dict[str, Any]] = {
    "months": MONTHLY | {"shares": [{"rate_ppm": 333_333}], "caps": CAPS, "close": "when_paid"},
    "months rounded as one": MONTHLY
    | {
        "shares": [{"rate_ppm": 333_333}],
        "rounding": {"price": "half_up", "subsidy": "half_up", "per": "month"},
    },
    "held": TRAINING | {"close": "when_paid"},
    "held to the last day": TRAINING | {"void_window": "in_period"},
    "visits": MINUTES,
    "visits until paid": MINUTES | {"close": "when_paid", "void_window": "until_lock"},
}


@pytest.mark.slow
@settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
@given(
    shape=st.sampled_from(sorted(SHAPES)),
    lines=st.sampled_from((1, 2)),
    begun=st.booleans(),
    steps=st.lists(STEPS, min_size=8, max_size=30),
)
def test_the_books_hold_whatever_the_shape(
    app_kept: Huigou,
    database_kept: Database,
    *,
    shape: str,
    lines: int,
    begun: bool,
    steps: list[tuple[Any, ...]],
) -> None:
    forget(app_kept)
    database_kept.fresh(COUNTY)
    try:
        play = Play(app_kept, database_kept)
        with clock.frozen(MORNING):
            play.build_shape(SHAPES[shape], lines)
        play.play([*BEGUN, *steps] if begun else steps)
    finally:
        forget(app_kept)
