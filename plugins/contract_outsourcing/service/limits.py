"""What law says a contract may not be: incomplete, too long, too dear, over-secured, staff only.

The figures come from the rule pack; each refusal names the one that was passed.
"""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from core import catalogue, clock, rulepack
from core.budget import BudgetLine
from core.db import db
from core.errors import RuleBroken
from core.formats import day, yuan
from core.purchases import Purchase, lines_of
from plugins.contract_outsourcing.models import Award, Contract
from plugins.contract_outsourcing.models.contracts import FRAMEWORK, PARTS
from plugins.contract_outsourcing.rules import paying
from plugins.contract_outsourcing.rules.methods import methods
from plugins.contract_outsourcing.rules.periods import last_day
from plugins.contract_outsourcing.rules.splitting import BP
from plugins.contract_outsourcing.rules.terms import ADVANCE, Terms, amounts, by_year, read_terms

_YEAR = 12
_TERM_BASIS = "政府购买服务管理办法第二十四条"


def part_names() -> dict[str, str]:
    """Return how the eight parts of a contract are called."""
    names = (
        _("服务范围"),
        _("标的"),
        _("数量"),
        _("质量要求"),
        _("服务期限"),
        _("资金支付方式"),
        _("双方权利义务"),
        _("违约责任"),
    )
    return dict(zip(PARTS, names, strict=True))


def judge(contract: Contract, award: Award, purchase: Purchase, method: str) -> None:
    """Refuse a contract that law does not allow, the gravest first.

    CONTRACT_FIELD_MISSING, NEGATIVE_LIST_HIT, CONTRACT_TERM_EXCEEDED, CONTRACT_OVER_AWARD,
    FRAMEWORK_HAS_MILESTONES, MILESTONES_DO_NOT_SUM, ADVANCE_TOO_LARGE, BOND_OVER_10PCT,
    RECIPIENTS_TOO_FEW, PAYMENT_TERM_TOO_LONG, LATE_INTEREST_TOO_LOW, LINE_MISMATCH,
    FISCAL_YEAR_MISMATCH.
    """
    terms = read_terms(contract.terms)
    _refuse_incomplete(contract, terms)
    refuse_staffing(contract)
    refuse_too_long(contract, contract.ends_on, method)
    _refuse_over_award(contract, award, terms)
    _refuse_unsummed(contract, terms)
    _refuse_large_advance(contract, terms)
    _refuse_bond(contract, terms)
    _refuse_few_recipients(contract, terms)
    _refuse_late_payment(contract, terms)
    _refuse_low_interest(contract, terms)
    _refuse_lines(contract, terms, purchase)


def _refuse_incomplete(contract: Contract, terms: Terms) -> None:
    names = part_names()
    missing = [part for part in PARTS if not (contract.parts.get(part) or "").strip()]
    said = [names[part] for part in missing]
    if contract.kind == FRAMEWORK:
        if not terms.unit_prices:
            missing, said = [*missing, "unit_prices"], [*said, _("单价")]
        if terms.ceiling_fen is None:
            missing, said = [*missing, "ceiling_fen"], [*said, _("最高限额")]
    elif not terms.milestones:
        missing, said = [*missing, "milestones"], [*said, _("付款节点")]
    if not terms.standard and contract.kind != FRAMEWORK:
        missing, said = [*missing, "standard"], [*said, _("验收标准")]
    if missing:
        raise RuleBroken(
            "CONTRACT_FIELD_MISSING",
            _("合同缺少：%(parts)s。请补齐后再提交。", parts="、".join(said)),
            basis="长府办发〔2014〕18号；民法典第四百七十条",
            missing=missing,
        )


def refuse_staffing(contract: Contract) -> None:
    """Refuse a contract that only supplies staff, or is otherwise on the negative list."""
    catalogue.refuse_negative(
        "\n".join([contract.name, *contract.parts.values()]),
        what=_("合同“%(name)s”", name=contract.name),
        on=clock.today(),
        division_code=contract.division_code,
    )


def longest_months(contract: Contract, method: str) -> int:
    """Return the longest term that law ever allows a contract by a method."""
    own = methods()[method].longest_years
    if own is None:
        return _figure(contract, "contract.term_longest_months")
    return (_figure(contract, own) if isinstance(own, str) else own) * _YEAR


def chain(contract: Contract) -> list[Contract]:
    """Return a contract and those it renewed, the newest first."""
    found = [contract]
    while (earlier := found[-1].renewed_from_id) is not None:
        found.append(db.session.get_one(Contract, earlier))
    return found


