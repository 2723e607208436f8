"""What the demo county may buy: its catalogue, next year's open for comment, asks that wait."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from core.demo.world import VISITOR, World

NOTICE_DAYS = 10
# What people said of the first draft, and what was answered.
SAID = (
    ("resident", "A07", "希望助餐服务周末也开。", "已采纳，周末供餐写入服务标准。"),
    ("social_organisation", "B03", "建议把社工服务放到村里。", "已采纳，乡镇可以购买。"),
    ("expert", None, "建议每项写明购买层级。", "草案已逐项写明。"),
)


def build(world: World, *, division_code: str) -> None:
    """Publish the county's catalogue, and leave next year's, a second batch and asks on the way."""
    first = _publish(world, division_code)
    _restrict(world, division_code)
    _second_batch(world, division_code)
    _next_year(world, first)
    world.say(_("指导性目录一本已公布，下一年度的正在征求意见"))


def _publish(world: World, division_code: str) -> int:
    """Have a catalogue drafted, put to the public, answered, submitted and published."""
    began, year = world.before(80, "09:00"), world.month(2).year
    draft: int = world.do(
        "budget",
        "catalogue.adopt",
        at=began,
        division_code=division_code,
        year=year,
        name=f"{year}年政府购买服务指导性目录",
    )["id"]
    first = began.date()
    days = {"from_on": first, "to_on": first + timedelta(NOTICE_DAYS - 1)}
    _open(world, draft, at=began, days=days)
    for speaker, code, text, answer in SAID:
        fields = {"speaker": speaker, "text": text} | ({"item_code": code} if code else {})
        said = world.do(
            VISITOR, "catalogue.comment", at=world.before(78, "20:15"), catalogue_id=draft, **fields
        )
        at = world.before(77, "10:00")
        world.do("budget", "catalogue.answer_comment", at=at, id=said["id"], answer=answer)
    over = world.before(80 - NOTICE_DAYS, "09:00")
    world.do(
        "budget",
        "catalogue.submit",
        at=over,
        id=draft,
        consultation="征求了各部门和公众的意见，采纳 3 条。",
        valid_from=(over.date() + timedelta(1)).isoformat(),
    )
    at = world.before(80 - NOTICE_DAYS, "15:00")
    world.do("approver", "catalogue.publish", at=at, id=draft, document=f"望财购〔{year}〕1号")
    return draft


def _open(world: World, draft: int, *, at: datetime, days: dict[str, date]) -> None:
    told = {name: str(day) for name, day in days.items()}
    world.do("budget", "catalogue.open_comment", at=at, id=draft, **told)


def _restrict(world: World, division_code: str) -> None:
    """Ask for an entry of its own, and clear a phrase that only sounds like a forbidden one."""
    asked, decided = world.before(60, "10:00"), world.before(59, "10:00")
    place = {"division_code": division_code}
    world.do(
        "budget",
        "negative.add_entry",
        at=asked,
        text="形象工程和节庆晚会",
        reason="与基本公共服务无关",
        basis="望城区政府常务会议纪要",
        words=["节庆晚会", "形象工程"],
        from_on=asked.date().isoformat(),
        **place,
    )
    cleared = world.do(
        "budget",
        "negative.ask_clearance",
        at=asked,
        entry="licence",
        phrase="行政许可窗口引导服务",
        reason="只做咨询引导和帮办代办，不作许可决定",
        document=f"望财购函〔{asked.year}〕3号",
        **place,
    )
    world.do("approver", "negative.decide_clearance", at=decided, id=cleared["id"], agree=True)


def _second_batch(world: World, division_code: str) -> None:
    """Leave a second batch in draft, an office's proposal in it, another one open."""
    at, year = world.before(20, "09:00"), world.month(2).year
    draft = world.do(
        "budget",
        "catalogue.adopt",
        at=at,
        division_code=division_code,
        year=year,
        name=f"{year}年政府购买服务指导性目录（第二批）",
        batch=2,
        codes=["A14"],
    )["id"]
    for office, clerk, name, content, need in (
        (
            "education",
            "edu-clerk",
            "上下学护送",
            "校门口护送和交通劝导",
            "全区 86 所学校，教师轮值",
        ),
        ("civil_affairs", "care-clerk", "独居老人探访", "每周上门探访一次", "独居老人 3,200 人"),
    ):
        asked = world.do(
            clerk,
            "catalogue.propose",
            at=at,
            organisation_id=world.organisations[office],
            name=name,
            content=content,
            need=need,
            flags=["new"],
        )
        if office == "education":
            world.do(
                "budget",
                "catalogue.take_proposal",
                at=at,
                id=asked["id"],
                catalogue_id=draft,
                code="A14-1",
                category="A",
                upper_code="A14",
            )


def _next_year(world: World, first: int) -> None:
    """Put the next year's version to the public, so that somebody may comment now."""
    day = world.today - timedelta(3)
    at, year = world.at(day, "09:00"), world.month(2).year + 1
    draft = world.do(
        "budget",
        "catalogue.revise",
        at=at,
        id=first,
        year=year,
        name=f"{year}年政府购买服务指导性目录",
    )["id"]
    world.do("budget", "catalogue.drop_item", at=at, catalogue_id=draft, code="C01")
    world.do(
        "budget",
        "catalogue.put_item",
        at=at,
        catalogue_id=draft,
        code="D08",
        name="监测服务",
        category="D",
        nature="public",
        content="环境、地质、气象和健康的监测，含乡镇饮用水源",
        levels=["county", "township"],
    )
    _open(world, draft, at=at, days={"from_on": day, "to_on": day + timedelta(NOTICE_DAYS * 2)})
    world.do(
        VISITOR,
        "catalogue.comment",
        at=world.at(day, "20:30"),
        catalogue_id=draft,
        speaker="resident",
        text="饮用水监测结果能不能贴到村里？",
        item_code="D08",
    )
