"""Pages of interest: a bank claims a quarter; a claim loan by loan; what was disallowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import Actor, fetch, require
from core.db import db
from core.errors import NotFound
from core.files import csv_stream
from core.formats import yuan
from core.web import current_actor
from core.web.forms import act, done_or_again, fen_of, fresh, page_of, shown_again, whole
from core.web.menu import MenuItem
from plugins.subsidy import rules
from plugins.subsidy.models import LoanCorrection, Scheme, SubsidyClaim
from plugins.subsidy.models import claims as c
from plugins.subsidy.pages import claim_words, pencil
from plugins.subsidy.pages.loans import own_schemes
from plugins.subsidy.service import (
    borrowers,
    claim_queries,
    handling_banks,
    interest,
    loan_queries,
    steps,
)
from plugins.subsidy.service import interest_queries as queries
from plugins.subsidy.service.handling_banks import INTEREST, REPORT, VIEW

blueprint = Blueprint(
    "subsidy_interest", __name__, url_prefix="/subsidy/interest", template_folder="../templates"
)
LOANS_MOST = 200  # that a form lists one by one
LOAN, ASKED = "loan-", "asked-"
MENU: list[tuple[str, MenuItem]] = [
    (
        claim_queries.VIEW,
        MenuItem("how", lazy_gettext("贴息核减清单"), "subsidy_interest.disallowed", 28),
    ),
]


@blueprint.get("/")
def index() -> str:
    """Show a bank the quarters it may claim, the loans of the one chosen, and its claims."""
    return _index(fresh(), request.args)


@blueprint.post("/claim")
def claim() -> ResponseReturnValue:
    """Claim a quarter's interest of the loans that are ticked."""
    form = request.form
    ticked = [whole(name.removeprefix(LOAN)) for name in form if name.startswith(LOAN)]
    loans: list[dict[str, Any]] = []
    for number in ticked:
        asked = form.get(f"{ASKED}{number}", "").strip()
        loans.append({"loan_id": number} | ({"asked_fen": fen_of(asked)} if asked else {}))
    fields = {"scheme_id": whole(form.get("scheme_id")), "quarter_to": form.get("quarter_to")}
    answer = act("interest.claim", fields | {"loans": loans})
    return done_or_again(
        answer,
        done=_("已申报。购买主体核验后按贷款记录计算。"),
        to=url_for(".show", id=answer.body.get("id", 0)),
        again=lambda one: _index(shown_again(one), form),
    )


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a claim's calculation loan by loan, as a person checks it with a pencil."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/review")
def review(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Compute an approved claim again and take back what was too much."""
    fields = {name: request.form.get(name) for name in ("reason", "basis")} | {"id": id}
    answer = act("interest.review", fields)
    return done_or_again(
        answer,
        done=_(
            "已重新计算，多算 %(amount)s 元。未付的已核减；已付的已向借款人提出追回。",
            amount=yuan(answer.body.get("too_much_fen")),
        ),
        to=url_for(".show", id=id),
        again=lambda one: _show(id, shown_again(one)),
    )


@blueprint.get("/disallowed")
def disallowed() -> str:
    """Show what banks claimed beyond what was computed."""
    actor = current_actor()
    require(actor, VIEW)
    before = page_of(request.args.get("before"))
    found = queries.disallowed(actor, before=before)
    return render_template(
        "subsidy/interest/disallowed.html",
        rows=found["items"],
        total_fen=found["total_fen"],
        next_before=found["next_before"],
        before=before,
    )


@blueprint.get("/disallowed.csv")
def disallowed_csv() -> Response:
    """Give out everything that was disallowed as a table."""
    actor = current_actor()
    require(actor, VIEW)
    columns = (
        _("申报"),
        _("银行"),
        _("补贴项目"),
        _("从"),
        _("到"),
        _("借据号"),
        _("银行申报（分）"),
        _("核定（分）"),
        _("核减（分）"),
    )
    names = ("claim", "bank", "scheme", "period_from", "period_to", "number")
    figures = ("asked_fen", "computed_fen", "disallowed_fen")
    rows = [[row[name] for name in (*names, *figures)] for row in _all_disallowed(actor)]
    response = Response(b"".join(csv_stream(columns, rows)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="disallowed.csv")
    return response


# --- what the pages show -----------------------------------------------------------------------


def _all_disallowed(actor: Actor) -> Iterator[dict[str, Any]]:
    before: int | None = None
    while True:
        found = queries.disallowed(actor, before=before)
        yield from found["items"]
        before = found["next_before"]
        if before is None:
            return


def _index(form: dict[str, Any], asked: Mapping[str, str]) -> str:
    actor = current_actor()
    require(actor, REPORT)
    schemes = own_schemes(actor)
    number = whole(asked.get("scheme_id")) or (schemes[0][0] if schemes else None)
    quarters = _quarters(number) if any(number == one for one, _name in schemes) else []
    last = asked.get("quarter_to") or (str(quarters[0][1]) if quarters else "")
    chosen = next((one for one in quarters if str(one[1]) == last), None)
    loans = _loans(actor, number, chosen) if chosen and isinstance(number, int) else []
    found = claim_queries.mine(actor)["items"]
    return render_template(
        "subsidy/interest/index.html",
        schemes=schemes,
        scheme_id=number,
        quarters=[
            (str(end), _("%(begin)s 至 %(end)s", begin=str(begin), end=str(end)))
            for begin, end in quarters
        ],
        quarter_to=last,
        loans=loans if len(loans) <= LOANS_MOST else [],
        count=len(loans),
        claims=[claim_words.listed(row) for row in found if row["kind"] == INTEREST],
        **form,
    )


def _quarters(number: Any) -> list[tuple[date, date]]:
    scheme = db.session.get(Scheme, number)
    return interest.ended_quarters(handling_banks.interest_terms(scheme)) if scheme else []


def _loans(actor: Actor, number: int, quarter: tuple[date, date]) -> list[dict[str, Any]]:
    """Return the loans that a bank may claim for a quarter."""
    place = handling_banks.place_of(actor, number)
    rows = interest.open_loans(place, *interest.within_scheme(place.scheme, *quarter))
    names = borrowers.names_of({row.borrower_id for row in rows})
    balances = loan_queries.balances_of(rows, quarter[1])
    return [
        {
            "id": row.id,
            "number": row.number,
            "borrower": names[row.borrower_id],
            "balance_fen": balances[row.id],
        }
        for row in rows
    ]


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    permission = claim_queries.VIEW if actor.may(claim_queries.VIEW) else REPORT
    require(actor, permission)
    row = fetch(SubsidyClaim, number, actor, permission)
    if row.kind != INTEREST:
        raise NotFound("NOT_FOUND", _("没有找到这份贴息申报。请核对编号。"))
    lines = (row.inputs or {}).get("loans") or []
    names = borrowers.names_of({one["borrower_id"] for one in lines})
    office = permission == claim_queries.VIEW
    return render_template(
        "subsidy/interest/show.html",
        claim=row,
        state_name=(str(steps.claim.names[row.state]), claim_words.TONES[row.state]),
        back=url_for("subsidy_claims.show" if office else "subsidy_own.show", id=row.id),
        loans=[
            one
            | {
                "borrower": names[one["borrower_id"]],
                "pencil": pencil.rows(rules.read_calculation(one["calculation"])),
            }
            for one in lines
        ],
        corrections=_corrections(row.id),
        may_review=actor.may(interest.REVIEW) and row.state in {c.APPROVED, c.PAID},
        **form,
    )


def _corrections(claim_id: int) -> list[dict[str, Any]]:
    """Return what was taken off loans of a claim later, each with its new calculation."""
    rows = db.session.scalars(
        db.select(LoanCorrection).filter_by(claim_id=claim_id).order_by(LoanCorrection.id)
    )
    return [
        {
            "loan_id": row.loan_id,
            "amount_fen": row.amount_fen,
            "made_at": row.made_at,
            "recovery_id": row.recovery_id,
            "pencil": pencil.rows(rules.read_calculation(row.calculation)),
        }
        for row in rows
    ]
