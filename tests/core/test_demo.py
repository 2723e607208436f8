"""The demo county: made through the acts, whole or going on, the books in order throughout."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func

from core import clock, create_app, demo
from core.access import ROLES, RoleGrant, User
from core.acts import perform
from core.audit import AuditEntry
from core.budget import BudgetLine, Pool
from core.db import db, forget_connections, transaction
from core.demo import PASSWORD, world
from core.demo.folk import GRANDMOTHER, HOMEBOUND, SCHOOLCHILD, TRAINEE
from core.demo.people import ELDER_NAMES, Inventor
from core.divisions import Division
from core.facts import ResidentFact
from core.formats import yuan
from core.identifiers import check_bank_account, check_citizen_id, check_credit_code, check_phone
from core.ledger import balance, balances
from core.parties import Organisation, Resident
from core.plugins import ask
from core.settlement.models import Payment
from plugins.contract_outsourcing.models import (
    Amendment,
    Bid,
    BidOpening,
    Challenge,
    Contract,
    Deduction,
    Delivery,
    Milestone,
    Opinion,
    Order,
    PanelMember,
    Tender,
)
from plugins.contract_outsourcing.service import postings
from plugins.voucher.models import (
    Enrolment,
    Hold,
    Objection,
    Programme,
    Recovery,
    Redemption,
    Reversal,
    Statement,
    Terms,
    Voucher,
)
from plugins.voucher.service.postings import moved
from tests import factories
from tests.books import books
from tests.conftest import SETTINGS
from tests.core.demo_counts import ROADS, THIN, by_state, count, states_of
from tests.web.browser import Browser

NOW = "2026-11-23T10:00"
CEILINGS = (postings.CEILING, postings.CEILING_FREE, postings.CEILING_USED)
# The moments at which it is loaded on both engines: test_demo_moments.
pytestmark = pytest.mark.one_engine
PROGRAMMES = ("CARE", "EDU", "ELD", "HOME", "SKILL", "CHILD")


def interrupt(monkeypatch, after):
    """Stop the load as a person's Ctrl-C would, after so many acts."""
    acts = iter(range(after))

    def performing(*arguments, **fields):
        if next(acts, None) is None:
            raise KeyboardInterrupt
        return perform(*arguments, **fields)

    monkeypatch.setattr(world, "perform", performing)


def test_a_database_with_real_business_takes_no_demo(app):
    with app.app_context():
        factories.make_division()
        with pytest.raises(demo.NotEmptyError, match="已有业务数据"):
            demo.load(lambda _line: None)


def test_outside_the_demo_nobody_is_offered(app):
    with app.app_context(), transaction(readonly=True):
        assert demo.demo_users() == []


# --- one county for the tests below, which leave it as it is ------------------------------------


@pytest.fixture(scope="module")
def loaded(database_kept):
    """Load the county on a day of November, interrupted once; return app and what was said."""
    database_kept.fresh()
    app = create_app(settings=SETTINGS | {"SQLALCHEMY_DATABASE_URI": database_kept.url})
    with app.app_context(), pytest.MonkeyPatch.context() as patch, clock.frozen(NOW):
        interrupt(patch, after=1500)
        with pytest.raises(KeyboardInterrupt):
            demo.load(lambda _line: None, one_in=THIN)
    said = []
    # What was begun is finished the next day, as of the day and in the size in which it was begun.
    with app.app_context(), clock.frozen("2026-11-24T08:00"):
        assert demo.load(said.append)
        assert books() == []
    yield app, said
    forget_connections()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def county(loaded):
    """Return the loaded county's app, its context open."""
    app, _said = loaded
    with app.app_context():
        yield app


def test_no_check_of_the_books_tells_by_the_day(county, monkeypatch):
    # Only so may the tests remember what checks found, whatever day it is: see tests/books.py.
    def asked():
        pytest.fail("a check of the books asks what day it is")

    for name in ("now", "today"):
        monkeypatch.setattr(clock, name, asked)
    with transaction(readonly=True):
        assert [found for check in ask("integrity_checks") for found in check.run()] == []


def test_an_interrupted_load_does_nothing_twice_and_a_second_one_nothing_at_all(county, loaded):
    with transaction(readonly=True):
        entries = count(AuditEntry)
        assert db.session.scalar(db.select(func.max(AuditEntry.at))) <= clock.instant(NOW)
    assert f"{entries} 笔业务" in loaded[1][-1]
    assert not demo.load(lambda _line: None)
    with transaction(readonly=True):
        assert count(AuditEntry) == entries


