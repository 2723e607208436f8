"""What the offices do beside the vouchers' use: each day's work, and what waits for a decision."""

from __future__ import annotations

from datetime import date

from core.demo.world import SYSTEM
from plugins.voucher.demo import programmes, subsidy
from plugins.voucher.demo.story import ELD, Story, clerk_of

DAY_BEGINS = "00:05"
INSTITUTION_PPM = 450_000


def plan_days(story: Story) -> None:
    """Plan a new day's own work: what lapses, what is renewed, silence taken for consent.

    Other days than those on which a week or month begins have nothing that could not wait.
    """
    for day in story.days():
        if day.day == 1 or day.weekday() == 0 or day == story.world.today:
            _plan_day(story, day)


def _plan_day(story: Story, day: date) -> None:
    at = story.world.at(day, DAY_BEGINS)
    story.plan(at, lambda: story.world.do(SYSTEM, "work.begin_day", at=at))


def plan_revision(story: Story) -> None:
    """Plan a next version of the subsidy's terms, which waits for the second person."""
    world = story.world

    def revise() -> None:
        terms = subsidy.terms(story, institution_ppm=INSTITUTION_PPM)
        number = story.programmes[ELD]
        world.do(
            clerk_of(ELD),
            "programme.revise",
            at=world.began,
            id=number,
            terms=terms | {"funding": programmes.funding(story, subsidy.LINES)},
            effective_on=world.month(-1).isoformat(),
        )
        world.do(clerk_of(ELD), "programme.submit", at=world.began, id=number)

    story.plan(world.began, revise)
