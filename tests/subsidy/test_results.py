"""Rounds of scoring: who scores what, what is public, who objects, who concludes."""

from __future__ import annotations

import pytest

from core import clock
from core.db import db, transaction
from plugins.subsidy.models import AwardResult, AwardScore
from tests import factories
from tests.factories import attempt, do
from tests.settlement_world import together
from tests.subsidy import applying_world, scheme_world
from tests.subsidy import award_world as world
from tests.subsidy.award_world import FIRST, SECOND, THIRD, code

one_engine = pytest.mark.one_engine
# One hundredth of a point below tier A.
NEARLY = (9_000, 9_000, 8_998, 305)


@pytest.fixture
def made(app, county, database_kept):
    """Three shops to score: one in tier A, one in B, one below every tier."""
    found = database_kept.with_county(app, county, "awards_opened", lambda: world.opened(county))
    with app.app_context():
        found.county = county
        yield found


@pytest.fixture
def public(app, county, database_kept):
    """The three shops' results, made public."""

    def make():
        return world.publicised(county, FIRST, NEARLY, THIRD)

    found = database_kept.with_county(app, county, "awards_public", make)
    with app.app_context():
        found.county = county
        yield found


def at(moment):
    """Return a clock that stands still."""
    return clock.frozen(moment)


def row(number):
    """Return a result as it stands."""
    with transaction(readonly=True):
        found = db.session.get_one(AwardResult, number, populate_existing=True)
        db.session.expunge(found)
        return found


def object_to(made, place=1, **fields):
    """Object to a shop's result as its manager, during the notice; return the objection."""
    with at(world.NOTICED):
        words = {"words": "漏计一次读者活动。"} | fields
        return do("result.object", made.owners[place], id=made.results[place], **words)["id"]


def uphold(made, objection, **fields):
    """Uphold an objection as the approver."""
    with at(world.NOTICED):
        said = {"upheld": True, "reason": "属实", "about": "third_party"} | fields
        return do("result.decide_objection", made.approver, id=objection, **said)


# --- opening and scoring -----------------------------------------------------------------------


@one_engine
def test_a_round_needs_an_award_eligible_shops_and_an_assessor_of_its_own(app, county):
    with app.app_context(), at(scheme_world.WRITTEN):
        plan = scheme_world.make_plan(county)
        loans = scheme_world.publish_scheme(county, plan, kind="interest_subsidy")
        clerk = county.actor("purchaser_clerk")
        assert code("result.open", clerk, scheme_id=loans) == "NOT_AN_AWARD"
    with app.app_context():
        made = world.applied(county, 0)
    with app.app_context(), at(world.OPENED):
        asked = {"scheme_id": made.scheme}
        assert code("result.open", clerk, **asked) == "EVALUATOR_MISSING"
        own = asked | {"evaluator_id": county.purchaser}
        assert code("result.open", clerk, **own) == "EVALUATOR_MISSING"
        named = asked | {"evaluator_id": made.evaluating}
        assert code("result.open", clerk, **named) == "ROUND_EMPTY"


def test_each_party_scores_for_itself_and_the_earlier_value_stays(made):
    result = made.results[0]
    with at(world.SCORED):
        third = {"id": result, "party": "third_party", "centipoints": 9_350}
        assert code("result.score", made.clerk, **third) == "ROLE_NOT_ALLOWED"
        own = {"id": result, "party": "purchaser", "centipoints": 9_200}
        assert code("result.score", made.evaluator, **own) == "ROLE_NOT_ALLOWED"
        readers = {"id": result, "party": "recipients", "centipoints": 9_000}
        assert code("result.score", made.clerk, **readers) == "ANSWERS_MISSING"
        world.score(made, result, FIRST)
        assert code("result.score", made.clerk, **own) == "SCORE_REASON_MISSING"
        do("result.score", made.clerk, reason="看漏一栏", **own | {"centipoints": 9_100})
    clerk = made.clerk.user_id
    with transaction(readonly=True):
        query = db.select(AwardScore).filter_by(result_id=result, party="purchaser")
        kept = [
            (one.centipoints, one.before, one.scored_by == clerk)
            for one in db.session.scalars(query.order_by(AwardScore.id))
        ]
    assert kept == [(9_200, None, True), (9_100, 9_200, True)]


@one_engine
def test_a_party_that_does_not_count_does_not_score(app, county):
    weights = [
        {"party": "purchaser", "weight_bp": 5_000},
        {"party": "third_party", "weight_bp": 5_000},
    ]
    with app.app_context():
        made = world.opened(county, 1, weights=weights)
        asked = {"id": made.results[0], "party": "recipients", "centipoints": 9_000}
        with at(world.SCORED):
            assert code("result.score", made.clerk, **asked) == "PARTY_NOT_SCORING"


