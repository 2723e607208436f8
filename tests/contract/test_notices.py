"""Notices: published by another person, in time, frozen; changed, asked about, read in public."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import clock
from core.audit import Acting, AuditEntry, acting
from core.db import db, transaction
from core.deadlines import Deadline
from core.errors import Refusal
from core.purchases import Purchase
from core.states import StatusLog
from plugins.contract_outsourcing.models import Tender, TenderInvitee, TenderQuestion
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules import invitations
from plugins.contract_outsourcing.service import notices, tender_checks
from tests import factories
from tests.contract import tender_world as world
from tests.factories import attempt, do

pytestmark = pytest.mark.one_engine

DIRECT = {
    "method": "single_source",
    "reason_code": "only_source",
    "method_reason": "设备只有原厂能维护。",
    "sheet": None,
    "closes_at": None,
}
INVITED = {"method": "invited_tender", "reason_code": "special_few", "method_reason": "少数几家"}


@pytest.fixture
def office(app, county):
    """Return the county on the day on which its notices are published."""
    with app.app_context(), clock.frozen(world.PUBLISHED):
        yield county


@pytest.fixture
def submitted(app, office, database_kept):
    """A tender that waits for its approver."""

    def make():
        return world.submit_tender(office)

    return database_kept.with_county(app, office, "a tender submitted", make)


@pytest.fixture
def published(app, office, database_kept):
    """A tender in its bidding time."""

    def make():
        return world.publish_tender(office)

    return database_kept.with_county(app, office, "a tender published", make)


def refused(operation_id, actor, **fields):
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def row_of(number):
    return db.session.get_one(Tender, number)


def code_of(check, number):
    """Ask a check of the steps that follow about a tender; return the refusal's code, if any."""
    with transaction(readonly=True):
        try:
            check(row_of(number))
        except Refusal as refusal:
            return refusal.code
    return None


# --- publishing --------------------------------------------------------------------------------


def test_who_wrote_a_tender_does_not_publish_it(office):
    approver = office.actor("purchaser_approver")
    number = world.submit_tender(office)
    with transaction():
        row_of(number).made_by = approver.user_id
    world.hold_keys(office, number)
    assert refused("tender.publish", approver, id=number)["code"] == "FOUR_EYES_REQUIRED"


@pytest.mark.parametrize(
    ("method", "closes_at", "first"),
    [
        ("open_tender", "2026-03-01T23:59", "2026-03-02"),
        ("consultation", "2026-02-19T09:00", "2026-02-20"),
    ],
)
def test_bidding_takes_as_long_as_the_method_says(office, method, closes_at, first):
    approver = office.actor("purchaser_approver")
    number = world.submit_tender(office, method=method)
    world.hold_keys(office, number)
    refusal = refused("tender.publish", approver, id=number, closes_at=closes_at)
    assert refusal["code"] == "BIDDING_TIME_TOO_SHORT"
    assert refusal["facts"]["first_day"] == first
    do("tender.publish", approver, id=number, closes_at=f"{first}T09:00")


def test_documents_are_to_be_had_for_five_working_days(office):
    approver = office.actor("purchaser_approver")
    number = world.submit_tender(office)
    refusal = refused("tender.publish", approver, id=number, documents_until="2026-02-16")
    assert refusal["code"] == "DOCUMENTS_TIME_TOO_SHORT"
    late = refused("tender.publish", approver, id=number, documents_until="2026-03-04")
    assert "documents_until" in late["errors"]


def test_a_published_tender_starts_its_plan_and_says_whether_it_is_open(office):
    plan = world.make_plan(office)
    world.publish_tender(office, plan)
    with transaction(readonly=True):
        purchase = db.session.get_one(Purchase, plan)
        assert (purchase.state, purchase.is_open_tender) == ("under_way", True)


def test_sheet_conditions_and_ceiling_are_frozen_with_the_notice(office, published):
    number = published
    clerk = office.actor("purchaser_clerk")
    changed = world.written(ceiling_fen=1)
    assert refused("tender.revise", clerk, id=number, **changed)["code"] == "STATE_CHANGED"
    assert code_of(notices.require_frozen, number) is None
    with transaction():
        row_of(number).ceiling_fen -= 1
    assert code_of(notices.require_frozen, number) == "SHEET_CHANGED"
    with transaction(readonly=True):
        assert len(tender_checks.check_frozen()) == 1
    with transaction():
        row_of(number).ceiling_fen += 1


