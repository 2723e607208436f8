"""Openings: two of three holders, never early, never too few; what is broken is left out."""

from __future__ import annotations

import pytest

from core import clock, privacy
from core.access import Actor, User
from core.db import db, transaction
from plugins.contract_outsourcing.models import (
    Bid,
    BidFile,
    BidPrice,
    Exclusion,
    Expert,
    KeyHolder,
    PanelMember,
    Tender,
)
from plugins.contract_outsourcing.service import sealing
from tests import factories
from tests.contract import bids_world as world
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine


@pytest.fixture
def county_open(app, county):
    with app.app_context():
        yield county


@pytest.fixture
def sealed(app, county_open, database_kept):
    """A tender with three bids, its deadline still to come."""

    def make():
        tender = world.published(county_open)
        world.three_bids(tender)
        return tender

    return database_kept.with_county(app, county_open, "three bids", make)


def code(operation_id, actor, **fields):
    answer = factories.attempt(operation_id, actor, **fields)
    assert answer.refused, answer.body
    return answer.body["code"]


def change(model, number, **values):
    """Change a row as somebody with the database's password would."""
    with transaction():
        db.session.execute(db.update(model).where(model.id == number).values(**values))


def bid_ids(tender_id):
    with transaction(readonly=True):
        query = db.select(Bid.id).filter_by(tender_id=tender_id).order_by(Bid.id)
        return list(db.session.scalars(query))


# --- holding the key --------------------------------------------------------------------------


def test_without_three_holders_nothing_is_published(county_open):
    tender = world.draft(county_open)
    with clock.frozen(world.PUBLISHED):
        for part in ("officer", "finance"):
            factories.do(
                "tender.hold_key",
                county_open.actor(world.HOLDERS[part]),
                id=tender,
                part=part,
                passphrase=world.PASSPHRASES[part],
            )
    with pytest.raises(Exception, match="财政监督") as refused:
        world.publish(tender)
    assert refused.value.code == "KEY_HOLDERS_MISSING"


def test_each_part_asks_for_its_role(county_open):
    tender = world.draft(county_open)
    fields = {"id": tender, "passphrase": world.PASSPHRASES["officer"]}
    supervisor = county_open.actor("supervisor")
    assert code("tender.hold_key", supervisor, part="officer", **fields) == "ROLE_NOT_ALLOWED"


def test_one_person_holds_one_part_only_be_it_under_two_accounts(county_open):
    tender = world.draft(county_open)
    fields = {"id": tender, "passphrase": world.PASSPHRASES["officer"]}
    with transaction():
        for role in ("supervisor", "finance_maker"):
            row = db.session.get_one(User, county_open.users[role])
            row.person_index = "the same person"
    factories.do("tender.hold_key", county_open.actor("supervisor"), part="supervisor", **fields)
    maker = county_open.actor("finance_maker")
    assert code("tender.hold_key", maker, part="finance", **fields) == "ONE_KEY_PART_EACH"


def test_another_takes_over_a_part_before_the_key_is_made(county_open):
    tender = world.draft(county_open)
    fields = {"id": tender, "part": "officer"}
    for role in ("purchaser_clerk", "purchaser_approver"):
        factories.do(
            "tender.hold_key", county_open.actor(role), passphrase=f"{role} passphrase", **fields
        )
    with transaction(readonly=True):
        holders = list(db.session.scalars(db.select(KeyHolder.user_id)))
    assert holders == [county_open.users["purchaser_approver"]]


def test_the_keys_of_a_published_tender_stay_as_they_are(county_open, sealed):
    fields = {"id": sealed, "part": "officer", "passphrase": world.PASSPHRASES["officer"]}
    clerk = county_open.actor("purchaser_clerk")
    assert code("tender.hold_key", clerk, **fields) == "STATE_CHANGED"


# --- opening ----------------------------------------------------------------------------------


def test_nothing_is_opened_or_handed_in_before_the_deadline(county_open, sealed):
    supervisor = county_open.actor("supervisor")
    share = {"id": sealed, "passphrase": world.PASSPHRASES["supervisor"]}
    with clock.frozen(world.LAST_MOMENT):
        assert code("opening.offer_share", supervisor, **share) == "OPENING_TOO_EARLY"
        assert code("opening.open", supervisor, id=sealed) == "OPENING_TOO_EARLY"
        assert code("opening.return_bids", supervisor, id=sealed) == "OPENING_TOO_EARLY"


