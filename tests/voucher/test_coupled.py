"""A trade association that still hangs on its authority is not admitted by it."""

from __future__ import annotations

import pytest

from core import clock
from tests import factories

pytestmark = pytest.mark.one_engine


@pytest.fixture
def programme(app, county):
    """Return an approved programme of the county's education office, on a working day."""
    with clock.frozen(factories.TODAY), app.app_context():
        yield factories.make_programme(county)


@pytest.fixture
def association(programme):
    """Return a trade association that may provide."""
    return factories.make_organisation("provider", prefix="51", name="区家政行业协会")


def tie(county, association, authority, verb="couple", **fields):
    """Record a tie, or that it was cut, and return the answer."""
    who = county.actor("staffing_office")
    both = {"organisation_id": association, "authority_id": authority, "document": "章程"}
    return factories.attempt(f"party.{verb}", who, **both, **fields)


def admit(county, programme, association, **fields):
    """Try to admit an association and return the answer."""
    clerk = county.actor("purchaser_clerk")
    both = {"programme_id": programme, "provider_id": association}
    return factories.attempt("admission.admit", clerk, **both, **fields)


@pytest.mark.requirement("R001-17")
def test_a_coupled_association_is_not_chosen_by_its_own_authority(county, programme, association):
    assert not tie(county, association, county.purchaser).refused
    refused = admit(county, programme, association).body
    assert refused["code"] == "CONFLICT_OF_INTEREST"
    assert "脱钩总体方案" in refused["basis"]
    assert "还没有脱钩" in refused["detail"]
    cut = tie(county, association, county.purchaser, "decouple", decoupled_on="2026-10-01")
    assert not cut.refused
    early = admit(county, programme, association)
    assert early.body["code"] == "CONFLICT_OF_INTEREST"
    assert "2026-10-01" in early.body["detail"]
    assert not admit(county, programme, association, from_on="2026-10-01").refused


def test_another_authority_may_choose_it(county, programme, association):
    other = factories.make_organisation("purchaser", name="望城区民政局")
    assert not tie(county, association, other).refused
    assert not admit(county, programme, association).refused


def test_whoever_was_admitted_before_the_tie_is_not_let_back(county, programme, association):
    number = admit(county, programme, association).body["id"]
    clerk = county.actor("purchaser_clerk")
    factories.do("admission.suspend", clerk, id=number, reason="核查")
    tie(county, association, county.purchaser)
    again = factories.attempt("admission.resume", clerk, id=number, reason="无误")
    assert again.body["code"] == "CONFLICT_OF_INTEREST"


def test_a_tie_is_recorded_once_and_cut_once(county, programme, association):
    unknown = tie(county, association, county.purchaser, "decouple", decoupled_on="2026-01-01")
    assert unknown.body["code"] == "NOT_FOUND"
    assert tie(county, association, county.provider).body["code"] == "INVALID_INPUT"
    assert not tie(county, association, county.purchaser).refused
    assert tie(county, association, county.purchaser).body["code"] == "TIE_RECORDED"
    for code in (None, "TIE_CUT"):
        cut = tie(county, association, county.purchaser, "decouple", decoupled_on="2026-01-01")
        assert cut.body.get("code") == code
    told = factories.do("party.kinds", county.actor("staffing_office"), organisation_id=association)
    assert [one["decoupled_on"] for one in told["authorities"]] == ["2026-01-01"]
