"""From the report to the award: ranked, failed, decided in order, published, refused."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from core import clock, rulepack
from core.acts import perform
from core.db import db, transaction
from core.deadlines.models import Deadline
from plugins.contract_outsourcing.models import Award, Ranking, Tender
from plugins.contract_outsourcing.models import awards as a
from plugins.contract_outsourcing.service import exclusions
from tests import factories
from tests.contract import awards_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.factories import COUNTY, County
from tests.settlement_world import together


@pytest.fixture
def world(app, county, database_kept):
    def make():
        return Evaluation(app, county).build()

    with clock.frozen(MORNING):
        yield database_kept.with_county(app, county, "bids opened", make)


def rankings(app):
    with app.app_context(), transaction(readonly=True):
        rows = db.session.scalars(db.select(Ranking).order_by(Ranking.bid_id))
        return [(row.place, row.price_score, row.other_score, row.total) for row in rows]


def running(app):
    with app.app_context(), transaction(readonly=True):
        rows = db.session.execute(
            db.select(Deadline.kind, Deadline.due_on).where(Deadline.stopped_on.is_(None))
        )
        return {row.kind: row.due_on.isoformat() for row in rows}


def test_an_award_is_published_for_a_provider_under_a_plan(app, county: County):
    with app.app_context():
        made = awards_world.published_award(county, county.provider, 96_000_000)
        with transaction(readonly=True):
            award = db.session.get_one(Award, made.id)
            assert (award.state, award.amount_fen) == (a.PUBLISHED, 96_000_000)


def test_the_ranking_holds_exact_fractions_and_a_sum_to_check_by_pencil(app, world):
    world.ranked(points=lambda number, at: (3000 + number, 2000 + 100 * at))
    other = [Fraction(5002 + 100 * at, 100) for at in range(3)]
    price = [Fraction(30), 30 * Fraction(900, 950), 30 * Fraction(900, 990)]
    expected = [
        (place, *[f"{x.numerator}/{x.denominator}" for x in (p, o, p + o)])
        for place, p, o in zip((1, 2, 3), price, other, strict=True)
    ]
    assert rankings(app) == expected
    shown = world.do("award.ranking", world.who("auditor"), id=world.tender)
    second = shown["items"][1]
    assert second["price_sum"] == "30.00 × 9,000.00 ÷ 9,500.00 = 28.42"
    assert second["other_sum"] == "(51.00 + 51.01 + 51.02 + 51.03 + 51.04) ÷ 5 = 51.02"
    assert second["total_sum"] == "28.42 + 51.02 → 79.44"


def test_a_small_firms_deduction_never_changes_the_contracts_price(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(940_000, 1_000_000, 990_000, small=(1,))
        world.ranked()
        made = world.do("award.decide", world.who("purchaser_approver"), id=world.tender)
        with app.app_context(), transaction(readonly=True):
            award = db.session.get_one(Award, made["award_ids"][0])
            # Compared at 900,000, paid at 1,000,000.
            assert (award.bid_id, award.amount_fen) == (world.bids[1], 1_000_000)
            assert award.small_firm
        shown = world.do("award.ranking", world.who("auditor"), id=world.tender)
        assert shown["items"][0]["evaluated"] == "10,000.00 × 90% = 9,000.00"


def test_fewer_valid_bids_than_the_law_wants_end_the_procurement(world):
    panel = world.seat()
    world.work(panel, failed=(2,))
    assert world.report(panel[0])["failed_code"] == "QUALIFIED_TOO_FEW"
    assert world.state() == "failed"
    shown = world.do("award.ranking", world.who("purchaser_clerk"), id=world.tender)
    assert [one["place"] for one in shown["items"]] == [None] * 3
    assert world.refused("award.decide", world.who("purchaser_approver"), id=world.tender) == (
        "STATE_CHANGED"
    )


def test_bids_all_above_the_ceiling_end_it_too(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(1_000_001, 1_100_000, 1_200_000)
        panel = world.seat()
        world.work(panel)
        assert world.report(panel[0])["failed_code"] == "ALL_ABOVE_CEILING"


def test_an_unexplained_low_bid_is_left_out(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(449_999, 900_000, 950_000, 990_000)
        panel = world.seat()
        world.work(panel)
        assert world.refused("panel.report", panel[0], id=world.tender) == "LOW_BID_UNJUDGED"
        asked = world.do("panel.ask_explanation", panel[0], id=world.tender)["asked"]
        assert asked == [world.bids[0]]
        judgement = {"bid_id": world.bids[0], "reason": "没有说明成本构成"}
        code = world.refused("panel.judge_low_bid", panel[0], accepted=True, **judgement)
        assert code == "LOW_BID_UNEXPLAINED"
        other = world.manager(1)
        assert world.refused("bid.explain", other, bid_id=world.bids[0], words="别人的") == (
            "NOT_FOUND"
        )
        world.do("bid.explain", world.manager(0), bid_id=world.bids[0], words="自有设备已折旧。")
        world.do("panel.judge_low_bid", panel[1], accepted=False, **judgement)
        assert world.report(panel[0])["ranked"] == 3
        assert rankings(app)[0][0] is None


def test_an_explained_low_bid_stays(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(449_999, 900_000, 950_000)
        panel = world.seat()
        world.work(panel)
        world.do("panel.ask_explanation", panel[0], id=world.tender)
        world.do("bid.explain", world.manager(0), bid_id=world.bids[0], words="自有设备已折旧。")
        judgement = {"bid_id": world.bids[0], "accepted": True, "reason": "成本构成合理"}
        world.do("panel.judge_low_bid", panel[0], **judgement)
        assert world.report(panel[0])["ranked"] == 3


@pytest.mark.requirement("R000-55", in_part=True)
def test_the_lowest_final_quote_wins_a_negotiation_and_stays_sealed(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(method="negotiation")
        panel = world.seat(3)
        world.check(panel[0])
        world.do("panel.call_quotes", panel[0], id=world.tender, until="2026-03-03T17:00")
        for one in panel:
            world.do("panel.finish", one, id=world.tender)
        assert world.refused("panel.report", panel[0], id=world.tender) == "QUOTES_RUNNING"
        for at, fen in enumerate((890_000, 880_000, 895_000)):
            world.do("bid.quote", world.manager(at), bid_id=world.bids[at], price_fen=fen)
        again = {"bid_id": world.bids[0], "price_fen": 1}
        assert world.refused("bid.quote", world.manager(0), **again) == "STATE_CHANGED"
        work = world.do("panel.work", panel[0], id=world.tender)
        assert {bid["price_fen"] for bid in work["bids"]} == {None}
        world.report(panel[0])
        made = world.do("award.decide", world.who("purchaser_approver"), id=world.tender)
        with app.app_context(), transaction(readonly=True):
            award = db.session.get_one(Award, made["award_ids"][0])
            assert (award.bid_id, award.amount_fen) == (world.bids[1], 880_000)


def test_who_quotes_too_late_has_left_the_negotiation(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(
            800_000, 900_000, 950_000, 960_000, method="negotiation"
        )
        panel = world.seat(3)
        world.check(panel[0])
        world.do("panel.call_quotes", panel[0], id=world.tender, until="2026-03-03T17:00")
        for one in panel:
            world.do("panel.finish", one, id=world.tender)
        for at in (1, 2, 3):
            world.do("bid.quote", world.manager(at), bid_id=world.bids[at], price_fen=900_000 + at)
    with clock.frozen("2026-03-03T17:01"):
        late = {"bid_id": world.bids[0], "price_fen": 1}
        assert world.refused("bid.quote", world.manager(0), **late) == "QUOTE_TOO_LATE"
        assert world.report(panel[0])["ranked"] == 3


def test_a_price_that_is_still_sealed_stops_the_report(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build()
        with app.app_context():
            extra = factories.make_organisation("provider")
            world.providers.append(extra)
            world.bids.append(awards_world.bid(world.tender, extra, None))
        panel = world.seat()
        world.work(panel)
        assert world.refused("panel.report", panel[0], id=world.tender) == "PRICES_SEALED"


def test_the_award_follows_the_ranking(world):
    world.ranked()
    approver = world.who("purchaser_approver")
    code = world.refused("award.decide", approver, id=world.tender, bid_id=world.bids[1])
    assert code == "AWARD_OUT_OF_ORDER"
    world.do("award.decide", approver, id=world.tender, bid_id=world.bids[0])
    assert world.refused("award.decide", approver, id=world.tender) == "STATE_CHANGED"


def test_the_next_one_follows_a_refusal_and_in_the_end_nobody(app, world):
    award = world.awarded()
    approver, clerk = world.who("purchaser_approver"), world.who("purchaser_clerk")
    assert world.refused("award.next", approver, id=world.tender) == "AWARD_STANDS"
    stranger = world.manager(1)
    assert world.refused("award.decline", stranger, id=award, reason="抢") == "NOT_FOUND"
    for at in range(3):
        world.do("award.decline", world.manager(at), id=award, reason="人员不足")
        answer = world.do("award.next", approver, id=world.tender)
        if at == 2:
            assert answer["failed_code"] == "NO_CANDIDATE_LEFT"
            break
        award = answer["award_ids"][0]
        world.do("award.publish", clerk, id=world.tender)
    assert world.state() == "failed"
    assert "contract.signing" not in running(app)


def test_the_clocks_run_one_after_the_other(app, world):
    panel = world.seat()
    world.work(panel)
    assert running(app) == {"panel.reporting": "2026-03-05"}
    world.report(panel[0])
    assert running(app) == {"award.deciding": "2026-03-10"}
    world.do("award.decide", world.who("purchaser_approver"), id=world.tender)
    assert running(app) == {"award.publishing": "2026-03-05"}
    world.do("award.publish", world.who("purchaser_clerk"), id=world.tender)
    assert running(app) == {"contract.signing": "2026-04-02"}


def test_who_sat_on_the_panel_decides_no_award(world, county):
    approver = world.who("purchaser_approver")
    world.draw(4)
    world.do(
        "panel.add_representative",
        world.who("purchaser_clerk"),
        id=world.tender,
        user_id=approver.user_id,
    )
    panel = world.members()
    for one in panel:
        world.do("panel.declare", one, id=world.tender, confirms=True)
    world.work(panel)
    world.report(panel[0])
    assert world.refused("award.decide", approver, id=world.tender) == "FOUR_EYES_REQUIRED"


def test_a_framework_admits_several_and_one_drops_out(app, county):
    with clock.frozen(MORNING):
        sheet = awards_world.SHEET | {"admitted": 5}
        world = Evaluation(app, county).build(method="framework", sheet=sheet)
        world.ranked()
        made = world.do("award.decide", world.who("purchaser_approver"), id=world.tender)
        assert len(made["award_ids"]) == 2
        world.do("award.publish", world.who("purchaser_clerk"), id=world.tender)
        notice = world.do("award.notice", world.manager(0), id=world.tender)
        assert [one["place"] for one in notice["awards"]] == [1, 2]


@pytest.mark.parametrize(("admitted", "wins"), [(None, 4), (2, 2)])
def test_a_framework_admits_what_its_sheet_and_the_least_elimination_allow(
    app, county, admitted, wins
):
    with clock.frozen(MORNING):
        sheet = awards_world.SHEET | {"admitted": admitted}
        prices = [900_000 + at * 1000 for at in range(6)]
        world = Evaluation(app, county).build(*prices, method="framework", sheet=sheet)
        world.ranked()
        made = world.do("award.decide", world.who("purchaser_approver"), id=world.tender)
        assert len(made["award_ids"]) == wins


def test_two_who_decide_at_once_make_one_award(app, world):
    world.ranked()
    approver = world.who("purchaser_approver")

    def decide():
        with app.app_context():
            return perform("award.decide", {"id": world.tender}, actor=approver)

    answers = together(decide, decide)
    assert sorted(answer.status for answer in answers) == [200, 409]
    with app.app_context(), transaction(readonly=True):
        assert db.session.scalar(db.select(db.func.count()).select_from(Award)) == 1


# --- without competition ----------------------------------------------------------------------


def single_source(app, county, **values):
    values = {"method": "single_source", "publicity_until": None, "state": "publicity"} | values
    with app.app_context():
        return awards_world.tender(county, **values)


def test_a_single_source_is_negotiated_after_its_publicity(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county)
        day = clock.today()
        world.tender = single_source(app, county, publicity_until=day)
        clerk, approver = world.who("purchaser_clerk"), world.who("purchaser_approver")
        fields = {"provider_id": county.provider, "price_fen": 990_000, "record": "三轮协商。"}
        fields |= {"id": world.tender}
        assert world.refused("tender.negotiate", clerk, **fields) == "NOTICE_NOT_FINISHED"
    with clock.frozen("2026-03-04T09:00"):
        dear = fields | {"price_fen": 1_000_001}
        assert world.refused("tender.negotiate", clerk, **dear) == "PRICE_ABOVE_CEILING"
        with app.app_context():
            organ = factories.make_organisation("purchaser", name="区民政局")
        assert world.attempt("tender.negotiate", clerk, **fields | {"provider_id": organ}).refused
        made = world.do("tender.negotiate", clerk, **fields)
        assert world.do("award.decide", approver, id=world.tender)["award_ids"] == [
            made["award_id"]
        ]
        world.do("award.publish", clerk, id=world.tender)
        with app.app_context(), transaction(readonly=True):
            award = db.session.get_one(Award, made["award_id"])
            assert (award.state, award.amount_fen, award.bid_id) == (a.PUBLISHED, 990_000, None)
            assert db.session.get_one(Tender, world.tender).state == "awarded"


def test_only_the_provider_that_was_made_public_is_negotiated_with(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county)
        day = clock.today() - timedelta(days=1)
        content = {"provider_id": county.provider}
        world.tender = single_source(app, county, publicity_until=day, content=content)
        with app.app_context():
            other = factories.make_organisation("provider", name="没有公示的公司")
        fields = {"id": world.tender, "price_fen": 990_000, "record": "三轮协商。"}
        clerk = world.who("purchaser_clerk")
        answer = world.attempt("tender.negotiate", clerk, provider_id=other, **fields)
        assert (answer.status, answer.body["code"]) == (422, "PROVIDER_NOT_NAMED")
        assert "没有公示的公司" in answer.body["detail"]
        world.do("tender.negotiate", clerk, provider_id=county.provider, **fields)


def test_who_competes_is_not_negotiated_with(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county)
        world.tender = single_source(app, county, method="open_tender", state="submitted")
        fields = {
            "id": world.tender,
            "provider_id": county.provider,
            "price_fen": 1,
            "record": "谈",
        }
        clerk = world.who("purchaser_clerk")
        assert world.refused("tender.negotiate", clerk, **fields) == "METHOD_COMPETES"


# --- providers barred -------------------------------------------------------------------------


def test_a_barred_provider_gets_no_award_until_it_is_lifted(app, world):
    """SP-7 E13: scored 58 of 60, suspended from a day."""
    approver = world.who("purchaser_approver")
    world.ranked()
    barred = {
        "provider_id": world.providers[0],
        "reason": "季度评分 58 分，低于 60 分",
        "from_on": "2026-03-01",
    }
    number = world.do("exclusion.record", approver, **barred)["id"]
    assert world.refused("award.decide", approver, id=world.tender) == "PROVIDER_SUSPENDED"
    world.do("exclusion.lift", approver, id=number, reason="整改合格")
    world.do("award.decide", approver, id=world.tender)


def test_a_supervisor_bars_a_provider_for_the_whole_division(app, county, world):
    where = {"division_code": COUNTY, "on": clock.today()}
    barred = {"provider_id": world.providers[0], "reason": "串通投标", "from_on": "2026-03-03"}
    with app.app_context():
        elsewhere = factories.make_organisation("purchaser", name="区民政局")
    world.do("exclusion.record", world.who("purchaser_approver"), **barred)

    def is_barred():
        with app.app_context(), transaction(readonly=True):
            return bool(exclusions.barred(world.providers[0], organisation_id=elsewhere, **where))

    assert not is_barred()  # only from that purchaser's own
    world.do("exclusion.record", world.who("supervisor"), **barred)
    assert is_barred()


def test_the_laws_times_are_in_the_rule_pack():
    assert {"award.report_working_days", "conflict.years"} <= set(rulepack.figures())
