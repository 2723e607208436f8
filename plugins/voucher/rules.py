"""What a programme's terms say, and how one use is decided: pure functions, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from core.clock import ZONE
from core.errors import NotFound, RuleBroken
from core.formats import yuan

QUANTITY_ONE = 1000  # quantities are in thousandths of the service's unit


@dataclass(frozen=True)
class VoucherClass:
    """A class of voucher: face value in fen, and which providers and services accept it."""

    code: str
    name: str
    face_fen: int
    provider_tag: str | None
    services: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """A service the programme buys; `maximum_price_fen` bounds what a provider may charge."""

    code: str
    name: str
    unit: str
    maximum_price_fen: int | None


@dataclass(frozen=True)
class Terms:
    """A programme's terms, read from their document.

    `single_use`: one redemption ends the voucher. `remainder`: `forfeit` (no change given, the
    rest returns to the line at once) or `keep`. `void_window`: `same_day` or `until_lock`.
    `close`: `on_last_day` or `when_paid`. Days are inclusive, in Asia/Shanghai.
    """

    classes: dict[str, VoucherClass]
    services: dict[str, Service]
    valid_from: date
    valid_through: date
    single_use: bool
    remainder: str
    void_window: str
    confirm_days: int
    close: str
    funding: tuple[tuple[int, int], ...]


def read_terms(document: dict[str, Any]) -> Terms:
    """Read a validated terms document (see `schemas.TermsSchema`)."""
    return Terms(
        classes={
            item["code"]: VoucherClass(
                item["code"],
                item["name"],
                item["face_fen"],
                item.get("provider_tag"),
                tuple(item.get("services") or [s["code"] for s in document["services"]]),
            )
            for item in document["classes"]
        },
        services={
            item["code"]: Service(
                item["code"], item["name"], item["unit"], item.get("maximum_price_fen")
            )
            for item in document["services"]
        },
        valid_from=date.fromisoformat(document["valid_from"]),
        valid_through=date.fromisoformat(document["valid_through"]),
        single_use=document["single_use"],
        remainder=document["remainder"],
        void_window=document["void_window"],
        confirm_days=document["confirm_days"],
        close=document["close"],
        funding=tuple((share["line_id"], share["share_ppm"]) for share in document["funding"]),
    )


@dataclass(frozen=True)
class LotState:
    """A lot as it stood when the decision was made."""

    id: int
    pool_id: int
    available: int
    redeemed: int
    valid_from: date
    valid_through: date


@dataclass(frozen=True)
class Situation:
    """Everything one decision rests on, read in one statement."""

    terms: Terms
    class_code: str
    voucher_state: str
    credential_kind: str
    credential_state: str
    step_is_fresh: bool
    lots: tuple[LotState, ...]
    programme_state: str
    resident_died_on: date | None
    provider_tags: str
    provider_suspended: bool
    admission_state: str | None
    admission_from: date | None
    admission_to: date | None
    offered: bool
    offer_price_fen: int | None


@dataclass(frozen=True)
class Draw:
    """What a redemption takes from one lot: quantity in the lot's unit, money in fen."""

    lot_id: int
    pool_id: int
    quantity: int
    amount_fen: int
    forfeited: int


@dataclass(frozen=True)
class Decision:
    """A use that may happen: price, what the voucher pays, what is lost, from which lots."""

    price_fen: int
    amount_fen: int
    forfeited_fen: int
    self_pay_fen: int
    draws: tuple[Draw, ...]
    remaining: int


@dataclass(frozen=True)
class Use:
    """What the clerk asks for: service, quantity in thousandths, price in fen where it is open."""

    service_code: str
    quantity: int
    price_fen: int | None


def decide(situation: Situation, use: Use, day: date) -> Decision:
    """Decide one use on a business day, or refuse it.

    The checks come in the fixed order: the voucher (revoked before expired before redeemed),
    the holder, the provider, the service, the price and the balance.
    """
    refuse_voucher(situation, day)
    refuse_holder(situation)
    refuse_provider(situation, day)
    price = _price(situation, use)
    return _draw(situation, price, day)


