"""Every page that anybody is offered: it opens, reads well, fits the screen, and can be hit."""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import url_for
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from core import demo
from core.access import ROLES, Actor, RoleGrant, User, grants_of
from core.db import db, transaction
from core.parties import Resident
from core.purchases import Purchase
from plugins.contract_outsourcing.models import (
    Award,
    Contract,
    Deduction,
    EvidenceFile,
    Milestone,
    Tender,
)
from plugins.subsidy.models import Application, Scheme
from plugins.voucher.models import Programme
from plugins.voucher.service.programmes import terms_of
from tests import factories, memory
from tests.browser.conftest import Site, listen, site
from tests.browser.looks import DESK, PHONE, measured, violations
from tests.subsidy import applying_world
from tests.web.browser import Browser, Page
from tests.web.shapes import CHILD, MATCH, terms

NOW = "2026-11-20T10:00"
VISITOR = "visitor"
# Whom the demo lets in stands in for everybody of the same role.
WHO = [VISITOR, *(role.code for role in ROLES.values() if role.side != "system")]


# Where links never lead, and why.
NOT_OFFERED = {
    "health.ready",  # for the machine that watches over the service
    # No subsidy of the demo's county was paid yet, so none is asked back; see test_claim_pages.
    "subsidy_own.recovery",
    "subsidy_recoveries.show",
    "voucher_till.start_again",  # leads back whoever opens a step of a sale by its address
}
DOORS = ("/", "/sign-in", "/till/sign-in", "/till/enrol", "/me/sign-in")
WRITTEN = ("reason_code", "project", "service", "conditions", "evaluation")
LOOKS = 2  # make-ups of one kind of page to be looked at: with content, and empty or refused


@dataclass
class Tour:
    """What somebody saw following every kind of link from the first page on."""

    seen: dict[str, str] = field(default_factory=dict)  # address -> HTML
    endpoints: set[str] = field(default_factory=set)
    wrong: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def county() -> Iterator[Site]:
    """The demo county, served."""
    with memory.folder() as folder, site(folder, DEMO=True) as made:
        made.at(NOW)
        with made.app.app_context():
            demo.load(lambda _line: None, one_in=8)
            _submit_a_programme()
            _draft_a_plan()
            _run_services()
            _leave_an_award()
            _close_a_contract()
            _decide_a_deduction()
            _draft_a_scheme()
            _apply_for_a_subsidy()
            _stand_for_everybody()
        yield made


def _submit_a_programme() -> None:
    """Leave something to be approved or sent back, which the demo's county has not."""
    clerk = _person("care-clerk")
    with transaction(readonly=True):
        programme = _programme(clerk)
        document, plan = terms_of(programme)[0].document, programme.purchase_id
    made = factories.do(
        "programme.create",
        clerk,
        code="NEXT",
        name="明年的养老服务券",
        organisation_id=clerk.organisation_id,
        purchase_id=plan,
        terms=document,
    )
    factories.do("programme.submit", clerk, id=made["id"])


def _draft_a_plan() -> None:
    """Leave a plan that its clerk can still change; the demo's are all on their way."""
    clerk = _person("care-clerk")
    with transaction(readonly=True):
        plan = db.session.get_one(Purchase, _programme(clerk).purchase_id)
        item, line = plan.catalogue_item_id, plan.funding[0].line_id
    factories.do(
        "purchase.create",
        clerk,
        organisation_id=clerk.organisation_id,
        catalogue_item_id=item,
        funding=[{"line_id": line, "amount_fen": 100}],
        **factories.PLAN | {"starts_on": "2026-12-01"},
    )


