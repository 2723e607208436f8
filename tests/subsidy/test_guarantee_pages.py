"""Guarantors and guarantees on pages: named, approved, registered, claimed, looked at."""

from __future__ import annotations

import pytest

from core import clock
from core.access import User
from core.db import db, transaction
from tests import factories
from tests.factories import do
from tests.subsidy import guarantee_world as world
from tests.web.browser import Browser

GUARANTORS, GUARANTEES = "/subsidy/guarantors/", "/subsidy/guarantees/"
PAID = {"paid_fen": 10_000_000, "paid_on": "2026-02-20", "document": "代偿凭证1"}
BACK = {"on": "2026-04-02", "amount_fen": 1_000_000, "document": "追偿回单1"}


@pytest.fixture
def town(app, county, database_kept):
    """A county with a guarantor, its schemes and firms, on a day when losses may be claimed."""
    with app.app_context():
        made = database_kept.at(app, "guarantees", lambda: world.make_guarantees(county))
    with clock.frozen(world.LOST):
        yield made


@pytest.fixture
def signed_in(app, town):
    """Return a maker of browsers in which somebody with a role is signed in."""

    def make(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, town.county.users[role]).login
        made = Browser(app.test_client())
        made.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return made

    return make


def test_finance_names_a_company_and_another_approves_it(app, town, signed_in):
    with app.app_context():
        company = world.make_company(town.county, "望城二号融资担保有限公司")
    maker = signed_in("finance_maker")
    typed = {
        "organisation_id": company,
        "licence_no": "湘融担002",
        "as_of": "2025-12-31",
        "net_assets_fen": "60000000",
        "small_rural_bp": "55.5",
        "licence_until": "2030-12-31",
        "document": "审字〔2026〕4号",
    }
    page = maker.open(GUARANTORS).send(f"{GUARANTORS}new", **typed | {"net_assets_fen": "很多"})
    assert page.status == 422
    named = maker.open(GUARANTORS).send(f"{GUARANTORS}new", **typed)
    assert "等另一人复核" in named.text
    assert "55.50%" in named.text
    approver = signed_in("finance_approver")
    assert "1 家担保公司的登记或净资产待复核" in approver.open("/").text
    done = approver.open(named.path).send(f"{named.path}/steps/approve")
    assert "可以担保" in done.text
    # 60,000,000 x 10 % for one debtor, x 15 in all, because most of it is small and rural.
    assert "6,000,000.00" in done.text
    assert "900,000,000.00" in done.text


def test_an_office_is_refused_on_the_page_with_the_law(app, town, signed_in):
    maker = signed_in("finance_maker")
    typed = {"organisation_id": town.county.purchaser, "licence_no": "无"} | world.FIGURES
    typed |= {"net_assets_fen": "1", "small_rural_bp": "1"}
    page = maker.open(GUARANTORS).send(f"{GUARANTORS}new", **typed)
    assert page.status == 422
    assert "预算法第三十五条" in page.text


def test_the_company_registers_a_guarantee_and_claims_on_its_own_pages(app, town, signed_in):
    company = signed_in("guarantor")
    assert "本公司的担保" in company.open("/").text
    typed = {
        "credit_code": town.codes[0],
        "bank": "望城农商行",
        "loan_number": "DK-9",
        "principal_fen": "3000000",
        "guaranteed_fen": "6,000,000",
        "from_on": "2025-01-01",
        "due_on": "2026-01-01",
        "fee_scheme_id": town.fee_scheme,
        "pool_scheme_id": town.pool_scheme,
    }
    address = f"{GUARANTEES}new"
    page = company.open(address).send(address, **typed)
    assert (page.status, "担保金额不能超过贷款本金" in page.text) == (422, True)
    shown = page.send(address, **typed | {"guaranteed_fen": "3000000"})
    assert "已登记担保 DB2026-" in shown.text
    step = f"{shown.path}/steps/"
    fee = {"on": "2025-01-02", "amount_fen": "30000", "document": "发票 1"}
    shown = shown.send(f"{step}pay-fee", **fee)
    shown = shown.send(f"{step}claim-fee", period_from="2025-01-01", period_to="2025-12-31")
    assert "已申报担保费补贴" in shown.text
    lost = {"paid_fen": "", "paid_on": "2026-02-20", "document": "代偿凭证1"}
    again = shown.send(f"{step}claim-loss", **lost)
    assert (again.status, "请填写" in again.text) == (422, True)
    shown = again.send(f"{step}claim-loss", **lost | {"paid_fen": "100000"})
    assert "已代偿" in shown.text
    assert "100,000.00" in shown.text


def test_who_oversees_sees_guarantees_and_changes_none(app, town, signed_in):
    with app.app_context():
        number = town.register()
        claim = do("guarantee.claim_loss", town.actor("guarantor"), id=number, **PAID)["id"]
        town.approve_claim(claim)
        do("guarantee.recover", town.actor("guarantor"), id=number, **BACK)
    auditor = signed_in("auditor")
    page = auditor.open(f"{GUARANTORS}{town.guarantor}")
    assert "500,000,000.00" in page.text
    assert "░" in page.text
    assert f"{GUARANTEES}{number}" in auditor.open(f"{GUARANTEES}?of={town.guarantor}").html
    page = auditor.open(f"{GUARANTEES}{number}")
    assert "资金池 3,000.00 元" in page.text
    assert f"{GUARANTEES}{number}" in auditor.open(f"/subsidy/claims/{claim}").html
    assert f"/subsidy/claims/{claim}" in page.html
    assert "下一步" not in page.text
    stranger = signed_in("provider_manager")
    assert stranger.open(f"{GUARANTEES}{number}").status == 404
    assert stranger.open(f"{GUARANTEES}new").status == 404
    assert "本公司的担保" not in stranger.open("/").text
