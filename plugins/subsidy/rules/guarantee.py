"""Guarantee support (融资担保): who may guarantee, how much more, and who bears what of a loss.

A government unit never guarantees; it subsidises the fee of a licensed company, or bears a share
of a paid claim through a risk pool that has limits, a waiting time and a stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from core.errors import RuleBroken
from core.formats import yuan
from plugins.subsidy.rules.calculation import HALF_UP, Calculation, Line
from plugins.subsidy.rules.loans import Segment
from plugins.subsidy.rules.whole import BP, apportion

FEE_KIND, POOL_KIND = "guarantee_fee_subsidy", "risk_pool_share"
SINGLE, GROUP, TOTAL, MULTIPLE = "single", "group", "total", "multiple"
POOL = "pool"
LICENSED_KIND = "enterprise"
# Legal kinds (法定类别) of the government's side: organs, and bodies that serve the public good.
GOVERNMENT_KINDS = (
    "administrative_organ",
    "state_organ",
    "party_organ",
    "consultative_organ",
    "democratic_party",
    "institution",
    "mass_organisation",
)


@dataclass(frozen=True)
class GuaranteeFeeTerms:
    """How guarantee fees are subsidised: ppm of the outstanding guarantee a year, by a day count.

    `capped_by_fee`: never more than the fee that was charged.
    """

    day_count: str
    rate_ppm: int
    capped_by_fee: bool


@dataclass(frozen=True)
class PoolTerms:
    """A risk pool's limits and shares; None: no such limit.

    Of the guarantor's net assets one debtor may have `single_bp`, a group `group_bp`, all together
    `multiple` times (融资担保公司监督管理条例第十五条、第十六条); `single_fen` and `total_fen` are
    limits of the scheme's own. `shares` are who bears what (bp, together 10,000); one is `pool`.
    A claim waits `waiting_days` after the debt fell due; at more than `stop_bp` of what was
    guaranteed claims stop; the pool bears `year_cap_fen` a year.
    """

    shares: tuple[tuple[str, int], ...]
    waiting_days: int
    single_bp: int | None = None
    group_bp: int | None = None
    multiple: int | None = None
    single_fen: int | None = None
    total_fen: int | None = None
    year_cap_fen: int | None = None
    stop_bp: int | None = None


@dataclass(frozen=True)
class Exposure:
    """What is guaranteed now (fen): for the debtor, its group (the debtor included), for all."""

    single_fen: int
    group_fen: int
    total_fen: int


@dataclass(frozen=True)
class Headroom:
    """What may still be guaranteed (fen, never below nothing), and which limit it is that binds.

    `each` has the room under every limit there is; `fen` and `binding` are None without limits.
    """

    fen: int | None
    binding: str | None
    each: Mapping[str, int]


@dataclass(frozen=True)
class PoolState:
    """A pool before a claim (fen): its balance, what it paid this year, and the claims so far.

    `claims_fen` was paid on all claims, of `guaranteed_fen` that was ever guaranteed.
    """

    balance_fen: int
    paid_this_year_fen: int
    claims_fen: int
    guaranteed_fen: int


def refuse_guarantor(legal_kind: str | None, *, licensed: bool, controlled: bool = False) -> None:
    """Refuse whoever may not guarantee: GUARANTOR_NOT_ALLOWED, CONFLICT_OF_INTEREST.

    `legal_kind` is the organisation's legal kind (法定类别), `licensed` its permit for financing
    guarantees; `controlled`: the debtor holds or actually controls the guarantor.
    """
    if legal_kind in GOVERNMENT_KINDS:
        raise RuleBroken(
            "GUARANTOR_NOT_ALLOWED",
            _(
                "政府及其部门、以公益为目的的单位不得为他人债务提供担保。"
                "请改由持牌融资担保公司担保，财政可给予担保费补贴或风险分担。"
            ),
            basis="预算法第三十五条；民法典第六百八十三条",
            legal_kind=legal_kind,
        )
    if legal_kind != LICENSED_KIND or not licensed:
        raise RuleBroken(
            "GUARANTOR_NOT_ALLOWED",
            _("担保人没有融资担保业务经营许可证，不能承保。请改由持牌融资担保公司担保。"),
            basis="融资担保公司监督管理条例第六条",
            legal_kind=legal_kind,
        )
    if controlled:
        raise RuleBroken(
            "CONFLICT_OF_INTEREST",
            _("融资担保公司不得为其控股股东、实际控制人提供担保。请改由其他公司担保。"),
            basis="融资担保公司监督管理条例第十七条",
        )


def fee_subsidy(
    terms: GuaranteeFeeTerms,
    outstanding: Sequence[Segment],
    *,
    charged_fen: int | None = None,
    note: str,
) -> Calculation:
    """Compute the subsidy of the fee for what was guaranteed, rounded once, half-up.

    `outstanding` are the guaranteed amounts by days, `charged_fen` the fee for them, `note` the
    guarantee's number. Raises FEE_MISSING where the scheme caps by the fee and none is told.
    """
    found = Calculation(
        FEE_KIND,
        tuple(
            Line(
                "guaranteed",
                part.principal_fen,
                note=note,
                begin=part.begin,
                end=part.end,
                day_count=terms.day_count,
                rate_ppm=terms.rate_ppm,
            )
            for part in outstanding
        ),
    )
    if terms.capped_by_fee:
        if charged_fen is None:
            raise RuleBroken(
                "FEE_MISSING",
                _("担保 %(note)s 缺少实际收取的担保费，不能计算补贴。请担保公司补报。", note=note),
                note=note,
            )
        found = found.at_most("fee_charged", charged_fen)
    return found.rounded(HALF_UP)


def headroom(terms: PoolTerms, net_assets_fen: int, exposure: Exposure) -> Headroom:
    """Return what a guarantor with these net assets (fen) may still guarantee for a debtor."""
    limits = (
        (SINGLE, _least(_share(net_assets_fen, terms.single_bp), terms.single_fen)),
        (GROUP, _share(net_assets_fen, terms.group_bp)),
        (TOTAL, terms.total_fen),
        (MULTIPLE, None if terms.multiple is None else net_assets_fen * terms.multiple),
    )
    used = {
        SINGLE: exposure.single_fen,
        GROUP: exposure.group_fen,
        TOTAL: exposure.total_fen,
        MULTIPLE: exposure.total_fen,
    }
    each = {name: max(0, most - used[name]) for name, most in limits if most is not None}
    # The first of equal ones: min keeps the order of the limits.
    binding = min(each, key=lambda name: each[name], default=None)
    return Headroom(None if binding is None else each[binding], binding, each)


def refuse_exposure(
    terms: PoolTerms, net_assets_fen: int, exposure: Exposure, wanted_fen: int
) -> Headroom:
    """Refuse a guarantee (fen) beyond the limit that binds, else return the headroom before it.

    Raises EXPOSURE_CAP_SINGLE, EXPOSURE_CAP_GROUP or EXPOSURE_CAP_TOTAL (also for the multiple of
    the net assets), with what is left.
    """
    found = headroom(terms, net_assets_fen, exposure)
    if found.fen is None or wanted_fen <= found.fen:
        return found
    facts: dict[str, Any] = {
        "wanted_fen": wanted_fen,
        "headroom_fen": found.fen,
        "limit": found.binding,
    }
    if found.binding == SINGLE:
        raise RuleBroken(
            "EXPOSURE_CAP_SINGLE",
            _(
                "对同一债务人的担保还可增加 %(room)s 元，本次 %(wanted)s 元，超限。请减少金额。",
                room=yuan(found.fen),
                wanted=yuan(wanted_fen),
            ),
            basis="融资担保公司监督管理条例第十六条",
            **facts,
        )
    if found.binding == GROUP:
        raise RuleBroken(
            "EXPOSURE_CAP_GROUP",
            _(
                "对同一债务人及其关联方的担保还可增加 %(room)s 元，本次 %(wanted)s 元，"
                "超过上限。请减少担保金额。",
                room=yuan(found.fen),
                wanted=yuan(wanted_fen),
            ),
            basis="融资担保公司监督管理条例第十六条",
            **facts,
        )
    raise RuleBroken(
        "EXPOSURE_CAP_TOTAL",
        _(
            "担保责任余额还可增加 %(room)s 元，本次 %(wanted)s 元，超过上限。"
            "请减少担保金额，或待在保余额下降后再办理。",
            room=yuan(found.fen),
            wanted=yuan(wanted_fen),
        ),
        basis="融资担保公司监督管理条例第十五条",
        **facts,
    )


def refuse_claim(
    terms: PoolTerms, state: PoolState, *, due_on: date, claimed_on: date, paid_fen: int
) -> None:
    """Refuse a claim on the pool: CLAIM_NOT_PAID, CLAIM_TOO_EARLY, CLAIM_RATE_STOP.

    `due_on` is the day the debt fell due, `paid_fen` what the guarantor has paid on it.
    """
    if paid_fen <= 0:
        raise RuleBroken(
            "CLAIM_NOT_PAID", _("担保公司尚未代偿，不能申请分担。请在代偿后附付款凭证再申请。")
        )
    first = due_on + timedelta(days=terms.waiting_days)
    if claimed_on < first:
        raise RuleBroken(
            "CLAIM_TOO_EARLY",
            _(
                "债务到期后须等待 %(days)s 天，%(first)s 起才能申请分担。请届时再申请。",
                days=terms.waiting_days,
                first=first.isoformat(),
            ),
            first=first.isoformat(),
        )
    claims = state.claims_fen + paid_fen
    if terms.stop_bp is not None and claims * BP > state.guaranteed_fen * terms.stop_bp:
        raise RuleBroken(
            "CLAIM_RATE_STOP",
            _(
                "累计代偿 %(claims)s 元，超过累计担保额 %(all)s 元的 %(bp)s‱，暂停分担。"
                "请先处置风险，报主管部门同意后恢复。",
                claims=yuan(claims),
                all=yuan(state.guaranteed_fen),
                bp=terms.stop_bp,
            ),
            claims_fen=claims,
            guaranteed_fen=state.guaranteed_fen,
        )


def bear_loss(terms: PoolTerms, paid_fen: int) -> dict[str, int]:
    """Return who bears what (fen) of a paid claim by largest remainder, ties to the earlier."""
    parts = apportion(paid_fen, [share for _who, share in terms.shares])
    return {who: part for (who, _share_bp), part in zip(terms.shares, parts, strict=True)}


def pool_share(terms: PoolTerms, state: PoolState, paid_fen: int, *, note: str) -> Calculation:
    """Compute what the pool pays of a paid claim: its share, within balance and yearly cap."""
    part = bear_loss(terms, paid_fen)[POOL]
    share_bp = dict(terms.shares)[POOL]
    found = Calculation(
        POOL_KIND, (Line("paid_claim", paid_fen, note=note, share_ppm=share_bp * 100),)
    )
    found = found.allotted("shares", part).at_most("balance", state.balance_fen)
    if terms.year_cap_fen is None:
        return found
    return found.at_most("year_cap", terms.year_cap_fen - state.paid_this_year_fen)


def share_recovery(recovered_fen: int, borne_fen: Mapping[str, int]) -> dict[str, int]:
    """Return what everybody gets back (fen) of a recovery, pro rata by largest remainder.

    `borne_fen` is what each party still bears, after earlier recoveries: so nobody ever gets back
    more than it bore. Raises RECOVERY_TOO_LARGE for more than all of it.
    """
    still = sum(borne_fen.values())
    if recovered_fen > still:
        raise RuleBroken(
            "RECOVERY_TOO_LARGE",
            _(
                "追回 %(got)s 元，超过尚未收回的代偿 %(still)s 元。请核对，利息和费用另行登记。",
                got=yuan(recovered_fen),
                still=yuan(still),
            ),
            recovered_fen=recovered_fen,
            still_fen=still,
        )
    parts = apportion(recovered_fen, list(borne_fen.values()))
    return dict(zip(borne_fen, parts, strict=True))


def refuse_pool_terms(terms: PoolTerms) -> None:
    """Refuse shares that are not the whole or leave the pool out: SHARES_NOT_WHOLE."""
    shares = dict(terms.shares)
    wrong = len(shares) < len(terms.shares) or any(share < 0 for share in shares.values())
    if wrong or sum(shares.values()) != BP or not shares.get(POOL):
        raise RuleBroken(
            "SHARES_NOT_WHOLE",
            _(
                "风险分担比例合计须为 10000 个基点，其中要有资金池的一份，现为 %(sum)s。请调整。",
                sum=sum(share for _who, share in terms.shares),
            ),
        )


def _share(net_assets_fen: int, share_bp: int | None) -> int | None:
    return None if share_bp is None else max(0, net_assets_fen) * share_bp // BP


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
