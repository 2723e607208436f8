"""A case on its page: for staff and parties with links to each document, for everybody without."""

from __future__ import annotations

import pytest

from core import clock
from tests.contract import awards_world
from tests.contract.performance_world import Performing
from tests.contract.test_cases import tender_of
from tests.contract.test_papers import signed_in
from tests.web.browser import Browser


@pytest.fixture
def signed(app, county):
    """SP-6's contract on the day its first part is accepted."""
    world = Performing(app, county)
    with clock.frozen("2026-03-20T10:00"):
        world.deliver(world.m1, "2026-03-20")
        world.accept(world.m1)
        yield world


def test_a_case_leads_to_its_documents_and_is_reached_from_its_parts(app, county, signed):
    number = tender_of(signed)
    auditor = signed_in(app, county, "auditor")
    page = auditor.open(f"/contract/cases/{number}")
    places = [page.text.index(words) for words in ("接下来", "起草合同", "合同生效", "申报交付")]
    assert places == sorted(places)
    assert "288,000.00" in page.text
    for path in (
        f"/contract/milestones/{signed.m1}/certificate.pdf",
        f"/contract/contracts/{signed.contract}/contract.pdf",
    ):
        assert path in page.html
    for path in (
        f"/contract/tenders/{number}",
        f"/contract/contracts/{signed.contract}",
        f"/contract/milestones/{signed.m1}",
    ):
        assert f"/contract/cases/{number}" in auditor.open(path).html


def test_a_provider_reads_its_part_and_every_link_opens(app, county, signed):
    number = tender_of(signed)
    manager = signed_in(app, county, "provider_manager")
    page = manager.open(f"/contract/cases/{number}")
    assert "申报交付" in page.text
    main = page.html.split("<main", 1)[1].split("</main>", 1)[0]
    assert "承接主体负责人" in main
    assert "provider_manager" not in main
    links = {part.split('"', 1)[0] for part in main.split('href="')[1:]}
    assert links
    for link in links:
        assert manager.open(link.replace("&amp;", "&")).status == 200, link


def test_everybody_reads_what_was_published(app, signed):
    number = tender_of(signed)
    anybody = Browser(app.test_client())
    page = anybody.open(f"/contract/cases/public/{number}")
    assert "复核通过验收" not in page.text
    assert "备案购买计划" in page.text
    assert f"/contract/cases/public/{number}" in anybody.open(f"/contract/public/{number}").html
    assert anybody.open("/contract/cases/public/999").status == 404
    assert "申报交付" not in anybody.open(f"/contract/cases/{number}").text


def test_the_clock_of_signing_leads_to_the_case(app, county):
    with app.app_context():
        awarded = awards_world.published_award(county, county.provider, 900_000)
    clerk = signed_in(app, county, "purchaser_clerk")
    page = clerk.open(f"/contract/cases/awards/{awarded.id}")
    assert page.path == f"/contract/cases/{awarded.tender_id}"
    assert clerk.open("/contract/cases/awards/999").status == 404