def refuse_voucher(situation: Situation, day: date) -> None:
    """Refuse a code or voucher that cannot be used on a day, the most final reason first."""
    terms = situation.terms
    if situation.credential_state != "active":
        if terms.single_use:
            raise RuleBroken(
                "VOUCHER_REVOKED",
                _("这个凭证码已作废（已挂失或换发）。请让居民出示新的凭证码。"),
            )
        raise RuleBroken("CARD_BLOCKED", _("这张卡已挂失。请让居民出示新卡或手机码。"))
    if situation.voucher_state == "revoked":
        raise RuleBroken("VOUCHER_REVOKED", _("这张凭单已被撤销，不能核销。请联系发放部门。"))
    last = max((lot.valid_through for lot in situation.lots), default=terms.valid_through)
    first = min((lot.valid_from for lot in situation.lots), default=terms.valid_from)
    if day > last or situation.programme_state == "closed":
        raise RuleBroken(
            "VOUCHER_EXPIRED",
            _("凭单已过期：可用至 %(day)s（含当日）。不能再核销。", day=last.isoformat()),
            valid_through=last.isoformat(),
        )
    if terms.single_use and any(lot.redeemed for lot in situation.lots):
        # The caller, who can look it up, tells when and where.
        raise RuleBroken("VOUCHER_ALREADY_REDEEMED", _("这张凭单已核销过，不会重复扣款。"))
    if day < first:
        raise RuleBroken(
            "VOUCHER_NOT_YET_VALID",
            _("凭单还没到使用日期：%(day)s 起可用。请到期后再来。", day=first.isoformat()),
            valid_from=first.isoformat(),
        )
    if situation.voucher_state == "suspended":
        raise RuleBroken("HOLDER_SUSPENDED", _("这张凭单已暂停使用。请居民联系发放部门。"))
    if not situation.step_is_fresh:
        raise RuleBroken(
            "CODE_ROTATED", _("这个手机码已用过或已过期。请居民刷新手机页面，再扫新的码。")
        )


def refuse_holder(situation: Situation) -> None:
    """Refuse a holder who may no longer use the voucher."""
    if situation.resident_died_on is not None:
        raise RuleBroken("HOLDER_INELIGIBLE", _("持有人资格已终止，不能核销。请联系发放部门。"))


def already_redeemed(moment: datetime, provider: str) -> RuleBroken:
    """Return the refusal of a single-use voucher, naming when and where it was used."""
    when = f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"
    return RuleBroken(
        "VOUCHER_ALREADY_REDEEMED",
        _(
            "这张凭单已于 %(when)s 在“%(who)s”核销过，不会重复扣款。",
            when=when,
            who=provider,
        ),
        redeemed_at=moment.isoformat(),
        provider=provider,
    )


def refuse_provider(situation: Situation, day: date) -> None:
    """Refuse a provider that is not admitted today, is suspended, or lacks the class's tag."""
    outside = (
        situation.admission_state in {None, "ended"}
        or (situation.admission_from is not None and day < situation.admission_from)
        or (situation.admission_to is not None and day > situation.admission_to)
    )
    if outside:
        raise RuleBroken(
            "PROVIDER_NOT_AUTHORISED",
            _("本单位未获准承接这个项目，不能核销。请居民到项目公布的承接主体使用。"),
        )
    if situation.admission_state == "suspended" or situation.provider_suspended:
        raise RuleBroken(
            "PROVIDER_SUSPENDED", _("本单位的承接资格已暂停，暂不能核销。请联系购买主体。")
        )
    tag = situation.terms.classes[situation.class_code].provider_tag
    if tag and f" {tag} " not in situation.provider_tags:
        raise RuleBroken(
            "PROVIDER_NOT_AUTHORISED",
            _(
                "“%(name)s”只能在指定类别的承接主体使用，本单位不在其中。",
                name=situation.terms.classes[situation.class_code].name,
            ),
        )


