"""What the demo county's villagers ordered: a menu, their needs in words, their supporters."""

from __future__ import annotations

from flask_babel import gettext as _

from core.demo.world import World

# Item, the dish in words, by which the offices describe it.
DISHES = (
    ("A07", "助餐、助浴、居家照护，符合条件的发券，自己挑地方"),
    ("A02", "学一门手艺，培训券自己挑学校"),
    ("A01", "学费教育券"),
    ("A09", "婴幼儿照护"),
)
# Item, township, community, need, people; what the programmes of the next months answer.
NEEDS = (
    ("A07", "430112106", "格塘村", "村里独居老人多，中午想有热饭送到家。", 46),
    ("A07", "430112101", "杨桥村", "失能老人洗澡难，希望有人上门助浴。", 18),
    ("A07", "430112001", "西塘社区", "子女白天上班，卧床老人想请人照护几个小时。", 27),
    ("A02", "430112103", "新富村", "返乡青年想学养老护理，拿证上岗。", 35),
    ("A01", "430112012", "铜官社区", "外来务工家庭孩子上民办学校，学费吃紧。", 52),
    ("A09", "430112006", "银杉社区", "双职工家庭三岁以下孩子没人带。", 64),
)
# What nobody has answered yet: item (none: on no menu), township, community, need, people.
WAITING = (
    ("A07", "430112107", "湛水村", "村里的日间照料中心想加两张午休床。", 12),
    (None, "430112115", "龙莲村", "想请老师周末来教智能手机。", 30),
)
WISH = "智能手机培训"


def build(world: World) -> None:
    """Publish a menu, record orders and let some residents stand behind them."""
    written, year = world.before(66, "09:00"), world.month(2).year
    asked = {"division_code": "430112", "on": written.date().isoformat()}
    found = world.do("budget", "catalogue.items_on", at=written, **asked)["items"]
    items = {item["code"]: item["id"] for item in found}
    world.items.update(items)
    menu = world.do(
        "care-clerk",
        "menu.create",
        at=written,
        title=f"{year}年民生服务菜单",
        division_code="430112",
        opens_on=written.date().isoformat(),
        closes_on=world.today.replace(month=12, day=31).isoformat(),
        offers=[{"catalogue_item_id": items[code], "words": words} for code, words in DISHES],
    )
    world.do("care-approver", "menu.publish", at=world.before(65, "09:00"), id=menu["id"])
    offers = dict(zip((code for code, _words in DISHES), menu["offer_ids"], strict=True))
    for place, (code, township, community, words, people) in enumerate(NEEDS):
        number = world.do(
            "care-clerk",
            "demand.order",
            at=world.before(63, f"{9 + place:02d}:00"),
            offer_id=offers[code],
            division_code=township,
            community=community,
            words=words,
            people=people,
        )["id"]
        world.demands.setdefault(code, []).append(number)
        for resident in world.elders[place * 3 : place * 3 + 3]:
            world.do(
                "care-clerk",
                "demand.support",
                at=world.before(62, f"{9 + place:02d}:00"),
                id=number,
                resident_id=resident.id,
            )
    for dish, township, community, words, people in WAITING:
        world.do(
            "care-clerk",
            "demand.order",
            at=world.at(world.today, "08:30"),
            division_code=township,
            community=community,
            words=words,
            people=people,
            **({"offer_id": offers[dish]} if dish else {"wish": WISH}),
        )
    world.say(_("群众点菜 %(n)s 项，等答复 %(w)s 项", n=len(NEEDS), w=len(WAITING)))