def test_nothing_is_public_before_everything_is_scored_verified_and_judged(made):
    with at(world.PUBLICISED):
        public = {"id": made.round}
        assert code("result.publicise", made.approver, **public) == "SCORE_MISSING"
        for result, scores in zip(made.results, (FIRST, SECOND, THIRD), strict=True):
            world.score(made, result, scores)
        assert code("public.result", made.clerk, **public) == "NOT_FOUND"
    with at(applying_world.APPLIED):
        _shop, late = applying_world.shop(made.county)
        number = applying_world.submit(
            made.county, made.scheme, late, declared={"org.invested_fen": 1_000_000}
        )
    with at(world.PUBLICISED):
        assert code("result.publicise", made.approver, **public) == "APPLICATIONS_PENDING"
        do("application.complete", made.clerk, id=number)
        do("application.judge", made.clerk, id=number)
        taken = do("result.open", made.clerk, scheme_id=made.scheme)["taken"]
        assert taken == 1
        [result] = [
            one["id"]
            for one in do("result.round", made.clerk, id=made.round)["results"]
            if one["application_id"] == number
        ]
        world.score(made, result, FIRST)
        assert code("result.publicise", made.approver, **public) == "INVESTMENT_NOT_VERIFIED"
        verified = {"id": result, "investment_fen": 1_000_000, "document": "审计报告"}
        do("result.verify", made.clerk, **verified)
        said = do("result.publicise", made.approver, **public)
        assert (said["state"], said["notice_until"]) == ("publicised", "2026-05-16")
        assert row(result).award_fen == 300_000
        again = {"id": result, "party": "purchaser", "centipoints": 1, "reason": "改"}
        assert code("result.score", made.clerk, **again) == "STATE_CHANGED"


@one_engine
def test_a_veto_is_public_with_its_reason_and_few_answers_lower_the_tier(made):
    with at(world.SCORED):
        for result, scores in zip(made.results, (FIRST, FIRST, SECOND), strict=True):
            world.score(made, result, (*scores[:3], 24))
        do("result.veto", made.approver, id=made.results[1], reason="列入严重失信名单")
    with at(world.PUBLICISED):
        do("result.publicise", made.approver, id=made.round)
        first, second, third = do("public.result", made.clerk, id=made.round)["results"]
    assert (first["composite_text"], first["tier"], first["few_answers"]) == ("93.26", "C", True)
    assert (second["veto"], second["tier"], second["award_fen"]) == ("列入严重失信名单", None, 0)
    assert third["tier"] == "C"


# --- objections --------------------------------------------------------------------------------


def test_an_upheld_objection_is_corrected_by_the_party_itself_and_both_versions_stay(public):
    objection = object_to(public)
    with at(world.NOTICED):
        asked = {"id": objection, "upheld": True, "reason": "属实"}
        assert code("result.decide_objection", public.approver, **asked) == "CORRECTION_MISSING"
        vetoed = asked | {"about": "veto"}
        assert code("result.decide_objection", public.approver, **vetoed) == "CORRECTION_MISSING"
    assert uphold(public, objection)["state"] == "upheld"
    with at(world.NOTICED):
        right = {"id": objection, "reason": "补计", "centipoints": 9_000}
        assert code("result.correct", public.clerk, **right) == "ROLE_NOT_ALLOWED"
        empty = {"id": objection, "reason": "补计"}
        assert code("result.correct", public.evaluator, **empty) == "CORRECTION_MISSING"
        said = do("result.correct", public.evaluator, **right)
        assert (said["score"], said["tier"], said["award_fen"]) == ("90.00", "A", 800_000)
        shown = do("public.result", public.clerk, id=public.round)["results"][1]
    assert [(one["composite_text"], one["tier"]) for one in shown["versions"]] == [
        ("89.99", "B"),
        ("90.00", "A"),
    ]
    [told] = shown["objections"]
    assert (told["state"], told["version_before"], told["version_after"]) == ("corrected", 1, 2)
    assert "words" not in told


@one_engine
def test_objections_come_in_time_from_who_may_and_are_decided_by_another(public):
    asked = {"id": public.results[0], "words": "得分偏高。"}
    with at(world.NOTICED):
        assert code("result.object", public.clerk, **asked) == "OBJECTOR_MISSING"
        assert code("result.object", public.owners[1], **asked) == "NOT_FOUND"
        said = do("result.object", public.clerk, by_name="李先生", **asked)
        kept = do("result.show", public.clerk, id=public.results[0])["objections"]
        assert [one["by_name"] for one in kept] == ["李先生"]
        rejected = {"id": said["id"], "upheld": False, "reason": "评分无误"}
        assert do("result.decide_objection", public.approver, **rejected)["state"] == "rejected"
        assert code("result.decide_objection", public.approver, **rejected) == "STATE_CHANGED"
    with at(world.ENDED):
        late = {"id": public.results[1], "words": "来晚了。"}
        assert code("result.object", public.owners[1], **late) == "OBJECTION_LATE"