# --- publicity before direct methods -------------------------------------------------------------


def test_a_direct_method_is_public_for_five_working_days_before_anything_is_negotiated(office):
    approver = office.actor("purchaser_approver")
    number = world.submit_tender(office, **DIRECT, provider_id=office.provider)
    assert code_of(notices.require_publicity_over, number) == "NOTICE_NOT_FINISHED"
    assert refused("tender.publish", approver, id=number)["code"] == "METHOD_TAKES_NO_BIDS"
    until = do("tender.publicise", approver, id=number)["publicity_until"]
    shown = do("public.tender", id=number)
    assert shown["provider"] == "望城区育才学校"
    assert shown["method_reason"] == DIRECT["method_reason"]
    # 16 to 23 February 2026 is the Spring Festival; Saturday the 14th is worked in exchange.
    assert until == shown["publicity_until"]
    with clock.frozen(f"{until}T23:59"):
        assert code_of(notices.require_publicity_over, number) == "NOTICE_NOT_FINISHED"
    with clock.frozen("2026-03-02T09:00"):
        assert code_of(notices.require_publicity_over, number) is None


@pytest.mark.requirement("R003-27")
def test_an_emergency_waits_for_nothing_and_owes_a_report(office):
    plan = world.make_plan(office, emergency_reason="暴雨后疫情风险")
    fields = DIRECT | {"method": "emergency", "reason_code": "emergency"}
    number = world.submit_tender(office, plan, **fields, provider_id=office.provider)
    assert code_of(notices.require_publicity_over, number) is None
    with transaction(), acting(Acting("test", None, "系统")):
        notices.begin(row_of(number), db.session.get_one(Purchase, plan))
    clocks = db.select(Deadline).filter_by(kind="purchase.emergency_report", object_id=plan)
    with transaction(readonly=True):
        assert db.session.scalars(clocks).one().stopped_on is None
    clerk = office.actor("purchaser_clerk")
    do("purchase.report_emergency", clerk, id=plan, report="已完成消杀。")
    with transaction(readonly=True):
        assert db.session.scalars(clocks).one().stopped_on is not None


# --- changes and questions ---------------------------------------------------------------------


def test_a_change_that_affects_bids_leaves_fifteen_days(office, published):
    number = published
    clerk = office.actor("purchaser_clerk")
    with clock.frozen("2026-02-20T10:00"):
        said = do("tender.amend", clerk, id=number, words="附表 2 有笔误", affects_bids=False)
        assert not said["extended"]
        said = do("tender.amend", clerk, id=number, words="面积改为两层", affects_bids=True)
    assert said["extended"]
    shown = do("public.tender", id=number)
    assert clock.instant(shown["closes_at"]) == clock.instant("2026-03-07T09:30")
    assert [row["number"] for row in shown["amendments"]] == [1, 2]


def test_a_deadline_is_never_moved_earlier_nor_changed_when_over(office, published):
    number = published
    clerk = office.actor("purchaser_clerk")
    fields = {"id": number, "words": "更正", "affects_bids": False}
    earlier = refused("tender.amend", clerk, **fields, closes_at="2026-03-03T09:29")
    assert earlier["code"] == "BIDDING_TIME_TOO_SHORT"
    with clock.frozen(world.CLOSES):
        assert refused("tender.amend", clerk, **fields)["code"] == "BIDDING_CLOSED"


def test_a_question_is_answered_in_public_and_nobody_learns_who_asked(office, published):
    number = published
    manager = office.actor("provider_manager")
    asked = attempt("tender.ask", manager, key="k-1", id=number, words="夜班几人？").body["id"]
    with transaction(readonly=True):
        clock_of = db.session.scalars(
            db.select(Deadline).filter_by(object_type="tender_question", object_id=asked)
        ).one()
        assert clock_of.due_on.isoformat() == "2026-02-13"
        entries = db.session.scalars(db.select(AuditEntry).filter_by(action="tender.ask")).all()
        stored = [str(vars(entry)) for entry in entries]
        stored += [str(vars(row)) for row in db.session.scalars(db.select(TenderQuestion))]
        assert entries
        assert all(entry.actor_id is None and entry.organisation_id is None for entry in entries)
        assert not any(manager.name in text or f"user:{manager.user_id}" in text for text in stored)
        logged = db.select(StatusLog).filter_by(object_type="tender", object_id=number)
        assert manager.user_id not in {row.actor_id for row in db.session.scalars(logged)}
    clerk = office.actor("purchaser_clerk")
    do("tender.answer", clerk, id=asked, answer="每班两人。")
    again = refused("tender.answer", clerk, id=asked, answer="三人")
    assert again["code"] == "STATE_CHANGED"
    assert do("public.tender", id=number)["questions"][0]["answer"] == "每班两人。"


