"""Low bids at their edges: judged by two members at once, asked about while quotes still come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from core.db import db, transaction
from plugins.contract_outsourcing.models import LowBid
from tests import factories
from tests.contract import awards_world
from tests.contract.evaluation_world import MORNING, Evaluation
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine


def test_of_members_who_judge_a_low_bid_at_once_one_is_heard(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(449_999, 900_000, 950_000, 990_000)
        panel = world.seat()
        world.work(panel)
        world.do("panel.ask_explanation", panel[0], id=world.tender)
        bid = world.bids[0]
        world.do("bid.explain", world.manager(0), bid_id=bid, words="自有设备。")

        def judging(one, at):
            def call():
                asked = {"bid_id": bid, "accepted": at % 2 == 0, "reason": f"{at}"}
                answer = world.attempt("panel.judge_low_bid", one, **asked)
                return answer.body.get("code", f"{at}")

            return call

        answers = together(*[judging(one, at) for at, one in enumerate(panel)])
        heard = [one for one in answers if one != "STATE_CHANGED"]
        assert len(heard) == 1, answers
        with app.app_context(), transaction(readonly=True):
            row = db.session.get_one(LowBid, bid)
            assert (row.reason, row.accepted) == (heard[0], int(heard[0]) % 2 == 0)


def test_nobody_is_asked_about_a_low_price_while_final_quotes_still_come(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(method="negotiation")
        panel = world.seat(3)
        world.check(panel[0])
        world.do("panel.call_quotes", panel[0], id=world.tender, until="2026-03-03T17:00")
        for one in panel:
            world.do("panel.finish", one, id=world.tender)
        world.do("bid.quote", world.manager(0), bid_id=world.bids[0], price_fen=440_000)
        refusal = world.refused("panel.ask_explanation", panel[0], id=world.tender)
        assert refusal == "QUOTES_RUNNING"


def test_who_was_not_asked_for_a_final_quote_is_not_found_qualified_afterwards(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county).build(
            900_000, 950_000, 980_000, 990_000, method="negotiation"
        )
        panel = world.seat(3)
        world.check(panel[0], failed=(3,))
        world.do("panel.call_quotes", panel[0], id=world.tender, until="2026-03-03T17:00")
        asked = {"bid_id": world.bids[3], "condition": "1", "passed": True}
        assert world.refused("panel.check", panel[1], **asked) == "QUOTES_CALLED"


def test_a_reserved_procurement_is_negotiated_only_with_who_it_is_reserved_for(app, county):
    with clock.frozen(MORNING):
        world = Evaluation(app, county)
        clerk = world.who("purchaser_clerk")
        for reserved, small_firm in (("small_firm", False), ("social_organisation", True)):
            with app.app_context():
                world.tender = awards_world.tender(
                    county,
                    method="single_source",
                    state="publicity",
                    publicity_until=clock.today() - timedelta(days=1),
                    content={"reserved_for": reserved},
                )
                provider = factories.make_organisation("provider", name=f"公司{small_firm}")
            asked = {"id": world.tender, "provider_id": provider, "price_fen": 990_000}
            asked |= {"record": "协商。", "small_firm": small_firm}
            assert world.refused("tender.negotiate", clerk, **asked) == "PROVIDER_CONDITION_UNMET"
