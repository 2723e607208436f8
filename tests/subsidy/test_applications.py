"""Applications: what may be handed in and when, who judges what, what is kept of it."""

from __future__ import annotations

import base64
from datetime import date

import pytest

from core import clock
from core.db import db, transaction
from core.deadlines import Deadline
from plugins.subsidy.models import ApplicationPaper
from plugins.subsidy.service import blocking
from tests.factories import attempt, do
from tests.settlement_world import together
from tests.subsidy import applying_world as world
from tests.subsidy import scheme_world, units_world
from tests.subsidy.applying_world import ASKS, DECLARED, PNG

one_engine = pytest.mark.one_engine


@pytest.fixture
def scheme(app, county, database_kept):
    """An open scheme that asks for everything, on a day on which one applies."""
    number = database_kept.with_county(
        app, county, "open_scheme", lambda: world.open_scheme(county)
    )
    with clock.frozen(world.APPLIED), app.app_context():
        yield number


@pytest.fixture
def owner(county, scheme):
    """The manager of a bookshop."""
    return county.actor("provider_manager")


@pytest.fixture
def clerk(county, scheme):
    """The purchaser's clerk."""
    return county.actor("purchaser_clerk")


def code(operation, actor, **fields):
    """Return the code of a refusal, or the state an act leads to."""
    answer = attempt(operation, actor, **fields)
    return answer.body["code"] if answer.refused else answer.body["state"]


def at_once(app, operation, actor, **fields):
    """Perform an act twice at the same time and return both answers."""

    def call():
        with app.app_context():
            return attempt(operation, actor, **fields)

    return together(call, call)


def clocks(number):
    """Return the clocks of an application: kind, days it runs, whether it runs."""
    with transaction(readonly=True):
        rows = db.session.scalars(
            db.select(Deadline)
            .filter_by(object_type="subsidy_application", object_id=number)
            .order_by(Deadline.id)
        )
        return [(one.kind, one.due_on, one.stopped_on is None) for one in rows]


# --- the way through ---------------------------------------------------------------------------


@pytest.mark.requirement("R000-48", in_part=True)
def test_an_application_goes_from_draft_to_eligible_with_its_clocks(county, scheme, owner, clerk):
    number = world.submit(county, scheme)
    assert clocks(number) == [("subsidy.completeness", date(2026, 3, 23), True)]
    [waiting] = do("application.list", clerk)["items"]
    assert (waiting["state"], waiting["days_left"]) == ("submitted", 7)
    with clock.frozen(world.CHECKED):
        do("application.complete", clerk, id=number)
    assert [running for _kind, _day, running in clocks(number)] == [False, True]
    with clock.frozen(world.JUDGED):
        assert do("application.judge", clerk, id=number)["reasons"] == []
    found = do("application.show", owner, id=number)
    assert (found["state"], found["judged_on"], found["version"]) == ("eligible", "2026-03-19", 1)
    assert [one["state"] for one in found["history"]] == [
        "draft",
        "submitted",
        "complete",
        "eligible",
    ]
    assert not any(running for _kind, _day, running in clocks(number))


def test_of_two_who_submit_at_once_one_succeeds(app, county, scheme, owner):
    number = world.draft(county, scheme)
    world.add_papers(owner, number)
    answers = at_once(app, "application.submit", owner, id=number)
    assert sorted(one.status for one in answers) == [200, 409]
    assert len(clocks(number)) == 1


def test_of_two_drafts_begun_at_once_one_stands(app, county, scheme, owner):
    fields = {"scheme_id": scheme, "declared": DECLARED}
    answers = at_once(app, "application.draft", owner, **fields)
    assert {one.status for one in answers} <= {200, 409}
    assert len(do("application.mine", owner)["items"]) == 1


def test_one_applies_once_and_again_after_withdrawing(county, scheme, owner):
    number = world.submit(county, scheme)
    assert code("application.draft", owner, scheme_id=scheme) == "ALREADY_APPLIED"
    assert code("application.withdraw", owner, id=number) == "withdrawn"
    assert world.draft(county, scheme) != number


# --- drafts and papers -------------------------------------------------------------------------