def test_the_county_has_people_places_and_months_of_use(county):
    with transaction(readonly=True):
        assert count(Division, Division.level == "township") == 16
        assert count(Organisation, Organisation.kind == "provider") == 31 + 3 + 6
        assert count(Resident) == 160 + 64 + 40 + 40
        known = set(db.session.scalars(db.select(ResidentFact.code)))
        assert {"ability_level", "care_level", "income_fen", "household_number"} <= known
        months = Counter(
            str(day)[:7] for day in db.session.scalars(db.select(Redemption.service_on))
        )
        assert set(months) == {"2026-09", "2026-10", "2026-11"}
        assert sum(months.values()) > 1_000
        assert by_state(Redemption)["voided"] >= 1
        codes = set(db.session.scalars(db.select(AuditEntry.code).where(AuditEntry.code != "")))
        assert {"VOUCHER_ALREADY_REDEEMED", "CARD_BLOCKED", "PROVIDER_NOT_AUTHORISED"} <= codes
        assert {"VOUCHER_REVOKED", "HOLDER_SUSPENDED"} <= codes


def test_every_programme_is_in_use_in_its_own_way(county):
    with transaction(readonly=True):
        used = dict(
            db.session.execute(
                db.select(Programme.code, func.count(Redemption.id))
                .join(Redemption, Redemption.programme_id == Programme.id)
                .group_by(Programme.code)
            ).all()
        )
        assert set(used) == set(PROGRAMMES)
        eld = db.select(Programme.id).where(Programme.code == "ELD").scalar_subquery()
        paid_before = Redemption.programme_id == eld, Redemption.others_fen > 0
        assert count(Redemption, *paid_before) >= 1
        assert count(Voucher, Voucher.programme_id == eld, Voucher.state == "revoked") == 1
        assert set(db.session.scalars(db.select(Redemption.result))) >= {None, "passed"}
        assert by_state(Hold)["lapsed"] == 1
        assert count(Redemption, Redemption.reversed_fen > 0) == 1
        assert by_state(Recovery) == {"open": 1, "recovered": 1}


def test_the_first_month_is_paid_but_for_one_line_and_the_second_is_in_review(county):
    with transaction(readonly=True):
        payments = by_state(Payment)
        assert payments.pop("rejected") == 1
        assert set(payments) == {"paid"}
        states = by_state(Statement)
        assert states["open"] > 20
        # Of each month one provider's: awaiting payment, and unpaid.
        assert 2 <= states["confirmed"] <= 6
        assert by_state(Objection) == {"open": 1}
        assert by_state(Reversal)["ordered"] == 1


def test_the_roads_are_paid_in_part_and_a_villager_stops_the_next_acceptance(county):
    with transaction(readonly=True):
        assert states_of(ROADS) == ["paid", "submitted", "scheduled"]
        contract = db.session.scalars(db.select(Contract).filter_by(name=ROADS)).one()
        disputed = db.session.scalars(
            db.select(Milestone).filter_by(contract_id=contract.id, state="submitted")
        ).one()
        waiting = Opinion.milestone_id == disputed.id, Opinion.answered_at.is_(None)
        assert count(Opinion, *waiting, Opinion.delivered.is_(False)) == 1
        assert count(BidOpening, BidOpening.tender_id == contract.tender_id) == 3
        pools = db.session.scalars(
            db.select(Pool.id).where(Pool.source.startswith(f"contract:{contract.id}/"))
        ).all()
        assert postings.registered(pools) == {
            "value": 96_000_000,
            "paid": 28_800_000,
            "deducted": 0,
            "unpaid": 67_200_000,
            "cancelled": 0,
        }
        codes = set(db.session.scalars(db.select(AuditEntry.code).where(AuditEntry.code != "")))
        assert "ACCEPTANCE_DISPUTED" in codes


def test_meals_are_ordered_eaten_and_paid_within_their_ceiling(county):
    with transaction(readonly=True):
        orders = db.session.execute(
            db.select(Milestone.state, Order.paid, Order.penalty_fen)
            .join(Order, Order.milestone_id == Milestone.id)
            .order_by(Milestone.state, Order.penalty_fen)
        ).all()
        served = count(Delivery)
        frameworks = db.session.scalars(db.select(Contract).filter_by(kind="framework")).all()
        (purchase,) = {one.purchase_id for one in frameworks}
        ceiling = {kind: balance(kind, purchase_id=purchase) for kind in CEILINGS}
    assert [state for state, _paid, _penalty in orders] == [
        "paid",
        "paid",
        "scheduled",
        "submitted",
    ]
    paid = [paid for state, paid, _penalty in orders if state == "paid"]
    assert all(0 < one < served for one in paid)
    assert max(penalty or 0 for _state, _paid, penalty in orders) > 0
    assert ceiling[postings.CEILING] == sum(ceiling.values()) - ceiling[postings.CEILING]
    assert 0 < ceiling[postings.CEILING_USED] < ceiling[postings.CEILING]


