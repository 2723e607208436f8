"""Every parameter of a contract's terms matters: two values of it, and what comes of each.

The parameters are read from the schema. Each stands in one of the tables here: what the pure rules
make of it, what acts make of it, which draft is refused for it, or that it is part of what is
signed. The row of the domain's table and its refusal codes are asked for, too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from marshmallow import fields
from marshmallow.schema import Schema

from core import clock
from core.budget import rooms
from core.db import db, transaction
from plugins.contract_outsourcing.models import Contract, ContractScore, Milestone
from plugins.contract_outsourcing.rules import bands, deductions, tail
from plugins.contract_outsourcing.rules.terms import Terms, amounts, by_year, indexed, read_terms
from plugins.contract_outsourcing.service import opinions, papers, payment_clocks
from plugins.contract_outsourcing.terms_schema import ContractTermsSchema
from tests.contract import contract_world
from tests.contract.awards_world import acting
from tests.contract.performance_world import ALL_MET, Performing, transaction_of
from tests.factories import attempt, make_line

# That a figure matters hangs on no engine; what the acts do with money is asked of both elsewhere.
pytestmark = pytest.mark.one_engine

VALUE = 96_000_000
DELIVERED = "2026-04-10T10:00"
# The acts judge alike on both engines; this is about what the words of a contract mean.
once = pytest.mark.parametrize("database_kept", ["sqlite"], indirect=True, scope="session")
SCHEMA = ContractTermsSchema()
ASKED = contract_world.terms(
    deduction_cap_bp=2000,
    late_interest_ppm=500,
    index={"name": "服务价格指数", "base": 10_000, "clamp_bp": 500},
    unit_prices=[
        {
            "code": "meal",
            "name": "助餐",
            "unit": "餐",
            "bands": [{"up_to": 100, "unit_fen": 1180}, {"up_to": None, "unit_fen": 1090}],
        }
    ],
    funding=[{"line_id": 1, "share_ppm": 1_000_000}],
    ceiling_fen=30_000_000,
    overclaim_tolerance_ppm=20_000,
    renewal={"most_times": 1, "min_centipoints": 8000},
    income_share_bp=1000,
)
# As it is stored, with all that was left out.
DOCUMENT: dict[str, Any] = SCHEMA.dump(SCHEMA.load(ASKED))


def put(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a document with another value at a path; `[]` is the first of a list."""
    changed = deepcopy(document)
    *parts, last = path.split(".")
    place: Any = changed
    for part in parts:
        place = place[part.removesuffix("[]")]
        if part.endswith("[]"):
            place = place[0]
    place[last] = value
    return changed


def leaves(schema: Schema, before: str = "") -> Iterator[str]:
    """Return the path of every parameter of a schema that holds no others."""
    for name, one in schema.fields.items():
        inner = one.inner if isinstance(one, fields.List) else one
        if isinstance(inner, fields.Nested):
            yield from leaves(inner.schema, f"{before}{name}{'[]' if inner is not one else ''}.")
        else:
            yield before + name


# --- what the rules make of it -------------------------------------------------------------------


def fen(terms: Terms) -> Any:
    """Observe the milestones' amounts."""
    return amounts(terms.milestones, VALUE)


def years(terms: Terms) -> Any:
    """Observe what each year costs."""
    found = amounts(terms.milestones, VALUE)
    return found and by_year(terms.milestones, found)


def days_late(terms: Terms) -> int:
    """Observe how late the tenth of April is."""
    due = terms.milestones[0].due_on
    assert due is not None
    return deductions.late_days(due, date(2026, 4, 10))


def factor(terms: Terms) -> int:
    """Observe what a score of 88, 91.5 and 84 leaves of the tail."""
    assert terms.tail is not None
    given = {"purchaser": 8800, "recipients": 9150, "third_party": 8400}
    return tail.factor(tail.total(given, terms.tail.weights), terms.tail.tiers)


def score(terms: Terms) -> Fraction:
    """Observe the score itself, with scores that tell the sides apart."""
    assert terms.tail is not None
    given = {"purchaser": 100, "recipients": 10, "third_party": 1}
    return tail.total(given, terms.tail.weights)


def pay_by(terms: Terms) -> str:
    """Observe the last day to pay what was handed in on 11 April and accepted on 30 April."""
    handed_in = datetime(2026, 4, 11, 4, tzinfo=UTC)
    row = Milestone(delivered_on=date(2026, 4, 10), submitted_at=handed_in)
    return payment_clocks.pay_by(row, terms, date(2026, 4, 30))[1].isoformat()


