"""Programmes on screen: the list, one of them in words and figures, defined and approved."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func

from core.access import fetch, require, scoped
from core.acts import Answer
from core.budget import BudgetLine, Pool, pool_totals
from core.db import db
from core.formats import moment, yuan
from core.ledger import balances
from core.purchases import Purchase, drawable
from core.web import current_actor, figures
from core.web.forms import act, done_or_again
from plugins.voucher import rules
from plugins.voucher.models import Admission, Programme, Redemption, Terms, Voucher
from plugins.voucher.pages.staff import charts, flows, lists, people, trail, versions, words
from plugins.voucher.pages.staff.answers import reason_page, refusal_page
from plugins.voucher.pages.staff.builder import BUILDER
from plugins.voucher.pages.staff.choices import newest_terms
from plugins.voucher.pages.staff.mount import programmes as pages
from plugins.voucher.service import renewing
from plugins.voucher.service.programmes import APPROVED, plan_of, terms_of

# A pool's figures in the order the money walks, with the account kind whose journals prove each.
FIGURES = (
    ("committed", "pool.committed"),
    ("uncharged", "pool.uncharged"),
    ("charged", "pool.charged"),
    ("released", "pool.released"),
    ("accrued", "line.accrued"),
    ("paid", "line.disbursed"),
)
POOLS_SHOWN = 60  # five years of months, or a year of weeks


@pages.get("/programmes")
def index() -> str:
    """List the programmes a person may see."""
    actor = current_actor()
    require(actor, "programme.view")
    page = lists.page(scoped(Programme, actor, "programme.view"), Programme)
    rows = [row[0] for row in page.rows]
    owners = people.organisations(row.organisation_id for row in rows)
    pools = flows.pools_of([row.id for row in rows])
    committed = balances("pool.committed", by="pool_id") if pools else {}
    terms_by_programme = newest_terms(row.id for row in rows)
    pending = versions.pending(row.id for row in rows)
    listed = []
    for row in rows:
        terms = terms_by_programme[row.id]
        listed.append(
            {
                "name": (row.name, url_for("voucher_staff.programmes.show", number=row.id)),
                "code": row.code,
                "owner": owners[row.organisation_id],
                "kind": kind_of(terms),
                "last": terms.valid_through,
                "committed": _figure(pools.get(row.id, []), "pool.committed", committed),
                "state": pending.get(row.id) or words.PROGRAMME[row.state],
            }
        )
    return render_template("voucher/staff/programmes.html", programmes=listed, page=page)


def _figure(pools: list[Pool], kind: str, sums: dict[int | None, int]) -> Any:
    """Return the sum of pools' figures; of a single pool with the journals behind it."""
    total = sum(sums.get(pool.id, 0) for pool in pools)
    if len(pools) != 1:
        return total
    return total, url_for("audit.journals", pool=pools[0].id, kind=kind)


def pool_rows(pools: list[Pool]) -> list[dict[str, Any]]:
    """Return each pool's figures, every one with the journals behind it."""
    sums = {name: balances(kind, by="pool_id") for name, kind in FIGURES}
    return [
        {"name": pool.name, "closed": pool.closed_on}
        | {
            name: (
                sums[name].get(pool.id, 0),
                url_for("audit.journals", pool=pool.id, kind=kind),
            )
            for name, kind in FIGURES
        }
        for pool in pools
    ]


def kind_of(terms: rules.Terms) -> str:
    """Return the kind of voucher in a word."""
    if terms.single_use:
        return _("一次性面额券")
    periodic = any(one.period != "once" for one in terms.allotments.values())
    words_of = {
        "fen": _("按期补贴券") if periodic else _("储值券"),
        "minute": _("服务时长券"),
        "count": _("服务次数券"),
    }
    return words_of[terms.unit]


# --- one programme -----------------------------------------------------------------------------


@pages.get("/programmes/<int:number>")
def show(number: int) -> str:
    """Show one programme: its terms in words, its money, its counts, what may be done now."""
    actor = current_actor()
    require(actor, "programme.view")
    row: Programme = fetch(Programme, number, actor, "programme.view")
    newest, terms = terms_of(row)
    pools = flows.pools_of([row.id]).get(row.id, [])
    totals = [pool_totals(pool.id) for pool in pools]
    lines = [line_id for line_id, _share in terms.funding]
    return render_template(
        "voucher/staff/programme.html",
        programme=row,
        terms=terms,
        kind=kind_of(terms),
        owner=people.organisations([row.organisation_id])[row.organisation_id],
        state=words.PROGRAMME[row.state],
        newest=newest,
        plan=db.session.get(Purchase, plan_of(row, newest) or 0),
        versions=versions.rows(row),
        shown=versions.preview(actor, row, newest, terms),
        told=BUILDER.told(newest.document),
        steps=_steps(newest),
        lines=lines_with_money(lines, row.purchase_id),
        flows=flows.table(flows.flows(row, pools, lines)),
        rooms=figures.room_names(),
        pools=pool_rows(pools[:POOLS_SHOWN]),
        pool=pools[0] if len(pools) == 1 else None,
        totals={name: sum(one[name] for one in totals) for name in totals[0]} if totals else {},
        figures=FIGURES,
        counts=_counts(row),
        lacking=_lacking(row),
        charts=charts.tables(row, terms),
        measures=charts.measures(terms),
        measure=charts.measure_asked(terms),
    )