def test_a_tender_stands_at_every_stage(county):
    with transaction(readonly=True):
        states = by_state(Tender)
        assert states == {
            "awarded": 1,
            "contracted": 3,
            "draft": 1,
            "failed": 1,
            "opened": 1,
            "published": 1,
            "submitted": 2,
        }
        failed = db.session.scalars(db.select(Tender).filter_by(state="failed")).one()
        bids = Bid.tender_id == failed.id
        assert failed.failed_code == "TOO_FEW_BIDS"
        assert count(Bid, bids) == count(Bid, bids, Bid.state == "returned") == 2
        assert count(BidOpening, BidOpening.tender_id == failed.id) == 0


def test_somebody_has_to_go_on_with_every_contract_today(county):
    with transaction(readonly=True):
        expert = db.session.scalars(db.select(User).filter_by(login="expert")).one()
        own = PanelMember.user_id == expert.id
        assert count(PanelMember, own, PanelMember.finished_at.is_(None)) == 1
        assert by_state(Amendment) == {"proposed": 1}
        assert by_state(Deduction) == {"decided": 1, "proposed": 1}
        assert by_state(Challenge) == {"filed": 2, "rejected": 1}
        assert count(Milestone, Milestone.state == "recorded") == 1


def provider_of(login):
    """Return the organisation of somebody at a till."""
    query = db.select(RoleGrant.organisation_id).join(User, User.id == RoleGrant.user_id)
    return db.session.scalar(query.where(User.login == login))


def test_everybody_at_the_door_has_something_to_do_today(county):
    with transaction(readonly=True):
        visits = count(Hold, Hold.provider_id == provider_of("home01-till"), Hold.state == "open")
        assert visits == 1
        courses = Hold.provider_id == provider_of("skill01-till"), Hold.state == "open"
        assert count(Hold, *courses) >= 3
        nursery = provider_of("nursery01-till")
        assert count(Enrolment, Enrolment.provider_id == nursery, Enrolment.state == "open") >= 3
        entered = Redemption.provider_id == nursery, Redemption.service_on >= date(2026, 11, 1)
        assert count(Redemption, *entered) == 0
        assert count(Terms, Terms.state == "submitted") == 1
        assert count(Recovery, Recovery.state == "open") == 1


def test_everybody_whom_the_sign_in_page_offers_is_there(county):
    with transaction(readonly=True):
        offered = demo.demo_users()
        known = set(db.session.scalars(db.select(User.login)))
    assert {one.login for one in offered} <= known
    assert all(one.hint and one.role for one in offered)
    assert {role.name for role in ROLES.values()} - {one.role for one in offered} == {"系统"}


def test_every_role_is_somebody_and_four_residents_have_their_phones(county):
    with transaction(readonly=True):
        held = set(db.session.scalars(db.select(RoleGrant.role)))
        assert held == set(ROLES) - {"system", "resident"}
        users = list(db.session.scalars(db.select(User).where(User.resident_id.is_not(None))))
        vouchers = [count(Voucher, Voucher.resident_id == user.resident_id) for user in users]
        assert sorted(vouchers) == [1, 1, 3, 4]


# --- the dashboards say what the ledger says ------------------------------------------------------


@pytest.fixture
def maker(loaded):
    """Return a browser in which somebody of finance is signed in on the county's day."""
    app, _said = loaded
    with clock.frozen(NOW):
        browser = Browser(app.test_client())
        browser.open("/sign-in").send("/sign-in", login="maker", password=PASSWORD)
        yield browser


@pytest.fixture
def books_of(loaded):
    """Return how to ask the loaded county's books, between the requests of a browser."""
    app, _said = loaded

    def ask(question):
        with app.app_context(), transaction(readonly=True):
            return question()

    return ask


def number_of(code):
    return db.session.scalar(db.select(Programme.id).filter_by(code=code))


def expense_of(code):
    own = Pool.source.startswith(f"programme:{number_of(code)}/")
    by_pool = balances("fin.expense", by="pool_id")
    return sum(by_pool.get(pool, 0) for pool in db.session.scalars(db.select(Pool.id).where(own)))


