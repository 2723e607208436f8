"""The two programmes of the demo county: defined, approved, joined by providers, issued."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from core.demo import CANTEEN, DAY_CARE, HOME_CARE, SCHOOL, VISITOR, VOCATIONAL
from plugins.voucher.demo.story import CARE, EDU, Card, Story, clerk_of

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
# What a kind of provider offers, in fen; None: entered at the till.
OFFERS: dict[str, dict[str, int | None]] = {
    CANTEEN: {"meal": 1_200},
    HOME_CARE: {"clean": 5_500, "bath": 9_000, "walk": 3_000, "doctor": None},
    DAY_CARE: {"meal": 1_300, "bath": 8_000, "rehab": 9_000, "walk": 2_500},
    SCHOOL: {"fee": None},
    VOCATIONAL: {"fee": None, "workshop": None},
}


def define(story: Story) -> None:
    """Define both programmes and have them approved by second persons."""
    first, last = story.world.month(2), date(story.world.today.year, 12, 31)
    care = _terms(
        CARE_SERVICES,
        _class("E", "养老服务储值券"),
        _class("G", "高龄护理加额券", services=["bath", "rehab"]),
    )
    care |= {"single_use": False, "remainder": "keep", "void_window": "same_day"}
    _define(story, CARE, f"{first.year}年养老服务券", "civil_affairs", care | _days(first, last))
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
    # Some weeks beyond this month, so that there are cards to scan whenever the demo is loaded.
    last = story.world.month(-1) + timedelta(27)
    _define(story, EDU, f"{first.year}年教育券", "education", edu | _days(first, last))


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


def _days(first: date, last: date) -> dict[str, str]:
    return {"valid_from": first.isoformat(), "valid_through": last.isoformat()}


def _define(story: Story, code: str, name: str, office: str, terms: dict[str, Any]) -> None:
    world, clerk = story.world, clerk_of(code)
    made = world.do(
        clerk,
        "programme.create",
        at=world.before(30, "09:30"),
        code=code,
        name=name,
        organisation_id=world.organisations[office],
        terms=terms | {"funding": [{"line_id": world.lines[code]}]},
    )["id"]
    world.do(clerk, "programme.submit", at=world.before(30, "11:00"), id=made)
    approver = clerk.replace("clerk", "approver")
    world.do(approver, "programme.approve", at=world.before(28, "15:00"), id=made)
    story.programmes[code] = made


def admit(story: Story) -> None:
    """Admit every provider to its programme and let it register services and prices."""
    world = story.world
    for provider in world.providers:
        code = EDU if provider.kind in {SCHOOL, VOCATIONAL} else CARE
        world.do(
            clerk_of(code),
            "admission.admit",
            at=world.before(25, "10:00"),
            programme_id=story.programmes[code],
            provider_id=provider.id,
        )
        for service, usual in OFFERS[provider.kind].items():
            price = usual and usual + 100 * world.inventor.random.randint(-2, 2)
            story.prices[provider.id, service] = price
            world.do(
                provider.manager,
                "offer.set",
                at=world.before(22, "16:00"),
                programme_id=story.programmes[code],
                service_code=service,
                price_fen=price,
            )


def issue(story: Story) -> None:
    """Issue all vouchers with a printed card each; two holders sign in on a phone as well."""
    world, first = story.world, story.world.month(2)
    holders = {
        "E": world.elders,
        "G": [one for one in world.elders if one.age_on(first) >= SENIOR],
        "A": [one for one in world.pupils if one.age_on(first) < VOCATIONAL_AGE],
        "B": [one for one in world.pupils if one.age_on(first) >= VOCATIONAL_AGE],
    }
    for class_code, people in holders.items():
        code = CARE if class_code in {"E", "G"} else EDU
        issued = world.do(
            clerk_of(code),
            "voucher.issue",
            at=world.before(15, "10:00"),
            programme_id=story.programmes[code],
            class_code=class_code,
            resident_ids=[one.id for one in people],
        )["vouchers"]
        cards = world.do(
            clerk_of(code),
            "voucher.print_cards",
            at=world.before(12, "10:00"),
            voucher_ids=[voucher["id"] for voucher in issued],
        )["cards"]
        story.cards[class_code] = [
            Card(card["voucher_id"], card["typed"], holder, FACES[class_code])
            for card, holder in zip(cards, people, strict=True)
        ]
    for card in (story.cards["E"][0], story.cards["A"][0]):
        world.do(
            VISITOR,
            "auth.login_resident",
            at=world.before(8, "19:30"),
            id_number=card.holder.person.id_number,
            code=card.typed,
        )