def test_nothing_is_asked_after_the_deadline_or_of_a_draft(office):
    manager = office.actor("provider_manager")
    number = world.publish_tender(office)
    with clock.frozen(world.CLOSES):
        late = refused("tender.ask", manager, id=number, words="夜班几人？")
        assert late["code"] == "BIDDING_CLOSED"
    draft = world.make_tender(office, world.make_plan(office))
    assert refused("tender.ask", manager, id=draft, words="夜班？")["code"] == "NOT_FOUND"
    assert refused("tender.answer", office.actor("purchaser_clerk"), id=9_999, answer="无")


# --- by invitation -----------------------------------------------------------------------------


def invited_tender(county):
    """Return an invited tender of four candidates of whom three are drawn, and the candidates."""
    candidates = world.make_providers(4)
    number = world.make_tender(county, **INVITED)
    fields = {"id": number, "candidate_ids": candidates, "count": 3}
    do("tender.invite", county.actor("purchaser_clerk"), **fields)
    return number, candidates


def publish(county, number):
    world.hold_keys(county, number)
    do("tender.submit", county.actor("purchaser_clerk"), id=number)
    do("tender.publish", county.actor("purchaser_approver"), id=number)


def test_at_least_three_are_drawn_by_lot_and_the_draw_can_be_checked(office):
    number, candidates = invited_tender(office)
    clerk = office.actor("purchaser_clerk")
    too_few = refused("tender.invite", clerk, id=number, candidate_ids=candidates, count=2)
    assert too_few["code"] == "INVITEES_TOO_FEW"
    with transaction(readonly=True):
        draw = row_of(number).content["draw"]
        rows = db.session.scalars(db.select(TenderInvitee.organisation_id))
        assert set(rows) == set(invitations.drawn(candidates, 3, draw["seed"]))


@pytest.mark.parametrize(
    ("on", "until", "first"),
    [
        # Thursday: the fifth working day after it is the next Thursday.
        ("2026-03-05T10:00", "2026-03-11", "2026-03-12"),
        # Over the Qingming days, 4 to 6 April.
        ("2026-04-01T10:00", "2026-04-08", "2026-04-09"),
    ],
)
def test_applications_for_prequalification_are_taken_for_five_working_days(
    office, on, until, first
):
    candidates = world.make_providers(4)
    number = world.make_tender(office, **INVITED)
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    fields = {"id": number, "candidate_ids": candidates, "count": 3}
    with clock.frozen(on):
        refusal = refused("tender.prequalify", approver, id=number, until=until)
        assert refusal["code"] == "PREQUALIFICATION_TIME_TOO_SHORT"
        assert refusal["facts"]["first_day"] == first
        assert do("public.prequalifications")["items"] == []
        do("tender.prequalify", approver, id=number, until=first)
        (notice,) = do("public.prequalifications")["items"]
        assert (notice["id"], notice["until"]) == (number, first)
        assert refused("tender.invite", clerk, **fields)["code"] == "PREQUALIFICATION_RUNNING"
    with clock.frozen(f"{first}T23:00"):
        assert refused("tender.invite", clerk, **fields)["code"] == "PREQUALIFICATION_RUNNING"
    with clock.frozen("2026-04-20T00:00"):
        assert do("tender.invite", clerk, **fields)["invited"] == 3
        assert do("public.prequalifications")["items"] == []


def test_only_a_method_with_prequalification_has_one_and_new_conditions_end_it(office):
    approver = office.actor("purchaser_approver")
    plan = world.make_plan(office)
    until = {"until": "2026-06-30"}
    open_one = world.make_tender(office, plan, ceiling_fen=9_000, bid_bond_fen=0)
    refusal = refused("tender.prequalify", approver, id=open_one, **until)
    assert refusal["code"] == "METHOD_WITHOUT_PREQUALIFICATION"
    fields = INVITED | {"ceiling_fen": 9_000, "bid_bond_fen": 0}
    number = world.make_tender(office, plan, **fields)
    do("tender.prequalify", approver, id=number, **until)
    clerk = office.actor("purchaser_clerk")
    do("tender.revise", clerk, id=number, **world.written(**fields))
    with transaction(readonly=True):
        assert row_of(number).content["prequalification"]["until"] == "2026-06-30"
    do("tender.revise", clerk, id=number, **world.written(**fields, conditions=["有资质证书"]))
    assert do("public.prequalifications")["items"] == []


