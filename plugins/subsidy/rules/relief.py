"""Relief (减免): fees that are not charged and taxes that the authority waived, as memoranda.

A local government may not grant tax relief of its own (税收征收管理法第三条、第三十三条): the
figures come from the tax authority, and no money of the budget moves. A waived fee is foregone
revenue; it is an expense only so far as whoever charges it is compensated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from core.errors import RuleBroken
from plugins.subsidy.rules.calculation import DOWN, Calculation, Line
from plugins.subsidy.rules.periods import MONTHS
from plugins.subsidy.rules.whole import BP

FEE_KIND, TAX_KIND = "fee_relief", "tax_relief_memo"
# Value-added, income, deed, property and land-use tax; deducted donations; a non-profit body's
# own exempt income.
TAXES = ("vat", "income", "deed", "property", "land_use", "donation", "nonprofit_income")
TAX_AUTHORITY = "tax_authority"
# Whose figures somebody may offer; only the tax authority's are taken.
SOURCES = (TAX_AUTHORITY, "taxpayer", "office")


@dataclass(frozen=True)
class Conditions:
    """What has to be declared before relief counts: separate accounts, a promise about prices.

    `free_hours` are hours of free public service a month where terms ask for them, and hours given
    in the whole period where they are declared. None: none.
    """

    separate_accounts: bool = False
    price_promise: bool = False
    free_hours: int | None = None


@dataclass(frozen=True)
class FeeReliefTerms:
    """A fee by its legal basis, the share (bp) waived, the share (bp) of that compensated."""

    fee: str
    basis: str
    waived_bp: int
    compensated_bp: int = 0


@dataclass(frozen=True)
class TaxReliefTerms:
    """Which taxes are followed."""

    taxes: tuple[str, ...]


@dataclass(frozen=True)
class TaxFigure:
    """What a taxpayer was spared (fen) in a period, by which document of whom."""

    tax: str
    amount_fen: int
    begin: date
    end: date
    source: str
    document: str


@dataclass(frozen=True)
class Waived:
    """A waived fee: the memorandum of what was not charged, and what is paid for it."""

    memo: Calculation
    expense: Calculation


def refuse_undeclared(required: Conditions, declared: Conditions) -> None:
    """Refuse a beneficiary who has not declared what relief requires.

    NOT_SEPARATELY_ACCOUNTED (增值税法第二十六条), PRICE_PROMISE_MISSING.
    """
    if required.separate_accounts and not declared.separate_accounts:
        raise RuleBroken(
            "NOT_SEPARATELY_ACCOUNTED",
            _("减免项目须单独核算，未单独核算的不得减免。请先申明并单独设账。"),
            basis="增值税法第二十六条",
        )
    if required.price_promise and not declared.price_promise:
        raise RuleBroken(
            "PRICE_PROMISE_MISSING",
            _("受补贴者须公开承诺服务项目、价格和期限。请先提交价格承诺。"),
        )


def refuse_hours(required: Conditions, declared: Conditions, begins: date, ends: date) -> None:
    """Refuse FREE_HOURS_MISSING where fewer free hours were given than promised.

    So many are due for each calendar month that the period (both days inclusive) touches.
    """
    if not required.free_hours:
        return
    months = (ends.year - begins.year) * MONTHS + ends.month - begins.month + 1
    due, given = required.free_hours * months, declared.free_hours or 0
    if given < due:
        raise RuleBroken(
            "FREE_HOURS_MISSING",
            _(
                "减免的条件是每月提供公益服务 %(hours)s 小时，%(months)s 个月应提供 %(due)s 小时，"
                "只登记了 %(given)s 小时，差 %(short)s 小时。请补足服务并核实后再登记。",
                hours=required.free_hours,
                months=months,
                due=due,
                given=given,
                short=due - given,
            ),
            due=due,
            given=given,
        )


def fee_relief(
    terms: FeeReliefTerms,
    fees: Sequence[tuple[str, int]],
    *,
    required: Conditions,
    declared: Conditions,
) -> Waived:
    """Compute what is waived of fees (number of the notice, fen), and the expense it causes.

    Both are rounded down once. Raises NOT_SEPARATELY_ACCOUNTED, PRICE_PROMISE_MISSING.
    """
    refuse_undeclared(required, declared)
    lines = tuple(
        Line("fee", amount, note=number, share_ppm=terms.waived_bp * 100) for number, amount in fees
    )
    memo = Calculation(FEE_KIND, lines).rounded(DOWN)
    paid = Line("waived", memo.result_fen, share_ppm=terms.compensated_bp * 100)
    return Waived(memo, Calculation(FEE_KIND, (paid,)).rounded(DOWN))


def tax_memo(
    terms: TaxReliefTerms,
    figures: Sequence[TaxFigure],
    *,
    required: Conditions,
    declared: Conditions,
) -> Calculation:
    """Add up the tax authority's figures; no money moves.

    Raises TAX_SOURCE_NOT_ALLOWED, TAX_NOT_COVERED, NOT_SEPARATELY_ACCOUNTED, PRICE_PROMISE_MISSING.
    """
    refuse_undeclared(required, declared)
    for figure in figures:
        if figure.source != TAX_AUTHORITY or not figure.document.strip():
            raise RuleBroken(
                "TAX_SOURCE_NOT_ALLOWED",
                _("减免税额只能依据税务机关出具的资料登记，不得自行填报。请附税务机关文书。"),
                basis="税收征收管理法第三条、第三十三条",
                document=figure.document,
            )
        if figure.tax not in terms.taxes:
            raise RuleBroken(
                "TAX_NOT_COVERED",
                _("本项目不登记“%(tax)s”这一税种的减免。请核对税种。", tax=figure.tax),
                tax=figure.tax,
            )
    lines = tuple(Line(figure.tax, figure.amount_fen, note=figure.document) for figure in figures)
    return Calculation(TAX_KIND, lines)


def refuse_relief_terms(terms: FeeReliefTerms | TaxReliefTerms) -> None:
    """Refuse figures that may not be published: RELIEF_SHARE_WRONG, RELIEF_TAX_UNKNOWN."""
    if isinstance(terms, FeeReliefTerms):
        if not (0 < terms.waived_bp <= BP and 0 <= terms.compensated_bp <= BP):
            raise RuleBroken(
                "RELIEF_SHARE_WRONG", _("减免比例和补偿比例须在 0 至 10000 个基点之间。请改正。")
            )
        return
    unknown = [tax for tax in terms.taxes if tax not in TAXES]
    if unknown or not terms.taxes:
        raise RuleBroken(
            "RELIEF_TAX_UNKNOWN", _("须从法定税种中选择要登记的减免。请改正。"), unknown=unknown
        )