def _lacking(row: Programme) -> int:
    """Return how many vouchers wait for their running period, for whoever may renew them."""
    may = current_actor().may("voucher.issue") and row.state == APPROVED
    return renewing.waiting(row) if may else 0


def _steps(newest: Terms) -> list[dict[str, Any]]:
    """Return the newest version's way to approval: what was done, by whom, what comes next."""
    done = {"draft": _("编制"), "submitted": _("提交复核"), "approved": _("批准")}
    done["closed"] = _("关闭")
    items: list[dict[str, Any]] = []
    for change in trail.state_changes("terms", newest.id):
        back = change["before"] == "submitted" and change["after"] == "draft"
        told = (change["who"], moment(change["at"]), change["why"])
        items.append(
            {
                "label": _("退回修改") if back else done[change["after"]],
                "state": "refused" if back else "done",
                "detail": " · ".join(text for text in told if text),
            }
        )
    coming = {"draft": ["submitted", "approved"], "submitted": ["approved"]}.get(newest.state, [])
    for place, state in enumerate(coming):
        items.append({"label": done[state], "state": "next" if place else "now", "detail": ""})
    return items


def lines_with_money(numbers: list[int], purchase_id: int | None = None) -> list[dict[str, Any]]:
    """Return budget lines with the money in fen that a purchase (None: anybody) can draw on."""
    available = drawable(purchase_id, numbers)
    query = db.select(BudgetLine).where(BudgetLine.id.in_(numbers)).order_by(BudgetLine.id)
    return [
        {"id": line.id, "code": line.code, "name": line.name, "year": line.fiscal_year}
        | {"available": available[line.id]}
        for line in db.session.scalars(query)
    ]


def _counts(row: Programme) -> dict[str, int]:
    of = {
        "vouchers": (Voucher, Voucher.programme_id == row.id),
        "admissions": (Admission, Admission.programme_id == row.id),
        "redemptions": (Redemption, Redemption.programme_id == row.id),
    }
    return {
        name: int(db.session.scalar(db.select(func.count()).select_from(model).where(which)) or 0)
        for name, (model, which) in of.items()
    }


@pages.post("/programmes/<int:number>/renew")
def renew(number: int) -> ResponseReturnValue:
    """Grant the running periods to everybody who has not got them yet, or to nobody."""
    here = url_for("voucher_staff.programmes.show", number=number)
    answer = act("voucher.renew", {"programme_id": number})
    done = "" if answer.refused else _renewed(answer)
    return done_or_again(
        answer,
        done=done,
        to=here,
        again=lambda refusal: refusal_page(refusal, back_url=here, back_label=_("返回项目")),
    )


def _renewed(answer: Answer) -> str:
    said = _(
        "已续发 %(n)s 份本期额度，合计承诺 %(yuan)s 元。",
        n=answer.body["renewed"],
        yuan=yuan(answer.body["amount_fen"]),
    )
    if answer.body["refused"]:
        said += _(
            "%(n)s 人本期不符合条件，没有发，原因记在各自的凭单里。", n=answer.body["refused"]
        )
    return said


# --- the steps to approval ---------------------------------------------------------------------


@pages.post("/programmes/<int:number>/submit")
def submit(number: int) -> ResponseReturnValue:
    """Send a draft to a second person."""
    return _step("programme.submit", number, _("已提交，请复核人员批准。"))


@pages.post("/programmes/<int:number>/approve")
def approve(number: int) -> ResponseReturnValue:
    """Approve a programme."""
    return _step("programme.approve", number, _("已批准，现在可以准入承接主体、发放凭单。"))


def _step(operation_id: str, number: int, done: str) -> ResponseReturnValue:
    here = url_for("voucher_staff.programmes.show", number=number)
    return done_or_again(
        act(operation_id, {"id": number}),
        done=done,
        to=here,
        again=lambda answer: refusal_page(answer, back_url=here, back_label=_("返回项目")),
    )


@pages.get("/programmes/<int:number>/send-back")
def sending_back(number: int) -> str:
    """Ask for the reason of sending a programme back."""
    require(current_actor(), "programme.approve")
    return _send_back_form(number, None)


@pages.post("/programmes/<int:number>/send-back")
def send_back(number: int) -> ResponseReturnValue:
    """Send a submitted programme back to its maker."""
    return done_or_again(
        act("programme.send_back", {"id": number, "reason": request.form.get("reason", "")}),
        done=_("已退回编制人员修改。"),
        to=url_for("voucher_staff.programmes.show", number=number),
        again=lambda answer: _send_back_form(number, answer),
    )


def _send_back_form(number: int, answer: Answer | None) -> str:
    row: Programme = fetch(Programme, number, current_actor(), "programme.view")
    return reason_page(
        answer,
        title=_("退回“%(name)s”", name=row.name),
        consequence=_("项目回到草稿，编制人员会看到您写的原因。"),
        button=_("退回修改"),
        tone="danger",
        back_url=url_for("voucher_staff.programmes.show", number=number),
        back_label=row.name,
    )
