"""Issuing on screen: choose a class and the people, see the sum against the line, confirm."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from core import privacy
from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.db import db, transaction
from core.divisions import Division, within
from core.errors import InvalidInput
from core.formats import yuan
from core.imports import ResidentImport
from core.parties import Resident
from core.web import current_actor
from core.web.forms import act
from plugins.voucher.models import Programme, Voucher
from plugins.voucher.pages.staff import lists, people, words
from plugins.voucher.pages.staff.answers import form_of, refusal_page
from plugins.voucher.pages.staff.mount import vouchers as pages
from plugins.voucher.pages.staff.programmes import kind_of, lines_with_money
from plugins.voucher.rules import Terms, VoucherClass
from plugins.voucher.service.issuing import plan
from plugins.voucher.service.lives import REVOKED
from plugins.voucher.service.programmes import APPROVED, terms_in_force

IMPORTS_SHOWN = 10
NAMES_SHOWN = 50
BATCH_MAX = 10_000
CHUNK = 500
REASONS_SHOWN = 10


@dataclass(frozen=True)
class Issue:
    """What is about to be issued: the programme, its terms and the chosen class."""

    programme: Programme
    terms: Terms
    chosen: VoucherClass


@dataclass
class Batch:
    """The people of an issue, and how many were left out for which reason."""

    residents: list[Resident] = field(default_factory=list)
    outside: int = 0
    dead: int = 0
    holding: int = 0
    ineligible: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Return why people are not eligible, the most frequent reason first."""
        return Counter("".join(one) for one in self.ineligible.values()).most_common(REASONS_SHOWN)


# --- choosing a class and where the people come from -------------------------------------------


@pages.get("/vouchers/issue")
def issuing() -> str:
    """Choose programme, class and where the people come from."""
    actor = current_actor()
    require(actor, "voucher.issue")
    number = request.args.get("programme", type=int)
    if number is None:
        open_ones = scoped(Programme, actor, "voucher.issue").where(Programme.state == APPROVED)
        rows = db.session.scalars(open_ones.order_by(Programme.id.desc()))
        return render_template("voucher/staff/issue_programme.html", programmes=list(rows))
    row: Programme = fetch(Programme, number, actor, "voucher.issue")
    return _source_form(row)


def _source_form(row: Programme, *, errors: dict[str, str] | None = None) -> str:
    terms = terms_in_force(row)[1]
    return render_template(
        "voucher/staff/issue.html",
        programme=row,
        classes=[
            (item.code, item.name, words.grants(terms, item.code))
            for item in terms.classes.values()
        ],
        imports=_imports(current_actor()),
        townships=_townships(row),
        values=request.values,
        errors=errors or {},
    )


def _imports(actor: Actor) -> list[tuple[str, str]]:
    rows = db.session.scalars(
        scoped(ResidentImport, actor, "resident.import")
        .where(ResidentImport.committed_at.is_not(None))
        .order_by(ResidentImport.committed_at.desc())
        .limit(IMPORTS_SHOWN)
    )
    return [(row.token, row.filename) for row in rows]


def _townships(row: Programme) -> list[tuple[str, str]]:
    """Return the divisions below the programme's, those without any below them."""
    query = (
        db.select(Division.code, Division.name)
        .where(within(Division.code, row.division_code), Division.level == "township")
        .order_by(Division.code)
    )
    return [(code, name) for code, name in db.session.execute(query)]


@pages.post("/vouchers/issue/source")
def issue_source() -> ResponseReturnValue:
    """Go on with the people of an import, of a township, or those found by name or ID number."""
    source = request.form.get("source", "")
    if source == "import":
        return _people_of_import()
    with transaction(readonly=True):
        require(current_actor(), "voucher.issue")
        issue = _asked()
        missing = _missing(source)
        if missing:
            return _source_form(issue.programme, errors=missing), 422
        if source == "township":
            chosen = {"programme": issue.programme.id, "class": issue.chosen.code}
            return redirect(
                url_for(
                    "voucher_staff.vouchers.issue_township",
                    township=request.form["township"],
                    **chosen,
                ),
                303,
            )
        return _found(issue, request.form["who"].strip())


