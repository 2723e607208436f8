"""The demo county's two voucher programmes: in use for two months, settled and paid once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from plugins.voucher.demo import days, mishaps, programmes, settlement
from plugins.voucher.demo.story import Story

if TYPE_CHECKING:
    from core.demo import World


def load(world: World) -> None:
    """Add the education voucher and the elder-care voucher with two months of use."""
    story = Story(world)
    programmes.define(story)
    programmes.admit(story)
    programmes.issue(story)
    count = sum(len(cards) for cards in story.cards.values())
    world.say(_("凭单 %(n)s 张已发放并制卡", n=count))
    days.plan(story)
    mishaps.plan(story)
    settlement.plan_payment(story)
    settlement.plan_review(story)
    story.tell()
    world.say(_("核销 %(n)s 笔：第一个月已付款，第二个月在核对", n=len(story.uses)))
