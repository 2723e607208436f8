"""The elder-care voucher, a stored value, and the education voucher, which is used once."""

from __future__ import annotations

from typing import Any

from core.demo import CANTEEN, DAY_CARE, HOME_CARE, SCHOOL, VOCATIONAL
from plugins.voucher.demo import programmes
from plugins.voucher.demo.story import CARE, EDU, Story

HOLDERS = (320, 60)  # elders with a stored-value voucher
SENIOR, VOCATIONAL_AGE = 80, 16
# Fen of each class of voucher.
FACES = {"E": 60_000, "G": 20_000, "A": 50_000, "B": 30_000}
# Code, name, unit, highest price in fen.
CARE_SERVICES = (
    ("meal", "助餐", "餐", 1_500),
    ("bath", "助浴", "次", 10_000),
    ("clean", "助洁", "小时", 8_000),
    ("walk", "助行", "次", 5_000),
    ("doctor", "助医（陪诊）", "次", 15_000),
    ("rehab", "康复护理", "次", 12_000),
)
EDU_SERVICES = (("fee", "学费", "学期", None), ("workshop", "实训费", "学期", None))
CARE_OFFERS: programmes.Offers = {
    CANTEEN: {"meal": 1_200},
    HOME_CARE: {"clean": 5_500, "bath": 9_000, "walk": 3_000, "doctor": None},
    DAY_CARE: {"meal": 1_300, "bath": 8_000, "rehab": 9_000, "walk": 2_500},
}
EDU_OFFERS: programmes.Offers = {
    SCHOOL: {"fee": None},
    VOCATIONAL: {"fee": None, "workshop": None},
}


def begin(story: Story) -> None:
    """Define both programmes, admit their providers and issue all vouchers."""
    care = _terms(
        CARE_SERVICES,
        _class("E", "养老服务储值券"),
        _class("G", "高龄护理加额券", services=["bath", "rehab"]),
    )
    care |= {"single_use": False, "remainder": "keep", "void_window": "same_day"}
    care |= programmes.lasting(story)
    programmes.define(story, CARE, "养老服务券", care, [("CARE", 1_000_000)])
    edu = _terms(
        EDU_SERVICES,
        _class("A", "民办义务教育券", provider_tag=SCHOOL, services=["fee"]),
        _class("B", "职业教育券", provider_tag=VOCATIONAL),
    )
    edu |= {
        "single_use": True,
        "remainder": "forfeit",
        "beyond": "self_pay",
        "void_window": "until_lock",
    }
    edu |= programmes.lasting_a_while(story)
    programmes.define(story, EDU, "教育券", edu, [("EDU", 1_000_000)])
    programmes.admit(story, CARE, CARE_OFFERS)
    programmes.admit(story, EDU, EDU_OFFERS)
    _issue(story)


def _terms(services: tuple[Any, ...], *classes: dict[str, Any]) -> dict[str, Any]:
    amounts = [{"classes": [one["code"]], "quantity": FACES[one["code"]]} for one in classes]
    return {
        "classes": list(classes),
        "allotments": [{"code": "face", "name": "面额", "amounts": amounts}],
        "services": [
            {"code": code, "name": name, "unit": unit, "maximum_price_fen": price}
            for code, name, unit, price in services
        ],
        "confirm_days": 15,
    }


def _class(code: str, name: str, **limits: Any) -> dict[str, Any]:
    return {"code": code, "name": name, **limits}


def _issue(story: Story) -> None:
    """Issue everybody's voucher; two holders sign in on a phone as well."""
    world, first = story.world, story.world.month(2)
    elders = world.elders[: world.some(HOLDERS[0], least=HOLDERS[1])]
    holders = {
        "E": (CARE, elders),
        "G": (CARE, [one for one in elders if one.age_on(first) >= SENIOR]),
        "A": (EDU, [one for one in world.pupils if one.age_on(first) < VOCATIONAL_AGE]),
        "B": (EDU, [one for one in world.pupils if one.age_on(first) >= VOCATIONAL_AGE]),
    }
    for class_code, (code, people) in holders.items():
        for card in programmes.issue(story, code, class_code, people):
            card.left_fen = FACES[class_code]
    for card in (story.cards["E"][0], story.cards["A"][0]):
        programmes.sign_in(story, card)