def approved_by_name():
    approved = balances("line.approved", by="line_id")
    lines = db.session.scalars(db.select(BudgetLine))
    return {f"{line.code} {line.name}": approved[line.id] for line in lines}


def total_behind(browser, url):
    """Return the sum under the journals that a mark opens."""
    page = browser.open(url)
    assert page.status == 200
    return re.search(r"合计（全部页）\s*([-\d,.]+)", page.text).group(1)


@pytest.mark.parametrize("code", PROGRAMMES)
def test_redemptions_add_up_to_the_ledgers_expense_and_open_its_journals(maker, books_of, code):
    number, expense = books_of(lambda: number_of(code)), books_of(lambda: expense_of(code))
    source = f"/voucher/programmes/{number}/charts"
    assert maker.open(f"/voucher/programmes/{number}").status == 200
    for by in ("day", "service", "township", "provider"):
        (series,) = maker.open(f"{source}/{by}.json").response.json["series"]
        marks = [mark for mark in series["data"] if mark["value"]]
        if by in {"service", "provider"}:
            assert sum(mark["value"] for mark in marks) == expense
        for mark in (marks[0], marks[-1]):
            assert total_behind(maker, mark["url"]) == yuan(mark["value"])


def test_minutes_add_up_to_the_entitlement_book(maker, books_of):
    number = books_of(lambda: number_of("HOME"))
    minutes = books_of(lambda: moved("H", "redeemed"))
    page = maker.open(f"/voucher/programmes/{number}?measure=quantity")
    assert "时长（小时）" in page.text
    for by in ("service", "provider"):
        source = f"/voucher/programmes/{number}/charts/{by}.json?measure=quantity"
        assert source in page.html
        figures = maker.open(source).response.json
        assert figures["unit"] == "minute"
        assert sum(mark["value"] for mark in figures["series"][0]["data"]) == minutes


@pytest.mark.parametrize("source", ["home", *PROGRAMMES])
def test_the_rooms_flow_as_the_ledger_says_and_open_its_journals(maker, books_of, source):
    address = "/figures/rooms.json"
    if source != "home":
        address = f"/voucher/programmes/{books_of(lambda: number_of(source))}/rooms.json"
    figures = maker.open(address).response.json
    fed, feeds = Counter(), Counter()
    for link in figures["links"]:
        fed[link["target"]] += link["value"]
        feeds[link["source"]] += link["value"]
    approved = books_of(approved_by_name)
    # Where there are many lines, the smallest are drawn as one.
    named = {node["name"] for node in figures["nodes"]}
    rest = sum(fen for name, fen in approved.items() if name not in named)
    for node in figures["nodes"]:
        name = node["name"]
        if "room" in node:
            assert total_behind(maker, node["url"]) == yuan(fed[name])
        elif name in approved:
            assert feeds[name] == approved[name]
            assert total_behind(maker, node["url"]) == yuan(approved[name])
        elif fed[name]:
            assert fed[name] == feeds[name]
        else:
            assert feeds[name] == rest
            assert total_behind(maker, node["url"]) == yuan(rest)
    for link in figures["links"][::4]:
        if "kind=" in link["url"]:
            assert total_behind(maker, link["url"]) == yuan(link["value"])
    assert all("/audit/journals?" in one["url"] for one in figures["links"] + figures["nodes"])


# --- invented numbers -----------------------------------------------------------------------------


def test_invented_numbers_are_valid_and_the_same_every_time():
    def invented():
        inventor = Inventor(7)
        people = [
            inventor.person(
                ELDER_NAMES,
                born_from=date(1935, 1, 1),
                born_until=date(1966, 12, 31),
                township="430112001",
            )
            for _ in range(300)
        ]
        codes = [inventor.credit_code(prefix, "430112") for prefix in ("11", "52", "91") * 20]
        return people, codes, [inventor.bank_account() for _ in range(50)]

    people, codes, accounts = invented()
    assert (people, codes, accounts) == invented()
    assert len({one.id_number for one in people}) == len(people)
    for one in [*people, GRANDMOTHER, SCHOOLCHILD, HOMEBOUND, TRAINEE]:
        assert check_citizen_id(one.id_number).born_on == one.born_on
        assert re.fullmatch(r"169\d{8}", check_phone(one.phone))
    for code in codes:
        check_credit_code(code)
    for account in accounts:
        check_bank_account(account)
