"""Vouchers on screen: the list, finding one, one with its lots, carriers, uses and trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import Select

from core import clock, privacy
from core.access import Actor, fetch, require, scoped
from core.acts import Answer
from core.db import db, transaction
from core.errors import NotFound
from core.parties import Resident
from core.web import current_actor
from core.web.forms import act, done_or_again
from plugins.voucher.models import (
    Credential,
    Lot,
    LotMove,
    Programme,
    Recovery,
    Redemption,
    Terms,
    Voucher,
)
from plugins.voucher.pages import wording
from plugins.voucher.pages.staff import lists, people, recoveries, standing, trail, words
from plugins.voucher.pages.staff.answers import reason_page
from plugins.voucher.pages.staff.choices import programme_choices, programme_names
from plugins.voucher.pages.staff.mount import vouchers as pages
from plugins.voucher.rules import Terms as Rules
from plugins.voucher.rules import read_terms
from plugins.voucher.service import rosters, underway
from plugins.voucher.service.changes import ORDERED
from plugins.voucher.service.granting import OPEN
from plugins.voucher.service.lives import ACTIVE, history

# The tills' acts; what came of them is listed as uses.
USES = (
    "voucher.lookup",
    "voucher.quote",
    "voucher.quote_finish",
    "voucher.redeem",
    "voucher.redeem_many",
    "enrolment.attend",
)


@dataclass(frozen=True)
class Step:
    """An act on a voucher that needs a reason, in the words of its page.

    `days` are the days it may name: field, label, hint.
    """

    operation_id: str
    permission: str
    title: LazyString
    consequence: LazyString
    button: LazyString
    tone: str
    done: LazyString
    days: tuple[tuple[str, LazyString, LazyString], ...] = ()


STEPS = {
    "suspend": Step(
        "voucher.suspend",
        "voucher.suspend",
        lazy_gettext("暂停凭单"),
        lazy_gettext("从此刻起不能核销；钱和最后一天都不变。之后可以恢复。"),
        lazy_gettext("暂停"),
        "danger",
        lazy_gettext("已暂停。"),
        (
            ("from_on", lazy_gettext("从哪天起"), lazy_gettext("不填就从现在起。")),
            ("through_on", lazy_gettext("到哪天（含当日）"), lazy_gettext("不填就到恢复为止。")),
        ),
    ),
    "end": Step(
        "voucher.end_condition",
        "voucher.suspend",
        lazy_gettext("终止享受"),
        lazy_gettext("从这一天起不能再用，没用的额度取消，以后不再发放。凭单和使用记录都留着。"),
        lazy_gettext("终止享受"),
        "danger",
        lazy_gettext("已登记终止享受。"),
        (
            (
                "on",
                lazy_gettext("从哪天起"),
                lazy_gettext("不填就从今天起；填以后的日子，到那天才终止。"),
            ),
        ),
    ),
    "resume": Step(
        "voucher.resume",
        "voucher.suspend",
        lazy_gettext("恢复凭单"),
        lazy_gettext("从此刻起又可以核销。"),
        lazy_gettext("恢复"),
        "primary",
        lazy_gettext("已恢复，现在可以核销。"),
    ),
    "revoke": Step(
        "voucher.revoke",
        "voucher.revoke",
        lazy_gettext("撤销凭单"),
        lazy_gettext("撤销后不能恢复，所有的码立即作废，没用的钱按项目约定退回指标。"),
        lazy_gettext("撤销"),
        "danger",
        lazy_gettext("已撤销。"),
    ),
    "block": Step(
        "voucher.block_card",
        "voucher.block",
        lazy_gettext("挂失实体卡"),
        lazy_gettext("这张卡立即不能再用，手机码不受影响，钱不变。之后可以补一张新卡。"),
        lazy_gettext("挂失"),
        "danger",
        lazy_gettext("实体卡已挂失。"),
    ),
}


# --- the list ----------------------------------------------------------------------------------


@pages.get("/vouchers")
def index() -> str:
    """List vouchers by programme, state or number."""
    actor = current_actor()
    require(actor, "voucher.view")
    asked = request.args
    query = scoped(Voucher, actor, "voucher.view")
    chosen = asked.get("programme", type=int)
    if chosen is not None:
        query = query.where(Voucher.programme_id == chosen)
    if asked.get("state") in words.VOUCHER:
        query = query.where(Voucher.state == asked["state"])
    if asked.get("number", "").strip():
        number = asked["number"].strip().upper()
        query = query.where(Voucher.number.startswith(number, autoescape=True))
    page = lists.page(query, Voucher)
    return _list_page([row[0] for row in page.rows], page=page, chosen=chosen)


@pages.post("/vouchers/find")
def find() -> ResponseReturnValue:
    """List the vouchers of the residents of that name, ID number or phone.

    By POST, because what is looked for is personal and must not stand in an address.
    """
    who = request.form.get("who", "").strip()
    with transaction(readonly=True):
        actor = current_actor()
        require(actor, "voucher.view")
        found = _of_residents(scoped(Voucher, actor, "voucher.view"), who)
        rows = list(db.session.scalars(found.order_by(Voucher.id.desc()).limit(lists.PAGE)))
        return _list_page(rows, looked_for=True)


def _of_residents(query: Select[Any], who: str) -> Select[Any]:
    keyring = privacy.keyring()
    return query.join(Resident, Resident.id == Voucher.resident_id).where(
        (Resident.name == who)
        | Resident.id_number_index.in_(keyring.blind_indexes(who, "person"))
        | Resident.phone_index.in_(keyring.blind_indexes(who, "phone"))
    )


def _list_page(
    rows: list[Voucher],
    *,
    page: lists.Page | None = None,
    chosen: int | None = None,
    looked_for: bool = False,
) -> str:
    actor = current_actor()
    kind, described = _described(actor, rows)
    return render_template(
        "voucher/staff/vouchers.html",
        rows=described,
        kind=kind,
        overpaid=_overpaid(actor),
        page=page,
        chosen=chosen or "",
        programmes=programme_choices(actor),
        states=[(code, word[0]) for code, word in words.VOUCHER.items()],
        looked_for=looked_for,
        without_card=_without_card(actor, chosen) if chosen else 0,
    )


def _described(actor: Actor, rows: list[Voucher]) -> tuple[str, list[dict[str, Any]]]:
    """Return how the columns of quantities are written, and the rows."""
    lots = lots_of([row.id for row in rows])
    holders = _residents({row.resident_id for row in rows})
    programmes = programme_names(row.programme_id for row in rows)
    carded = _carded([row.id for row in rows])
    kind = standing.quantity_kind(lot.unit for some in lots.values() for lot in some)
    return kind, [
        {
            "id": row.id,
            "number": row.number,
            "url": url_for("voucher_staff.vouchers.show", number=row.id),
            "holder": people.holder_name(actor, holders[row.resident_id].name),
            "programme": programmes[row.programme_id],
            "granted": _sum(lots[row.id], "granted", kind),
            "left": _sum(lots[row.id], "available", kind),
            "last": max((lot.valid_through for lot in lots[row.id]), default=None),
            "card": row.id in carded,
            "state": words.voucher(row, lots[row.id]),
            "printable": row.state != "revoked",
        }
        for row in rows
    ]


def _sum(lots: list[Lot], name: str, kind: str) -> int | str:
    unit = lots[0].unit if lots else standing.FEN
    return standing.quantity(sum(getattr(lot, name) for lot in lots), unit, kind)


def lots_of(numbers: list[int]) -> dict[int, list[Lot]]:
    """Return the lots of vouchers, by the voucher's number."""
    found: dict[int, list[Lot]] = {number: [] for number in numbers}
    query = db.select(Lot).where(Lot.voucher_id.in_(numbers)).order_by(Lot.id)
    for lot in db.session.scalars(query):
        found[lot.voucher_id].append(lot)
    return found


