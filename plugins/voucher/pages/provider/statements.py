"""A provider's statements: line by line, confirmed or objected to, on paper and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func

from core import clock
from core.access import Actor, visible
from core.db import db
from core.documents import pdf
from core.errors import NotFound
from core.files import csv_stream
from core.formats import day, moment, yuan, yuan_text
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import Todo
from plugins.voucher.models import Programme, Statement
from plugins.voucher.pages import wording
from plugins.voucher.pages.provider import mount
from plugins.voucher.rules import Terms
from plugins.voucher.service import statements
from plugins.voucher.service.claiming import OPEN
from plugins.voucher.service.programmes import terms_of

TEMPLATES = Path(__file__).parents[2] / "templates" / "voucher"
ALL = 100_000


def waiting(actor: Actor) -> list[Todo]:
    """Count the statements that wait for this provider's word."""
    if not actor.may("statement.confirm"):
        return []
    count = db.session.scalar(
        db.select(func.count()).where(
            visible(Statement, actor, "statement.confirm"),
            Statement.state == OPEN,
            Statement.confirm_by >= clock.today(),
        )
    )
    url = url_for("voucher_provider.statements.index")
    return [Todo(int(count or 0), _("份对账单待确认"), url)]


@mount.statements.get("", endpoint="index")
def statement_list() -> str:
    """List the provider's statements, newest first."""
    mount.own_provider()
    before = page_of(request.args.get("before"))
    found = statements.statements(current_actor(), before=before)
    return render_template(
        "voucher/provider/statements.html",
        rows=[
            {
                "title": (
                    title(item),
                    url_for("voucher_provider.statements.show", number=item["id"]),
                ),
                "cutoff": _moment(item["cutoff_at"]),
                "lines": item["line_count"],
                "net_fen": item["net_fen"],
                "confirm_by": item["confirm_by"],
                "state": state(item),
            }
            for item in found["items"]
        ],
        next_url=url_for("voucher_provider.statements.index", before=found["next_before"])
        if found["next_before"]
        else "",
        first_url=url_for("voucher_provider.statements.index") if before is not None else "",
    )


@mount.statements.get("/<int:number>", endpoint="show")
def statement(number: int) -> str:
    """Show one statement with its lines."""
    mount.own_provider()
    return _statement_page(number, fresh())


@mount.statements.post("/<int:number>/confirm", endpoint="confirm")
def statement_confirmed(number: int) -> ResponseReturnValue:
    """Confirm a statement: what is not objected to may be paid."""
    return done_or_again(
        act("statement.confirm", {"id": number}),
        done=_("对账单已确认。没有异议的部分将列入下一支付批次。"),
        to=url_for("voucher_provider.statements.show", number=number),
        again=lambda refused: _statement_page(number, shown_again(refused)),
    )


@mount.statements.get("/<int:number>/lines/<int:line>", endpoint="line")
def statement_line(number: int, line: int) -> str:
    """Ask what is wrong with a line."""
    mount.own_provider()
    return _line_page(number, line, fresh())


@mount.statements.post("/<int:number>/lines/<int:line>/object", endpoint="object_line")
def line_objected(number: int, line: int) -> ResponseReturnValue:
    """Object to a line; it waits, the others go on."""
    fields = {
        "statement_id": number,
        "redemption_id": line,
        "reason": request.form.get("reason", ""),
    }
    return done_or_again(
        act("statement.object", fields),
        done=_("异议已提交，由购买主体处理。这一行先不付款，其余照常。"),
        to=url_for("voucher_provider.statements.show", number=number),
        again=lambda refused: _line_page(number, line, shown_again(refused)),
    )


@mount.statements.get("/<int:number>.csv", endpoint="csv")
def statement_csv(number: int) -> Response:
    """Return all lines as a table."""
    mount.own_provider()
    item = statements.statement(current_actor(), id=number)
    columns = [_("日期"), _("小票编号"), _("凭单"), _("服务"), _("金额（元）"), _("状态")]
    rows = [
        [row["day"], row["number"], row["voucher"], row["service"], yuan(row["fen"]), row["word"]]
        for row in _all_lines(item)
    ]
    return Response(
        b"".join(csv_stream(columns, rows)),
        mimetype="text/csv",
        headers=_download(f"statement-{number}.csv"),
    )


@mount.statements.get("/<int:number>.pdf", endpoint="pdf")
def statement_pdf(number: int) -> Response:
    """Return the statement on paper, to be signed."""
    mount.own_provider()
    item = statements.statement(current_actor(), id=number)
    document = pdf(TEMPLATES / "statement.typ", _on_paper(item))
    return Response(
        document, mimetype="application/pdf", headers=_download(f"statement-{number}.pdf")
    )


# --- what pages, table and paper share ---------------------------------------------------------


def title(item: dict[str, Any]) -> str:
    """Return a statement's name: its programme and settlement period."""
    return _("%(programme)s 第 %(sequence)s 期", **item)