def _run_services() -> None:
    """Leave a service under way, a child enrolled and an overpayment, which the demo has not."""
    clerk, approver = _person("care-clerk"), _person("care-approver")
    manager, till = _person("care01"), _person("care01-till")
    with transaction(readonly=True):
        programme = _programme(clerk)
        funding, plan = terms_of(programme)[0].document["funding"], programme.purchase_id
        holder = db.session.scalars(db.select(Resident.id).filter_by(died_on=None)).first()
    low = {"quantity": 10_000, "when": {"fact": "care_level", "at_most": 1}}
    face = {"code": "face", "name": "额度", "amounts": [low, {"quantity": 50_000}]}
    document = terms(MATCH, CHILD, allotments=[face], funding=funding) | {
        "valid_from": "2026-11-01",
        "valid_through": "2026-12-31",
        "on_change": {"amounts": "at_once"},
    }
    do, named = factories.do, {"code": "SHAPE", "name": "就业与托育券", "purchase_id": plan}
    named["organisation_id"] = clerk.organisation_id
    number = do("programme.create", clerk, terms=document, **named)["id"]
    do("programme.submit", clerk, id=number)
    do("programme.approve", approver, id=number)
    do("admission.admit", clerk, programme_id=number, provider_id=manager.organisation_id)
    for code in ("match", "child"):
        do("offer.set", manager, programme_id=number, service_code=code)
    issued = do("voucher.issue", clerk, programme_id=number, resident_ids=[holder])
    card = do("voucher.print_cards", clerk, voucher_ids=[issued["vouchers"][0]["id"]])["cards"][0]
    used = {"code": card["code"], "service_code": "match"}
    done = do("voucher.start", till, price_fen=30_000, **used)
    do("voucher.finish", till, id=done["id"], result="hired")
    do("voucher.start", till, price_fen=10_000, **used)
    do("enrolment.enrol", till, code=card["code"], service_code="child")
    fact = {"code": "care_level", "value": 1, "from_on": "2026-11-20", "document": "评估表"}
    do("resident.record_fact", clerk, resident_id=holder, **fact)


def _leave_an_award() -> None:
    """Leave an award that nobody has drafted a contract of; the demo has drafted all of its own."""
    _award("应急救助")


def _award(name: str) -> int:
    """Award one yuan of emergency help and return the award."""
    clerk, approver = _person("care-clerk"), _person("care-approver")
    with transaction(readonly=True):
        earlier = db.session.scalars(_newest(Tender, method="emergency", state="submitted")).one()
        provider = earlier.content["provider_id"]
        content = {name: earlier.content[name] for name in WRITTEN}
        content |= {"method_reason": earlier.method_reason, "sheet": None}
        content |= {"purchase_id": earlier.purchase_id, "provider_id": provider}
    do = factories.do
    asked = {"method": "emergency", "name": name, "ceiling_fen": 100}
    number = do("tender.create", clerk, **asked, **content)["id"]
    do("tender.submit", clerk, id=number)
    agreed = {"provider_id": provider, "price_fen": 100, "record": "现场商定。"}
    do("tender.negotiate", clerk, id=number, **agreed)
    do("award.decide", approver, id=number)
    do("award.publish", clerk, id=number)
    with transaction(readonly=True):
        return int(db.session.scalars(_newest(Award, tender_id=number)).one().id)


def _close_a_contract() -> None:
    """Leave a contract that was given up and closed; the demo's go on."""
    clerk, approver = _person("care-clerk"), _person("care-approver")
    award, do = _award("应急供水"), factories.do
    with transaction(readonly=True):
        model = db.session.scalars(_newest(Contract, state="draft")).one()
        names = ("parts", "terms", "evaluator_id")
        fields = {name: getattr(model, name) for name in names}
        fields |= {"starts_on": str(model.starts_on), "ends_on": str(model.ends_on)}
    made = do("contract.draft", clerk, award_id=award, name="供水", value_fen=100, **fields)
    agreed = do("contract.agree", approver, id=made["id"])
    for who in (_manager_of(award), approver):
        do("contract.sign", who, id=made["id"], text_hash=agreed["text_hash"])
    for side in ("purchaser", "recipients"):
        do("contract.score", clerk, id=made["id"], side=side, centipoints=5_000)
    do("contract.evaluate", _person("evaluator"), id=made["id"], centipoints=5_000)
    ended = do("contract.terminate", clerk, id=made["id"], reason="已通水", call_bond=False)
    do("ending.approve", approver, id=ended["id"])
    do("contract.close", approver, id=made["id"])


