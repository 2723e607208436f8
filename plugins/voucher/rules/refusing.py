"""Why a use is refused, in the fixed order: code, voucher, holder, provider, service, use."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from core.clock import ZONE
from core.errors import InvalidInput, NotFound, RuleBroken
from core.formats import yuan
from plugins.voucher.rules.periods import period_of
from plugins.voucher.rules.situation import Situation, Use
from plugins.voucher.rules.terms import QUANTITY_ONE, Service, Terms


def refuse_voucher(situation: Situation, service_on: date, today: date) -> None:
    """Refuse a code or voucher that cannot be used for a day, the most final reason first."""
    terms, lots = situation.terms, situation.lots
    if situation.voucher_state == "revoked":
        raise RuleBroken("VOUCHER_REVOKED", _("这张凭单已被撤销，不能核销。请联系发放部门。"))
    if situation.credential_state != "active" and not situation.begun:
        if terms.single_use:
            raise RuleBroken(
                "VOUCHER_REVOKED",
                _("这个凭证码已作废（已挂失或换发）。请让居民出示新的凭证码。"),
            )
        raise RuleBroken("CARD_BLOCKED", _("这张卡已挂失。请让居民出示新卡或手机码。"))
    last = max((lot.valid_through for lot in lots), default=terms.valid_through)
    entered = max((lot.entry_through for lot in lots), default=terms.valid_through)
    too_late = today > entered and not any(lot.held for lot in lots)
    if service_on > last or too_late or situation.programme_state == "closed":
        raise RuleBroken(
            "VOUCHER_EXPIRED",
            _("凭单已过期：可用至 %(day)s（含当日）。不能再核销。", day=last.isoformat()),
            valid_through=last.isoformat(),
        )
    if terms.single_use and any(lot.redeemed for lot in lots):
        # The caller, who can look it up, tells when and where.
        raise RuleBroken("VOUCHER_ALREADY_REDEEMED", _("这张凭单已核销过，不会重复扣款。"))
    first = min((lot.valid_from for lot in lots), default=terms.valid_from)
    if service_on < first:
        raise RuleBroken(
            "VOUCHER_NOT_YET_VALID",
            _("凭单还没到使用日期：%(day)s 起可用。请到期后再来。", day=first.isoformat()),
            valid_from=first.isoformat(),
        )
    _refuse_suspended(situation, service_on)
    if not situation.step_is_fresh:
        raise code_rotated()


def code_rotated() -> RuleBroken:
    """Return the refusal of a phone's code that is old or was spent."""
    return RuleBroken(
        "CODE_ROTATED", _("这个手机码已用过或已过期。请居民刷新手机页面，再扫新的码。")
    )


def _refuse_suspended(situation: Situation, service_on: date) -> None:
    if situation.voucher_state == "suspended":
        raise RuleBroken("HOLDER_SUSPENDED", _("这张凭单已暂停使用。请居民联系发放部门。"))
    first, last = situation.suspended_from, situation.suspended_through
    if first is not None and first <= service_on and (last is None or service_on <= last):
        raise RuleBroken(
            "HOLDER_SUSPENDED",
            _(
                "这张凭单自 %(first)s 起暂停使用%(last)s，恢复后再来。如有疑问请联系发放部门。",
                first=first.isoformat(),
                last=_("，至 %(day)s（含当日）", day=last.isoformat()) if last else "",
            ),
            suspended_from=first.isoformat(),
            suspended_through=last.isoformat() if last else None,
        )


def refuse_holder(situation: Situation, use: Use, service_on: date) -> None:
    """Refuse a holder who may no longer use the voucher, has not the age, or is not known."""
    died, ended = situation.resident_died_on, situation.ended_on
    if died is not None or (ended is not None and service_on >= ended):
        raise RuleBroken("HOLDER_INELIGIBLE", _("持有人资格已终止，不能核销。请联系发放部门。"))
    terms, age = situation.terms, _age(situation.resident_born_on, service_on)
    if (terms.least_age is not None and age < terms.least_age) or (
        terms.below_age is not None and age >= terms.below_age
    ):
        raise RuleBroken(
            "HOLDER_INELIGIBLE",
            _(
                "持有人服务当日 %(age)s 周岁，本项目要求%(least)s%(below)s。请联系发放部门。",
                age=age,
                least=_("满 %(n)s 周岁", n=terms.least_age) if terms.least_age is not None else "",
                below=_("未满 %(n)s 周岁", n=terms.below_age)
                if terms.below_age is not None
                else "",
            ),
            age=age,
        )
    if terms.identity_check == "always" and not use.identity_checked and not situation.begun:
        raise RuleBroken(
            "HOLDER_MISMATCH",
            _("本项目须当面核对持有人身份证件。请核对后勾选“已核对证件”再核销。"),
        )


def _age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _refuse_presence(use: Use, service: Service) -> None:
    if service.presence == use.presence:
        return
    words = {
        "scan": _("扫码后直接核销"),
        "timed": _("服务开始时签到、结束时签退"),
        "hold": _("先登记开始并预占额度，完成后登记结果"),
        "enrolled": _("先登记入托（入学），再按出勤登记"),
    }
    raise RuleBroken(
        "PRESENCE_MISMATCH",
        _(
            "“%(name)s”须按“%(way)s”的方式办理，请改用相应的按钮。",
            name=service.name,
            way=words[service.presence],
        ),
        presence=service.presence,
    )


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
    """Refuse a provider that is not admitted on a day, is suspended, or not of the class's kind."""
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
    chosen = situation.terms.classes[situation.class_code]
    _refuse_kind(situation, chosen.provider_tag, chosen.name)
    area = situation.terms.area
    if area is not None and f"{area}/" not in situation.provider_path:
        raise RuleBroken(
            "PROVIDER_NOT_AUTHORISED",
            _("本单位不在项目的服务区域（区划代码 %(area)s）内，不能核销。", area=area),
            area=area,
        )


