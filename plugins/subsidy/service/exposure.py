"""How much more a guarantor may guarantee: the law's limits and those of the scheme's pool.

The law looks at all that a company guarantees, the scheme at all that is in its pool. Whoever
guarantees more holds the scheme's and the guarantor's rows locked, so that two cannot both pass.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func

from core import clock, rulepack
from core.db import db
from core.ties import group_of
from plugins.subsidy import rules
from plugins.subsidy.models import Guarantee, Guarantor, GuarantorFigure
from plugins.subsidy.models import guarantors as g
from plugins.subsidy.rules.whole import BP

# 融资担保责任余额计量办法第五条: who mainly serves small firms and farming, half of its business.
MAINLY_BP = BP // 2
_NOBODY = (("pool", BP),)


@dataclass(frozen=True)
class Room:
    """A guarantor's room for one debtor (fen): by law, and within a scheme's pool if there is one.

    Each with what is used of it, for whoever wants to see both.
    """

    law: rules.PoolTerms
    used: rules.Exposure
    net_assets_fen: int
    scheme: rules.PoolTerms
    used_of_scheme: rules.Exposure

    @property
    def by_law(self) -> rules.Headroom:
        """Return the room that law and scheme leave of the guarantor's net assets."""
        return rules.headroom(self.law, self.net_assets_fen, self.used)

    @property
    def by_scheme(self) -> rules.Headroom:
        """Return the room that the scheme's own amounts leave."""
        return rules.headroom(self.scheme, 0, self.used_of_scheme)

    def refuse(self, wanted_fen: int) -> None:
        """Refuse what is beyond (fen): EXPOSURE_CAP_SINGLE, EXPOSURE_CAP_GROUP or _TOTAL."""
        rules.refuse_exposure(self.law, self.net_assets_fen, self.used, wanted_fen)
        rules.refuse_exposure(self.scheme, 0, self.used_of_scheme, wanted_fen)


def room(
    guarantor: Guarantor,
    figure: GuarantorFigure,
    *,
    pool: rules.PoolTerms | None,
    pool_scheme_id: int | None,
    debtor_id: int | None = None,
) -> Room:
    """Return a guarantor's room for a debtor; None: for somebody for whom it guarantees nothing."""
    group = group_of(debtor_id, clock.today()) if debtor_id is not None else frozenset()
    return Room(
        law=_law(guarantor, figure, pool),
        used=_exposure(Guarantee.guarantor_id == guarantor.id, debtor_id, group),
        net_assets_fen=figure.net_assets_fen,
        scheme=rules.PoolTerms(
            _NOBODY,
            0,
            single_fen=pool.single_fen if pool else None,
            total_fen=pool.total_fen if pool else None,
        ),
        used_of_scheme=_exposure(Guarantee.pool_scheme_id == pool_scheme_id, debtor_id, group),
    )


def outstanding(condition: ColumnElement[bool]) -> int:
    """Return what is guaranteed now (fen) where a condition holds."""
    query = db.select(func.coalesce(func.sum(Guarantee.outstanding_fen), 0))
    return int(db.session.scalar(query.where(condition, Guarantee.state == g.ACTIVE)) or 0)


def _exposure(
    condition: ColumnElement[bool], debtor_id: int | None, group: Collection[int]
) -> rules.Exposure:
    return rules.Exposure(
        single_fen=outstanding(condition & (Guarantee.debtor_id == debtor_id)),
        group_fen=outstanding(condition & Guarantee.debtor_id.in_(group)),
        total_fen=outstanding(condition),
    )


def _law(
    guarantor: Guarantor, figure: GuarantorFigure, pool: rules.PoolTerms | None
) -> rules.PoolTerms:
    """Return the limits by net assets: the law's, or the scheme's where they are narrower."""
    mainly = figure.small_rural_bp >= MAINLY_BP
    times = "guarantee.total_times_small" if mainly else "guarantee.total_times"
    return rules.PoolTerms(
        _NOBODY,
        0,
        single_bp=_least(_number("guarantee.client_bp", guarantor), pool and pool.single_bp),
        group_bp=_least(_number("guarantee.group_bp", guarantor), pool and pool.group_bp),
        multiple=_least(_number(times, guarantor), pool and pool.multiple),
    )


def _number(code: str, guarantor: Guarantor) -> int:
    return rulepack.number(code, on=clock.today(), division_code=guarantor.division_code)


def _least(law: int, scheme: int | None) -> int:
    return law if scheme is None else min(law, scheme)