def _manager_of(award: int) -> Actor:
    with transaction(readonly=True):
        provider = db.session.get_one(Award, award).provider_id
        asked = {"role": "provider_manager", "organisation_id": provider}
        grant = db.session.scalars(_newest(RoleGrant, **asked)).one()
        return Actor(grant.user_id, "", grants_of(grant.user_id))


def _decide_a_deduction() -> None:
    """Decide what the demo leaves to be decided; the provider has nothing to say against it."""
    with transaction(readonly=True):
        deduction = db.session.scalars(_newest(Deduction, state="proposed")).one()
        number = deduction.id
        milestone = db.session.get_one(Milestone, deduction.milestone_id)
        award = db.session.get_one(Contract, milestone.contract_id).award_id
    factories.do("deduction.state", _manager_of(award), id=number, words="属实。")
    decided = {"id": number, "reason": "双方无异议。"}
    factories.do("deduction.decide", _person("care-approver"), **decided)


def _draft_a_scheme() -> None:
    """Leave a scheme that its clerk can still change, of figures that can be worked out."""
    clerk = _person("care-clerk")
    factories.do(
        "scheme.create",
        clerk,
        code="DRAFT",
        name="养老机构收费减免",
        organisation_id=clerk.organisation_id,
        terms={
            "kind": "fee_relief",
            "fee": "不动产登记费",
            "fee_basis": "收费目录",
            "waived_bp": 5_000,
            "eligibility": {"fact": "org.trade", "is": "养老"},
        },
    )


def _apply_for_a_subsidy() -> None:
    """Leave a draft for beds that the clerk went on with at the desk: both have it to do."""
    manager, clerk = _person("care01"), _person("care-clerk")
    offered = factories.do("public.support", manager, answers={})["items"]
    scheme = next(one["id"] for one in offered if one["kind"] == "per_unit")
    asked = {"scheme_id": scheme, "separate_accounts": True}
    made = factories.do("application.draft", manager, **asked)
    said = factories.do("application.show", manager, id=made["id"])
    typed = {"number": 60, "day": "2020-01-01"}
    facts = {
        one["code"]: one["options"][0][0] if one["options"] else typed[one["kind"]]
        for one in said["questions"]
    }
    applying_world.add_papers(manager, made["id"])
    at_desk = {"applicant_id": manager.organisation_id, "declared": facts}
    factories.do("application.draft", clerk, **at_desk, **asked)


def _stand_for_everybody() -> None:
    """Let the manager stand for a bank, a guarantor, a bookshop and a home: each has own pages."""
    manager, admin = _person("care01"), _person("admin")
    with transaction(readonly=True):
        beds = db.session.scalars(db.select(Scheme).filter_by(code="CWBT")).one().id
        admitted = _newest(Application, scheme_id=beds, state="eligible")
        home = db.session.scalars(admitted).one().applicant_id
    others = [_person(login).organisation_id for login in ("bank01", "guarantor01", "book01")]
    for number in (home, *others):
        fields = {"user_id": manager.user_id, "role": "provider_manager"}
        place = {"organisation_id": number, "division_code": factories.COUNTY}
        factories.do("access.grant_role", admin, **fields, **place)


def _newest(model: Any, **values: Any) -> Any:
    return db.select(model).filter_by(**values).order_by(model.id.desc()).limit(1)


def _programme(clerk: Actor) -> Programme:
    query = db.select(Programme).filter_by(organisation_id=clerk.organisation_id)
    return db.session.scalars(query.order_by(Programme.id)).first()