@one_engine
def test_who_vetoed_does_not_hear_the_objection_against_it(made):
    with at(world.SCORED):
        for result in made.results:
            world.score(made, result, FIRST)
        do("result.veto", made.approver, id=made.results[1], reason="列入严重失信名单")
    with at(world.PUBLICISED):
        do("result.publicise", made.approver, id=made.round)
    objection = object_to(made)
    asked = {"id": objection, "upheld": True, "reason": "已移出名单", "about": "veto"}
    with at(world.NOTICED):
        assert code("result.decide_objection", made.approver, **asked) == "FOUR_EYES_REQUIRED"
        second = factories.make_user("purchaser_approver", made.county.purchaser)
        other = made.county
        other.users["purchaser_approver"] = second
        said = do("result.decide_objection", other.actor("purchaser_approver"), **asked)
    assert said["state"] == "corrected"
    assert (row(made.results[1]).veto, row(made.results[1]).tier) == (None, "A")


# --- how a round ends --------------------------------------------------------------------------


def test_a_round_ends_after_the_notice_scaled_approved_and_the_lowest_blocked(public):
    object_to(public)
    with at("2026-05-16T16:00"):
        finance = {"id": public.round}
        refused = attempt("result.approve", public.finance, **finance).body
        assert (refused["code"], refused["facts"]["notice_until"]) == (
            "NOTICE_NOT_FINISHED",
            "2026-05-16",
        )
        assert code("result.conclude", public.clerk, **finance) == "NOTICE_NOT_FINISHED"
    [waiting] = do("result.show", public.clerk, id=public.results[1])["objections"]
    with at(world.ENDED):
        assert code("result.conclude", public.clerk, **finance) == "OBJECTION_OPEN"
        assert code("result.approve", public.approver, **finance) == "STATE_CHANGED"
    uphold(public, waiting["id"])
    with at(world.ENDED):
        right = {"id": waiting["id"], "reason": "补计", "centipoints": 9_000}
        do("result.correct", public.evaluator, **right)
        said = do("result.conclude", public.clerk, **finance)
        assert (said["wanted_fen"], said["total_fen"], said["persons"]) == (1_600_000, 1_000_000, 2)
        assert code("result.send_back", public.approver, reason="再核", **finance) == "publicised"
        do("result.conclude", public.clerk, **finance)
        assert do("result.approve", public.approver, **finance)["state"] == "settled"
        assert code("result.approve", public.approver, **finance) == "FOUR_EYES_REQUIRED"
        assert do("result.approve", public.finance, **finance)["state"] == "concluded"
    assert [row(one).final_fen for one in public.results] == [500_000, 500_000, 0]
    ended = do("application.show", public.clerk, id=public.applications[2])
    assert (ended["state"], "69.99" in ended["ended_reason"]) == ("rejected", True)


@one_engine
def test_who_was_below_every_tier_does_not_apply_before_the_next_year_is_over(app, county):
    with app.app_context():
        made = world.applied(county, 1, closes_on="2027-12-31")
        with at(world.OPENED):
            asked = {"scheme_id": made.scheme, "evaluator_id": made.evaluating}
            made.round = do("result.open", made.clerk, **asked)["id"]
            [shown] = do("result.round", made.clerk, id=made.round)["results"]
            world.score(made, shown["id"], THIRD)
            do("result.publicise", made.approver, id=made.round)
        with at(world.ENDED):
            do("result.conclude", made.clerk, id=made.round)
            do("result.approve", made.approver, id=made.round)
        with at("2027-03-16T09:00"):
            again = applying_world.draft(county, made.scheme, made.owners[0], declared={})
            refused = attempt("application.submit", made.owners[0], id=again).body
    assert refused["code"] == "BLOCKED_AFTER_RESULT"
    assert "2027-12-31" in refused["detail"]


@one_engine
def test_who_takes_the_application_back_takes_no_part_of_the_pool(public):
    with at(world.NOTICED):
        do("application.withdraw", public.owners[0], id=public.applications[0])
    with at(world.ENDED):
        said = do("result.conclude", public.clerk, id=public.round)
    assert (said["wanted_fen"], said["total_fen"]) == (500_000, 500_000)
    assert row(public.results[0]).final_fen == 0


def test_two_approvers_at_once_conclude_a_round_once(app, public):
    with at(world.ENDED):
        do("result.conclude", public.clerk, id=public.round)

        def approve(actor):
            with app.app_context():
                return attempt("result.approve", actor, id=public.round)

        actors = public.approver, public.finance
        answers = together(*(lambda actor=actor: approve(actor) for actor in actors))
    assert sorted(one.body.get("state", "") for one in answers) == ["concluded", "settled"]


@one_engine
def test_everybody_reads_their_own_and_nobody_anothers(public):
    with at(world.NOTICED):
        [own] = do("result.mine", public.owners[1])["items"]
        assert own["id"] == public.results[1]
        assert code("result.own", public.owners[0], id=public.results[1]) == "NOT_FOUND"
        assert do("result.own", public.owners[1], id=public.results[1])["tier"] == "B"
        assert [one["id"] for one in do("result.list", public.evaluator)["items"]] == [public.round]
        assert do("public.results", public.owners[0])["items"][0]["notice_until"] == "2026-05-16"
