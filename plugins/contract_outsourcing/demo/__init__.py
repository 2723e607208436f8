"""The demo county's contracts: tendered, in performance, and what waits to be done today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from plugins.contract_outsourcing.demo import meals, people, relief, roads, waiting

if TYPE_CHECKING:
    from core.demo import World


def load(world: World) -> None:
    """Add what the county procures, from plans that nobody has tendered to parts that are paid."""
    market = people.gather(world)
    roads.tell(market)
    meals.tell(market)
    waiting.tell(market)
    relief.tell(market)
    world.say(_("合同外包：公路养护、助餐、应急服务已签约履行，采购项目各在一个阶段"))
