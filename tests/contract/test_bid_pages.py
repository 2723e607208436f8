"""In a browser without JavaScript: hold a key, bid, keep the receipt, open, read the record."""

from __future__ import annotations

import io

import pytest

from core import clock, people
from core.access import User
from core.db import db, transaction
from plugins.contract_outsourcing.models import Bid, BidFile, PanelMember
from tests import factories
from tests.contract import bids_world as world
from tests.web.browser import Browser


class Town:
    """A county and how its people sign in."""

    def __init__(self, app, county):
        self.app, self.county = app, county

    def enter(self, user_id):
        """Return a browser in which somebody is signed in."""
        with self.app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, user_id).login
        browser = Browser(self.app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    def office(self, role):
        """Return a browser of somebody with a role."""
        return self.enter(self.county.users[role])

    def bidder(self, name):
        """Register a bidder who can sign in and return its browser."""
        with self.app.app_context():
            who = world.bidder(name)
            with world.acting():
                user = db.session.get_one(User, who.user_id)
                user.password_hash = people.hash_password(factories.PASSWORD)
        return self.enter(who.user_id)


@pytest.fixture
def town(app, county):
    return Town(app, county)


@pytest.fixture
def tender(app, county):
    with app.app_context():
        return world.published(county)


BOND = {
    "bond_form": "bank_guarantee",
    "bond_issuer": "望城农商行",
    "bond_document": "保函7号",
    "bond_fen": "10000",
}


def test_a_holder_takes_over_a_key_whose_passphrase_is_typed_twice(app, county, town):
    with app.app_context():
        number = world.draft(county)
    with clock.frozen(world.PUBLISHED):
        page = town.office("supervisor").open(f"/contract/openings/{number}")
        typed = {"passphrase": "石板路上十六盏灯笼和雨", "again": "另一个"}
        again = page.send(f"/contract/openings/{number}/key", **typed)
        assert again.status == 422
        assert typed["passphrase"] not in again.html
        done = page.send(
            f"/contract/openings/{number}/key",
            passphrase="sixteen lanterns",
            again="sixteen lanterns",
        )
    assert "已保管" in done.text


def test_a_bidder_bids_keeps_the_receipt_and_takes_the_bid_back(app, county, town):
    with app.app_context():
        tender = world.published(county, bid_bond_fen=1_000_000)
    with clock.frozen(world.BIDDING):
        browser = town.bidder("长沙禾苗助餐公司")
        assert "社区助餐服务" in browser.open("/contract/bids/").text
        page = browser.open(f"/contract/bids/{tender}")
        assert "可能被判定为资格不符" in page.text
        form = page.form(f"/contract/bids/{tender}").fields | BOND
        high = browser.post(f"/contract/bids/{tender}", form | {"price_fen": "980000.01"})
        assert high.status == 422
        assert "BID_OVER_CEILING" in high.text
        files = (io.BytesIO(b"%PDF-"), "../方案.pdf")
        sent = high.form(f"/contract/bids/{tender}").fields | BOND
        sent |= {"price_fen": "970123.45", "answer-plan": "热链送达", "files": files}
        done = browser.post(f"/contract/bids/{tender}", sent)
        assert done.path == f"/contract/bids/{tender}/receipt"
        printed = browser.open(f"/contract/bids/{tender}/receipt.pdf").response
        assert printed.data.startswith(b"%PDF-")
        page = browser.open(f"/contract/bids/{tender}")
        page = page.send(f"/contract/bids/{tender}/withdraw")
    assert "投标已撤回" in page.text
    with app.app_context(), transaction(readonly=True):
        bid = db.session.scalars(db.select(Bid)).one()
        assert bid.receipt in done.text.replace(" ", "")
        assert bid.state == "withdrawn"


def test_a_framework_s_form_asks_for_every_unit_price(app, county, town):
    services = [
        {"code": f"P{n}", "name": name, "unit": "餐"} for n, name in ((1, "午餐"), (2, "晚餐"))
    ]
    with app.app_context():
        content = {"conditions": [], "priced_services": services}
        tender = world.published(county, method="framework", content=content)
    path = f"/contract/bids/{tender}"
    with clock.frozen(world.BIDDING):
        browser = town.bidder("长沙禾苗助餐公司")
        page = browser.open(path)
        again = page.send(path, **{"price_fen": "900000", "unit-P1": "11.80", "unit-P2": ""})
        assert "缺少“晚餐”的单价" in again.text
        assert 'value="11.80"' in again.html
        done = again.send(path, **{"price_fen": "900000", "unit-P1": "11.80", "unit-P2": "10.50"})
        assert done.path == f"{path}/receipt"


def test_the_officers_page_tells_no_number_of_bids_before_the_opening(app, town, tender):
    with app.app_context():
        world.three_bids(tender)
    with clock.frozen(world.LAST_MOMENT):
        before = town.office("supervisor").open(f"/contract/openings/{tender}")
    with app.app_context():
        world.three_bids(tender, 1_000_000)
    with clock.frozen(world.LAST_MOMENT):
        after = town.office("supervisor").open(f"/contract/openings/{tender}")
    assert before.text == after.text


def test_two_holders_open_and_everybody_reads_the_record(app, town, tender):
    with app.app_context(), clock.frozen(world.BIDDING):
        for place in (1, 2, 3):
            who = world.bidder(f"望城{place}号助餐公司")
            files = [{"name": "方案.pdf", "content": "JVBERi0="}]
            assert not world.submit(who, tender, 97_000_000, files=files).refused
    here = f"/contract/openings/{tender}"
    with clock.frozen(world.DEADLINE):
        one = town.office("supervisor").open(here)
        wrong = one.send(f"{here}/share", passphrase="not the passphrase")
        assert "PASSPHRASE_WRONG" in wrong.text
        waits = wrong.send(f"{here}/share", passphrase=world.PASSPHRASES["supervisor"])
        assert "已交出密钥份额" in waits.text
        assert "还需要另一位保管人" in waits.text
        other = town.office("finance_maker").open(here)
        ready = other.send(f"{here}/share", passphrase=world.PASSPHRASES["finance"])
        assert "已开标" in ready.send(f"{here}/open").text
        public = Browser(app.test_client())
        assert "社区助餐服务" in public.open("/contract/openings/records").text
        record = public.open(f"/contract/openings/records/{tender}")
        printed = public.open(f"/contract/openings/records/{tender}.pdf").response
    assert all(f"望城{place}号助餐公司" in record.text for place in (1, 2, 3))
    assert "报价信封还密封着" in record.text
    assert printed.data.startswith(b"%PDF-")
    with app.app_context():
        file = db.session.scalars(db.select(BidFile.id)).first()
    address = f"{here}/files/{file}"
    with clock.frozen(world.DEADLINE):
        assert town.office("purchaser_clerk").open(address).response.data == b"%PDF-"
        assert town.office("expert").open(address).status == 403
        assert "%PDF-" not in public.open(address).html
    with app.app_context(), clock.frozen(world.DEADLINE), world.acting():
        expert = town.county.users["expert"]
        db.session.add(PanelMember(tender_id=tender, user_id=expert, state="confirmed"))
    with clock.frozen(world.DEADLINE):
        assert town.office("expert").open(address).status == 200


def test_too_few_bids_are_returned_on_the_page(app, town, tender):
    here = f"/contract/openings/{tender}"
    with clock.frozen(world.DEADLINE):
        page = town.office("finance_maker").open(here)
        assert "原封退回" in page.send(f"{here}/return").text
        record = Browser(app.test_client()).open(f"/contract/openings/records/{tender}")
    assert "不足 3 家" in record.text