def test_one_officer_alone_is_refused(county_open, sealed):
    with clock.frozen(world.DEADLINE):
        world.hand_in(county_open, sealed, "officer", "officer")
        approver = county_open.actor("purchaser_approver")
        assert code("opening.open", approver, id=sealed) == "TWO_OFFICERS_REQUIRED"


def test_a_wrong_passphrase_is_refused_and_guessing_is_locked_out(county_open, sealed):
    supervisor = county_open.actor("supervisor")
    share = {"id": sealed, "passphrase": world.PASSPHRASES["officer"]}
    with clock.frozen(world.DEADLINE):
        found = [code("opening.offer_share", supervisor, **share) for _try in range(6)]
    assert found == ["PASSPHRASE_WRONG"] * 5 + ["LOCKED_OUT"]


def test_who_holds_no_part_has_no_business_at_the_opening(county_open, sealed):
    clerk = county_open.actor("purchaser_clerk")
    with clock.frozen(world.DEADLINE):
        assert code("opening.open", clerk, id=sealed) == "NOT_KEY_HOLDER"


@pytest.mark.parametrize("pair", [("officer", "supervisor"), ("officer", "finance")])
def test_two_holders_open_and_the_record_names_bidders_times_and_seals(county_open, sealed, pair):
    with clock.frozen(world.DEADLINE):
        world.hand_in(county_open, sealed, *pair)
        factories.do("opening.open", county_open.actor(world.HOLDERS[pair[0]]), id=sealed)
    record = world.record(sealed)
    assert [one["provider"] for one in record["bids"]] == [
        f"望城{place}号助餐公司" for place in (1, 2, 3)
    ]
    assert {one["is_intact"] for one in record["bids"]} == {True}
    assert {one["price_fen"] for one in record["bids"]} == {None}
    with transaction(readonly=True):
        offered = list(db.session.scalars(db.select(KeyHolder.offered)))
    assert offered == [None, None, None]


def test_a_share_that_was_changed_is_found_and_the_third_holder_helps(county_open, sealed):
    forged = privacy.keyring().seal("1 12345", sealing.OFFERED)
    supervisor = county_open.actor("supervisor")
    with clock.frozen(world.DEADLINE):
        world.hand_in(county_open, sealed, "officer", "supervisor")
        with transaction():
            officer = db.update(KeyHolder).where(KeyHolder.part == "officer")
            db.session.execute(officer.values(offered=forged))
        assert code("opening.open", supervisor, id=sealed) == "SHARES_DO_NOT_FIT"
        world.hand_in(county_open, sealed, "finance")
        assert factories.do("opening.open", supervisor, id=sealed)["valid"] == 3


def test_with_one_envelope_the_prices_are_read_out_at_once(county_open):
    tender = world.published(county_open, method="inquiry")
    world.three_bids(tender)
    world.opened(county_open, tender)
    prices = [one["price_fen"] for one in world.record(tender)["bids"]]
    assert prices == [97_012_345, 98_000_000, 96_543_210]


def test_two_bids_are_returned_unopened_and_the_tender_fails(county_open):
    tender = world.published(county_open)
    people = world.three_bids(tender, 97_000_000, 96_000_000)
    supervisor = county_open.actor("supervisor")
    share = {"id": tender, "passphrase": world.PASSPHRASES["supervisor"]}
    with clock.frozen(world.DEADLINE):
        assert code("opening.offer_share", supervisor, **share) == "TOO_FEW_BIDS"
        assert code("opening.open", supervisor, id=tender) == "TOO_FEW_BIDS"
        factories.do("opening.return_bids", supervisor, id=tender)
        mine = factories.do("bid.mine", people[0], tender_id=tender)
    record = world.record(tender)
    assert (record["bids"], record["state"]) == ([], "failed")
    assert [one["state"] for one in mine["bids"]] == ["returned"]
    with transaction(readonly=True):
        assert db.session.get_one(Tender, tender).failed_code == "TOO_FEW_BIDS"


def test_a_replaced_and_a_withdrawn_bid_do_not_count(county_open):
    tender = world.published(county_open)
    first, second, _third = world.three_bids(tender)
    with clock.frozen(world.BIDDING):
        world.submit(first, tender, 95_000_000)
        factories.do("bid.withdraw", second, tender_id=tender)
    with clock.frozen(world.DEADLINE):
        officer = county_open.actor("purchaser_approver")
        assert code("opening.open", officer, id=tender) == "TOO_FEW_BIDS"


def test_enough_bids_are_not_returned(county_open, sealed):
    with clock.frozen(world.DEADLINE):
        officer = county_open.actor("purchaser_approver")
        assert code("opening.return_bids", officer, id=sealed) == "BIDS_ARE_ENOUGH"


