"""A contract's people in Chromium: sealed bids on a phone, the opening, a villager who is heard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from core import clock, people
from core.access import User
from core.db import db, transaction
from core.parties import Organisation
from tests import factories, memory
from tests.browser.conftest import Site, site
from tests.browser.looks import DESK, PHONE, measured, violations
from tests.browser.town import signed_in
from tests.contract import bids_world
from tests.contract.awards_world import acting
from tests.contract.performance_world import Performing

DELIVERY = "2026-03-20T10:00"
PASSPHRASES = bids_world.PASSPHRASES


class Hall:
    """The county's procurement and performance, and windows for the people in it."""

    def __init__(self, served: Site, county: factories.County, window: Callable[..., Page]):
        self.site, self.county, self.window = served, county, window

    def enter(self, user_id: int, size: dict[str, int] = PHONE) -> Page:
        """Return the window of somebody who may sign in."""
        with self.site.app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, user_id).login
        return signed_in(self.site, self.window, login, size)

    def office(self, role: str, size: dict[str, int] = DESK) -> Page:
        """Return the window of the county's person with a role."""
        return self.enter(self.county.users[role], size)

    def bidder(self, name: str) -> int:
        """Register a bidder and return who answers for it."""
        with self.site.app.app_context():
            who = bids_world.bidder(name)
            with acting():
                user = db.session.get_one(User, who.user_id)
                user.password_hash = people.hash_password(factories.PASSWORD)
        return who.user_id


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Site, factories.County]]:
    """The factories' county, served; kept as it was at the beginning."""
    with memory.folder() as folder, site(folder) as made:
        with made.app.app_context():
            county = factories.make_county()
        made.keep()
        yield made, county


@pytest.fixture
def hall(served: tuple[Site, factories.County], opened: Callable[..., Page]) -> Iterator[Hall]:
    """The hall as it was at the beginning."""
    made, county = served
    made.renew()
    yield Hall(made, county, opened)
    made.close()


def look(page: Page) -> None:
    """Hold a page to what every page must be, and come back to it."""
    assert measured(page, PHONE) + measured(page, DESK) + violations(page) == []
    page.goto(page.url)


def bid(page: Page, tender: int, yuan: str) -> str:
    """Hand in a bid on a phone, its button hit twice, and return the receipt."""
    page.goto(f"/contract/bids/{tender}")
    page.get_by_label("服务方案").fill("每天两荤一素，热链送达。")
    page.get_by_label("总报价").fill(yuan)
    page.get_by_role("button", name="密封并提交").dblclick()
    expect(page.get_by_role("heading", name="投标回执", level=1)).to_be_visible()
    receipt = page.locator("p > strong").inner_text()
    assert re.fullmatch(r"[0-9a-f ]{64,}", receipt)
    return receipt


def test_three_firms_bid_on_their_phones_and_two_officers_open(hall):
    hall.site.at(bids_world.BIDDING)
    with hall.site.app.app_context():
        tender = bids_world.published(hall.county)
    firms = [f"长沙{place}号助餐公司" for place in (1, 2, 3)]
    bidders = [hall.bidder(name) for name in firms]
    phones = [hall.enter(user_id) for user_id in bidders]
    phones[0].goto(f"/contract/bids/{tender}")
    look(phones[0])
    receipts = [
        bid(phone, tender, yuan)
        for phone, yuan in zip(phones, ("970123.45", "980000", "965432.10"), strict=True)
    ]
    assert len(set(receipts)) == 3
    # Whoever goes back and sends again replaces her bid: there is one, with a new receipt.
    assert bid(phones[0], tender, "960000") not in receipts

    here = f"/contract/openings/{tender}"
    officer = hall.office("purchaser_approver")
    officer.goto(here)
    for name in firms:
        assert name not in officer.content()

    hall.site.at(bids_world.DEADLINE)
    late = hall.enter(bidders[1])
    late.goto(f"/contract/bids/{tender}")
    expect(late.get_by_text("投标已经截止")).to_be_visible()
    for part, role in (("officer", "purchaser_approver"), ("finance", "finance_maker")):
        holder = hall.office(role)
        holder.goto(here)
        holder.get_by_label("口令").fill(PASSPHRASES[part])
        holder.get_by_role("button", name="交出").click()
        expect(holder.get_by_text("已交出密钥份额").first).to_be_visible()
    look(holder)
    holder.get_by_role("button", name="开标").click()
    expect(holder.get_by_text("已开标").first).to_be_visible()

    anybody = hall.window(PHONE, base_url=hall.site.url)
    anybody.goto(f"/contract/openings/records/{tender}")
    for name in firms:
        expect(anybody.get_by_text(name).first).to_be_visible()
    look(anybody)


def villager(hall: Hall, world: Performing) -> Page:
    """Return the phone of a resident of the county."""
    with hall.site.app.app_context():
        (number,) = factories.make_residents(hall.county, 1)
        user = factories.do(
            "access.create_user", login="villager", name="村民", password=factories.PASSWORD
        )
        with acting():
            db.session.get_one(User, user["id"]).resident_id = number
    return signed_in(hall.site, hall.window, "villager", PHONE)


def test_a_villager_says_not_delivered_and_nothing_is_paid_until_it_is_cleared_up(hall):
    hall.site.at(DELIVERY)
    with clock.frozen(DELIVERY):
        world = Performing(hall.site.app, hall.county, is_public=True)
        world.deliver(world.m1, "2026-03-20")
    here = f"/contract/milestones/{world.m1}"

    phone = villager(hall, world)
    phone.goto("/contract/opinions/")
    look(phone)
    phone.get_by_label("想说的话").fill("没有人来过。")
    phone.get_by_role("button", name="没有送到").dblclick()
    expect(phone.get_by_text("已记下：没有送到")).to_be_visible()

    accepter = hall.office("accepter")
    accepter.goto(here)
    look(accepter)
    accept(accepter)
    expect(accepter.get_by_text("没有送到，还没有查清答复")).to_be_visible()
    assert world.balance("fin.payable", party_id=hall.county.provider) == 0

    accepter.goto(here)
    accepter.get_by_label("核实的情况").fill("19 日已补巡，村民在场。")
    accepter.get_by_role("button", name="答复").click()
    accept(accepter)
    expect(accepter.get_by_text("已记录验收").first).to_be_visible()
    approver = hall.office("purchaser_approver")
    approver.goto(here)
    look(approver)
    expect(approver.get_by_text("288,000.00").first).to_be_visible()
    approver.get_by_role("button", name="通过验收，确认应付").click()
    expect(approver.get_by_text("最晚 2026-04-19 付款").first).to_be_visible()
    assert world.balance("fin.payable", party_id=hall.county.provider) == 28_800_000

    with hall.site.app.app_context(), transaction(readonly=True):
        name = db.session.get_one(Organisation, hall.county.provider).name
    anybody = hall.window(PHONE, base_url=hall.site.url)
    anybody.goto("/contract/milestones/results")
    expect(anybody.get_by_text(name).first).to_be_visible()


def accept(page: Page) -> None:
    """Find every line of the standard met."""
    for line in ("visits", "records"):
        page.locator(f"input[name='found-{line}'][value=met]").check()
    page.get_by_role("button", name="提交验收").click()
