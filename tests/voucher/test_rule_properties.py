"""What holds of every use under any terms: sums agree, nothing is exceeded, days are right."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from plugins.voucher import rules as decisions
from plugins.voucher.rules import QUANTITY_ONE, Decision, Drawn, Terms, Use, corrected
from plugins.voucher.rules.periods import add_months, effective_day, last_of_month
from tests.voucher.purse import Purse, read

RULES = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
YEAR = date(2026, 1, 1)
SHARE = st.integers(0, 1_000_000)
FEN = st.integers(1, 2_000)
ROUNDING = st.sampled_from(["down", "half_up", "up"])
DAYS = st.dates(date(2019, 1, 1), date(2032, 12, 31))
IN_2026 = st.dates(YEAR, date(2026, 12, 31))
KINDS = st.sampled_from(["day", "week", "month", "quarter", "year"])

CAPS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.just("限额"),
            "of": st.sampled_from(["fen", "quantity", "uses"]),
            "per": st.sampled_from(["use", "day", "week", "month", "quarter", "year", "life"]),
            "limit": st.integers(1, 3_000),
            "at_limit": st.sampled_from(["cut", "refuse"]),
        }
    ),
    max_size=3,
)
SHARES = st.lists(
    st.fixed_dictionaries(
        {"rate_ppm": SHARE},
        optional={
            "standard_fen": FEN,
            "thresholds": st.lists(
                st.fixed_dictionaries({"spend_fen": FEN, "off_fen": FEN}), max_size=3
            ),
        },
    ),
    max_size=1,
)
REDUCTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.just("自担"),
            "of": st.sampled_from(["amount", "subsidy", "income"]),
            "amount_fen": st.integers(0, 500),
            "ppm": SHARE,
        }
    ),
    max_size=2,
)
ALLOTTED = st.lists(st.integers(1, 3_000), min_size=1, max_size=3)


@st.composite
def terms(draw: st.DrawFn, *, units: tuple[str, ...] = ("fen", "minute", "count")) -> Terms:
    """Draw terms of any shape."""
    unit = draw(st.sampled_from(units))
    service: dict[str, Any] = {"code": "s", "name": "服务", "unit": "次"}
    if unit != "fen":
        service["maximum_price_fen"] = 2_000
    if unit == "minute":
        service |= {"measure": "minute", "block": draw(st.sampled_from([1, 15]))}
    caps = [one | {"code": f"c{n}"} for n, one in enumerate(draw(CAPS))]
    lots = [
        {"code": f"a{n}", "name": "额度", "amounts": [{"quantity": quantity}]}
        for n, quantity in enumerate(draw(ALLOTTED))
    ]
    forfeits = draw(st.booleans())
    return read(
        unit=unit,
        commit="value" if unit == "fen" else "maximum_price",
        services=[service],
        allotments=lots,
        shares=draw(SHARES),
        reductions=draw(REDUCTIONS),
        reduction_pick=draw(st.sampled_from(["sum", "largest"])),
        caps=caps,
        other_payers=[{"code": "ins", "name": "保险"}],
        rounding={
            "price": draw(ROUNDING),
            "subsidy": draw(ROUNDING),
            "per": draw(st.sampled_from(["part", "use", "month"])),
        },
        remainder="forfeit" if forfeits else "keep",
        beyond="self_pay" if forfeits else draw(st.sampled_from(["self_pay", "refuse"])),
        lot_order=draw(st.sampled_from(["expiry", "granted", "listed"])),
    )


@st.composite
def uses(draw: st.DrawFn) -> Use:
    """Draw a use of some units or minutes, of which somebody else may have paid a part."""
    others = draw(st.one_of(st.just({}), st.fixed_dictionaries({"ins": st.integers(0, 500)})))
    quantity = draw(st.integers(1, 200)) * QUANTITY_ONE
    return Use("s", quantity=quantity, price_fen=draw(FEN), others_fen=others)


def decided(purse: Purse, use: Use, day: date) -> Decision | None:
    try:
        return purse.decide(use, day)
    except Refusal:
        return None


@RULES
@given(terms(), st.lists(st.tuples(IN_2026, uses()), min_size=1, max_size=4))
def test_who_pays_adds_up_and_nothing_is_exceeded(
    rules: Terms, asked: list[tuple[date, Use]]
) -> None:
    purse = Purse(rules, income_fen=300).grant(YEAR)
    for day, use in sorted(asked, key=lambda one: one[0]):
        before = {lot.id: lot for lot in purse.lots}
        decision = decided(purse, use, day)
        if decision is None:
            continue
        amount = decision.amount_fen
        assert 0 <= amount <= decision.price_fen - decision.others_fen
        assert decision.self_pay_fen + decision.others_fen + amount == decision.price_fen
        assert decision.self_pay_fen >= 0
        assert sum(draw.amount_fen for draw in decision.draws) == amount
        for draw in decision.draws:
            lot = before[draw.lot_id]
            assert 0 <= draw.quantity + draw.forfeited <= lot.available
            assert 0 <= draw.amount_fen + draw.forfeited_fen <= lot.free_fen
        for lot in purse.lots:
            assert lot.available >= 0
            assert lot.free_fen >= 0
    limits = {cap.code: cap.limit for cap in rules.caps}
    for (_owner, code, _period), used in purse.counters.items():
        assert code not in limits or 0 <= used <= limits[code]


@RULES
@given(terms(), uses())
def test_no_use_pays_more_than_a_cap_of_one_use(rules: Terms, use: Use) -> None:
    decision = decided(Purse(rules, income_fen=300).grant(YEAR), use, YEAR)
    assume(decision is not None)
    assert decision is not None
    per_use = [cap.limit for cap in rules.caps if cap.per == "use" and cap.of == "fen"]
    assert decision.amount_fen <= min(per_use, default=decision.amount_fen)


@RULES
@given(terms(units=("fen",)), uses(), st.integers(1, 500))
def test_a_higher_price_never_lowers_the_subsidy(rules: Terms, use: Use, more: int) -> None:
    # A larger threshold may take off less, and what is refused pays nothing: both are the terms'.
    ascending = all(
        one.off_fen <= other.off_fen
        for share in rules.shares
        for one, other in zip(share.thresholds, share.thresholds[1:], strict=False)
    )
    assume(ascending)
    assert use.price_fen is not None
    dear = replace(use, price_fen=use.price_fen + more)
    cheap_one = decided(Purse(rules, income_fen=300).grant(YEAR), use, YEAR)
    dear_one = decided(Purse(rules, income_fen=300).grant(YEAR), dear, YEAR)
    if cheap_one is not None and dear_one is not None:
        assert dear_one.amount_fen >= cheap_one.amount_fen


@RULES
@given(SHARE, FEN, st.integers(1, 20_000), ROUNDING, ROUNDING)
def test_rounding_is_within_a_fen_of_the_exact_value(
    rate: int, price: int, quantity: int, of_price: str, of_subsidy: str
) -> None:
    rules = read(
        shares=[{"rate_ppm": rate}],
        rounding={"price": of_price, "subsidy": of_subsidy},
        allotments=[{"code": "a", "name": "额度", "amounts": [{"quantity": 10**9}]}],
    )
    decision = decided(Purse(rules).grant(YEAR), Use("s", quantity, price), YEAR)
    assume(decision is not None)
    assert decision is not None
    assert abs(decision.price_fen - Fraction(price * quantity, QUANTITY_ONE)) < 1
    exact = Fraction(decision.price_fen * rate, 1_000_000)
    assert abs(decision.amount_fen - exact) < 1


@RULES
@given(SHARE, st.lists(FEN, min_size=1, max_size=12), ROUNDING)
def test_a_months_rounding_never_strays_from_the_months_sum(
    rate: int, prices: list[int], direction: str
) -> None:
    rules = read(
        shares=[{"rate_ppm": rate}],
        rounding={"subsidy": direction, "per": "month"},
        allotments=[{"code": "a", "name": "额度", "amounts": [{"quantity": 10**9}]}],
    )
    purse, paid, exact = Purse(rules).grant(YEAR), 0, Fraction(0)
    for price in prices:
        decision = decided(purse, Use("s", price_fen=price), YEAR)
        if decision is not None:
            paid += decision.amount_fen
            exact += Fraction(price * rate, 1_000_000)
    assert abs(paid - exact) < 1


@RULES
@given(terms(), uses())
def test_correcting_to_the_same_figures_takes_nothing_back(rules: Terms, use: Use) -> None:
    purse = Purse(rules, income_fen=300).grant(YEAR)
    decision = decided(purse, use, YEAR)
    assume(decision is not None and decision.amount_fen > 0)
    assert decision is not None
    drawn = [Drawn(draw.lot_id, draw.quantity, draw.amount_fen) for draw in decision.draws]
    drawn = [one for one in drawn if one.quantity or one.amount_fen]
    should = corrected(
        rules,
        "A",
        replace(use, quantity=decision.quantity),
        decision.unit_price_fen,
        drawn,
        income_fen=300,
    )
    assert (should.back, should.amount_fen) == ((), decision.amount_fen)


@RULES
@given(terms(), uses(), st.integers(1, 200))
def test_a_correction_never_takes_more_than_was_paid(rules: Terms, use: Use, less: int) -> None:
    decision = decided(Purse(rules, income_fen=300).grant(YEAR), use, YEAR)
    assume(decision is not None and decision.amount_fen > 0)
    assert decision is not None
    drawn = [Drawn(draw.lot_id, draw.quantity, draw.amount_fen) for draw in decision.draws]
    fewer = replace(use, quantity=min(less * QUANTITY_ONE, decision.quantity))
    try:
        should = corrected(rules, "A", fewer, decision.unit_price_fen, drawn, income_fen=300)
    except Refusal as refused:
        # What others paid is more than the right price: the whole use is to be undone.
        if refused.code != "OTHERS_EXCEED_PRICE":
            raise
        return
    back = {one.lot_id: one for one in should.back}
    for one in drawn:
        part = back.get(one.lot_id, Drawn(one.lot_id, 0, 0))
        assert 0 <= part.quantity <= one.quantity
        assert 0 <= part.amount_fen <= one.amount_fen
    assert should.amount_fen == decision.amount_fen - sum(one.amount_fen for one in should.back)


# --- days -----------------------------------------------------------------------------------------


@RULES
@given(KINDS, DAYS, st.integers(1, 12))
def test_a_period_holds_its_day_and_follows_the_one_before(
    kind: str, day: date, starts: int
) -> None:
    period = decisions.period_of(kind, day, year_starts=starts)
    assert period.first <= day <= period.last
    following = decisions.period_of(kind, period.last + timedelta(days=1), year_starts=starts)
    assert following.first == period.last + timedelta(days=1)
    assert following.code != period.code
    assert decisions.period_of(kind, period.first, year_starts=starts) == period
    assert decisions.period_of(kind, period.last, year_starts=starts) == period


@RULES
@given(DAYS)
def test_a_week_is_that_of_iso_8601(day: date) -> None:
    period = decisions.period_of("week", day)
    year, week, _weekday = day.isocalendar()
    assert period.code == f"{year}-W{week:02d}"
    assert period.first == date.fromisocalendar(year, week, 1)
    assert period.last == date.fromisocalendar(year, week, 7)


@RULES
@given(DAYS)
def test_a_year_from_july_is_named_after_its_first_day(day: date) -> None:
    period = decisions.period_of("year", day, year_starts=7)
    first = date(day.year if day.month >= 7 else day.year - 1, 7, 1)
    assert (period.code, period.first, period.last) == (
        str(first.year),
        first,
        date(first.year + 1, 6, 30),
    )


@RULES
@given(DAYS, st.integers(0, 60))
def test_months_later_is_the_same_day_or_the_months_last(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == min(day.day, monthrange(later.year, later.month)[1])
    assert last_of_month(day).day == monthrange(day.year, day.month)[1]


def test_a_month_after_the_end_of_january_is_the_end_of_february() -> None:
    assert add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)


@RULES
@given(
    st.sampled_from(["window", "period_end", "days", "months", "idle_days"]),
    st.integers(1, 400),
    st.booleans(),
    st.sampled_from(["once", "week", "month", "quarter", "year"]),
    IN_2026,
)
def test_a_lot_lies_within_its_programme(
    kind: str,
    n: int,
    first_counts: bool,  # noqa: FBT001 - drawn by place
    period: str,
    day: date,
) -> None:
    lapse = {"kind": kind, "n": n, "first_day_counts": first_counts}
    rules = read(
        allotments=[
            {
                "code": "a",
                "name": "额度",
                "period": period,
                "amounts": [{"quantity": 1}],
                "lapse": lapse,
            }
        ],
        valid_through="2026-12-31",
        entry={"late_days": 3},
    )
    allotment = rules.allotments["a"]
    running = decisions.allotment_period(rules, allotment, day)
    days = decisions.span(rules, allotment, running, day)
    assert rules.valid_from <= days.valid_from
    assert days.valid_through <= rules.valid_through
    assert days.entry_through == days.valid_through + timedelta(days=3)
    if kind == "days":
        wanted = max(running.first, day) + timedelta(days=n if not first_counts else n - 1)
        assert days.valid_through == min(wanted, rules.valid_through)
    if kind == "months":
        wanted = add_months(max(running.first, day), n) - timedelta(days=int(first_counts))
        assert days.valid_through == min(wanted, rules.valid_through)


@RULES
@given(st.sampled_from(["at_once", "next_week", "next_month", "next_period"]), KINDS, DAYS)
def test_a_change_counts_from_a_day_that_is_not_before_it(rule: str, kind: str, day: date) -> None:
    period = decisions.period_of(kind, day)
    effective = effective_day(rule, day, period)
    assert effective >= day
    if rule == "next_week":
        assert effective.weekday() == 0
    if rule == "next_month":
        assert effective.day == 1
    if rule == "next_period":
        assert effective == day == period.first or effective == period.last + timedelta(days=1)


@RULES
@given(st.sampled_from(["full", "by_days", "next"]), KINDS, DAYS, st.integers(1, 100_000))
def test_who_comes_midway_never_gets_more_than_the_whole(
    rule: str, kind: str, day: date, quantity: int
) -> None:
    rules = read(
        allotments=[
            {
                "code": "a",
                "name": "额度",
                "period": "month" if kind == "day" else kind,
                "amounts": [{"quantity": quantity}],
                "first_period": rule,
            }
        ]
    )
    allotment = rules.allotments["a"]
    period = decisions.allotment_period(rules, allotment, day)
    got = decisions.first_grant(allotment, period, day, quantity)
    left, whole = (period.last - day).days + 1, (period.last - period.first).days + 1
    wanted = {"full": quantity, "by_days": quantity * left // whole, "next": 0}[rule]
    assert got == (quantity if day <= period.first else wanted)