def _missing(source: str) -> dict[str, str]:
    if source == "township" and not request.form.get("township"):
        return {"township": _("请选择街道乡镇。")}
    if source == "find" and not request.form.get("who", "").strip():
        return {"who": _("请填写姓名或身份证号。")}
    return {}


def _people_of_import() -> ResponseReturnValue:
    """Ask the import again: the same file adds nobody and says whom it holds."""
    answer = act("resident.commit_import", {"token": request.form.get("token", "")})
    with transaction(readonly=True):
        require(current_actor(), "voucher.issue")
        issue = _asked()
        if answer.refused:
            back = url_for("voucher_staff.vouchers.issuing", programme=issue.programme.id)
            page = refusal_page(answer, back_url=back, back_label=_("重新选择名单"))
            return page, answer.status
        return _preview(issue, answer.body["resident_ids"])


def _asked() -> Issue:
    """Return the programme and class the form names."""
    number = request.values.get("programme", type=int)
    row: Programme = fetch(Programme, number, current_actor(), "voucher.issue")
    terms = terms_in_force(row)[1]
    chosen = terms.classes.get(request.values.get("class", ""))
    if chosen is None:
        raise InvalidInput(_("请先选择凭单种类，再选名单。"))
    return Issue(row, terms, chosen)


# --- choosing the people -----------------------------------------------------------------------


@pages.get("/vouchers/issue/township")
def issue_township() -> str:
    """List a township's residents who do not hold such a voucher yet, with boxes to tick."""
    require(current_actor(), "voucher.issue")
    issue = _asked()
    code = request.args.get("township", "")
    query = _may_hold(issue, _residents(issue).where(Resident.division_code == code))
    count = db.session.scalar(db.select(db.func.count()).select_from(query.subquery()))
    page = lists.page(query, Resident)
    return _people_page(
        issue,
        [row[0] for row in page.rows],
        page=page,
        whole=(code, people.divisions([code]).get(code, ""), int(count or 0)),
    )


def _found(issue: Issue, who: str) -> str:
    """List the residents of that name or ID number."""
    indexes = privacy.keyring().blind_indexes(who, "person")
    query = _residents(issue).where((Resident.name == who) | Resident.id_number_index.in_(indexes))
    rows = db.session.scalars(query.order_by(Resident.id).limit(lists.PAGE))
    return _people_page(issue, list(rows))


def _people_page(
    issue: Issue,
    residents: list[Resident],
    *,
    page: lists.Page | None = None,
    whole: tuple[str, str, int] | None = None,
) -> str:
    return render_template(
        "voucher/staff/issue_people.html",
        issue=issue,
        rows=_described(residents, _holders(issue, [row.id for row in residents])),
        page=page,
        whole=whole,
    )


def _residents(issue: Issue) -> Select[Any]:
    """Return the residents a programme may serve: those of its division."""
    require(current_actor(), "resident.view")
    return db.select(Resident).where(within(Resident.division_code, issue.programme.division_code))


def _may_hold(issue: Issue, query: Select[Any]) -> Select[Any]:
    """Leave out the dead and those who hold such a voucher, as the act would refuse the batch."""
    holding = db.select(Voucher.id).where(
        Voucher.resident_id == Resident.id, *_live_vouchers(issue)
    )
    return query.where(Resident.died_on.is_(None), ~holding.exists())


def _live_vouchers(issue: Issue) -> tuple[Any, ...]:
    return (
        Voucher.programme_id == issue.programme.id,
        Voucher.class_code == issue.chosen.code,
        Voucher.state != REVOKED,
    )