def _residents(numbers: set[int]) -> dict[int, Resident]:
    rows = db.session.scalars(db.select(Resident).where(Resident.id.in_(numbers)))
    return {row.id: row for row in rows}


def _carded(numbers: list[int]) -> set[int]:
    query = db.select(Credential.voucher_id).where(
        Credential.voucher_id.in_(numbers), Credential.kind == "card", Credential.state == ACTIVE
    )
    return set(db.session.scalars(query))


def _overpaid(actor: Actor) -> int:
    query = scoped(Recovery, actor, "voucher.view").where(Recovery.state.in_([OPEN, ORDERED]))
    counted = query.with_only_columns(db.func.count()).order_by(None)
    return int(db.session.scalar(counted) or 0)


def _without_card(actor: Actor, programme_id: int) -> int:
    query = without_card(actor, programme_id).with_only_columns(db.func.count())
    return int(db.session.scalar(query) or 0) if actor.may("voucher.issue") else 0


def without_card(actor: Actor, programme_id: int) -> Select[Any]:
    """Return the select of a programme's vouchers in use that have no card yet."""
    card = db.select(Credential.id).where(
        Credential.voucher_id == Voucher.id,
        Credential.kind == "card",
        Credential.state == ACTIVE,
    )
    return scoped(Voucher, actor, "voucher.issue").where(
        Voucher.programme_id == programme_id, Voucher.state == ACTIVE, ~card.exists()
    )


# --- one voucher -------------------------------------------------------------------------------