def interest(terms: Terms) -> int:
    """Observe the interest a day."""
    return payment_clocks.interest_ppm(terms, date(2026, 4, 30), "430112")


def price(terms: Terms) -> int:
    """Observe a price by an index that rose by a tenth."""
    assert terms.index is not None
    return indexed(1_000_000, terms.index, 11_000)


def meals(terms: Terms) -> int:
    """Observe what 150 meals cost."""
    return bands.price(_bands(terms), 0, 150)


def overclaim(terms: Terms) -> int:
    """Observe what is taken off for claiming 104 of which 100 were confirmed."""
    found = bands.settle(
        _bands(terms),
        0,
        ordered=120,
        claimed=104,
        verified=100,
        tolerance_ppm=terms.overclaim_tolerance_ppm,
    )
    return found.penalty_fen


def _bands(terms: Terms) -> list[bands.Band]:
    return [bands.Band(up_to, unit_fen) for up_to, unit_fen in terms.unit_prices[0].bands]


@dataclass(frozen=True)
class Shown:
    """A parameter's values, each with what is observed then."""

    observe: Callable[[Any], Any]
    values: dict[Any, Any]


WEIGHTS = "tail.weights"
SPLIT = [28_800_000, 28_800_000, 28_800_000, 9_600_000]
RULED = {
    "milestones[].share_bp": Shown(fen, {3000: SPLIT, 2999: None}),
    "milestones[].fiscal_year": Shown(
        years,
        {2026: {2026: 57_600_000, 2027: 38_400_000}, 2027: {2026: 28_800_000, 2027: 67_200_000}},
    ),
    "milestones[].due_on": Shown(days_late, {"2026-03-31": 10, "2026-04-10": 0}),
    "acceptance_days": Shown(pay_by, {10: "2026-05-21", 25: "2026-05-30", None: "2026-05-30"}),
    "payment_days": Shown(pay_by, {30: "2026-05-21", 60: "2026-06-20"}),
    "payment_from": Shown(
        pay_by, {"acceptance": "2026-05-21", "delivery": "2026-05-10", "confirmation": "2026-05-30"}
    ),
    "late_interest_ppm": Shown(interest, {500: 500, 300: 300}),
    "tail.tiers[].from_centipoints": Shown(factor, {9000: 9000, 8745: 10_000, 8746: 9000}),
    "tail.tiers[].factor_bp": Shown(
        lambda terms: tail.payable(100, terms.tail.tiers[0].factor_bp), {10_000: 100, 9500: 95}
    ),
    f"{WEIGHTS}.purchaser": Shown(score, {3000: Fraction(167, 5), 4000: Fraction(217, 5)}),
    f"{WEIGHTS}.recipients": Shown(score, {3000: Fraction(167, 5), 4000: Fraction(172, 5)}),
    f"{WEIGHTS}.third_party": Shown(score, {4000: Fraction(167, 5), 3000: Fraction(333, 10)}),
    "index.base": Shown(price, {10_000: 1_050_000, 11_000: 1_000_000}),
    "index.clamp_bp": Shown(price, {500: 1_050_000, 1000: 1_100_000, 0: 1_000_000}),
    "unit_prices[].bands[].up_to": Shown(meals, {100: 172_500, 150: 177_000}),
    "unit_prices[].bands[].unit_fen": Shown(meals, {1180: 172_500, 1200: 174_500}),
    "overclaim_tolerance_ppm": Shown(overclaim, {20_000: 4_720, 40_000: 0}),
}


@pytest.mark.parametrize("path", RULED)
def test_another_value_makes_the_rules_say_something_else(path):
    told = RULED[path]
    found = {value: told.observe(read_terms(put(DOCUMENT, path, value))) for value in told.values}
    assert found == told.values
    assert len({repr(one) for one in found.values()}) > 1


def test_milestones_may_be_amounts_and_an_advance_is_no_part_of_the_value():
    whole = {"code": "M1", "name": "全部", "kind": "share", "fiscal_year": 2026}
    document = DOCUMENT | {"milestones": [whole | {"amount_fen": VALUE}]}
    assert fen(read_terms(document)) == [VALUE]
    assert fen(read_terms(put(document, "milestones[].amount_fen", VALUE - 1))) is None
    # An advance beside it changes nothing of what the year costs.
    advance = whole | {"code": "A", "kind": "advance", "amount_fen": 1_000}
    both = document | {"milestones": [advance, *document["milestones"]]}
    assert years(read_terms(both)) == {2026: VALUE}


