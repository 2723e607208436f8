"""The check digits of the numbers people and organisations carry, and nothing that looks them up.

No sentence raised here repeats the number it refuses: it may reach a log or somebody else's screen.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from flask_babel import gettext as _

from core.errors import InvalidInput

Sex = Literal["male", "female"]
AccountKind = Literal["organisation", "card"]

# GB 32100-2015 leaves out I, O, S, V and Z; a character's value is its place.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_MODULUS = 31
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_CHECKS = "0X987654321"
CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CITIZEN_CHECKS = "10X98765432"
# The first two digits of every division code ever issued; 83 is on residence permits.
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
    "50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
LONGEST_INPUT = 64
CREDIT_LENGTH = 18
CREDIT_DIVISION = range(3, 9)  # places, counted from 1 as people count
CITIZEN_LENGTH = 18
EARLIEST_BIRTH = date(1800, 1, 1)


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A citizen identity number and what it says of its holder."""

    number: str
    born_on: date
    sex: Sex


def check_credit_code(text: str) -> str:
    """Return a unified social credit code in its canonical form (18 characters, upper case).

    Any registering department is accepted, also the letters (N: rural collectives); the
    organisation number inside must pass its own check. Source: GB 32100-2015, GB 11714-1997.
    Raises InvalidInput.
    """
    code = _tidied(text).upper()
    if len(code) != CREDIT_LENGTH:
        raise _invalid(
            "CREDIT_CODE_INVALID",
            _(
                "统一社会信用代码应为 18 位，现在是 %(length)s 位，请对照登记证书逐位补正。",
                length=len(code),
            ),
        )
    for place, character in enumerate(code, start=1):
        if character not in CREDIT_ALPHABET:
            raise _invalid(
                "CREDIT_CODE_INVALID",
                _(
                    "统一社会信用代码第 %(place)s 位不对：只用数字和大写字母，"
                    "且不含 I、O、S、V、Z，请对照登记证书改正。",
                    place=place,
                ),
            )
        if place in CREDIT_DIVISION and not character.isdigit():
            raise _invalid(
                "CREDIT_CODE_INVALID",
                _(
                    "统一社会信用代码第 %(place)s 位应为数字(第 3 至 8 位是登记机关的"
                    "行政区划代码)，请对照登记证书改正。",
                    place=place,
                ),
            )
    if credit_code_with_check(code[:17]) != code:
        raise _invalid(
            "CREDIT_CODE_INVALID",
            _("统一社会信用代码第 18 位校验码与前 17 位不符，其中至少有一位录错，请逐位核对。"),
        )
    if organisation_number_with_check(code[8:16]) != code[8:17]:
        raise _invalid(
            "CREDIT_CODE_INVALID",
            _("统一社会信用代码第 9 至 17 位（主体标识码）的校验码不符，请对照登记证书逐位核对。"),
        )
    return code


def check_citizen_id(text: str) -> CitizenId:
    """Return a citizen identity number with the birth date and sex it carries.

    Province digits, date and check character are checked; the county is not looked up, because
    people keep the codes of abolished counties. Source: GB 11643-1999. Raises InvalidInput.
    """
    number = _tidied(text).upper()
    if len(number) != CITIZEN_LENGTH:
        raise _invalid(
            "CITIZEN_ID_INVALID",
            _(
                "居民身份证号码应为 18 位，现在是 %(length)s 位，请对照证件逐位补正。",
                length=len(number),
            ),
        )
    wrong = next((i for i, character in enumerate(number[:17], 1) if not _digit(character)), None)
    if wrong is not None or not (_digit(number[17]) or number[17] == "X"):
        raise _invalid(
            "CITIZEN_ID_INVALID",
            _(
                "居民身份证号码第 %(place)s 位不对：前 17 位只能是数字，"
                "第 18 位是数字或 X，请对照证件改正。",
                place=wrong or 18,
            ),
        )
    if number[:2] not in PROVINCES:
        raise _invalid(
            "CITIZEN_ID_INVALID",
            _("居民身份证号码前两位不是省级行政区划代码，请对照证件核对第 1、2 位。"),
        )
    born_on = _birth_date(number[6:14])
    if citizen_id_with_check(number[:17]) != number:
        raise _invalid(
            "CITIZEN_ID_INVALID",
            _("居民身份证号码最后一位校验码与前 17 位不符，其中至少有一位录错，请逐位核对。"),
        )
    return CitizenId(number, born_on, "male" if int(number[16]) % 2 else "female")