@one_engine
def test_a_draft_may_lack_everything_and_is_changed_in_place(county, scheme, owner):
    number = do("application.draft", owner, scheme_id=scheme)["id"]
    assert world.draft(county, scheme, declared={"org.trade": "书店"}) == number
    found = do("application.show", owner, id=number)
    assert found["declared"] == {"org.trade": "书店"}
    assert [one["code"] for one in found["questions"]] == ["org.trade", "org.floor_m2"]
    assert [one["id"] for one in found["papers"]] == [None, None]


@one_engine
@pytest.mark.parametrize(
    ("declared", "wrong"),
    [
        ({"org.floor_m2": -1}, "org.floor_m2"),
        ({"org.trade": "银行"}, "org.trade"),
        ({"age": 30}, "age"),
        ({"org.registered_on": "昨天"}, "org.registered_on"),
    ],
)
def test_an_answer_that_fits_no_fact_is_refused_at_its_place(scheme, owner, declared, wrong):
    answer = attempt("application.draft", owner, scheme_id=scheme, declared=declared)
    assert answer.body["code"] == "INVALID_INPUT"
    assert list(answer.body["errors"]) == [wrong]


@one_engine
def test_a_newer_paper_replaces_the_one_before_which_is_kept(county, scheme, owner):
    number = world.draft(county, scheme)
    do("application.add_paper", owner, id=number, **world.paper("licence"))
    newer = do("application.add_paper", owner, id=number, **world.paper("licence", content=PNG))
    [shown, _lease] = do("application.show", owner, id=number)["papers"]
    assert (shown["id"], shown["name"]) == (newer["paper_id"], "营业执照.png")
    with transaction(readonly=True):
        rows = db.session.scalars(db.select(ApplicationPaper).order_by(ApplicationPaper.id)).all()
        assert [row.replaced_at is None for row in rows] == [False, True]
    told = do("application.paper", owner, id=newer["paper_id"])
    assert base64.b64decode(told["content"]) == PNG


@one_engine
def test_papers_are_pdf_or_pictures_of_five_megabytes_that_were_asked_for(county, scheme, owner):
    number = world.draft(county, scheme)

    def added(**fields):
        return code("application.add_paper", owner, id=number, **world.paper(**fields))

    assert added(code="licence", content=b"MZ") == "FILE_KIND_NOT_ALLOWED"
    assert added(code="licence", content=world.PDF + b"0" * 5_000_000) == "FILE_TOO_LARGE"
    assert added(code="photo") == "INVALID_INPUT"


# --- what is refused at submission -------------------------------------------------------------


@one_engine
def test_nothing_is_handed_in_that_lacks_facts_papers_or_the_promise(county, scheme, owner):
    number = world.draft(county, scheme, declared={"org.trade": "书店"}, separate_accounts=False)

    def submitted():
        return attempt("application.submit", owner, id=number).body

    assert submitted()["code"] == "FACTS_MISSING"
    assert list(submitted()["errors"]) == ["org.floor_m2"]
    world.draft(county, scheme, separate_accounts=False)
    do("application.add_paper", owner, id=number, **world.paper("licence"))
    assert submitted()["code"] == "EVIDENCE_MISSING"
    assert submitted()["facts"]["missing"] == ["lease"]
    assert "房屋租赁合同" in submitted()["detail"]
    world.add_papers(owner, number)
    assert submitted()["code"] == "NOT_SEPARATELY_ACCOUNTED"
    world.draft(county, scheme)
    assert submitted()["state"] == "submitted"


@one_engine
def test_one_applies_from_the_first_day_to_the_last(county, scheme, owner):
    number = world.draft(county, scheme)
    world.add_papers(owner, number)
    for day, said in (
        ("2026-03-09T23:59", "APPLICATIONS_NOT_OPEN"),
        ("2026-04-01T00:00", "APPLICATIONS_CLOSED"),
        ("2026-03-31T23:59", "submitted"),
    ):
        with clock.frozen(day):
            assert code("application.submit", owner, id=number) == said