# --- what acts make of it ------------------------------------------------------------------------


def kind(world: Performing) -> Any:
    """Observe what the acceptance of the first milestone says, asked by no line of a standard."""
    world.deliver(world.m1, "2026-04-10")
    body = world.attempt("acceptance.record", "accepter", id=world.m1, results=[]).body
    if "code" in body:
        world.do("acceptance.record", "accepter", id=world.m1, results=ALL_MET)
    approved = world.attempt("acceptance.approve", "purchaser_approver", id=world.m1).body
    return body.get("code"), approved.get("code")


def required(world: Performing) -> Any:
    """Observe whether an acceptance may leave out the first line of the standard."""
    world.deliver(world.m1, "2026-04-10")
    body = world.attempt("acceptance.record", "accepter", id=world.m1, results=ALL_MET[1:]).body
    return body.get("code")


def late(world: Performing) -> Any:
    """Observe what is taken off the first milestone for ten days, and under the cap."""
    return proposed(world, kind="late")


def missed(world: Performing) -> Any:
    """Observe what is taken off for 2,000 visits, and under the cap."""
    return proposed(world, kind="quality", clause="missed", units=2_000)


def proposed(world: Performing, **asked: Any) -> Any:
    """Propose a deduction and return what it comes to, before and after its caps."""
    world.deliver(world.m1, "2026-04-10")
    body = world.do(
        "deduction.propose", "accepter", milestone_id=world.m1, evidence="记录", **asked
    )
    return body["amount_fen"], body["capped_fen"]


def heard(world: Performing) -> int:
    """Observe how many residents must be heard."""
    with transaction_of(world.app):
        contract = db.session.get_one(Contract, world.contract)
        return opinions.needed(db.session.get_one(Milestone, world.m1), contract)


PLAYED = {
    "milestones[].kind": Shown(
        kind,
        {
            "share": ("ACCEPTANCE_INCOMPLETE", None),
            "tail": ("ACCEPTANCE_INCOMPLETE", "SCORE_MISSING"),
        },
    ),
    "standard[].required": Shown(required, {True: "ACCEPTANCE_INCOMPLETE", False: None}),
    "recipients_min": Shown(heard, {1: 1, 3: 3}),
    "late.ppm_per_day": Shown(late, {500: (144_000, 144_000), 1000: (288_000, 288_000)}),
    "late.cap_bp": Shown(late, {1000: (144_000, 144_000), 10: (144_000, 96_000)}),
    "quality[].unit_fen": Shown(
        missed, {15_000: (30_000_000, 19_200_000), 100: (200_000, 200_000)}
    ),
    "deduction_cap_bp": Shown(
        missed,
        {2000: (30_000_000, 19_200_000), 1: (30_000_000, 9_600), None: (30_000_000, 28_800_000)},
    ),
}
CASES = [(path, value) for path, told in PLAYED.items() for value in told.values]


@pytest.fixture
def world(app, county, database_kept):
    """A public service's contract with all these terms, on the day of its first delivery."""

    def make():
        made = Performing(app, county, is_public=True)
        with acting():
            row = db.session.get_one(Contract, made.contract)
            row.terms = DOCUMENT
            # Whom nobody asks holds up no acceptance here.
            row.is_public_service = False
        return made

    with clock.frozen(DELIVERED):
        yield database_kept.with_county(app, county, "contract with all terms", make)


@once
@pytest.mark.parametrize(("path", "value"), CASES)
def test_another_value_makes_acts_answer_something_else(app, world, path, value):
    told = PLAYED[path]
    with app.app_context():
        with acting():
            row = db.session.get_one(Contract, world.contract)
            row.terms = put(DOCUMENT, path, value)
            row.is_public_service = path == "recipients_min"
            # Copied at the signing.
            db.session.get_one(Milestone, world.m1).kind = row.terms["milestones"][0]["kind"]
        assert told.observe(world) == told.values[value]
    assert len({repr(one) for one in told.values.values()}) > 1


# --- which draft is refused for it ---------------------------------------------------------------

