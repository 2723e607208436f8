"""How figures, dates and times are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core import formats


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (100, "1.00"),
        (123450, "1,234.50"),
        (-31250, "-312.50"),
        (-5, "-0.05"),
        (9_007_199_254_740_993, "90,071,992,547,409.93"),
        (None, "—"),
    ],
)
def test_fen_are_written_as_yuan_without_losing_one(fen: int | None, text: str) -> None:
    assert formats.yuan(fen) == text


def test_an_amount_in_a_sentence_carries_its_unit() -> None:
    assert formats.yuan_text(31250) == "312.50 元"
    assert formats.yuan_text(None) == "—"


def test_counts_have_separators() -> None:
    assert formats.number(12500) == "12,500"
    assert formats.number(None) == "—"


def test_late_evening_in_utc_is_already_tomorrow_in_shanghai() -> None:
    instant = datetime(2026, 12, 31, 16, 5, tzinfo=UTC)
    assert formats.moment(instant) == "2027-01-01 00:05"
    assert formats.day(instant) == "2027-01-01"


def test_a_business_date_is_written_as_it_is() -> None:
    assert formats.day(date(2026, 12, 31)) == "2026-12-31"
    assert formats.day(None) == formats.moment(None) == "—"


def test_a_time_without_zone_is_never_guessed() -> None:
    with pytest.raises(ValueError, match="time zone"):
        formats.moment(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test


def test_a_long_code_is_written_as_it_is_read_aloud() -> None:
    assert formats.code_groups("123456789012") == "1234 5678 9012"