def _holders(issue: Issue, numbers: list[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        query = db.select(Voucher.resident_id).where(
            Voucher.resident_id.in_(chunk), *_live_vouchers(issue)
        )
        found |= set(db.session.scalars(query))
    return found


def _described(residents: list[Resident], holders: set[int]) -> list[dict[str, Any]]:
    actor = current_actor()
    places = people.divisions(row.division_code for row in residents)
    return [
        {
            "id": row.id,
            "name": people.holder_name(actor, row.name),
            "id_number": privacy.mask_id(row.id_number),
            "born_on": row.born_on,
            "place": places.get(row.division_code, ""),
            "obstacle": _("已去世") if row.died_on else _("已持有") if row.id in holders else "",
        }
        for row in residents
    ]


# --- the sum against the line, and the act -----------------------------------------------------


@pages.post("/vouchers/issue/preview")
def issue_preview() -> ResponseReturnValue:
    """Show how many people and how much money, before anything is issued."""
    with transaction(readonly=True):
        require(current_actor(), "voucher.issue")
        issue = _asked()
        township = request.form.get("township", "")
        if township:
            query = _may_hold(issue, _residents(issue).where(Resident.division_code == township))
            numbers = list(
                db.session.scalars(query.with_only_columns(Resident.id).limit(BATCH_MAX))
            )
        else:
            numbers = request.form.getlist("resident", type=int)
        return _preview(issue, numbers)


def _preview(issue: Issue, numbers: list[int], answer: Answer | None = None) -> str:
    batch = _batch(issue, numbers)
    funding = [line_id for line_id, _share in issue.terms.funding]
    lines = lines_with_money(funding, issue.programme.purchase_id)
    planned = plan(issue.programme, issue.chosen.code, [row.id for row in batch.residents])
    batch.ineligible = planned.refused
    batch.residents = [row for row in batch.residents if row.id not in planned.refused]
    total = planned.committed_fen
    return render_template(
        "voucher/staff/issue_preview.html",
        issue=issue,
        kind=kind_of(issue.terms),
        grants=words.grants(issue.terms, issue.chosen.code),
        batch=batch,
        total=total,
        most=BATCH_MAX,
        lines=lines,
        short=total - sum(line["available"] for line in lines),
        people=_described(batch.residents[:NAMES_SHOWN], set()),
        numbers=",".join(str(row.id) for row in batch.residents),
        **form_of(answer),
    )


def _batch(issue: Issue, numbers: list[int]) -> Batch:
    """Return the people a batch can serve; the others are counted by reason."""
    wanted = list(dict.fromkeys(numbers))[:BATCH_MAX]
    holders = _holders(issue, wanted)
    batch = Batch(holding=len(holders))
    for start in range(0, len(wanted), CHUNK):
        query = _residents(issue).where(Resident.id.in_(wanted[start : start + CHUNK]))
        for row in db.session.scalars(query.order_by(Resident.id)):
            if row.died_on is not None:
                batch.dead += row.id not in holders
            elif row.id not in holders:
                batch.residents.append(row)
    batch.outside = len(wanted) - len(batch.residents) - batch.dead - batch.holding
    return batch


@pages.post("/vouchers/issue")
def issue() -> ResponseReturnValue:
    """Issue to everybody on the preview, or to nobody."""
    numbers = [
        int(text) for text in request.form.get("residents", "").split(",") if text.isdecimal()
    ]
    number = request.form.get("programme", type=int)
    answer = act(
        "voucher.issue",
        {
            "programme_id": number,
            "class_code": request.form.get("class", ""),
            "resident_ids": numbers,
        },
    )
    if answer.refused:
        with transaction(readonly=True):
            require(current_actor(), "voucher.issue")
            return _preview(_asked(), numbers, answer), answer.status
    flash(
        _(
            "已发放 %(n)s 张，合计 %(yuan)s 元。下一步可以制卡。",
            n=answer.body["issued"],
            yuan=yuan(answer.body["amount_fen"]),
        ),
        "good",
    )
    return redirect(url_for("voucher_staff.vouchers.index", programme=number), 303)
