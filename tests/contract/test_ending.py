"""How contracts rest and end: published, filed, suspended, terminated, closed, renewed."""

from __future__ import annotations

import pytest

from core import clock
from core.access import Actor
from core.budget import rooms
from core.db import db, transaction
from core.deadlines.models import Deadline
from plugins.contract_outsourcing.models import ContractScore
from plugins.contract_outsourcing.service import postings, years
from tests.contract import contract_world as world
from tests.contract.awards_world import acting
from tests.factories import attempt, do
from tests.settlement_world import together

DAY = "2026-06-15T10:00"


@pytest.fixture
def signed(app, county, database_kept):
    """SP-6's contract in force, on a line of 600,000 yuan."""

    def make():
        county.law = world.line_of(county)
        awarded = world.award(county, purchase_id=world.plan(county, line=county.law))
        terms = world.terms(renewal={"most_times": 1, "min_centipoints": 8000})
        return world.signed_contract(county, awarded, terms=terms)

    number = database_kept.with_county(app, county, "contract that may be renewed", make)
    with app.app_context():
        yield number


def perform(operation_id, actor, at=DAY, **fields):
    """Do an act on a day and return its answer."""
    with clock.frozen(at):
        return attempt(operation_id, actor, **fields).body


def shown(county, number):
    """Return a contract as its purchaser sees it."""
    return do("contract.show", county.actor("purchaser_clerk"), id=number)


def terminated(county, number, *, call_bond=False):
    """Let the clerk propose a contract's end and the approver approve it."""
    fields = {"id": number, "reason": "承接主体停业", "call_bond": call_bond}
    proposed = perform("contract.terminate", county.actor("purchaser_clerk"), **fields)
    return perform("ending.approve", county.actor("purchaser_approver"), id=proposed["id"])


def scored(number, *points):
    """Put the three sides' scores of a contract in place, in hundredths of a point."""
    with clock.frozen(DAY), acting():
        for side, centipoints in zip(
            ("purchaser", "recipients", "third_party"), points, strict=True
        ):
            db.session.add(
                ContractScore(
                    contract_id=number,
                    period="final",
                    side=side,
                    centipoints=centipoints,
                    given_at=clock.now(),
                )
            )


def test_publishing_and_filing_stop_their_clocks(county, signed):
    def running():
        with transaction(readonly=True):
            rows = db.session.scalars(
                db.select(Deadline)
                .where(Deadline.object_type == "contract", Deadline.stopped_on.is_(None))
                .order_by(Deadline.id)
            )
            return [(row.kind, row.due_on.isoformat()) for row in rows]

    kinds = [kind for kind, _due in running()]
    assert kinds == ["contract.publishing", "contract.filing"]
    perform("contract.publish", county.actor("purchaser_clerk"), at="2026-02-13T10:00", id=signed)
    perform("contract.file", county.actor("finance_budget"), at="2026-02-13T10:00", id=signed)
    assert running() == []
    public = do("public.contracts")["items"]
    assert [one["number"] for one in public] == [shown(county, signed)["number"]]


def test_a_terminated_contract_gives_everything_back(county, signed):
    approver = county.actor("purchaser_approver")
    said = terminated(county, signed, call_bond=True)
    assert (said["released_fen"], said["owed_back_fen"]) == (96_000_000, 0)
    found = shown(county, signed)
    assert found["money"]["cancelled_fen"] == 96_000_000
    assert found["money"]["unpaid_fen"] == 0
    assert {row["state"] for row in found["milestones"]} == {"cancelled"}
    assert [bond["state"] for bond in found["bonds"]] == ["called"]
    with transaction(readonly=True):
        assert rooms(county.law)["available"] == 60_000_000
        assert postings.balance(postings.FORWARD) == 0
    # What the guarantor pays is the treasury's; the account is not closed before it came.
    assert perform("contract.close", approver, id=signed)["code"] == "CONTRACT_OWED"
    (income,) = found["incomes"]
    maker = county.actor("finance_maker")
    asked = {"id": income["id"], "amount_fen": 4_800_000}
    netted = perform("income.receive", maker, way="netting", **asked)
    assert netted["code"] == "NETTING_NOT_ALLOWED"
    perform("income.receive", maker, bank_reference="R1", **asked)
    again = perform("income.receive", maker, bank_reference="R2", **asked | {"amount_fen": 1})
    assert again["code"] == "AMOUNT_EXCEEDS_BALANCE"
    assert perform("contract.close", approver, id=signed)["code"] == "SCORE_MISSING"
    scored(signed, 8800, 9150, 8400)
    closed = perform("contract.close", approver, id=signed)
    assert (closed["state"], closed["score"]) == ("closed", "87.45")
    record = do("provider.credit", approver, provider_id=county.provider)["items"]
    assert [(one["contract_id"], one["score"], one["terminated"]) for one in record] == [
        (signed, "87.45", True)
    ]