# --- what is broken ---------------------------------------------------------------------------


def test_a_swapped_ciphertext_is_found_and_the_others_go_on(county_open, sealed):
    _first, second, third = bid_ids(sealed)
    with transaction(readonly=True):
        foreign = db.session.get_one(Bid, third).price
    change(Bid, second, price=foreign)
    found = world.opened(county_open, sealed)
    assert (found["opened"], found["valid"]) == (3, 2)
    seals = [(one["is_intact"], one["fault"]) for one in world.record(sealed)["bids"]]
    assert seals == [(True, None), (False, "SEAL_BROKEN"), (True, None)]


@pytest.mark.parametrize("column", ["receipt", "received_at", "bidder_index"])
def test_a_changed_receipt_time_or_owner_is_found(county_open, sealed, column):
    value = {
        "receipt": "0" * 64,
        "received_at": clock.instant(world.PUBLISHED),
        "bidder_index": "somebody else",
    }[column]
    change(Bid, bid_ids(sealed)[0], **{column: value})
    assert world.opened(county_open, sealed)["valid"] == 2
    assert "SEAL_BROKEN" in [one["fault"] for one in world.record(sealed)["bids"]]


def test_related_bidders_are_both_left_out(county_open):
    tender = world.published(county_open)
    people = world.three_bids(tender)
    world.tie(people[0], people[2])
    world.opened(county_open, tender)
    record = world.record(tender)["bids"]
    assert [one["fault"] for one in record] == ["RELATED_BIDDERS", None, "RELATED_BIDDERS"]
    assert "望城3号助餐公司" in record[0]["reason"]


def test_a_bidder_barred_after_its_bid_is_left_out(county_open, sealed):
    with transaction(readonly=True):
        barred = db.session.scalar(db.select(User.id).where(User.name == "望城2号助餐公司负责人"))
        number = db.session.execute(
            db.text("SELECT organisation_id FROM role_grant WHERE user_id = :user"),
            {"user": barred},
        ).scalar()
    with clock.frozen(world.BIDDING), world.acting():
        db.session.add(
            Exclusion(
                provider_id=number,
                organisation_id=county_open.purchaser,
                division_code=factories.COUNTY,
                reason="评价不合格",
                from_on=clock.today(),
                made_at=clock.now(),
            )
        )
    world.opened(county_open, sealed)
    faults = [one["fault"] for one in world.record(sealed)["bids"]]
    assert faults == [None, "PROVIDER_SUSPENDED", None]


def test_files_are_kept_as_they_were_sealed(county_open):
    tender = world.published(county_open)
    people = world.three_bids(tender)
    files = [{"name": "../方案.pdf", "content": "JVBERi0="}]
    with clock.frozen(world.BIDDING):
        world.submit(people[0], tender, 97_000_000, files=files)
    world.opened(county_open, tender)
    with transaction(readonly=True):
        found = db.session.scalars(db.select(BidFile)).one()
        assert (found.name, found.content) == ("方案.pdf", b"%PDF-")


# --- prices -----------------------------------------------------------------------------------


def seat_panel(tender_id, *states, finished):
    """Seat an expert in each of these states, the first ones having handed in their points."""
    users = [factories.make_user("expert", name=f"评委{at}") for at, _state in enumerate(states)]
    with clock.frozen(world.DEADLINE), world.acting():
        for at, (user, state) in enumerate(zip(users, states, strict=True)):
            expert = Expert(
                user_id=user,
                division_code=factories.COUNTY,
                fields=["助餐"],
                employer="省财经大学",
                made_at=clock.now(),
            )
            db.session.add(expert)
            db.session.flush()
            db.session.add(
                PanelMember(
                    tender_id=tender_id,
                    user_id=user,
                    expert_id=expert.id,
                    state=state,
                    finished_at=clock.now() if at < finished else None,
                )
            )


def test_prices_stay_shut_until_the_technical_part_is_scored(county_open, sealed):
    world.opened(county_open, sealed)
    supervisor = county_open.actor("supervisor")
    share = {"id": sealed, "passphrase": world.PASSPHRASES["supervisor"]}
    with clock.frozen(world.DEADLINE):
        assert code("opening.open_prices", supervisor, id=sealed) == "TECHNICAL_NOT_SCORED"
    seat_panel(sealed, *["confirmed"] * 5, finished=4)
    with clock.frozen(world.DEADLINE):
        assert code("opening.offer_share", supervisor, **share) == "TECHNICAL_NOT_SCORED"


