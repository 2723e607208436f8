"""Printing cards: which vouchers, what becomes of their old cards, and the sheet as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock, documents, privacy
from core.access import fetch, require, scoped
from core.acts import Answer
from core.codes import group_digits
from core.db import db, transaction
from core.errors import InvalidInput
from core.formats import yuan
from core.parties import Office, Organisation, Resident
from core.web import current_actor
from core.web.forms import act
from plugins.voucher.models import Credential, Lot, Programme, Terms, Voucher
from plugins.voucher.pages.staff.answers import reason_page, refusal_page
from plugins.voucher.pages.staff.mount import vouchers as pages
from plugins.voucher.pages.staff.vouchers import lots_of, without_card
from plugins.voucher.rules import read_terms
from plugins.voucher.service.lives import ACTIVE

SHEET = Path(__file__).parents[2] / "templates" / "voucher" / "cards.typ"
CARDS_MAX = 1000
HOTLINE = "12345"  # the country's government service hotline (国办发〔2020〕53号）


@pages.post("/vouchers/cards")
def choosing_cards() -> ResponseReturnValue:
    """Say how many cards will be printed and whose old cards they replace."""
    with transaction(readonly=True):
        actor = current_actor()
        require(actor, "voucher.issue")
        programme_id = request.form.get("programme", type=int)
        if request.form.get("all"):
            query = without_card(actor, programme_id or 0)
        else:
            ticked = request.form.getlist("voucher", type=int)
            query = scoped(Voucher, actor, "voucher.issue").where(Voucher.id.in_(ticked))
        rows = list(db.session.scalars(query.order_by(Voucher.id).limit(CARDS_MAX)))
        return _check_page(rows)


def _check_page(rows: list[Voucher]) -> str:
    if not rows:
        raise InvalidInput(_("没有选中凭单。请先在列表里勾选，再制卡。"))
    if len({row.programme_id for row in rows}) > 1:
        raise InvalidInput(_("一次只能为一个项目制卡，因为卡面印着项目名称。请先按项目筛选。"))
    numbers = [row.id for row in rows]
    replaced = db.select(db.func.count()).where(
        Credential.voucher_id.in_(numbers), Credential.kind == "card", Credential.state == ACTIVE
    )
    return render_template(
        "voucher/staff/cards.html",
        programme=db.session.get_one(Programme, rows[0].programme_id),
        count=len(rows),
        most=CARDS_MAX,
        replaced=db.session.scalar(replaced),
        numbers=",".join(map(str, numbers)),
    )


@pages.post("/vouchers/cards/print")
def print_cards() -> ResponseReturnValue:
    """Make the cards and answer with the sheet; the codes are nowhere but in this answer.

    The same form sent again (a lost download) gives the same sheet.
    """
    given = request.form.get("vouchers", "").split(",")
    numbers = [int(text) for text in given if text.isdecimal()]
    answer = act("voucher.print_cards", {"voucher_ids": numbers})
    with transaction(readonly=True):
        if answer.refused:
            back = url_for(
                "voucher_staff.vouchers.index", programme=request.form.get("programme", type=int)
            )
            return refusal_page(answer, back_url=back, back_label=_("返回凭单")), answer.status
        return sheet(answer.body["cards"])


@pages.get("/vouchers/<int:number>/card")
def replacing_card(number: int) -> str:
    """Ask for the reason of replacing a lost card."""
    require(current_actor(), "voucher.replace")
    return _replace_form(number, None)


@pages.post("/vouchers/<int:number>/card")
def replace_card(number: int) -> ResponseReturnValue:
    """Block every carrier of a voucher, and answer with the new card's sheet."""
    answer = act("voucher.replace_card", {"id": number, "reason": request.form.get("reason", "")})
    with transaction(readonly=True):
        if answer.refused:
            return _replace_form(number, answer), answer.status
        return sheet(answer.body["cards"])


def _replace_form(number: int, answer: Answer | None) -> str:
    row: Voucher = fetch(Voucher, number, current_actor(), "voucher.view")
    return reason_page(
        answer,
        title=_("补换卡 %(number)s", number=row.number),
        consequence=_(
            "旧卡和旧的手机码立即作废，钱和最后一天不变。按下之后下载新卡的 PDF，请当场打印。"
        ),
        button=_("作废旧卡并打印新卡"),
        tone="primary",
        back_url=url_for("voucher_staff.vouchers.show", number=number),
        back_label=row.number,
    )


def sheet(cards: list[dict[str, Any]]) -> Response:
    """Return the PDF of cards just made, all of one programme."""
    numbers = [card["voucher_id"] for card in cards]
    rows = {
        row.id: (row, name)
        for row, name in db.session.execute(
            db.select(Voucher, Resident.name)
            .join(Resident, Resident.id == Voucher.resident_id)
            .where(Voucher.id.in_(numbers))
        )
    }
    lots = lots_of(numbers)
    programme = db.session.get_one(Programme, rows[numbers[0]][0].programme_id)
    data = _issuer(programme) | {
        "programme": programme.name,
        "cards": [_card(card, *rows[card["voucher_id"]], lots) for card in cards],
    }
    return Response(
        documents.pdf(SHEET, data),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="cards-{clock.today():%Y%m%d}.pdf"'},
    )


def _card(
    card: dict[str, Any], row: Voucher, holder: str, lots: dict[int, list[Lot]]
) -> dict[str, str]:
    """Return one card's words.

    The paper is Chinese, whoever prints it. The name is masked: a lost card is read by strangers.
    """
    terms = read_terms(db.session.get_one(Terms, row.terms_id).document)
    face = yuan(sum(lot.granted for lot in lots[row.id]))
    last = max(lot.valid_through for lot in lots[row.id])
    return {
        "holder": f"{privacy.mask_name(holder)}  {row.number}",
        "value": f"面值 {face} 元" if terms.single_use else f"储值 {face} 元",
        "usable": f"可用至 {last.isoformat()}(含当日）",
        "code": group_digits(card["typed"]),
        "qr": documents.qr_svg(card["code"]),
    }


def _issuer(programme: Programme) -> dict[str, str]:
    owner = db.session.get_one(Organisation, programme.organisation_id)
    telephone = db.session.scalars(
        db.select(Office.telephone).filter_by(organisation_id=owner.id).order_by(Office.id)
    ).first()
    return {"issuer": owner.name, "helpline": telephone or HOTLINE}