def both(county):
    """Return somebody who holds the clerk's post and the approver's, too."""
    clerk, approver = county.actor("purchaser_clerk"), county.actor("purchaser_approver")
    return Actor(clerk.user_id, clerk.name, (*clerk.grants, *approver.grants))


def test_a_contract_is_ended_by_two_persons(county, signed):
    clerk, approver = county.actor("purchaser_clerk"), county.actor("purchaser_approver")
    fields = {"id": signed, "reason": "停业", "call_bond": False}
    assert perform("contract.terminate", approver, **fields)["code"] == "ROLE_NOT_ALLOWED"
    proposed = perform("contract.terminate", clerk, **fields)
    assert (proposed["state"], proposed["contract_state"]) == ("proposed", "performing")
    assert perform("contract.terminate", clerk, **fields)["code"] == "STATE_CHANGED"
    own = perform("ending.approve", both(county), id=proposed["id"])
    assert own["code"] == "FOUR_EYES_REQUIRED"
    declined = perform("ending.decline", approver, id=proposed["id"], reason="先谈")
    assert declined["state"] == "declined"
    assert perform("ending.approve", approver, id=proposed["id"])["code"] == "STATE_CHANGED"
    found = shown(county, signed)
    assert (found["state"], found["bonds"][0]["state"]) == ("performing", "held")
    assert terminated(county, signed)["contract_state"] == "terminated"
    assert shown(county, signed)["bonds"][0]["state"] == "returned"


def test_of_two_who_approve_an_end_at_once_one_does(app, county, signed):
    clerk, approver = county.actor("purchaser_clerk"), county.actor("purchaser_approver")
    fields = {"id": signed, "reason": "停业", "call_bond": True}
    number = perform("contract.terminate", clerk, **fields)["id"]

    def approve():
        with app.app_context():
            return attempt("ending.approve", approver, id=number)

    with clock.frozen(DAY):
        answers = together(approve, approve)
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert [one["amount_fen"] for one in shown(county, signed)["incomes"]] == [4_800_000]


def test_a_bond_is_called_by_two_persons(county, signed):
    clerk, approver = county.actor("purchaser_clerk"), county.actor("purchaser_approver")
    fields = {"id": shown(county, signed)["bonds"][0]["id"], "reason": "不履行"}
    assert perform("bond.call", approver, **fields)["code"] == "ROLE_NOT_ALLOWED"
    proposed = perform("bond.call", clerk, **fields)
    found = shown(county, signed)
    assert (found["bonds"][0]["state"], found["incomes"]) == ("held", [])
    assert perform("ending.approve", both(county), id=proposed["id"])["code"] == (
        "FOUR_EYES_REQUIRED"
    )
    perform("ending.approve", approver, id=proposed["id"])
    found = shown(county, signed)
    assert (found["state"], found["bonds"][0]["state"]) == ("performing", "called")
    assert [one["amount_fen"] for one in found["incomes"]] == [4_800_000]
    assert perform("bond.call", clerk, **fields)["code"] == "STATE_CHANGED"


def test_an_end_makes_an_open_call_void(county, signed):
    clerk, approver = county.actor("purchaser_clerk"), county.actor("purchaser_approver")
    bond = shown(county, signed)["bonds"][0]["id"]
    called = perform("bond.call", clerk, id=bond, reason="不履行")
    terminated(county, signed)
    assert perform("ending.approve", approver, id=called["id"])["code"] == "STATE_CHANGED"
    assert shown(county, signed)["bonds"][0]["state"] == "returned"


def test_a_contract_is_complete_when_every_milestone_is_done_with(county, signed):
    approver = county.actor("purchaser_approver")
    assert perform("contract.complete", approver, id=signed)["code"] == "MILESTONES_OPEN"
    (bond,) = shown(county, signed)["bonds"]
    early = perform("bond.return", approver, id=bond["id"], reason="期满")
    assert early["code"] == "BOND_STILL_NEEDED"


def test_a_suspended_contract_is_not_changed_until_it_goes_on(county, signed):
    approver = county.actor("purchaser_approver")
    perform("contract.suspend", approver, id=signed, reason="等处理")
    fields = {"words": "增加", "reason": "需要"} | world.supplement(1)
    refused = perform("contract.amend", county.actor("purchaser_clerk"), id=signed, **fields)
    assert refused["code"] == "STATE_CHANGED"
    assert perform("contract.resume", approver, id=signed, reason="恢复")["state"] == "performing"