@pages.get("/vouchers/<int:number>")
def show(number: int) -> str:
    """Show one voucher: holder, lots, carriers, uses, and everything done to it."""
    actor = current_actor()
    require(actor, "voucher.view")
    row: Voucher = fetch(Voucher, number, actor, "voucher.view")
    terms = read_terms(db.session.get_one(Terms, row.terms_id).document)
    holder = db.session.get_one(Resident, row.resident_id)
    lots = lots_of([row.id])[row.id]
    uses = history(row)
    carriers = db.session.scalars(
        db.select(Credential).filter_by(voucher_id=row.id).order_by(Credential.id.desc())
    ).all()
    return render_template(
        "voucher/staff/voucher.html",
        voucher=row,
        terms=terms,
        chosen=terms.classes[row.class_code],
        programme=db.session.get_one(Programme, row.programme_id),
        holder=people.holder_name(actor, holder.name),
        id_number=privacy.mask_id(holder.id_number),
        place=people.divisions([holder.division_code]).get(holder.division_code, ""),
        state=words.voucher(row, lots),
        lots=standing.lots_table(lots, terms),
        left=wording.in_unit(sum(lot.available for lot in _live(lots)), terms.unit),
        decisions=standing.decisions(actor, row),
        recoveries=recoveries.of_voucher(actor, row),
        underway=[
            {
                "service": one.service.name,
                "provider": one.provider,
                "started_at": one.started_at,
                "held": wording.in_unit(one.held, terms.unit),
                "ends_on": one.ends_on,
            }
            for one in underway.of_voucher(row.id)
        ],
        enrolled=[
            {"service": one.service.name, "provider": one.provider, "from_on": one.from_on}
            for one in rosters.of_voucher(row.id, clock.today())
        ],
        may_resume=row.state == "suspended" or _is_dated(row),
        carriers=[
            {
                "kind": words.CREDENTIAL_KIND[one.kind],
                "made_at": one.made_at,
                "state": words.CREDENTIAL[one.state],
            }
            for one in carriers
        ],
        has_card=any(one.kind == "card" and one.state == ACTIVE for one in carriers),
        uses=_uses(uses[: lists.PAGE], terms),
        uses_count=len(uses),
        moves=_moves(lots),
        moves_kind=standing.quantity_kind([terms.unit]),
        issued_by=people.users([row.issued_by]).get(row.issued_by, ""),
        acts=trail.acts("voucher", row.id, told_elsewhere=USES),
        today=clock.today(),
    )


def _uses(rows: list[Redemption], terms: Rules) -> list[dict[str, Any]]:
    providers = people.organisations(row.provider_id for row in rows)
    return [
        {
            "receipt": row.receipt,
            "url": url_for("voucher_staff.redemptions.show", number=row.id),
            "at": row.redeemed_at,
            "provider": providers[row.provider_id],
            "service": _served(row, terms),
            "amount": row.amount_fen - row.reversed_fen,
            "state": wording.state(row.state),
        }
        for row in rows
    ]


def _served(row: Redemption, terms: Rules) -> str:
    service = terms.services.get(row.service_code)
    if service is None:
        return row.service_code
    return f"{service.name} {wording.quantity(row.quantity, service.unit, service.measure)}"


def _live(lots: list[Lot]) -> list[Lot]:
    return [lot for lot in lots if lot.valid_through >= clock.today()]


def _is_dated(row: Voucher) -> bool:
    """Tell whether days of suspension run or are to come."""
    last = row.suspended_through
    return row.suspended_from is not None and (last is None or last >= clock.today())


def _moves(lots: list[Lot]) -> list[dict[str, Any]]:
    """Return what moved in a voucher's lots, newest first, each with its journal."""
    units = {lot.id: lot.unit for lot in lots}
    kind = standing.quantity_kind(units.values())
    query = (
        db.select(LotMove)
        .where(LotMove.lot_id.in_(units))
        .order_by(LotMove.id.desc())
        .limit(lists.PAGE)
    )
    return [
        {
            "step": f"{words.LOT_STATE[row.from_state]} → {words.LOT_STATE[row.to_state]}",
            "quantity": standing.quantity(row.quantity, units[row.lot_id], kind),
            "journal": (
                _("凭证 %(id)s", id=row.journal_id),
                url_for("audit.journal", id=row.journal_id),
            )
            if row.journal_id
            else None,
        }
        for row in db.session.scalars(query)
    ]


# --- what may be done to it --------------------------------------------------------------------


@pages.get("/vouchers/<int:number>/<step>")
def changing(number: int, step: str) -> str:
    """Ask for the reason of an act on a voucher."""
    require(current_actor(), _step(step).permission)
    return _step_form(number, step, None)


@pages.post("/vouchers/<int:number>/<step>")
def change(number: int, step: str) -> ResponseReturnValue:
    """Suspend, resume, end or revoke a voucher, or block its card."""
    chosen = _step(step)
    fields = ("reason", *(name for name, _label, _hint in chosen.days))
    asked = {name: request.form.get(name, "") for name in fields}
    return done_or_again(
        act(chosen.operation_id, {"id": number} | asked),
        done=str(chosen.done),
        to=url_for("voucher_staff.vouchers.show", number=number),
        again=lambda answer: _step_form(number, step, answer),
    )


def _step(name: str) -> Step:
    if name not in STEPS:
        raise NotFound("NOT_FOUND", _("没有这个页面。"))
    return STEPS[name]


def _step_form(number: int, name: str, answer: Answer | None) -> str:
    step = _step(name)
    row: Voucher = fetch(Voucher, number, current_actor(), "voucher.view")
    return reason_page(
        answer,
        title=f"{step.title} {row.number}",
        consequence=step.consequence,
        button=step.button,
        tone=step.tone,
        days=step.days,
        back_url=url_for("voucher_staff.vouchers.show", number=number),
        back_label=row.number,
    )
