"""A villager's order becomes a filed plan, on her phone and at the office."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.looks import DESK, PHONE, measured, violations
from tests.purchase_world import item, prepare

WHOLE = {
    "name": "高塘岭助餐",
    "need": "独居老人做饭难。",
    "standard": "两荤一素，热链送达。",
    "quantity": "20000",
    "unit": "餐",
    "starts_on": "2026-10-01",
    "ends_on": "2026-12-31",
    "goal": "让独居老人每天吃上一顿热饭。",
    "form_reason": "口味各异，由老人自己选食堂。",
    "funding-0-amount_fen": "1000",
    **{
        f"indicators-{i}-{name}": value
        for i, row in enumerate(
            (("助餐", "20000", "40"), ("热餐率", "98", "30"), ("满意", "90", "30"))
        )
        for name, value in zip(("name", "target", "weight"), row, strict=True)
    },
    **{f"indicators-{i}-unit": unit for i, unit in enumerate(("餐", "%", "%"))},
}


def look(page: Page) -> None:
    """Hold a page to what every page must be, and load it anew."""
    assert measured(page, PHONE) + measured(page, DESK) + violations(page) == []
    page.goto(page.url)


def publish_menu(town) -> None:
    """Let the office write a menu and publish it."""
    clerk, approver = town.staff("purchaser_clerk"), town.staff("purchaser_approver")
    clerk.goto("/demands/menus/new")
    look(clerk)
    clerk.get_by_label("菜单名称").fill("秋季菜单")
    clerk.get_by_label("哪个地方").select_option("430112")
    clerk.locator("[name=closes_on]").fill("2026-12-31")
    clerk.locator(f"[name=items][value='{item('A07')}']").check()
    clerk.locator(f"[name='words-{item('A07')}']").fill("送餐、助浴、陪诊")
    clerk.get_by_role("button", name="保存").click()
    approver.goto(clerk.url)
    look(approver)
    approver.get_by_role("button", name="发布").click()
    approver.goto("/demands/menus")
    look(approver)


def test_a_villagers_order_becomes_a_filed_plan(town):
    with town.site.app.app_context():
        prepare(town.path.county)
    publish_menu(town)
    order(town)
    number = plan(town)
    comment(town)
    town.site.at("2026-10-20T09:00")
    page = decide(town, number)
    expect(page.get_by_text("已备案").first).to_be_visible()
    look(page)
    page.goto("/purchases/")
    look(page)
    for resident in (town.resident(), town.resident(1)):
        resident.goto("/orders/")
        expect(resident.get_by_text("已备案，钱已经留好")).to_be_visible()
        look(resident)


def order(town) -> None:
    """Let a villager order from the menu and her neighbour support it."""
    villager = town.resident()
    villager.goto("/orders/menu")
    look(villager)
    villager.get_by_role("link", name="点这个").click()
    look(villager)
    villager.get_by_label("用自己的话说说").fill("独居老人做饭难，每天一餐热饭就好。")
    villager.get_by_label("大约多少人需要").fill("12")
    villager.get_by_role("button", name="点菜").click()
    expect(villager.get_by_text("等待安排")).to_be_visible()
    neighbour = town.resident(1)
    neighbour.goto("/orders/near")
    look(neighbour)
    neighbour.get_by_role("button", name="我也要").click()
    expect(neighbour.get_by_text("已附议")).to_be_visible()


def plan(town) -> str:
    """Let the clerk make a plan of the order and ask the public; return the plan's number."""
    clerk = town.staff("purchaser_clerk")
    for address in ("/demands/", "/demands/needs", "/demands/1", "/demands/new"):
        clerk.goto(address)
        look(clerk)
    clerk.goto("/demands/1")
    clerk.get_by_role("link", name="编成购买计划").click()
    look(clerk)
    write(clerk)
    clerk.get_by_role("button", name="保存").click()
    expect(clerk.get_by_role("heading", name="高塘岭助餐", level=1)).to_be_visible()
    number = clerk.url.rsplit("/", 1)[1]
    look(clerk)
    clerk.get_by_role("button", name="发布征求意见").click()
    expect(clerk.get_by_text("已发布征求意见")).to_be_visible()
    return number


def comment(town) -> None:
    """Let somebody of the public comment on the plan."""
    anybody = town.window(base_url=town.site.url)
    anybody.goto("/plans/")
    look(anybody)
    anybody.get_by_role("link", name=re.compile("看需求.*高塘岭助餐")).click()
    look(anybody)
    anybody.get_by_label("您的意见").fill("能不能也送晚饭？")
    anybody.get_by_role("button", name="提交意见").click()
    expect(anybody.get_by_text("谢谢您的意见")).to_be_visible()


def decide(town, number) -> Page:
    """Submit, agree and file; return the window of who filed."""
    clerk = town.staff("purchaser_clerk")
    clerk.goto(f"/purchases/{number}")
    look(clerk)
    clerk.get_by_role("button", name="提交复核").click()
    for role, button in (("purchaser_approver", "同意"), ("finance_budget", "备案并预留")):
        page = town.staff(role)
        page.goto(f"/purchases/{number}")
        look(page)
        page.get_by_role("button", name=button).click()
    return page


def write(clerk: Page) -> None:
    """Fill in a whole plan."""
    clerk.get_by_label("目录事项").select_option(str(item("A07")))
    for name, value in WHOLE.items():
        clerk.locator(f"[name='{name}']").fill(value)
    clerk.locator("[name=form]").select_option("voucher")
    clerk.locator("[name=recipients_choose]").check()
    clerk.locator("[name='funding-0-line_id']").select_option(index=1)
    for code in ("institutions", "posts", "staff", "money"):
        clerk.locator(f"[name=no_add][value={code}]").check()