def test_a_tender_by_invitation_without_invitations_is_not_published(office):
    number = world.submit_tender(office, **INVITED)
    world.hold_keys(office, number)
    refusal = refused("tender.publish", office.actor("purchaser_approver"), id=number)
    assert refusal["code"] == "INVITEES_TOO_FEW"
    open_one = world.make_tender(office, world.make_plan(office))
    clerk, fields = office.actor("purchaser_clerk"), {"candidate_ids": [1], "count": 1}
    assert refused("tender.invite", clerk, id=open_one, **fields)["code"] == "METHOD_NOT_INVITED"


def test_an_invitation_is_known_to_the_invited_only_until_the_opening(office):
    number, candidates = invited_tender(office)
    publish(office, number)
    with transaction(readonly=True):
        invited = set(db.session.scalars(db.select(TenderInvitee.organisation_id)))
    (left_out,) = set(candidates) - invited
    stranger = world.manager_of(office, left_out)
    assert do("notice.list", stranger)["items"] == []
    for act, fields in (("notice.show", {}), ("tender.ask", {"words": "几人？"})):
        assert refused(act, stranger, id=number, **fields)["code"] == "NOT_FOUND"
    guest = world.manager_of(office, min(invited))
    assert [row["id"] for row in do("notice.list", guest)["items"]] == [number]
    assert "invited" not in do("notice.show", guest, id=number)
    assert do("public.tenders")["items"] == []
    assert refused("public.tender", factories.SYSTEM, id=number)["code"] == "NOT_FOUND"
    approver = do("tender.show", office.actor("purchaser_approver"), id=number)
    assert (approver["invited"], approver["draw"], approver["invited_count"]) == ([], None, 3)
    with transaction():
        tender = row_of(number)
        tender.state, tender.opened_at = t.OPENED, clock.now()
    assert len(do("public.tender", id=number)["invited"]) == 3


@pytest.mark.requirement("R000-37", in_part=True)
def test_a_tender_reserved_for_social_organisations_admits_nobody_else(office):
    number = world.make_tender(office, **INVITED, reserved_for="social_organisation")
    clerk = office.actor("purchaser_clerk")
    firms = world.make_providers(3)
    fields = {"id": number, "count": 3}
    refusal = refused("tender.invite", clerk, **fields, candidate_ids=firms)
    assert refusal["code"] == "PROVIDER_CONDITION_UNMET"
    social = world.make_providers(3, prefix="52")
    assert do("tender.invite", clerk, **fields, candidate_ids=social)["invited"] == 3


def test_institutions_may_take_part_beside_firms(office):
    school = world.make_providers(
        1, prefix="12", legal_kind="institution", institution_class="public_two"
    )
    number = world.make_tender(office, **INVITED)
    fields = {"candidate_ids": [*world.make_providers(2), *school], "count": 3}
    do("tender.invite", office.actor("purchaser_clerk"), id=number, **fields)


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.requirement("R002-37")
def test_anybody_reads_a_notice_with_its_four_things_and_no_secret(office, published):
    number = published
    draft = world.make_tender(office, world.make_plan(office))
    assert [row["id"] for row in do("public.tenders")["items"]] == [number]
    shown = do("public.tender", id=number)
    assert all(shown[part] for part in ("project", "service", "conditions", "evaluation"))
    assert [one["code"] for one in shown["preferences"]] == ["team"]
    assert not {"draw", "made_by", "invited_count"} & set(shown)
    assert refused("public.tender", factories.SYSTEM, id=draft)["code"] == "NOT_FOUND"


def test_another_unit_sees_no_tender_of_this_one(office):
    number = world.make_tender(office)
    other = factories.make_organisation("purchaser", name="民政局")
    clerk = office.actor("purchaser_clerk")
    grants = tuple(replace(grant, organisation_id=other) for grant in clerk.grants)
    stranger = replace(clerk, grants=grants)
    assert refused("tender.show", stranger, id=number)["code"] == "NOT_FOUND"
    assert do("tender.list", stranger)["items"] == []
