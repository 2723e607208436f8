"""Schemes as data: written, handed on, published by another person, revised and closed."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor
from core.db import db, transaction
from plugins.subsidy.models import Scheme
from plugins.subsidy.rules import KINDS, read_terms
from plugins.subsidy.service.schemes import terms_in_force
from plugins.subsidy.terms_schema import OF_KIND
from tests import factories
from tests.factories import attempt, do
from tests.purchase_world import log_of
from tests.subsidy import scheme_world as world

pytestmark = pytest.mark.one_engine


@pytest.fixture
def office(app, county):
    """Return the county on the day on which its schemes are written."""
    with app.app_context(), clock.frozen(world.WRITTEN):
        yield county


@pytest.fixture
def plan(app, office, database_kept):
    """A filed plan for a subsidy."""
    return database_kept.with_county(app, office, "a subsidy", lambda: world.make_plan(office))


@pytest.fixture
def clerk(office, plan):
    return office.actor("purchaser_clerk")


@pytest.fixture
def approver(office, plan):
    return office.actor("purchaser_approver")


def refused(operation_id, actor, **fields):
    """Perform an act that is refused and return the refusal."""
    answer = attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body


def shown(actor, number):
    return do("scheme.show", actor, id=number)


# --- from the draft to the public --------------------------------------------------------------


@pytest.mark.requirement("R000-48", in_part=True)
@pytest.mark.parametrize("kind", KINDS)
def test_a_scheme_of_any_kind_is_written_handed_on_and_published(app, office, plan, kind):
    clerk, approver = office.actor("purchaser_clerk"), office.actor("purchaser_approver")
    number = world.make_scheme(office, plan, kind=kind)
    assert shown(clerk, number)["state_name"] == "编制中"
    do("scheme.submit", clerk, id=number)
    done = do("scheme.publish", approver, id=number)
    assert (done["state"], done["terms_state"]) == ("published", "approved")
    assert log_of(app, "scheme", number) == ["draft", "submitted", "published"]
    assert log_of(app, "scheme_terms", number) == ["draft", "submitted", "approved"]
    found = do("public.scheme", factories.SYSTEM, id=number)
    assert found["kind"] == kind
    assert "funding" not in found["terms"]


def test_the_first_publication_starts_the_plan(office, plan, clerk):
    world.publish_scheme(office, plan)
    assert do("purchase.show", clerk, id=plan)["state"] == "under_way"


def test_a_scheme_that_is_not_published_is_not_public(office, plan, clerk):
    number = world.make_scheme(office, plan)
    assert refused("public.scheme", factories.SYSTEM, id=number)["code"] == "NOT_FOUND"
    assert do("public.schemes", factories.SYSTEM)["items"] == []
    assert [one["id"] for one in do("scheme.list", clerk, state="draft")["items"]] == [number]
    assert do("scheme.list", clerk, state="published")["items"] == []


def test_what_was_submitted_is_sent_back_with_a_reason_and_changed(office, plan, clerk, approver):
    number = world.make_scheme(office, plan)
    do("scheme.submit", clerk, id=number)
    asked = {"id": number, "terms": world.written(office)}
    assert refused("scheme.revise", clerk, **asked)["code"] == "STATE_CHANGED"
    do("scheme.send_back", approver, id=number, reason="分档太粗")
    found = shown(clerk, number)
    assert (found["state"], found["sent_back_reason"]) == ("draft", "分档太粗")
    do("scheme.revise", clerk, **asked)
    found = shown(clerk, number)
    assert (found["version"], found["sent_back_reason"]) == (1, None)


def test_nobody_publishes_what_he_wrote(office, plan, clerk):
    number = world.make_scheme(office, plan)
    do("scheme.submit", clerk, id=number)
    both = Actor(clerk.user_id, "经办", office.actor("purchaser_approver").grants)
    assert refused("scheme.publish", both, id=number)["code"] == "FOUR_EYES_REQUIRED"
    assert shown(clerk, number)["state"] == "submitted"


# --- what publication asks for -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"legal_basis": []}, "LEGAL_BASIS_MISSING"),
        ({"review": None}, "REVIEW_MISSING"),
        ({"review": world.REVIEW | {"conclusion": "restricts"}}, "REVIEW_FAILED"),
        ({"ends_on": None}, "END_DATE_MISSING"),
        ({"tiers": [world.TIERS[0], world.TIERS[1] | {"to_centipoints": 8_900}]}, "TIERS_GAP"),
        ({"weights": [{"party": "purchaser", "weight_bp": 9_999}]}, "WEIGHTS_NOT_WHOLE"),
    ],
)
def test_a_scheme_lacking_something_is_kept_as_a_draft_and_not_handed_on(
    office, plan, clerk, changes, code
):
    number = world.make_scheme(office, plan, **changes)
    assert refused("scheme.submit", clerk, id=number)["code"] == code
    assert shown(clerk, number)["state"] == "draft"


def test_a_scheme_without_a_filed_plan_for_subsidies_is_not_handed_on(office, plan, clerk):
    number = world.make_scheme(office, None)
    assert refused("scheme.submit", clerk, id=number)["code"] == "PLAN_NOT_FILED"
    for changes in ({"file": False}, {"form": "voucher", "recipients_choose": True}):
        other = world.make_plan(office, **changes)
        terms = world.written(office)
        do("scheme.revise", clerk, id=number, purchase_id=other, terms=terms)
        assert refused("scheme.submit", clerk, id=number)["code"] == "PLAN_NOT_FILED"
    do("scheme.revise", clerk, id=number, purchase_id=plan, terms=world.written(office))
    do("scheme.submit", clerk, id=number)


def test_a_scheme_uses_only_lines_of_its_own_plan(office, plan, clerk):
    number = world.make_scheme(office, plan)
    other = factories.make_line(office, code="OTHER")
    funding = [{"line_id": other, "share_ppm": 1_000_000}]
    do("scheme.revise", clerk, id=number, terms=world.written(office, funding=funding))
    refusal = refused("scheme.submit", clerk, id=number)
    assert (refusal["code"], refusal["facts"]["line_ids"]) == ("LINE_MISMATCH", [other])


def test_a_line_of_nobody_is_refused_before_anything_is_stored(office, plan, clerk):
    funding = [{"line_id": 999_999, "share_ppm": 1_000_000}]
    asked = {"code": "X1", "name": "奖励", "organisation_id": office.purchaser}
    asked["terms"] = world.written(office, funding=funding)
    assert refused("scheme.create", clerk, **asked)["code"] == "LINE_MISMATCH"
    assert do("scheme.list", clerk)["items"] == []


def test_no_two_schemes_have_one_code(office, plan, clerk):
    asked = {"code": "X1", "name": "奖励", "organisation_id": office.purchaser}
    asked["terms"] = world.written(office)
    do("scheme.create", clerk, **asked)
    assert refused("scheme.create", clerk, **asked)["code"] == "SCHEME_EXISTS"


# --- the document ------------------------------------------------------------------------------


def refused_at(clerk, office, terms):
    """Write a scheme with terms that are refused as input; return where."""
    asked = {"code": "X1", "name": "奖励", "organisation_id": office.purchaser, "terms": terms}
    answer = attempt("scheme.create", clerk, **asked)
    assert answer.status == 422, answer.body
    return answer.body["errors"]


def test_a_parameter_of_another_kind_is_refused_at_its_field(office, clerk):
    terms = world.written(office, "per_unit", tiers=world.TIERS, day_count="act_360")
    assert set(refused_at(clerk, office, terms)["terms"]) == {"tiers", "day_count"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_parameters_it_cannot_do_without(office, clerk, kind):
    _may, must = OF_KIND[kind]
    terms = world.written(office, kind)
    for name in must:
        del terms[name]
    assert set(refused_at(clerk, office, terms)["terms"]) == set(must)


def test_the_rule_is_read_when_it_is_stored_and_refused_at_its_place(office, clerk):
    rule = {"all": [{"fact": "org.staff", "at_least": 3}, {"fact": "org.trade", "is": "赌场"}]}
    found = refused_at(clerk, office, world.written(office, eligibility=rule))
    assert list(found) == ["terms.eligibility.all[1].is"]
    rule["all"][1]["is"] = "书店"
    number = world.make_scheme(office, None, eligibility=rule)
    assert shown(clerk, number)["terms"]["eligibility"] == rule


def test_a_rule_asks_only_what_is_known_of_those_who_may_apply(office, clerk):
    of_residents, of_organisations = (
        {"fact": "age", "at_least": 60},
        {"fact": "org.staff", "at_least": 3},
    )
    found = refused_at(clerk, office, world.written(office, eligibility=of_residents))
    assert list(found) == ["terms.eligibility.fact"]
    terms = world.written(office, applicant="resident", eligibility=of_organisations)
    assert list(refused_at(clerk, office, terms)) == ["terms.eligibility.fact"]
    world.make_scheme(office, None, applicant="resident", eligibility=of_residents)


def test_a_rule_names_only_places_that_exist(office, clerk):
    rule = {"fact": "org.place", "within": "999999"}
    terms = world.written(office, eligibility=rule)
    asked = {"code": "X1", "name": "奖励", "organisation_id": office.purchaser, "terms": terms}
    assert attempt("scheme.create", clerk, **asked).status == 422


# --- after publication -------------------------------------------------------------------------


def test_a_later_version_applies_from_its_day_and_the_first_till_then(
    office, plan, clerk, approver
):
    number = world.publish_scheme(office, plan)
    higher = [world.TIERS[0] | {"amount_fen": 9_000_000}, world.TIERS[1]]
    terms = world.written(office, tiers=higher)
    done = do("scheme.revise", clerk, id=number, terms=terms, effective_on="2026-07-01")
    assert (done["version"], done["terms_state"], done["state"]) == (2, "draft", "published")
    do("scheme.submit", clerk, id=number)
    do("scheme.publish", approver, id=number)
    for day, award in (("2026-06-30", 8_000_000), ("2026-07-01", 9_000_000)):
        with clock.frozen(f"{day}T09:00"), transaction(readonly=True):
            scheme = db.session.get_one(Scheme, number)
            applies = read_terms(terms_in_force(scheme).document)
            assert applies.awards.tiers[0].amount_fen == award
        with clock.frozen(f"{day}T09:00"):
            found = do("public.scheme", factories.SYSTEM, id=number)
            assert found["terms"]["tiers"][0]["amount_fen"] == award
    assert [one["version"] for one in shown(clerk, number)["versions"]] == [2, 1]


def test_a_version_never_applies_to_days_that_are_over(office, plan, clerk, approver):
    number = world.publish_scheme(office, plan)
    asked = {"id": number, "terms": world.written(office), "effective_on": "2026-02-08"}
    answer = attempt("scheme.revise", clerk, **asked)
    assert (answer.status, list(answer.body["errors"])) == (422, ["effective_on"])
    do("scheme.revise", clerk, **asked | {"effective_on": "2026-02-10"})
    do("scheme.submit", clerk, id=number)
    with clock.frozen("2026-03-01T09:00"):
        do("scheme.publish", approver, id=number)
        assert shown(clerk, number)["versions"][0]["effective_on"] == "2026-03-01"


def test_the_kind_of_a_published_scheme_stays(office, plan, clerk):
    number = world.publish_scheme(office, plan)
    terms = world.written(office, "fee_relief")
    assert refused("scheme.revise", clerk, id=number, terms=terms)["code"] == "KIND_FIXED"
    draft = world.make_scheme(office, plan)
    do("scheme.revise", clerk, id=draft, terms=terms)
    assert shown(clerk, draft)["kind"] == "fee_relief"


def test_a_closed_scheme_stays_public_and_is_never_changed_again(office, plan, clerk, approver):
    number = world.publish_scheme(office, plan)
    do("scheme.close", approver, id=number, reason="资金用完")
    found = do("public.scheme", factories.SYSTEM, id=number)
    assert (found["state"], found["closed_reason"]) == ("closed", "资金用完")
    asked = {"id": number, "terms": world.written(office)}
    assert refused("scheme.revise", clerk, **asked)["code"] == "STATE_CHANGED"
    waits = world.publish_scheme(office, plan)
    do("scheme.revise", clerk, **asked | {"id": waits})
    do("scheme.close", approver, id=waits, reason="资金用完")
    assert refused("scheme.submit", clerk, id=waits)["code"] == "STATE_CHANGED"
    again = refused("scheme.close", approver, id=number, reason="再停")
    assert again["code"] == "STATE_CHANGED"


def test_a_plan_of_another_purchaser_is_not_found(office, plan, clerk):
    asked = {"code": "X1", "name": "奖励", "organisation_id": office.purchaser}
    asked |= {"purchase_id": 999_999, "terms": world.written(office)}
    assert refused("scheme.create", clerk, **asked)["code"] == "NOT_FOUND"