def refuse_too_long(contract: Contract, ends_on: date, method: str) -> None:
    """Refuse a term longer than law allows, a renewal's with all it renewed.

    A franchise runs by its own row.
    """
    _refuse_chain_too_long(contract, ends_on, method)
    longest, basis = longest_months(contract, method), _TERM_BASIS
    if methods()[method].longest_years is not None:
        words, basis = _("特许经营"), methods()[method].basis
    elif contract.multi_year_reason:
        words = _("跨年度合同")
    else:
        longest, words = _figure(contract, "contract.term_months"), _("没有说明跨年度理由的合同")
    last = last_day(contract.starts_on, longest)
    if ends_on > last:
        raise RuleBroken(
            "CONTRACT_TERM_EXCEEDED",
            _(
                "合同期限 %(starts)s 至 %(ends)s 过长：%(what)s最长 %(months)s 个月，"
                "最晚到 %(last)s。请缩短期限；内容固定、经费有保障的，请写明跨年度理由。",
                starts=day(contract.starts_on),
                ends=day(ends_on),
                what=words,
                months=longest,
                last=day(last),
            ),
            basis=basis,
            longest_months=longest,
            last_day=last.isoformat(),
        )


def _refuse_chain_too_long(contract: Contract, ends_on: date, method: str) -> None:
    if contract.renewed_from_id is None:
        return
    first = chain(contract)[-1]
    months = longest_months(contract, method)
    last = last_day(first.starts_on, months)
    if ends_on > last:
        raise RuleBroken(
            "CONTRACT_TERM_EXCEEDED",
            _(
                "连同续签，自 %(first)s 起最长 %(months)s 个月，最晚到 %(last)s。请缩短续签期限。",
                first=day(first.starts_on),
                months=months,
                last=day(last),
            ),
            basis=_TERM_BASIS,
            last_day=last.isoformat(),
        )


def _refuse_over_award(contract: Contract, award: Award, terms: Terms) -> None:
    over = None
    most = award.amount_fen
    if contract.renewed_from_id is not None and terms.index is not None:
        # A price that follows an index may rise by as much as was agreed.
        most = most * (BP + terms.index.clamp_bp) // BP
    if contract.kind != FRAMEWORK and contract.value_fen > most:
        over = (contract.value_fen, most)
    for price in terms.unit_prices:
        awarded = (award.unit_prices or {}).get(price.code)
        dearest = max(unit_fen for _up_to, unit_fen in price.bands)
        if awarded is not None and dearest > awarded:
            over = over or (dearest, awarded)
    if over is not None:
        raise RuleBroken(
            "CONTRACT_OVER_AWARD",
            _(
                "合同 %(value)s 元，超过中标成交的 %(awarded)s 元。"
                "合同须按采购文件和中标结果签订，请改为不超过中标金额。",
                value=yuan(over[0]),
                awarded=yuan(over[1]),
            ),
            basis="政府采购法第四十六条",
            value_fen=over[0],
            award_fen=over[1],
        )


def _refuse_unsummed(contract: Contract, terms: Terms) -> None:
    if contract.kind == FRAMEWORK:
        if terms.milestones:
            raise RuleBroken(
                "FRAMEWORK_HAS_MILESTONES",
                _("框架协议按订单付款，不设付款节点。请删去付款节点。"),
                basis="政府采购框架协议采购方式管理暂行办法",
            )
        return
    if amounts(terms.milestones, contract.value_fen) is not None:
        return
    counted = [part for part in terms.milestones if part.kind != ADVANCE]
    shares = sum(part.share_bp or 0 for part in counted)
    fen = sum(part.amount_fen or 0 for part in counted)
    raise RuleBroken(
        "MILESTONES_DO_NOT_SUM",
        _(
            "各付款节点合计须等于合同金额 %(value)s 元：现在按比例的合计 %(shares)s‱，"
            "按金额的合计 %(fen)s 元。请全部按比例（合计 10000‱）或全部按金额填写。",
            value=yuan(contract.value_fen),
            shares=shares,
            fen=yuan(fen),
        ),
        basis="民法典第四百七十条",
        value_fen=contract.value_fen,
        shares_bp=shares,
        amounts_fen=fen,
    )


def _refuse_large_advance(contract: Contract, terms: Terms) -> None:
    """Refuse an advance above what its year's milestones come to: it could not be earned."""
    parts_fen = amounts(terms.milestones, contract.value_fen) or []
    costs = by_year(terms.milestones, parts_fen) if parts_fen else {}
    asked: dict[int, int] = {}
    for part, fen in zip(terms.milestones, parts_fen, strict=bool(parts_fen)):
        if part.kind == ADVANCE:
            asked[part.fiscal_year] = asked.get(part.fiscal_year, 0) + fen
    for year, fen in sorted(asked.items()):
        if fen > costs.get(year, 0):
            raise RuleBroken(
                "ADVANCE_TOO_LARGE",
                _(
                    "%(year)s 年度预付 %(amount)s 元，而这一年的节点合计只有 %(cost)s 元，"
                    "无法抵扣。请减少预付款，或改在有节点的年度预付。",
                    year=year,
                    amount=yuan(fen),
                    cost=yuan(costs.get(year, 0)),
                ),
                basis="民法典第五百零九条",
                fiscal_year=year,
                amount_fen=fen,
                left_fen=costs.get(year, 0),
            )


