"""The demo county's voucher programmes: of every shape, in use for two months and some days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from plugins.voucher.demo import (
    childcare,
    days,
    hours,
    mishaps,
    office,
    settlement,
    stored,
    subsidy,
    training,
)
from plugins.voucher.demo.story import Story

if TYPE_CHECKING:
    from core.demo import World


def load(world: World) -> None:
    """Add six programmes with two settled months, and what waits to be done today."""
    story = Story(world)
    for programme in (stored, subsidy, hours, training, childcare):
        programme.begin(story)
    count = sum(len(cards) for cards in story.cards.values())
    world.say(_("凭单 %(n)s 张已发放并制卡", n=count))
    for told in (days, subsidy, hours, training, childcare, mishaps):
        told.plan(story)
    office.plan_days(story)
    settlement.plan_payment(story)
    hours.plan_correction(story)
    settlement.plan_review(story)
    office.plan_revision(story)
    story.tell()
    world.say(_("核销 %(n)s 笔：第一个月已付款，第二个月在核对", n=len(story.uses)))
