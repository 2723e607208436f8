"""The demo county's subsidies: schemes in force, and who applies, claims and is supported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from plugins.subsidy.demo import awards, beds, loans, pool, publishing, schemes

if TYPE_CHECKING:
    from core.demo import World


def load(world: World) -> None:
    """Add the county's schemes, from drafts to what is in force, and what became of them."""
    published = {one.code: publishing.published(world, one) for one in schemes.published(world)}
    publishing.submitted(world, schemes.waiting(world))
    publishing.drafted(world, schemes.begun(world))
    world.say(_("补贴制：5 个补贴项目已公布，1 个待公布，1 个在编制"))
    loans.load(world, published["CYDK"])
    shops = awards.load(world, published["SDJL"])
    beds.load(world, published["CWBT"], published["SSJM"])
    pool.load(world, published["FXFD"], shops)