@one_engine
def test_before_the_terms_are_in_force_and_once_stopped_nobody_begins(county, scheme, owner):
    with clock.frozen("2026-03-09T09:00"):
        answer = attempt("application.draft", owner, scheme_id=scheme)
        assert (answer.body["code"], "2026-03-10" in answer.body["detail"]) == (
            "APPLICATIONS_NOT_OPEN",
            True,
        )
    do("scheme.close", county.actor("purchaser_approver"), id=scheme, reason="资金用完")
    answer = attempt("application.draft", owner, scheme_id=scheme)
    assert answer.body["code"] == "APPLICATIONS_CLOSED"
    assert "资金用完" in answer.body["detail"]


@one_engine
def test_a_result_below_every_tier_blocks_for_a_time(county, scheme, owner, monkeypatch):
    number = world.draft(county, scheme)
    world.add_papers(owner, number)
    monkeypatch.setattr(blocking, "blocked_until", lambda *_any: date(2026, 3, 16))
    assert code("application.submit", owner, id=number) == "BLOCKED_AFTER_RESULT"
    with clock.frozen("2026-03-17T09:00"):
        assert code("application.submit", owner, id=number) == "submitted"


@one_engine
def test_who_may_not_apply_is_told_why(county, scheme, owner, clerk):
    _number, person = world.resident(county)
    assert code("application.draft", person, scheme_id=scheme) == "WRONG_APPLICANT"
    assert code("application.draft", clerk, scheme_id=scheme) == "ROLE_NOT_ALLOWED"
    assert code("application.draft", owner, scheme_id=scheme + 99) == "NOT_FOUND"
    other, _manager = world.shop(county)
    assert code("application.draft", owner, scheme_id=scheme, applicant_id=other) == (
        "ROLE_NOT_ALLOWED"
    )


@one_engine
def test_what_banks_report_is_not_applied_for(app, county):
    with app.app_context(), clock.frozen(world.PUBLISHED):
        plan = scheme_world.make_plan(county)
        loans = scheme_world.publish_scheme(county, plan, kind="interest_subsidy")
        owner = county.actor("provider_manager")
        assert code("application.draft", owner, scheme_id=loans) == "NOT_APPLIED_FOR"


# --- the office --------------------------------------------------------------------------------


@one_engine
def test_what_lacks_something_goes_back_and_returns_after_the_last_day(
    county, scheme, owner, clerk
):
    number = world.submit(county, scheme)
    reason = "租赁合同缺盖章页。"
    assert code("application.send_back", clerk, id=number, reason=reason) == "draft"
    assert [running for _kind, _day, running in clocks(number)] == [False]
    assert do("application.show", owner, id=number)["sent_back_reason"] == reason
    assert do("application.show", clerk, id=number)["state"] == "draft"
    with clock.frozen("2026-04-02T09:00"):
        assert code("application.submit", owner, id=number) == "submitted"
    found = do("application.show", owner, id=number)
    assert (found["submitted_at"], found["sent_back_reason"]) == ("2026-03-16 09:00", None)


@one_engine
def test_the_rule_judges_and_tells_every_reason(county, scheme, clerk):
    small = {"org.trade": "教育", "org.floor_m2": 20}
    number = world.complete(county, scheme, declared=small)
    answer = do("application.judge", clerk, id=number)
    assert answer["state"] == "ineligible"
    assert answer["reasons"] == [
        "主要业务：教育；要求主要业务是“书店”。",
        "营业面积（平方米）：20；要求营业面积（平方米）不低于 50。",
    ]


@one_engine
def test_the_rule_of_the_day_of_submission_judges(county, scheme, clerk):
    number = world.complete(county, scheme)
    with clock.frozen("2026-03-17T09:00"):
        stricter = {"eligibility": {"all": [{"fact": "org.floor_m2", "at_least": 500}]}}
        terms = scheme_world.written(county, **ASKS | stricter)
        do("scheme.revise", clerk, id=scheme, terms=terms)
        do("scheme.submit", clerk, id=scheme)
        do("scheme.publish", county.actor("purchaser_approver"), id=scheme)
        assert do("application.judge", clerk, id=number)["state"] == "eligible"


