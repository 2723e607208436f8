"""What anybody may know of a programme: where to go, how many people it served, for how much."""

from __future__ import annotations

import pytest

from core import disclosure
from core.ledger import balance
from tests.voucher.path import Path
from tests.voucher.shapes import TRAINING
from tests.voucher.test_visits import start

pytestmark = pytest.mark.one_engine

TOWNSHIP = "430112001"


@pytest.mark.requirement("R000-60", "R003-24", in_part=True)
@pytest.mark.requirement("R003-32")
def test_designated_providers_are_found_nearby_and_a_person_counts_once(path: Path) -> None:
    """Six people used seven services at one of two providers."""
    path.build(vouchers=6, single_use=False, remainder="keep")
    path.do(
        "party.add_office",
        path.providers[0].manager,
        organisation_id=path.providers[0].id,
        name="康复中心",
        division_code=TOWNSHIP,
        address="文源路 1 号",
        telephone="0731-10010001",
    )
    for voucher in (*range(6), 0):
        path.redeem(voucher, 10_000)

    browser = path.app.test_client()
    assert "文源路 1 号" in browser.get(f"/find?division={TOWNSHIP}").text
    assert "文源路 1 号" not in browser.get("/find?division=430104").text
    with path.reading():
        (told,) = disclosure.sums()
        assert told.used_fen == balance("fin.expense") == 70_000
    assert told.people == 6
    assert "700.00" in browser.get("/").text


@pytest.mark.requirement("R003-33")
def test_people_who_were_trained_are_counted_and_those_who_left_are_not(path: Path) -> None:
    """Of seven who began, five passed; two did not finish and nothing was paid for them."""
    path.build(vouchers=7, **TRAINING)
    for voucher in range(7):
        hold = start(path, voucher, price_fen=40_000)
        result = "passed" if voucher < 5 else "failed"
        path.do("voucher.finish", path.providers[0].clerk, id=hold, result=result)
    with path.reading():
        (told,) = disclosure.sums()
        assert told.used_fen == balance("fin.expense") == 5 * 40_000
    assert told.people == 5