BOND = contract_world.terms()["bond"]
REFUSED = {
    "milestones[].amount_fen": (
        {
            "milestones": [
                contract_world.part("M1", "全", None, 2026, "2026-09-01") | {"amount_fen": 1}
            ]
        },
        "MILESTONES_DO_NOT_SUM",
    ),
    "milestones[].fiscal_year": (
        {"milestones": [contract_world.part("M1", "全", 10_000, 2030, "2026-09-01")]},
        "FISCAL_YEAR_MISMATCH",
    ),
    "standard[].code": ({"standard": []}, "CONTRACT_FIELD_MISSING"),
    "funding[].line_id": (
        {"funding": [{"line_id": 999_999, "share_ppm": 1_000_000}]},
        "LINE_MISMATCH",
    ),
    "bond.amount_fen": ({"bond": BOND | {"amount_fen": 9_600_001}}, "BOND_OVER_10PCT"),
    "bond.form": ({"bond": BOND | {"form": "cash"}}, "INVALID_INPUT"),
    "payment_days": ({"payment_days": 61}, "PAYMENT_TERM_TOO_LONG"),
    "renewal.most_times": ({"renewal": {"most_times": 3, "min_centipoints": 0}}, "INVALID_INPUT"),
}


@pytest.fixture
def award(app, county, database_kept):
    """SP-6's award, published."""
    return database_kept.with_county(app, county, "award", lambda: contract_world.award(county).id)


@once
@pytest.mark.parametrize("path", REFUSED)
def test_a_value_that_law_or_the_plan_forbids_is_not_drafted(app, county, award, path):
    changes, code = REFUSED[path]
    asked = contract_world.fields(award, terms=contract_world.terms(**changes))
    with app.app_context(), clock.frozen(contract_world.DRAFTED):
        answer = attempt("contract.draft", county.actor("purchaser_clerk"), **asked)
    assert answer.body["code"] == code


# --- what is signed ------------------------------------------------------------------------------

WORDS = (
    "milestones[].code",
    "milestones[].name",
    "standard[].code",
    "standard[].name",
    "quality[].code",
    "quality[].name",
    "quality[].unit",
    "bond.issuer",
    "bond.document",
    "bond.expires_on",
    "index.name",
    "unit_prices[].code",
    "unit_prices[].name",
    "unit_prices[].unit",
    "income_share_bp",
)


OTHER = {"income_share_bp": 999, "bond.expires_on": "2027-12-31"}


@pytest.mark.parametrize("path", WORDS)
def test_every_word_is_part_of_what_is_signed(path):
    changed = put(DOCUMENT, path, OTHER.get(path, "另一个"))
    signed = [SCHEMA.dump(SCHEMA.load(one)) for one in (DOCUMENT, changed)]
    assert papers.hash_of(signed[0]) != papers.hash_of(signed[1])


# --- which line pays, how often it is renewed ----------------------------------------------------


@once
@pytest.mark.parametrize(
    ("share_ppm", "paid"), [(1_000_000, (57_600_000, 0)), (700_000, (40_320_000, 17_280_000))]
)
def test_lines_pay_by_their_shares(app, county, share_ppm, paid):
    with app.app_context():
        lines = [make_line(county, code=code, amount_fen=60_000_000) for code in ("L1", "L2")]
        amounts_fen = (42_000_000, 18_000_000)
        funding = [
            {"line_id": line, "amount_fen": one}
            for line, one in zip(lines, amounts_fen, strict=True)
        ]
        plan = contract_world.plan(county, line=lines[0], funding=funding)
        shares = [{"line_id": lines[0], "share_ppm": share_ppm}, {"line_id": lines[1]}]
        contract_world.signed_contract(
            county,
            contract_world.award(county, purchase_id=plan),
            terms=contract_world.terms(funding=shares),
        )
        with transaction(readonly=True):
            assert tuple(rooms(line)["encumbered"] for line in lines) == paid


@once
@pytest.mark.parametrize(("most_times", "code"), [(1, "RENEWALS_USED_UP"), (2, None)])
def test_a_contract_is_renewed_as_often_as_agreed(app, county, world, most_times, code):
    agreed = DOCUMENT | {"renewal": {"most_times": most_times, "min_centipoints": 0}}

    def renew(number, ends_on, year):
        milestones = [contract_world.part("M1", "全部服务", 10_000, year, f"{year}-12-31")]
        asked = {"ends_on": ends_on, "milestones": milestones, "funding": []}
        reason = {"multi_year_reason": "内容固定"}
        return attempt(
            "contract.renew", county.actor("purchaser_clerk"), id=number, **asked, **reason
        ).body

    with app.app_context(), clock.frozen("2027-02-20T10:00"):
        make_line(county, code="LAW27", amount_fen=VALUE, fiscal_year=2027)
        put_in_force(world.contract, agreed)
        first = renew(world.contract, "2028-02-28", 2027)
        put_in_force(first["id"], agreed)
        assert renew(first["id"], "2029-02-28", 2028).get("code") == code