@pytest.mark.parametrize("states", [["confirmed"] * 3, ["confirmed"] * 5 + ["drawn"]])
def test_points_of_a_panel_that_is_not_whole_open_no_prices(county_open, sealed, states):
    world.opened(county_open, sealed)
    seat_panel(sealed, *states, finished=states.count("confirmed"))
    share = {"id": sealed, "passphrase": world.PASSPHRASES["supervisor"]}
    with clock.frozen(world.DEADLINE):
        supervisor = county_open.actor("supervisor")
        assert code("opening.offer_share", supervisor, **share) == "TECHNICAL_NOT_SCORED"
        assert code("opening.open_prices", supervisor, id=sealed) == "TECHNICAL_NOT_SCORED"


def test_prices_are_opened_once_by_two_holders_anew(county_open, sealed):
    world.opened(county_open, sealed)
    seat_panel(sealed, *["confirmed"] * 5, finished=5)
    maker = county_open.actor("finance_maker")
    with clock.frozen(world.DEADLINE):
        assert code("opening.open_prices", maker, id=sealed) == "TWO_OFFICERS_REQUIRED"
        world.hand_in(county_open, sealed, "finance", "officer")
        factories.do("opening.open_prices", maker, id=sealed)
        assert code("opening.open_prices", maker, id=sealed) == "STATE_CHANGED"
    prices = [one["price_fen"] for one in world.record(sealed)["bids"]]
    assert prices == [97_012_345, 98_000_000, 96_543_210]


def test_a_price_swapped_after_the_opening_is_found_at_the_next(county_open, sealed):
    world.opened(county_open, sealed)
    seat_panel(sealed, *["confirmed"] * 5, finished=5)
    first, second, _third = bid_ids(sealed)
    with transaction(readonly=True):
        foreign = db.session.get_one(Bid, second).price
    change(Bid, first, price=foreign)
    with clock.frozen(world.DEADLINE):
        world.hand_in(county_open, sealed, "finance", "officer")
        factories.do("opening.open_prices", county_open.actor("finance_maker"), id=sealed)
    record = world.record(sealed)["bids"]
    assert [one["fault"] for one in record] == ["SEAL_BROKEN", None, None]
    assert record[0]["price_fen"] is None


# --- races ------------------------------------------------------------------------------------


def race(app, *calls):
    """Perform acts at the same time and return their answers' codes, None for done."""

    def called(operation_id, actor, fields):
        with app.app_context():
            return factories.attempt(operation_id, actor, **fields)

    answers = together(*[lambda call=call: called(*call) for call in calls])
    return sorted(answer.body.get("code", "") for answer in answers)


@pytest.mark.race
def test_of_two_officers_who_open_at_once_one_opens(app, county_open, sealed):
    with clock.frozen(world.DEADLINE):
        world.hand_in(county_open, sealed, "officer", "supervisor")
        people: list[Actor] = [
            county_open.actor(world.HOLDERS[part]) for part in ("officer", "supervisor")
        ]
        found = race(app, *[("opening.open", who, {"id": sealed}) for who in people])
    assert found == ["", "STATE_CHANGED"]
    assert len(world.record(sealed)["bids"]) == 3


@pytest.mark.race
def test_a_bid_that_arrives_as_the_envelopes_are_opened_is_too_late(app, county_open, sealed):
    who = world.bidder("浏阳河助餐公司")
    with clock.frozen(world.DEADLINE):
        world.hand_in(county_open, sealed, "officer", "supervisor")
        bid = ("bid.submit", who, world.offer(95_000_000) | {"tender_id": sealed})
        opening = ("opening.open", county_open.actor("supervisor"), {"id": sealed})
        found = race(app, bid, opening)
    assert found[0] == ""
    assert found[1] in {"BID_TOO_LATE", "STATE_CHANGED"}
    assert len(world.record(sealed)["bids"]) == 3


@pytest.mark.race
def test_two_bids_of_one_bidder_at_once_leave_one(app, county_open):
    tender = world.published(county_open)
    who = world.bidder("浏阳河助餐公司")
    with clock.frozen(world.BIDDING):
        both = [
            ("bid.submit", who, world.offer(price) | {"tender_id": tender})
            for price in (95_000_000, 94_000_000)
        ]
        assert race(app, *both) == ["", ""]
    with transaction(readonly=True):
        states = sorted(db.session.scalars(db.select(Bid.state)))
        assert states == ["received", "replaced"]
        assert db.session.scalar(db.select(db.func.count(BidPrice.bid_id))) == 0