def state(item: dict[str, Any]) -> tuple[str, str]:
    """Return the word for a statement's state and its tone."""
    if item["state"] == OPEN and item["may_object"]:
        return _("待确认"), "wait"
    return {
        "open": (_("过期视同确认"), "info"),
        "confirmed": (_("已确认，待付款"), "info"),
        "paid": (_("已付清"), "good"),
    }[item["state"]]


def _line_state(line: dict[str, Any]) -> tuple[str, str]:
    if line["state"] != "captured":
        return wording.state(line["state"])
    if line["reversal"] and line["reversal"]["state"] != "approved":
        return _("正在办理冲正"), "wait"
    if line["corrected_fen"]:
        return _("锁定后更正，少付 %(fen)s", fen=yuan_text(line["corrected_fen"])), "info"
    if line["objection"]:
        return {
            "open": (_("有异议，待处理"), "wait"),
            "dismissed": (_("异议不成立，照付"), "info"),
            "upheld": (_("异议成立"), "info"),
        }[line["objection"]["state"]]
    return _("无异议"), "plain"


def _terms(item: dict[str, Any]) -> Terms:
    return terms_of(db.session.get_one(Programme, item["programme_id"]))[1]


def _line(line: dict[str, Any], terms: Terms) -> dict[str, Any]:
    service, word = terms.services.get(line["service_code"]), _line_state(line)
    return {
        "id": line["id"],
        "day": line["service_on"],
        "number": line["receipt"],
        "receipt": (
            line["receipt"],
            url_for("voucher_till.receipt", receipt=line["receipt"]),
        ),
        "voucher": line["voucher"],
        "service": service.name if service else line["service_code"],
        "fen": line["locked_fen"],
        "state": word,
        "word": word[0],
        "objection": line["objection"],
        "undone": line["reversal"],
    }


def _all_lines(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    terms = _terms(item)
    found = statements.lines(current_actor(), id=item["id"], limit=ALL)
    return (_line(line, terms) for line in found["items"])


def _statement_page(number: int, form: dict[str, Any]) -> str:
    item, after = statements.statement(current_actor(), id=number), request.args.get("after")
    found = statements.lines(current_actor(), id=number, after=page_of(after) or 0)
    terms, may_object = _terms(item), item["may_object"]
    rows = [_line(line, terms) for line in found["items"]]
    for row in rows:
        undone = row["undone"]
        stands = not undone or (undone["is_partial"] and undone["state"] == "approved")
        free = may_object and not row["objection"] and stands
        row["object_url"] = (
            url_for("voucher_provider.statements.line", number=number, line=row["id"])
            if free
            else ""
        )
    return render_template(
        "voucher/provider/statement.html",
        **form,
        item=item,
        title=title(item),
        state=state(item),
        cutoff=_moment(item["cutoff_at"]),
        rows=rows,
        next_url=url_for(
            "voucher_provider.statements.show", number=number, after=found["next_after"]
        )
        if found["next_after"]
        else "",
        first_url=url_for("voucher_provider.statements.show", number=number) if after else "",
    )


def _line_page(number: int, line: int, form: dict[str, Any]) -> str:
    item = statements.statement(current_actor(), id=number)
    found = statements.lines(current_actor(), id=number, after=line - 1, limit=1)["items"]
    if not found or found[0]["id"] != line:
        raise NotFound("NOT_FOUND", _("这份对账单里没有这一行。请回到对账单。"))
    return render_template(
        "voucher/provider/line.html",
        **form,
        item=item,
        title=title(item),
        row=_line(found[0], _terms(item)),
    )


def _on_paper(item: dict[str, Any]) -> dict[str, Any]:
    """Return what `statement.typ` prints."""
    lines = list(_all_lines(item))
    return {
        "title": _("凭单结算对账单"),
        "number": f"{item['programme_id']}-{item['sequence']}-{item['provider_id']}",
        "printed_on": day(clock.today()),
        "facts": [
            {"label": _("承接主体"), "value": item["provider"]},
            {"label": _("项目"), "value": item["programme"]},
            {"label": _("结算期"), "value": _("第 %(sequence)s 期", **item)},
            {"label": _("截止时间"), "value": _moment(item["cutoff_at"])},
        ],
        "lines": [
            {
                "date": line["day"],
                "receipt": line["number"],
                "service": line["service"],
                "amount": yuan(line["fen"]),
            }
            for line in lines
        ],
        "totals": [
            {"label": _("合计 %(count)s 笔", count=len(lines)), "amount": yuan(item["gross_fen"])},
            {"label": _("锁定后冲正"), "amount": yuan(-item["reversed_fen"])},
            {"label": _("有异议、暂缓"), "amount": yuan(-item["objected_fen"])},
            {"label": _("应付"), "amount": yuan_text(item["net_fen"] - item["objected_fen"])},
        ],
        "note": _("请在 %(day)s 前确认或提出异议，逾期视同确认。", day=item["confirm_by"]),
        "signatures": [_("承接主体"), _("购买主体")],
    }


def _moment(iso: str) -> str:
    return moment(clock.instant(iso))


def _download(filename: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{filename}"'}