def _refuse_kind(situation: Situation, tag: str | None, name: str) -> None:
    if tag and f" {tag} " not in situation.provider_tags:
        raise RuleBroken(
            "PROVIDER_NOT_AUTHORISED",
            _("“%(name)s”只能在指定类别的承接主体使用，本单位不在其中。", name=name),
        )


def covered_service(situation: Situation, use: Use) -> Service:
    """Return the service that is asked for; refuse one that is not covered, or not offered."""
    service = situation.terms.services.get(use.service_code)
    covered = situation.terms.classes[situation.class_code].services
    if service is None or use.service_code not in covered or not situation.offered:
        raise RuleBroken(
            "SERVICE_NOT_COVERED",
            _("这项服务不在凭单范围内，或本单位未登记提供。请改选其他服务。"),
        )
    _refuse_kind(situation, service.provider_tag, service.name)
    return service


def unit_price(situation: Situation, use: Use, service: Service) -> int:
    """Return the price in fen of one unit or hour: the registered one, else the one entered."""
    fixed, entered = situation.offer_price_fen, use.price_fen
    if fixed is None and entered is None:
        raise RuleBroken("PRICE_MISSING", _("这项服务没有固定价格，请输入本次金额。"))
    if fixed is not None and entered is not None and entered != fixed:
        raise RuleBroken(
            "PRICE_CHANGED",
            _("登记价格是 %(yuan)s 元，请按登记价格核销。", yuan=yuan(fixed)),
            price_fen=fixed,
        )
    price = fixed if fixed is not None else entered
    assert price is not None  # noqa: S101 - one of the two is there
    ceiling = service.maximum_price_fen
    if ceiling is not None and price > ceiling:
        raise RuleBroken(
            "CAP_REACHED",
            _("单价超过项目最高限价 %(yuan)s 元，请核对。", yuan=yuan(ceiling)),
            maximum_price_fen=ceiling,
        )
    return price


def refuse_use(situation: Situation, use: Use, service: Service, today: date) -> None:
    """Refuse what was entered about a use: its day, its way, its payers, result, quantity."""
    terms, day = situation.terms, use.service_on or today
    first, last = today - timedelta(terms.late_days), today + timedelta(terms.ahead_days)
    if not (first <= day <= last or use.segments or use.presence == "hold"):
        raise RuleBroken(
            "SERVICE_DAY_OUT_OF_RANGE",
            _(
                "服务日期 %(day)s 不在可录入的 %(first)s 至 %(last)s 之间，请核对日期。",
                day=day.isoformat(),
                first=first.isoformat(),
                last=last.isoformat(),
            ),
            service_on=day.isoformat(),
        )
    _refuse_presence(use, service)
    unknown = sorted(set(use.others_fen) - set(terms.other_payers))
    if unknown:
        raise InvalidInput(
            _("项目没有“%(payer)s”这个其他支付方。", payer="、".join(unknown)),
            errors={"others_fen": [_("没有这一项")]},
        )
    if use.result is not None and use.result not in {one.code for one in service.results}:
        raise InvalidInput(
            _("这项服务没有结果“%(result)s”。", result=use.result),
            errors={"result": [_("请从列出的选项中选择")]},
        )
    if terms.unit == "count" and use.quantity % QUANTITY_ONE:
        raise InvalidInput(
            _("这张凭单按次计，数量须为整数。"), errors={"quantity": [_("须为整数")]}
        )


def may_void(terms: Terms, *, redeemed_on: date, today: date, locked: bool) -> None:
    """Refuse a void outside the programme's window."""
    if locked:
        raise RuleBroken(
            "BATCH_LOCKED",
            _("这笔核销已进入锁定的对账单，不能撤销。请向购买主体申请追回更正。"),
        )
    month = period_of("month", redeemed_on)
    over = {
        "same_day": redeemed_on != today,
        "in_period": today > month.last,
        "until_lock": False,
        "none": True,
    }[terms.void_window]
    if over:
        words = {
            "same_day": _("只能撤销当天的核销"),
            "in_period": _("只能撤销当月的核销"),
            "none": _("本项目的核销不能由承接主体撤销"),
        }[terms.void_window]
        raise RuleBroken(
            "VOID_WINDOW_OVER",
            _(
                "%(rule)s，这笔是 %(day)s 的。请联系购买主体办理冲正。",
                rule=words,
                day=redeemed_on.isoformat(),
            ),
        )


def confirm_by(terms: Terms, locked_on: date) -> date:
    """Return the last day on which a provider may still object to a statement."""
    return locked_on + timedelta(days=terms.confirm_days)


def unknown_code() -> NotFound:
    """Return the one answer to every code that leads nowhere."""
    return NotFound(
        "VOUCHER_UNKNOWN", _("没有找到这个凭证码。请重新扫描，或核对 12 位数字后再输一次。")
    )
