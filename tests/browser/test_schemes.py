"""The form of a scheme on a desk and on a phone, whatever kind it is of."""

from __future__ import annotations

from plugins.subsidy.rules import KINDS
from tests.browser.looks import DESK, PHONE, measured, violations


def test_the_form_of_every_kind_is_sound_on_a_desk_and_on_a_phone(town):
    clerk = town.staff("purchaser_clerk")
    for kind in KINDS:
        clerk.goto(f"/subsidy/schemes/new?kind={kind}")
        clerk.evaluate(
            "document.querySelectorAll('main details').forEach((d) => { d.open = true })"
        )
        assert measured(clerk, PHONE) + measured(clerk, DESK) + violations(clerk) == [], kind