@one_engine
def test_the_approver_rejects_and_revokes_with_a_reason(county, scheme, owner, clerk):
    approver = county.actor("purchaser_approver")
    number = world.apply(county, scheme)
    untrue = {"id": number, "reason": "现场没有书店。"}
    assert code("application.reject", clerk, **untrue) == "ROLE_NOT_ALLOWED"
    assert code("application.revoke", approver, **untrue) == "revoked"
    assert do("application.show", owner, id=number)["ended_reason"] == "现场没有书店。"
    second = world.submit(county, scheme)
    assert code("application.revoke", approver, id=second, reason="不实") == "STATE_CHANGED"
    assert code("application.reject", approver, id=second, reason="不实") == "rejected"
    assert code("application.judge", clerk, id=second) == "STATE_CHANGED"


@one_engine
def test_the_clerk_writes_at_the_desk_for_who_has_no_computer(county, scheme, owner, clerk):
    number = world.draft(county, scheme, clerk, applicant_id=county.provider)
    world.add_papers(clerk, number)
    assert code("application.submit", clerk, id=number) == "submitted"
    found = do("application.show", owner, id=number)
    assert (found["at_desk"], found["is_mine"]) == (True, True)


@one_engine
def test_applications_are_seen_by_their_applicant_and_the_office_alone(
    county, scheme, owner, clerk
):
    number = world.draft(county, scheme)
    world.add_papers(owner, number)
    paper = do("application.show", owner, id=number)["papers"][0]["id"]
    _other, manager = world.shop(county)
    assert attempt("application.show", manager, id=number).status == 404
    assert attempt("application.paper", manager, id=paper).status == 404
    # A draft is nobody's business yet.
    assert attempt("application.show", clerk, id=number).status == 404
    assert attempt("application.paper", clerk, id=paper).status == 404
    assert do("application.list", clerk)["items"] == []
    do("application.submit", owner, id=number)
    assert do("application.paper", clerk, id=paper)["name"] == "营业执照.pdf"
    assert [one["id"] for one in do("application.list", clerk, scheme_id=scheme)["items"]] == [
        number
    ]
    assert do("application.list", clerk, state="complete", after=number)["items"] == []
    assert do("application.mine", manager) == {"items": [], "next_before": None}


# --- residents ---------------------------------------------------------------------------------


@pytest.fixture
def for_residents(app, county):
    """A scheme for residents of at least 60, on a day on which one applies."""
    with app.app_context():
        number = world.open_residents_scheme(county)
        with clock.frozen(world.APPLIED):
            yield number


@one_engine
def test_a_resident_applies_and_is_judged_by_what_is_recorded(county, for_residents):
    number, person = world.resident(county)
    answer = attempt("application.draft", person, scheme_id=for_residents, declared={"age": 70})
    assert (answer.body["code"], list(answer.body["errors"])) == ("INVALID_INPUT", ["age"])
    assert code("application.draft", county.actor("provider_manager"), scheme_id=for_residents) == (
        "WRONG_APPLICANT"
    )
    application = world.apply(county, for_residents, person, declared={}, separate_accounts=False)
    [mine] = do("application.mine", person)["items"]
    assert (mine["id"], mine["applicant_id"], mine["state"]) == (application, number, "eligible")


@one_engine
def test_the_desk_writes_for_a_resident_of_its_own_division(county, for_residents):
    number, _person = world.resident(county)
    clerk = county.actor("purchaser_clerk")
    fields = {"scheme_id": for_residents, "applicant_id": number}
    assert code("application.draft", clerk, **fields) == "draft"


@one_engine
def test_what_was_claimed_by_an_application_keeps_it_from_being_withdrawn(app, county):
    with app.app_context(), clock.frozen(units_world.CLAIMED):
        scheme = units_world.nursing(county)
        number, manager = units_world.home(county, scheme, "望城区康乐养老院")
        units_world.claim(number, manager, units_world.row("new", 60, since="2025-03-01"))
        assert code("application.withdraw", manager, id=number) == "APPLICATION_CLAIMED"
        approver = county.actor("purchaser_approver")
        untrue = {"id": number, "reason": "没有床位"}
        assert code("application.reject", approver, **untrue) == "APPLICATION_CLAIMED"
        assert code("application.revoke", approver, **untrue) == "revoked"