def holds_citizen_id(text: str) -> bool:
    """Tell whether a valid citizen identity number stands anywhere in a text.

    Full-width digits are read as digits; blanks and hyphens between digits do not hide a number.
    """
    plain = re.sub(r"(?<=\d)[\s\-.·]+(?=[\dX])", "", unicodedata.normalize("NFKC", text).upper())
    return any(
        _is_citizen_id(found.group(1))
        for found in re.finditer(rf"(?=([0-9]{{{CITIZEN_LENGTH - 1}}}[0-9X]))", plain)
    )


def _is_citizen_id(number: str) -> bool:
    try:
        check_citizen_id(number)
    except InvalidInput:
        return False
    return True


def check_phone(text: str) -> str:
    """Return a mainland mobile number as 11 digits; a leading +86 is taken off.

    Raises InvalidInput.
    """
    number = re.sub(r"^(?:\+|00)86", "", _tidied(text, also="-()"))
    if not re.fullmatch(r"[0-9]{11}", number):
        raise _invalid(
            "PHONE_INVALID", _("手机号码应为 11 位数字，请核对位数，并去掉数字以外的字符。")
        )
    if not re.match(r"1[3-9]", number):
        raise _invalid(
            "PHONE_INVALID",
            _("手机号码前两位应为 13 至 19，请核对第 1、2 位；固定电话请填在备注中。"),
        )
    return number


def check_bank_account(text: str, *, kind: AccountKind = "organisation") -> str:
    """Return a bank account number without spaces and hyphens.

    An organisation's account is 8 to 32 digits or capital letters and carries no check digit of
    its own: each bank numbers its business accounts as it likes (12 to 23 digits, many of 16 to
    19 that fail Luhn), so Luhn here would refuse accounts that exist, and the bank itself
    compares number and name. A bank card (`kind="card"`: a person, an individual business, a
    unit card) is 16 to 19 digits and must pass Luhn (ISO/IEC 7812). Raises InvalidInput.
    """
    number = _tidied(text, also="-").upper()
    if kind == "card":
        if not re.fullmatch(r"[0-9]{16,19}", number):
            raise _invalid(
                "BANK_ACCOUNT_INVALID",
                _("银行卡号应为 16 至 19 位数字，请核对位数；单位账户请把账户类型改为“对公账户”。"),
            )
        if not _luhn(number):
            raise _invalid(
                "BANK_ACCOUNT_INVALID",
                _("银行卡号校验位不符，至少有一位录错，请对照卡面逐位核对。"),
            )
        return number
    if not re.fullmatch(r"[0-9A-Z]{8,32}", number):
        raise _invalid(
            "BANK_ACCOUNT_INVALID",
            _("银行账号应为 8 至 32 位数字或字母，请对照开户许可证或开户信息表核对。"),
        )
    return number


def organisation_number_with_check(first8: str) -> str:
    """Return an organisation number completed to 9 characters. Source: GB 11714-1997."""
    values = [int(character, 36) for character in first8]
    total = sum(v * w for v, w in zip(values, ORGANISATION_WEIGHTS, strict=True))
    return first8 + ORGANISATION_CHECKS[total % 11]


def credit_code_with_check(first17: str) -> str:
    """Return a credit code completed to 18 characters. Source: GB 32100-2015.

    Places 9 to 17 are an organisation number: build them by `organisation_number_with_check`.
    """
    total = sum(
        CREDIT_ALPHABET.index(character) * pow(3, place, CREDIT_MODULUS)
        for place, character in enumerate(first17)
    )
    return first17 + CREDIT_ALPHABET[-total % CREDIT_MODULUS]


def citizen_id_with_check(first17: str) -> str:
    """Return a citizen identity number completed to 18 characters. Source: GB 11643-1999."""
    total = sum(int(d) * w for d, w in zip(first17, CITIZEN_WEIGHTS, strict=True))
    return first17 + CITIZEN_CHECKS[total % 11]


def _tidied(text: str, *, also: str = "") -> str:
    """Return text as typed by hand made plain: full-width forms narrow, blanks gone."""
    if len(text) > LONGEST_INPUT:
        raise _invalid("INVALID_INPUT", _("录入的内容过长，请只填写号码本身。"))
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if not c.isspace() and c not in also)


def _birth_date(digits: str) -> date:
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        born_on = date.min
    if born_on < EARLIEST_BIRTH:
        raise _invalid(
            "CITIZEN_ID_INVALID",
            _("居民身份证号码第 7 至 14 位不是存在的出生日期，请对照证件核对年、月、日。"),
        )
    return born_on


def _digit(character: str) -> bool:
    return character in "0123456789"


def _luhn(number: str) -> bool:
    doubled = (sum(divmod(int(d) * 2, 10)) for d in number[-2::-2])
    return (sum(int(d) for d in number[-1::-2]) + sum(doubled)) % 10 == 0


def _invalid(code: str, message: str) -> InvalidInput:
    return InvalidInput(message, code=code)
