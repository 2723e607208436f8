"""The demo county's schemes: of five kinds and in force, one to publish, one half written."""

from __future__ import annotations

import pytest
from sqlalchemy import func

from core import clock
from core.access import ANONYMOUS
from core.db import db, transaction
from core.demo import county as demo_county
from core.demo.world import World
from plugins.subsidy import demo, rules
from plugins.subsidy.models import (
    AwardResult,
    Guarantee,
    Loan,
    PricePromise,
    PromiseCheck,
    ReliefRecord,
    Scheme,
    SchemeTerms,
    ScoringRound,
    SubsidyClaim,
    SubsidyGrant,
)
from tests.factories import do
from tests.web.browser import Browser

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]

# A usual day, and an awkward one: the last minutes of a leap day and its month.
NOW = {"sqlite": "2028-02-29T23:50", "postgresql": "2026-11-23T10:00"}
FEWEST = 200  # of so many people of the county one is there
KINDS = {
    "interest_subsidy",
    "award_tiers",
    "per_unit",
    "risk_pool_share",
    "tax_relief_memo",
}
SHOP = {
    "org.trade": "书店",
    "org.nature": "个体工商户",
    "org.registered_on": "2024-05-06",
    "org.place": "430112106",
    "org.floor_m2": 120,
}


@pytest.fixture
def loaded(app, database_kept):
    """The county with the core's demo and the subsidies', at the moment of the load."""
    now = NOW[database_kept.engine]

    def make():
        with app.app_context(), clock.frozen(now):
            world = World(clock.now(), lambda _line: None, one_in=FEWEST)
            demo_county.build(world, key="began")
            demo.load(world)
        return now

    with clock.frozen(database_kept.at(app, "demo schemes", make)), app.app_context():
        yield


def by_state():
    with transaction(readonly=True):
        rows = db.session.execute(db.select(Scheme.state, Scheme.kind)).all()
    return {state: {kind for each, kind in rows if each == state} for state, _kind in rows}


def test_there_are_five_kinds_in_force_one_to_publish_and_one_draft(loaded):
    assert by_state() == {
        "published": KINDS,
        "submitted": {"per_unit"},
        "draft": {"fee_relief"},
    }


def test_everything_but_the_draft_may_be_published(loaded):
    with transaction(readonly=True):
        states = db.select(SchemeTerms.document).where(SchemeTerms.state != "draft")
        documents = list(db.session.scalars(states))
    assert len(documents) == len(KINDS) + 1
    for document in documents:
        rules.refuse_terms(rules.read_terms(document))


def test_a_bookshop_finds_the_award_and_what_the_small_may_have(loaded):
    found = do("public.support", ANONYMOUS, answers=SHOP)
    fits = {one["name"] for one in found["items"] if one["verdict"] == "fits"}
    assert fits == {"社区书店以奖代补", "创业担保贷款贴息", "小微企业融资担保风险分担"}
    assert {one["verdict"] for one in found["items"]} == {"fits", "fits_not"}


def test_every_scheme_in_force_is_read_with_its_example(app, loaded):
    browser = Browser(app.test_client())
    with transaction(readonly=True):
        query = db.select(Scheme.id, Scheme.name).where(Scheme.state == "published")
        schemes = db.session.execute(query).all()
    listed = browser.open("/subsidy/public/").text
    for number, name in schemes:
        page = browser.open(f"/subsidy/public/{number}")
        assert page.status == 200
        assert name in listed
        assert "举个例子" in page.text
        assert "法律政策依据" in page.text


def test_a_bank_has_handed_in_its_file_and_asked_for_more_than_is_due(loaded):
    with transaction(readonly=True):
        assert db.session.scalar(db.select(func.count(Loan.id))) == 4
        [claim] = of_kind("interest_subsidy")
        assert (claim.state, claim.amount_fen > 0) == ("approved", True)
        disallowed = [one["disallowed_fen"] for one in claim.inputs["loans"]]
        assert disallowed[0] > 0
        assert disallowed[1:] == [0, 0, 0]


def of_kind(kind):
    return list(db.session.scalars(db.select(SubsidyClaim).filter_by(kind=kind)))


def test_bookshops_were_scored_one_objected_rightly_and_two_signed(loaded):
    with transaction(readonly=True):
        [scored] = db.session.scalars(db.select(ScoringRound))
        query = db.select(AwardResult).order_by(AwardResult.id)
        results = list(db.session.scalars(query))
        assert (scored.state, [one.tier for one in results]) == ("concluded", ["A", "A", "C", None])
        assert [one.final_fen > 0 for one in results] == [True, True, True, False]
        assert [one.version for one in results] == [1, 2, 1, 1]
        states = db.select(SubsidyGrant.state)
        assert list(db.session.scalars(states)) == ["signed", "signed"]
        instalments = [(one.instalment, one.state) for one in of_kind("award_tiers")]
        assert instalments == [(1, "approved"), (2, "submitted")] * 2


def test_beds_found_fewer_are_approved_and_another_home_waits(loaded):
    with transaction(readonly=True):
        paid, waits = of_kind("per_unit")
        assert (paid.state, waits.state) == ("approved", "submitted")
        assert 0 < paid.amount_fen < paid.asked_fen
        promises = list(db.session.scalars(db.select(PricePromise)))
        assert [one.state for one in promises] == ["standing", "standing"]
        assert [one.is_kept for one in db.session.scalars(db.select(PromiseCheck))] == [True]
        told = db.select(ReliefRecord.kind, ReliefRecord.state)
        assert db.session.execute(told).all() == [("tax_relief_memo", "approved")]


def test_a_guarantor_claims_the_pools_share_of_one_loss(loaded):
    with transaction(readonly=True):
        states = list(db.session.scalars(db.select(Guarantee.state).order_by(Guarantee.id)))
        assert states[:2] == ["active", "active"]
        assert len(states) == 3
        [claim] = of_kind("risk_pool_share")
        assert (claim.state, claim.amount_fen) == ("computed", 4_800_000)