def _person(login: str) -> Actor:
    with transaction(readonly=True):
        user = db.session.scalars(db.select(User).filter_by(login=login)).one()
        return Actor(user.id, user.name, grants_of(user.id))


def entered(county: Site, who: str) -> FlaskClient:
    """Return a client in which somebody with a role has come in by the demo's door."""
    client = county.app.test_client()
    if who == VISITOR:
        return client
    with county.app.test_request_context(), transaction(readonly=True):
        named = ROLES[who].name
        login = next(one.login for one in demo.demo_users() if one.role == named)
    browser = Browser(client)
    fields = browser.open("/sign-in").form("/demo/enter").fields | {"login": login}
    assert browser.post("/demo/enter", fields).status == 200
    return client


def read(browser: Browser, address: str) -> Page:
    """Open an address and take all of its answer, also one that is given piece by piece."""
    page = browser.open(address)
    page.response.get_data()
    page.response.close()
    return page


def toured(county: Site, browser: Browser, begin: list[str]) -> Tour:
    """Follow links from the doors on: two addresses of every page, one of every question to it."""
    tour, taken, waiting = Tour(), {}, deque(begin)
    adapter = county.app.url_map.bind("localhost")
    while waiting:
        address = waiting.popleft()
        parts = urlsplit(address)
        try:
            endpoint, given = adapter.match(parts.path)
        except RequestRedirect as moved:
            waiting.append(moved.new_url.removeprefix("http://localhost"))
            continue
        except HTTPException:
            tour.wrong[address] = 404
            continue
        asked = re.sub(r"=[^&]*", "", parts.query)
        kind = (endpoint, given.get("step"), given.get("by"), asked)
        if endpoint == "static" or taken.setdefault(kind, 0) >= (1 if asked else 2):
            continue
        taken[kind] += 1
        page = read(browser, address)
        tour.endpoints.add(endpoint)
        if page.status != 200:
            tour.wrong[address] = page.status
        elif "<html" in page.html:
            tour.seen[address] = page.html
            waiting.extend(
                html.unescape(link)
                for link in re.findall(
                    r'(?:href|data-source|data-refresh-url)="(/[^"#]*)', page.html
                )
            )
    return tour


@pytest.fixture(scope="module")
def tours(county: Site) -> dict[str, Tour]:
    """Everybody's tour of the county."""
    begin = doors(county)
    return {who: toured(county, Browser(entered(county, who)), begin[who]) for who in WHO}


def doors(county: Site) -> dict[str, list[str]]:
    """Return the addresses that people type, and those to which only a form leads."""
    found = {who: ["/"] for who in WHO} | {VISITOR: list(DOORS)}
    with county.app.test_request_context():
        clerk = _person("care-clerk")
        with transaction(readonly=True):
            asked = {"programme": _programme(clerk).id, "class": "E", "township": "430112001"}
            # Of many pages of a kind only two are opened, which may be others.
            home = {"organisation_id": clerk.organisation_id}
            plan = db.session.scalars(_newest(Purchase, state="draft", **home)).one().id
            waiting = {"method": "emergency", "state": "submitted"}
            tender = db.session.scalars(_newest(Tender, **waiting)).one().id
            paid = db.session.scalars(_newest(Milestone, state="paid", **home)).one().id
            scored = db.session.scalars(_newest(Tender, state="contracted", method="open_tender"))
            ranked = url_for("contract_awards.ranking", id=scored.one().id)
            closed = db.session.scalars(_newest(Contract, state="closed")).one().id
            draft = db.session.scalars(_newest(Contract, state="draft")).one().id
            draft_form = db.session.scalars(_newest(Application, state="draft")).one()
            at_desk = {"scheme": draft_form.scheme_id, "party": draft_form.applicant_id}
            decided = db.session.scalars(_newest(Deduction, state="decided")).one().milestone_id
            shown = db.session.scalars(_newest(EvidenceFile)).one().milestone_id
        found["purchaser_clerk"] += [
            url_for("voucher_staff.vouchers.issue_township", **asked),
            url_for("purchases.show", id=plan),
            url_for("contract_tenders.show", id=tender),
            url_for("contract_contracts.show", id=closed),
            url_for("contract_contracts.show", id=draft),
            url_for("contract_milestones.show", id=decided),
            url_for("subsidy_applications.entry", **at_desk),
        ]
        found[VISITOR].append(url_for("subsidy_own.sign_in"))
        found["supervisor"].append(ranked)
        found["auditor"].append(url_for("contract_milestones.show", id=shown))
        found["accepter"].append(url_for("contract_milestones.show", id=paid))
    return found


