"""Invented people and numbers: plausible names, identifiers with right check digits, nobody real.

Persons carry city-level division codes (430100), which are hardly ever issued to people, and mobile
numbers of a segment that no operator has; landlines begin with a digit that no exchange has.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from core.identifiers import (
    citizen_id_with_check,
    credit_code_with_check,
    organisation_number_with_check,
)

CITY = "430100"
SURNAMES = "李王张刘陈杨黄周吴徐罗胡谢彭曾肖唐邓易龙谭蒋姚文廖何柳贺欧阳夏"
ELDER_NAMES = {
    "male": "德明 国强 福生 长发 金生 友良 运生 铁生 正云 志清 桂生 冬生 光辉 汉文 伯林".split(),
    "female": "秀英 桂英 玉兰 淑珍 春莲 冬梅 满英 菊香 翠娥 凤英 金莲 月娥 桃秀 佩兰".split(),
}
PUPIL_NAMES = {
    "male": "子轩 浩然 宇航 俊熙 思源 沐辰 星宇 锦程 明轩 奕辰 嘉树 景行 承泽 云帆".split(),
    "female": "梓涵 雨桐 欣怡 诗涵 一诺 佳怡 语晨 若曦 乐怡 可馨 知夏 清越 书瑶 念慈".split(),
}
ADULT_NAMES = {
    "male": "志强 建军 伟明 海涛 俊杰 国华 立新 晓东 振宇 永辉".split(),
    "female": "丽华 红梅 晓玲 海燕 雪芳 春艳 小青 慧兰 文静 敏芝".split(),
}
STAFF_NAMES = (
    "志远 丽娟 海波 慧敏 立军 晓燕 文杰 红霞 新华 雪梅 鹏程 艳芳 家明 静怡 春华 素云".split()
)


@dataclass(frozen=True)
class Person:
    """An invented resident before registration: what a line of the import file holds."""

    name: str
    id_number: str
    phone: str
    born_on: date
    township: str


class Inventor:
    """Makes people and numbers from a seed: the same ones every time, no two alike."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._numbers: set[str] = set()
        self._serial = 0

    def person(
        self, names: dict[str, list[str]], *, born_from: date, born_until: date, township: str
    ) -> Person:
        """Return a person born between two days (inclusive)."""
        sex = self.random.choice(("male", "female"))
        born_on = born_from + timedelta(self.random.randint(0, (born_until - born_from).days))
        return Person(
            name=self._surname() + self.random.choice(names[sex]),
            id_number=self._citizen_id(born_on, sex),
            phone=self.phone(),
            born_on=born_on,
            township=township,
        )

    def staff(self) -> str:
        """Return the name of somebody who works."""
        return self._surname() + self.random.choice(STAFF_NAMES)

    def phone(self) -> str:
        """Return a mobile number of eleven digits (169: given to no operator)."""
        return f"169{self._next():04d}{self.random.randint(0, 9999):04d}"

    def telephone(self) -> str:
        """Return a landline of the city; exchanges begin with 2 to 8, this one with 1."""
        return f"0731-1{self._next():03d}{self.random.randint(0, 9999):04d}"

    def credit_code(self, prefix: str, division: str) -> str:
        """Return a unified social credit code: `prefix` names registrar and kind."""
        letters = {"91": "MA", "52": "MJ"}.get(prefix, "01")
        number = organisation_number_with_check(f"{letters}{self._next():06d}")
        return credit_code_with_check(prefix + division + number)

    def bank_account(self) -> str:
        """Return an account number of an organisation (19 digits)."""
        return f"80430112{self._next():05d}{self.random.randint(0, 999_999):06d}"

    def _surname(self) -> str:
        surname = self.random.choice(SURNAMES)
        return "欧阳" if surname in "欧阳" else surname

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _citizen_id(self, born_on: date, sex: str) -> str:
        while True:
            order = self.random.randrange(0, 1000, 2) + (sex == "male")
            number = citizen_id_with_check(f"{CITY}{born_on:%Y%m%d}{order:03d}")
            if number not in self._numbers:
                self._numbers.add(number)
                return number