def put_in_force(number, terms):
    """Let a contract be performed and scored, with these terms."""
    with acting():
        row = db.session.get_one(Contract, number)
        row.terms, row.state = terms, "performing"
        for side in ("purchaser", "recipients", "third_party"):
            score = {"side": side, "period": "final", "centipoints": 9000}
            db.session.add(ContractScore(contract_id=number, given_at=clock.now(), **score))


# --- all of them ---------------------------------------------------------------------------------

TOLD = {
    *RULED,
    *PLAYED,
    *REFUSED,
    *WORDS,
    # The four tests around these tables.
    "milestones[].amount_fen",
    "funding[].share_ppm",
    "renewal.most_times",
    # What an order may come to, and the score that a renewal takes: FRAMEWORK_CEILING,
    # SCORE_TOO_LOW in their own files.
    "ceiling_fen",
    "renewal.min_centipoints",
}
# The row "contract" of the domain's parameters, and what shows each: parameters, or the code of the
# refusal that keeps it, or the act that does it.
ROW = {
    "eight parts": ("CONTRACT_FIELD_MISSING",),
    "milestones with dates and shares": (
        "milestones[].due_on",
        "milestones[].share_bp",
        "MILESTONES_DO_NOT_SUM",
    ),
    "late and quality deductions with caps": (
        "late.ppm_per_day",
        "late.cap_bp",
        "quality[].unit_fen",
        "deduction_cap_bp",
    ),
    "performance tail": ("tail.tiers[].from_centipoints", "milestones[].kind"),
    "bond": ("bond.amount_fen", "bond.form", "BOND_OVER_10PCT"),
    "supplements": ("SUPPLEMENT_OVER_10PCT",),
    "term": ("CONTRACT_TERM_EXCEEDED",),
    "payment days": ("payment_days", "payment_from", "acceptance_days", "PAYMENT_TERM_TOO_LONG"),
    "late interest": ("late_interest_ppm",),
    "index with clamp": ("index.base", "index.clamp_bp"),
    "score factor": ("tail.tiers[].factor_bp", "tail.weights.purchaser"),
    "bands per quantity": (
        "unit_prices[].bands[].up_to",
        "unit_prices[].bands[].unit_fen",
    ),
    "ceiling": ("ceiling_fen", "FRAMEWORK_CEILING"),
    "over-claim penalty": ("overclaim_tolerance_ppm",),
    "termination": ("contract.terminate",),
    "yearly lines and forward obligations": (
        "milestones[].fiscal_year",
        "funding[].share_ppm",
        "forward.convert",
        "FISCAL_YEAR_MISMATCH",
    ),
}
# "Procurement and contract" of the domain's list of refusals.
CODES = (
    "METHOD_NOT_JUSTIFIED",
    "SPLIT_TO_AVOID_TENDER",
    "CONTRACT_FIELD_MISSING",
    "CONTRACT_TERM_EXCEEDED",
    "BOND_OVER_10PCT",
    "SUBCONTRACT_FORBIDDEN",
    "SUPPLEMENT_OVER_10PCT",
    "ACCEPTANCE_NEEDS_RECIPIENTS",
    "FRAMEWORK_CEILING",
    "NOTICE_NOT_FINISHED",
)


def written() -> set[str]:
    """Return every text in the code of the contracts' other tests."""
    here = Path(__file__)
    return {
        node.value
        for path in here.parent.glob("test_*.py")
        if path != here
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_parameter_of_the_terms_is_shown():
    assert set(leaves(SCHEMA)) == TOLD


def test_every_part_of_the_domains_row_is_shown():
    shown = TOLD | {code for _changes, code in REFUSED.values()} | written()
    assert {name: set(proofs) - shown for name, proofs in ROW.items() if set(proofs) - shown} == {}


def test_every_code_of_procurement_and_contract_is_refused_in_a_test():
    assert set(CODES) - written() == set()