def _price(situation: Situation, use: Use) -> int:
    """Return what the service costs in fen: unit price x quantity, rounded half up once."""
    service = situation.terms.services.get(use.service_code)
    covered = situation.terms.classes[situation.class_code].services
    if service is None or use.service_code not in covered or not situation.offered:
        raise RuleBroken(
            "SERVICE_NOT_COVERED",
            _("这项服务不在凭单范围内，或本单位未登记提供。请改选其他服务。"),
        )
    fixed, entered = situation.offer_price_fen, use.price_fen
    if fixed is None and entered is None:
        raise RuleBroken("PRICE_MISSING", _("这项服务没有固定价格，请输入本次金额。"))
    if fixed is not None and entered is not None and entered != fixed:
        raise RuleBroken(
            "PRICE_CHANGED",
            _("登记价格是 %(yuan)s 元，请按登记价格核销。", yuan=yuan(fixed)),
            price_fen=fixed,
        )
    unit_price = fixed if fixed is not None else entered
    assert unit_price is not None  # noqa: S101 - one of the two is there
    ceiling = service.maximum_price_fen
    if ceiling is not None and unit_price > ceiling:
        raise RuleBroken(
            "CAP_REACHED",
            _("单价超过项目最高限价 %(yuan)s 元，请核对。", yuan=yuan(ceiling)),
            maximum_price_fen=ceiling,
        )
    return (unit_price * use.quantity * 2 + QUANTITY_ONE) // (2 * QUANTITY_ONE)


def _draw(situation: Situation, price: int, day: date) -> Decision:
    """Take the price from the lots in force, the one that lapses first being drawn first."""
    terms = situation.terms
    live = [lot for lot in situation.lots if lot.valid_from <= day <= lot.valid_through]
    live.sort(key=lambda lot: (lot.valid_through, lot.id))
    left = sum(lot.available for lot in live)
    amount = min(price, left) if terms.remainder == "forfeit" else price
    if left == 0 or amount > left:
        raise RuleBroken(
            "AMOUNT_EXCEEDS_BALANCE",
            _(
                "余额不足：还可用 %(left)s 元，本次需要 %(need)s 元。请减少金额或由居民自付差额。",
                left=yuan(left),
                need=yuan(price),
            ),
            available_fen=left,
            required_fen=price,
        )
    draws, rest = [], amount
    for lot in live:
        part = min(rest, lot.available)
        lost = lot.available - part if terms.remainder == "forfeit" else 0
        if part or lost:
            draws.append(Draw(lot.id, lot.pool_id, part, part, lost))
        rest -= part
    forfeited = sum(draw.forfeited for draw in draws)
    return Decision(
        price_fen=price,
        amount_fen=amount,
        forfeited_fen=forfeited,
        self_pay_fen=price - amount,
        draws=tuple(draws),
        remaining=left - amount - forfeited,
    )


def may_void(terms: Terms, *, redeemed_on: date, today: date, locked: bool) -> None:
    """Refuse a void outside the programme's window."""
    if locked:
        raise RuleBroken(
            "BATCH_LOCKED",
            _("这笔核销已进入锁定的对账单，不能撤销。请向购买主体申请追回更正。"),
        )
    if terms.void_window == "same_day" and redeemed_on != today:
        raise RuleBroken(
            "VOID_WINDOW_OVER",
            _("只能撤销当天的核销，这笔是 %(day)s 的。请联系购买主体办理冲正。", day=redeemed_on),
        )


def confirm_by(terms: Terms, locked_on: date) -> date:
    """Return the last day on which a provider may still object to a statement."""
    return locked_on + timedelta(days=terms.confirm_days)


def unknown_code() -> NotFound:
    """Return the one answer to every code that leads nowhere."""
    return NotFound(
        "VOUCHER_UNKNOWN", _("没有找到这个凭证码。请重新扫描，或核对 12 位数字后再输一次。")
    )
