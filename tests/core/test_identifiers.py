"""Check digits: every sample the standards' users gave us, every error they should catch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from core.errors import InvalidInput
from core.fields import Text, schema
from core.identifiers import (
    CREDIT_ALPHABET,
    check_bank_account,
    check_citizen_id,
    check_credit_code,
    check_phone,
    citizen_id_with_check,
    credit_code_with_check,
    holds_citizen_id,
    organisation_number_with_check,
)

CREDIT_CODES = """
11430112000000019H 11430112000000027C 12220102000000115N 122201020000003859 13430100000000211H
51220100MJ00000180 52430112MJ0000122Y 53510000MJ0000237Y 91330522MA0000138E 91430112MA0000218L
92220102MA00002XXE 93510116MA0000357D 31220000MD0000462U 54430112ME00005706 N2510116MF0000689P
""".split()

CITIZENS = [
    ("220100194103170219", date(1941, 3, 17), "male"),
    ("220100195309020130", date(1953, 9, 2), "male"),
    ("430100193806281024", date(1938, 6, 28), "female"),
    ("430100196601150112", date(1966, 1, 15), "male"),
    ("430100196601310294", date(1966, 1, 31), "male"),
    ("330500201304050248", date(2013, 4, 5), "female"),
    ("330500200911200151", date(2009, 11, 20), "male"),
    ("510100202008110361", date(2020, 8, 11), "female"),
    ("510100201901010449", date(2019, 1, 1), "female"),
    ("43010019500101004X", date(1950, 1, 1), "female"),
    ("220100200002290172", date(2000, 2, 29), "male"),
    ("220100199001010030", date(1990, 1, 1), "male"),
]


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_every_sample_credit_code_is_accepted(code: str) -> None:
    assert check_credit_code(code) == code


def test_a_credit_code_is_accepted_as_people_type_it() -> None:
    assert check_credit_code(" n2510116mf0000689p ") == "N2510116MF0000689P"
    assert check_credit_code("91330522 MA00 0013 8E") == "91330522MA0000138E"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("91330522MA00001380", "第 18 位"),
        ("91330522MA0000138", "17 位"),
        ("9133052IMA0000138E", "第 8 位"),
        ("9133052AMA0000138E", "第 8 位应为数字"),
        (credit_code_with_check("91330522MA0000137"), "第 9 至 17 位"),
        ("", "0 位"),
        ("9" * 5000, "过长"),
    ],
)
def test_a_wrong_credit_code_is_refused_with_the_place(code: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_credit_code(code)


@given(st.sampled_from(CREDIT_CODES), st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_any_one_wrong_character_of_a_credit_code_is_caught(code: str, at: int, other: str) -> None:
    wrong = code[:at] + other + code[at + 1 :]
    if wrong != code:
        with pytest.raises(InvalidInput):
            check_credit_code(wrong)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8))
def test_a_completed_credit_code_is_valid(organisation: str) -> None:
    first17 = "91430112" + organisation_number_with_check(organisation)
    assert check_credit_code(credit_code_with_check(first17))


@pytest.mark.parametrize(("number", "born_on", "sex"), CITIZENS)
def test_every_sample_citizen_id_tells_birth_date_and_sex(
    number: str, born_on: date, sex: str
) -> None:
    holder = check_citizen_id(number)
    assert (holder.number, holder.born_on, holder.sex) == (number, born_on, sex)
    assert citizen_id_with_check(number[:17]) == number


def test_a_small_or_full_width_x_is_accepted() -> None:
    assert check_citizen_id("43010019500101004x").number == "43010019500101004X"
    wide = "43010019500101004\N{FULLWIDTH LATIN CAPITAL LETTER X}"
    assert check_citizen_id(wide).number == "43010019500101004X"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("220100194103170218", "最后一位校验码"),
        ("220100194102300210", "第 7 至 14 位"),
        ("22010019410317021", "17 位"),
        ("2201001941031702X9", "第 17 位"),
        ("22010019410317021A", "第 18 位"),
        (citizen_id_with_check("99010019410317021"), "前两位"),
        ("²20100194103170219٣", "19 位"),
        ("22010019410317021٣", "第 18 位"),
    ],
)
def test_a_wrong_citizen_id_is_refused_with_the_place(number: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_citizen_id(number)


@given(st.sampled_from(CITIZENS), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_any_one_wrong_digit_of_a_citizen_id_is_caught(
    citizen: tuple[str, date, str], at: int, other: str
) -> None:
    wrong = citizen[0][:at] + other + citizen[0][at + 1 :]
    if wrong != citizen[0]:
        with pytest.raises(InvalidInput):
            check_citizen_id(wrong)


@pytest.mark.parametrize(
    "text",
    ["13800138000", "+86 138-0013-8000", "0086 13800138000", "\N{FULLWIDTH DIGIT ONE}3800138000"],
)
def test_a_phone_number_is_accepted_as_people_type_it(text: str) -> None:
    assert check_phone(text) == "13800138000"


@pytest.mark.parametrize(
    ("text", "says"),
    [("1380013800", "11 位"), ("12800138000", "前两位"), ("073188881234", "11 位"), ("", "11 位")],
)
def test_a_wrong_phone_number_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        check_phone(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("19-030101040012345", "19030101040012345"),
        ("1901 0201 0920 0012 345", "1901020109200012345"),
        ("43050176833600000123", "43050176833600000123"),
        ("nra12345678", "NRA12345678"),
    ],
)
def test_an_organisations_account_needs_no_luhn_digit(text: str, number: str) -> None:
    assert check_bank_account(text) == number


def test_a_bank_card_is_checked_by_luhn() -> None:
    assert check_bank_account("6222 0000 0000 0000 004", kind="card") == "6222000000000000004"
    with pytest.raises(InvalidInput, match="校验位"):
        check_bank_account("6222000000000000005", kind="card")
    with pytest.raises(InvalidInput, match="16 至 19 位"):
        check_bank_account("43050176833600000123", kind="card")


@pytest.mark.parametrize("text", ["1234567", "1" * 33, "12345678;--", "账号12345678"])
def test_a_wrong_account_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="8 至 32 位"):
        check_bank_account(text)


@given(st.from_regex(r"[0-9A-Z]{8,40}", fullmatch=True))
@example("220100194103170218")
@example("91330522MA00001380")
@example("6222000000000000007")
def test_no_refusal_ever_repeats_the_number(text: str) -> None:
    checks = (check_credit_code, check_citizen_id, check_phone, check_bank_account)
    assert all(text not in _said(check, text) for check in checks)


def _said(check: Callable[[str], object], text: str) -> str:
    try:
        check(text)
    except InvalidInput as refusal:
        return f"{refusal.message}{refusal.problem()}"
    return ""


@pytest.mark.parametrize(
    "text",
    [
        "本人43010019500101004x，夜班几人？",
        "证号 430100 19380628 1024",
        "证号４３０１００１９６６０１１５０１１２。",
        "430100-19660131-0294",
        "号码7430100196601310294在此",
    ],
)
def test_an_identity_number_is_found_wherever_it_stands(text):
    assert holds_citizen_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "夜班几人？",
        "430100196601310295",
        "430100199902310294",
        "电话 13800138000，金额 960000.00 元，2026-03-01 至 2027-02-28",
        "账号 6222021901000000172",
        "",
    ],
)
def test_other_numbers_are_no_identity_numbers(text):
    assert not holds_citizen_id(text)


def test_public_text_refuses_an_identity_number_and_other_text_takes_it():
    form = schema("Said", words=Text(public=True), private=Text())
    number = CITIZENS[0][0]
    assert form.load({"words": "好", "private": number}) == {"words": "好", "private": number}
    with pytest.raises(ValidationError) as refused:
        form.load({"words": f"我是 {number}"})
    (sentence,) = refused.value.normalized_messages()["words"]
    assert "身份证" in sentence
    assert number not in sentence
