"""Codes: what is issued is recognised, what was changed on the way is not."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.codes import (
    CROCKFORD,
    Rotating,
    Static,
    Typed,
    group_digits,
    lookup_hash,
    lookup_hashes,
    new_card_code,
    new_public_id,
    new_typed_code,
    parse,
    rotating_code,
    rotating_step,
)
from core.errors import InvalidInput
from core.privacy import Keyring

NOON = datetime(2026, 9, 1, 4, 0, 30, tzinfo=UTC)
KEY = bytes(range(32))


def test_a_card_code_is_recognised() -> None:
    code = new_card_code()
    assert parse(code) == Static(code)
    assert len(code) == 31


def test_a_scanner_in_the_wrong_keyboard_mode_is_forgiven() -> None:
    code = new_card_code()
    assert parse(f"{code.lower()}\r\n") == Static(code)
    assert parse(code.replace(":", "\N{FULLWIDTH COLON}")) == Static(code)


@pytest.mark.parametrize("shape", ["{}", "{:.4} {:.8}", " {}\n"])
def test_a_typed_code_is_recognised(shape: str) -> None:
    code = new_typed_code()
    written = group_digits(code) if ":" in shape else shape.format(code)
    assert parse(written) == Typed(code)


def test_full_width_digits_and_dashes_are_forgiven() -> None:
    code = new_typed_code()
    wide = "".join(chr(ord("\N{FULLWIDTH DIGIT ZERO}") + int(digit)) for digit in code)
    assert parse("—".join((wide[:4], wide[4:8], wide[8:]))) == Typed(code)


def test_digits_are_grouped_as_they_are_read_aloud() -> None:
    assert group_digits("123456789012") == "1234 5678 9012"


@given(st.from_regex(r"[0-9]{11}", fullmatch=True), st.integers(0, 11), st.integers(1, 9))
def test_every_single_wrong_digit_is_caught(digits: str, at: int, add: int) -> None:
    code = _with_check(digits)
    wrong = code[:at] + str((int(code[at]) + add) % 10) + code[at + 1 :]
    with pytest.raises(InvalidInput, match="输错了一位") as refused:
        parse(wrong)
    assert refused.value.code == "CODE_MISTYPED"


@given(st.from_regex(r"[0-9]{11}", fullmatch=True), st.integers(0, 10))
def test_every_swap_of_neighbours_is_caught(digits: str, at: int) -> None:
    code = _with_check(digits)
    wrong = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if wrong != code:
        with pytest.raises(InvalidInput, match="颠倒"):
            parse(wrong)


@pytest.mark.parametrize("text", ["12345678901", "6901234567892", "1"])
def test_a_wrong_number_of_digits_is_told(text: str) -> None:
    with pytest.raises(InvalidInput, match=f"{len(text)} 位") as refused:
        parse(text)
    assert refused.value.code == "CODE_MISTYPED"


@given(st.text(max_size=200))
@example("")
@example("HG1:")
@example("HG1:C")
@example("HG1:C" + "0" * 25)
@example("HG1:X" + "0" * 26)
@example("HG1:P" + "0" * 17 + "U")
@example("https://example.org/HG1:C" + "0" * 26)
@example("9" * 100_000)
@example("¹²³⁴⁵⁶")
@example("\ufdfa" * 64)
def test_hostile_text_is_refused_or_recognised_and_nothing_else(text: str) -> None:
    assert _answer(text) in {"recognised", "CODE_UNKNOWN", "CODE_MISTYPED"}


def test_a_phone_code_holds_for_its_minute_and_one_either_side() -> None:
    public_id = new_public_id()
    shown = parse(rotating_code(KEY, public_id, NOON))
    assert isinstance(shown, Rotating)
    assert shown.public_id == public_id
    accepted = [
        minutes
        for minutes in range(-5, 6)
        if rotating_step(KEY, public_id, shown.mac, NOON + timedelta(minutes=minutes)) is not None
    ]
    assert accepted == [-1, 0, 1]


def test_the_accepted_step_is_the_one_that_was_shown() -> None:
    public_id = new_public_id()
    shown = parse(rotating_code(KEY, public_id, NOON))
    assert isinstance(shown, Rotating)
    step = int(NOON.timestamp()) // 60
    later = NOON + timedelta(minutes=1)
    assert rotating_step(KEY, public_id, shown.mac, NOON) == step
    assert rotating_step(KEY, public_id, shown.mac, later) == step


def test_another_credentials_key_or_id_is_refused() -> None:
    public_id = new_public_id()
    shown = parse(rotating_code(KEY, public_id, NOON))
    assert isinstance(shown, Rotating)
    assert rotating_step(KEY[::-1], public_id, shown.mac, NOON) is None
    assert rotating_step(KEY, new_public_id(), shown.mac, NOON) is None


def test_ten_thousand_mutated_phone_codes_never_verify() -> None:
    chance = random.Random(20260901)
    public_id = "0123456789"
    genuine = rotating_code(KEY, public_id, NOON)
    for _round in range(10_000):
        code = list(genuine)
        for place in chance.sample(range(5, len(code)), chance.randint(1, 4)):
            code[place] = chance.choice(CROCKFORD.replace(code[place], ""))
        shown = parse("".join(code))
        assert isinstance(shown, Rotating)
        assert rotating_step(KEY, shown.public_id, shown.mac, NOON) is None


def test_a_stored_code_is_found_after_the_key_was_changed() -> None:
    old, new = "old-secret-0123456789-abcdefghijklmnop", "new-secret-9876543210-zyxwvutsrqponmlk"
    stored = lookup_hash(Keyring([old]), "123456789012")
    rotated = Keyring([new, old])
    assert stored in lookup_hashes(rotated, "123456789012")
    assert lookup_hash(rotated, "123456789012") == lookup_hashes(rotated, "123456789012")[0]
    assert stored not in lookup_hashes(Keyring([new]), "123456789012")


def test_codes_do_not_repeat() -> None:
    assert len({new_card_code() for _ in range(1000)}) == 1000
    assert len({new_public_id() for _ in range(1000)}) == 1000
    assert len({new_typed_code() for _ in range(1000)}) == 1000


def _answer(text: str) -> str:
    try:
        parse(text)
    except InvalidInput as refusal:
        return refusal.code
    return "recognised"


def _with_check(digits: str) -> str:
    for check in "0123456789":
        try:
            parse(digits + check)
        except InvalidInput:
            continue
        return digits + check
    raise AssertionError(digits)