def test_a_receivable_is_confirmed_up_to_what_is_unpaid(county, signed):
    manager = world.manager_of(county, county.provider)
    approver = county.actor("purchaser_approver")
    fields = {"id": signed, "financier": "农商银行"}
    first = perform("receivable.ask", manager, amount_fen=90_000_000, **fields)
    with transaction(readonly=True):
        clock_row = db.session.scalars(
            db.select(Deadline).filter_by(kind="receivable.confirming")
        ).one()
        assert clock_row.due_on.isoformat() == "2026-07-15"
    said = perform("receivable.confirm", approver, id=first["id"], confirmed=True)
    assert said["state"] == "confirmed"
    over = perform("receivable.ask", manager, amount_fen=6_000_001, **fields)
    assert over["code"] == "AMOUNT_EXCEEDS_BALANCE"


def test_a_contract_is_renewed_only_for_a_good_score(county, signed):
    clerk = county.actor("purchaser_clerk")
    line = world.factories.make_line(county, code="LAW27", amount_fen=100_000_000, fiscal_year=2027)
    fields = {
        "id": signed,
        "ends_on": "2028-02-29",
        "milestones": [world.part("M1", "全部服务", 10_000, 2027, "2027-12-31")],
        "funding": [],
        "multi_year_reason": None,
    }
    late = "2027-02-20T10:00"
    assert line
    assert perform("contract.renew", clerk, at=late, **fields)["code"] == "SCORE_MISSING"
    scored(signed, 7000, 9000, 7900)
    assert perform("contract.renew", clerk, at=late, **fields)["code"] == "SCORE_TOO_LOW"


def test_a_renewal_follows_on_the_old_term(county, signed):
    clerk = county.actor("purchaser_clerk")
    scored(signed, 9000, 9000, 9000)
    fields = {
        "id": signed,
        "ends_on": "2028-02-28",
        "milestones": [world.part("M1", "全部服务", 10_000, 2027, "2027-12-31")],
        "funding": [],
    }
    made = perform("contract.renew", clerk, at="2027-02-20T10:00", **fields)
    assert made["value_fen"] == 96_000_000
    found = shown(county, made["id"])
    assert (found["starts_on"], found["renewed_from_id"]) == ("2027-03-01", signed)
    twice = perform("contract.renew", clerk, at="2027-02-20T10:00", **fields)
    assert twice["code"] == "STATE_CHANGED"
    long = perform("contract.renew", clerk, at="2027-02-20T10:00", **fields | {"id": made["id"]})
    assert long["code"] == "STATE_CHANGED"
    assert years.pools_of(made["id"]) == []


def test_what_was_delivered_is_accepted_or_refused_before_a_contract_ends(county, signed):
    clerk, approver = county.actor("purchaser_clerk"), county.actor("purchaser_approver")
    fields = {"id": signed, "reason": "停业", "call_bond": False}
    proposed = perform("contract.terminate", clerk, **fields)
    first = shown(county, signed)["milestones"][0]
    manager = world.manager_of(county, county.provider)
    delivered = {"id": first["id"], "delivered_on": "2026-06-15", "words": "方案已交"}
    assert perform("milestone.deliver", manager, **delivered)["state"] == "submitted"
    answers = [perform("ending.approve", approver, id=proposed["id"])]
    perform("ending.decline", approver, id=proposed["id"], reason="先验收")
    answers.append(perform("contract.terminate", clerk, **fields))
    for answer in answers:
        assert (answer["status"], answer["code"]) == (422, "MILESTONE_UNDER_ACCEPTANCE")
        assert answer["facts"] == {"milestones": [first["name"]]}
        assert first["name"] in answer["detail"]


def test_a_receivable_is_not_refused_without_a_reason(county, signed):
    manager, approver = (
        world.manager_of(county, county.provider),
        county.actor("purchaser_approver"),
    )
    asked = {"id": signed, "amount_fen": 1_000_000, "financier": "农商银行"}
    number = perform("receivable.ask", manager, **asked)["id"]
    answer = perform("receivable.confirm", approver, id=number, confirmed=False)
    assert (answer["status"], answer["code"]) == (422, "REASON_MISSING")
    assert "请写明理由" in answer["detail"]
    fields = {"id": number, "confirmed": False, "reason": "已付"}
    assert perform("receivable.confirm", approver, **fields)["state"] == "refused"


def test_a_contract_not_yet_in_force_owes_nothing_and_is_owed_nothing(app, county):
    with app.app_context():
        contract = world.agreed(county)
        manager = world.manager_of(county, county.provider)
        fields = {"id": contract["id"], "amount_fen": 1_000_000}
        answers = [
            perform("receivable.ask", manager, financier="农商银行", **fields),
            perform("income.record", county.actor("purchaser_clerk"), reason="分成", **fields),
        ]
    for answer in answers:
        assert (answer["status"], answer["code"]) == (422, "NOT_IN_FORCE")
        assert contract["number"] in answer["detail"]