def skeleton(page: str) -> frozenset[str]:
    """Return the kinds of elements on a page; pages of the same kinds look alike."""
    return frozenset(re.findall(r'<[a-z][a-z0-9-]*(?: class="[^"]*")?', page))


@pytest.fixture(scope="module")
def to_look_at(county: Site, tours: dict[str, Tour]) -> dict[str, dict[str, bool]]:
    """Everybody's pages that nobody before has seen in the same make-up; is it the first of them?

    What axe asks, and takes longest to ask, hangs on the template: it asks the first only.
    """
    known, chosen = {}, {}
    adapter = county.app.url_map.bind("localhost")
    for who, tour in tours.items():
        chosen[who] = {}
        for address, page in tour.seen.items():
            endpoint, _given = adapter.match(urlsplit(address).path)
            looks = known.setdefault(endpoint, set())
            if len(looks) < LOOKS and skeleton(page) not in looks:
                chosen[who][address] = not looks
                looks.add(skeleton(page))
    return chosen


@pytest.mark.parametrize("who", WHO)
def test_every_offered_link_opens(tours, who):
    assert tours[who].wrong == {}


@pytest.mark.parametrize("who", WHO)
def test_every_page_answers_whoever_asks(county, tours, who):
    browser, wrong = Browser(entered(county, who)), {}
    for rule in county.app.url_map.iter_rules():
        if rule.rule in tours[who].seen:
            continue
        if "GET" in rule.methods and not rule.arguments and not rule.rule.startswith("/api"):
            page = read(browser, rule.rule)
            # Not found: a page that needs to be asked for something, and says so.
            if page.status not in {200, 403} and not (page.status == 404 and "<h1" in page.html):
                wrong[rule.rule] = page.status
    assert wrong == {}


def test_every_page_is_offered_to_somebody(county, tours):
    offered = set().union(*(tour.endpoints for tour in tours.values()))
    pages = {
        rule.endpoint
        for rule in county.app.url_map.iter_rules()
        if "GET" in rule.methods and not rule.rule.startswith(("/api", "/static"))
    }
    assert pages - offered == NOT_OFFERED


@pytest.mark.parametrize("who", WHO)
def test_every_page_is_good_to_look_at(county, to_look_at, new_context, who):
    client, wrong = entered(county, who), {}
    for language in ("zh", "en"):
        context = new_context(viewport=PHONE, base_url=county.url)
        admitted(county, context, client, language)
        page, said = context.new_page(), []
        listen(page, said)
        for address, is_first in to_look_at[who].items():
            # English is longer: what fits the phone in it fits the desk.
            if language == "en" and not is_first:
                continue
            page.goto(address)
            found = measured(page, PHONE)
            if language == "zh":
                found += measured(page, DESK)
                found += violations(page) if is_first else []
            if found or said:
                wrong[f"{address} ({language})"] = [*found, *said]
            said.clear()
    assert wrong == {}


def admitted(county: Site, context: BrowserContext, client: FlaskClient, language: str) -> None:
    """Let a real browser be the one that has signed in, reading a language."""
    cookies = [{"name": "lang", "value": language, "url": county.url}]
    if kept := client.get_cookie("session"):
        cookies.append({"name": "session", "value": kept.value, "url": county.url})
    context.add_cookies(cookies)