def _refuse_bond(contract: Contract, terms: Terms) -> None:
    if terms.bond is None:
        return
    figure = rulepack.cited(
        "contract.bond_bp", on=clock.today(), division_code=contract.division_code
    )
    base = terms.ceiling_fen or 0 if contract.kind == FRAMEWORK else contract.value_fen
    most = base * int(figure.value) // BP
    if terms.bond.amount_fen > most:
        raise RuleBroken(
            "BOND_OVER_10PCT",
            _(
                "履约保证金 %(bond)s 元，超过合同金额 %(value)s 元的上限 %(most)s 元。请降低。",
                bond=yuan(terms.bond.amount_fen),
                value=yuan(base),
                most=yuan(most),
            ),
            basis=figure.citation,
            bond_fen=terms.bond.amount_fen,
            most_fen=most,
        )


def _refuse_few_recipients(contract: Contract, terms: Terms) -> None:
    if not contract.is_public_service:
        return
    figure = rulepack.cited(
        "acceptance.recipients_min", on=clock.today(), division_code=contract.division_code
    )
    least = int(figure.value)
    if terms.recipients_min < least:
        raise RuleBroken(
            "RECIPIENTS_TOO_FEW",
            _(
                "公共服务验收须有服务对象参加：合同约定 %(own)s 份意见，至少 %(least)s 份。",
                own=terms.recipients_min,
                least=least,
            ),
            basis=figure.citation,
            least=least,
        )


def _refuse_late_payment(contract: Contract, terms: Terms) -> None:
    # The regulation is younger than the oldest contracts; where it is not in force, no limit.
    figure = rulepack.found(
        "payment.agreed_longest_days", on=clock.today(), division_code=contract.division_code
    )
    if figure is not None and terms.payment_days > int(figure.value):
        raise RuleBroken(
            "PAYMENT_TERM_TOO_LONG",
            _(
                "约定付款期限 %(days)s 日，最长 %(most)s 日。请缩短。",
                days=terms.payment_days,
                most=figure.value,
            ),
            basis=figure.citation,
            days=terms.payment_days,
            most=int(figure.value),
        )


def _refuse_low_interest(contract: Contract, terms: Terms) -> None:
    """Refuse interest agreed with a small firm below the loan prime rate of the contract's day."""
    agreed = terms.late_interest_ppm
    if agreed is None or not contract.small_firm:
        return
    figure = rulepack.found(
        "payment.lpr_one_year_bp", on=clock.today(), division_code=contract.division_code
    )
    if figure is None or agreed >= (least := paying.least_agreed_ppm(int(figure.value))):
        return
    raise RuleBroken(
        "LATE_INTEREST_TOO_LOW",
        _(
            "约定的逾期利息每日百万分之 %(own)s，低于一年期贷款市场报价利率 %(year)s%%，"
            "即每日百万分之 %(least)s。请提高；不约定的，按每日万分之五计算。",
            own=agreed,
            year=yuan(int(figure.value)),
            least=least,
        ),
        basis=figure.citation,
        agreed_ppm=agreed,
        least_ppm=least,
        lpr_bp=int(figure.value),
    )


def _refuse_lines(contract: Contract, terms: Terms, purchase: Purchase) -> None:
    own = lines_of(purchase)
    foreign = [share.line_id for share in terms.funding if share.line_id not in own]
    if foreign:
        raise RuleBroken(
            "LINE_MISMATCH",
            _(
                "合同只能使用购买计划 %(number)s 备案的指标。请从计划的指标中选择。",
                number=purchase.number,
            ),
            basis="预算法第六十三条",
            line_ids=foreign,
        )
    first, last = contract.starts_on.year, contract.ends_on.year + 1
    # Money of the year of the plan may be due before the service begins.
    first = min(first, purchase.fiscal_year)
    outside = [part.code for part in terms.milestones if not first <= part.fiscal_year <= last]
    if outside:
        raise RuleBroken(
            "FISCAL_YEAR_MISMATCH",
            _(
                "节点 %(codes)s 的预算年度须在 %(first)s 至 %(last)s 之间。",
                codes="、".join(outside),
                first=first,
                last=last,
            ),
            basis="预算法第十八条",
            milestones=outside,
        )


def _figure(contract: Contract, code: str) -> int:
    return rulepack.number(code, on=clock.today(), division_code=contract.division_code)


def line_years(line_ids: list[int]) -> dict[int, int]:
    """Return the fiscal years of budget lines, by number."""
    rows = db.session.execute(
        db.select(BudgetLine.id, BudgetLine.fiscal_year).where(BudgetLine.id.in_(line_ids))
    )
    return {row.id: row.fiscal_year for row in rows}
