"""Contracts: the list, the form in sections, one contract with the step that is mine."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import Actor, require, scoped, visible
from core.budget import BudgetLine
from core.db import db
from core.errors import RuleBroken
from core.parties import Organisation
from core.purchases import Purchase, lines_of
from core.web import current_actor
from core.web.forms import fresh, page_of, saved
from core.web.menu import DOOR, MenuItem, Todo
from plugins.contract_outsourcing.models import Award, Contract, Ending, Milestone, Tender
from plugins.contract_outsourcing.models import contracts as c
from plugins.contract_outsourcing.pages import contract_form, contract_words, paper
from plugins.contract_outsourcing.service import (
    contract_queries,
    limits,
    paid,
    papers,
    scoring_record,
    signing,
)

blueprint = Blueprint(
    "contract_contracts", __name__, url_prefix="/contract/contracts", template_folder="../templates"
)
TEMPLATES = Path(__file__).parents[1] / "templates" / "contract" / "contracts"
VIEW, MAKE = "contract.view", "contract.make"
CHOICES = 200
MAY = (MAKE, "contract.agree", "contract.sign", "contract.file", "contract.subcontract")


@blueprint.get("/")
def index() -> str:
    """List contracts, the awards without one first for who drafts."""
    actor = current_actor()
    require(actor, VIEW)
    state = request.args.get("state") or None
    before = page_of(request.args.get("before"))
    return render_template(
        "contract/contracts/index.html",
        found=contract_queries.listed(
            actor, state=state if state in c.STATES else None, before=before
        ),
        to_draft=contract_queries.to_draft(actor)["items"] if actor.may(MAKE) else [],
        tones=contract_words.TONES,
        before=before,
    )


@blueprint.get("/public")
def public() -> str:
    """List the contracts that were made public."""
    before = page_of(request.args.get("before"))
    return render_template(
        "contract/contracts/public.html",
        found=contract_queries.public(current_actor(), before=before),
        tones=contract_words.TONES,
    )


@blueprint.get("/credit/<int:id>")
def credit(id: int) -> str:  # noqa: A002 - the route's name
    """Show how a provider performed its closed contracts."""
    actor = current_actor()
    require(actor, VIEW)
    name = db.session.scalar(db.select(Organisation.name).where(Organisation.id == id))
    found = scoring_record.credit(actor, provider_id=id)
    return render_template(
        "contract/contracts/credit.html", found=found["items"], provider=name or str(id)
    )


@blueprint.get("/new/<int:award>")
def new(award: int) -> str:
    """Show the form for an award's contract."""
    return _new(award, fresh())


@blueprint.post("/new/<int:award>")
def create(award: int) -> ResponseReturnValue:
    """Draft a contract."""
    fields = contract_form.payload(request.form) | {"award_id": award}
    done = _("已起草合同，等复核。")
    return saved("contract.draft", fields, done=done, again=partial(_new, award))


@blueprint.get("/<int:id>/revise")
def revising(id: int) -> str:  # noqa: A002 - the route's name
    """Show the form of a draft."""
    return _revising(id, fresh())


@blueprint.post("/<int:id>/revise")
def revise(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Write a draft anew."""
    fields = contract_form.payload(request.form) | {"id": id}
    done = _("已修改合同草案。")
    return saved("contract.revise", fields, done=done, again=partial(_revising, id))


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a contract."""
    return show_again(id, fresh())


@blueprint.get("/<int:id>/contract.pdf")
def printed(id: int) -> Response:  # noqa: A002 - the route's name
    """Print a contract."""
    with paper.in_chinese():
        contract = contract_queries.show(current_actor(), id=id)
        document = papers.contract_document(db.session.get_one(Contract, id))
        data = contract_words.paper(contract, document)
        return paper.printed(data, contract["number"], TEMPLATES / "contract.typ")


@blueprint.get("/<int:id>/account.pdf")
def final_account(id: int) -> Response:  # noqa: A002 - the route's name
    """Print the final account (结算单) of a closed contract."""
    actor = current_actor()
    require(actor, VIEW)
    with paper.in_chinese():
        contract = contract_queries.show(actor, id=id)
        if contract["state"] != c.CLOSED:
            raise RuleBroken("NOT_CLOSED", _("合同还没有结清，没有结算单。请先结清合同。"))
        paid_fen = {
            number: fen
            for number, (fen, _at) in paid.by_milestone(
                one["id"] for one in contract["milestones"] if one["id"]
            ).items()
        }
        data = paper.final_account(contract, paid_fen)
        return paper.printed(data, f"{contract['number']}-account")


def show_again(number: int, form: dict[str, Any]) -> str:
    """Render a contract's page, with what was refused on it."""
    actor = current_actor()
    require(actor, VIEW)
    contract = contract_queries.show(actor, id=number)
    signed = {one["organisation_id"] for one in contract["signatures"]}
    mine = _party(actor, contract)
    return render_template(
        "contract/contracts/show.html",
        contract=contract,
        clauses=contract_words.clauses(contract["terms"]),
        kinds=contract_words.milestone_kinds(),
        changes=list(contract_queries.kind_names().items()),
        bond_forms=contract_words.bond_forms(),
        tones=contract_words.TONES,
        opened=_opened(actor, number),
        steps=_steps(contract),
        may={name: actor.may(name) for name in (*MAY, "contract.receive")},
        mine=mine,
        may_sign=mine is not None and mine not in signed,
        providers=_providers() if actor.may("contract.subcontract") else [],
        sent=request.endpoint or "",
        chosen=(request.view_args or {}).get("number"),
        labels=contract_words.labels(),
        **form,
    )


def _opened(actor: Actor, number: int) -> set[int]:
    """Return the milestones of a contract whose pages the actor may open."""
    query = db.select(Milestone.id).where(visible(Milestone, actor, VIEW))
    return set(db.session.scalars(query.where(Milestone.contract_id == number)))


def _party(actor: Actor, contract: dict[str, Any]) -> int | None:
    """Return for which party the actor may sign, None for nobody."""
    if not actor.may(signing.SIGN):
        return None
    homes = {grant.organisation_id for grant in actor.holding(signing.SIGN)}
    parties = (contract["provider_id"], contract["organisation_id"])
    return next((party for party in parties if party in homes), None)


def _steps(contract: dict[str, Any]) -> list[dict[str, str]]:
    """Return the life of a contract as a time line."""
    order = [c.DRAFT, c.AGREED, c.PERFORMING, c.COMPLETED, c.CLOSED]
    names = [_("起草"), _("双方签署"), _("履行"), _("履行完毕"), _("结清")]
    state = contract["state"]
    stands = {c.SUSPENDED: c.PERFORMING, c.TERMINATED: c.COMPLETED}.get(state, state)
    at = order.index(stands) if stands in order else -1
    if state == c.CLOSED:
        at = len(order)
    return [
        {
            "label": name,
            "state": "done" if place < at else "now" if place == at else "next",
            "detail": contract["state_name"] if place == at else "",
        }
        for place, name in enumerate(names)
    ]


def _new(award_id: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    award = db.session.scalar(scoped(Award, actor, MAKE).where(Award.id == award_id))
    if award is None:
        abort(404)
    tender = db.session.get_one(Tender, award.tender_id)
    provider = db.session.get_one(Organisation, award.provider_id)
    if not form["values"]:
        form = form | {"values": contract_form.defaults(tender.name, award.amount_fen)}
    return _form(
        {"award_id": award.id, "purchase_id": tender.purchase_id, "provider": provider.name}, form
    )


def _revising(number: int, form: dict[str, Any]) -> str:
    contract = contract_queries.show(current_actor(), id=number)
    return _form(contract, form | {"values": form["values"] or contract_form.typed(contract)})


def _form(contract: dict[str, Any], form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, MAKE)
    award = db.session.get_one(Award, contract["award_id"])
    purchase = db.session.get_one(Purchase, contract["purchase_id"])
    own = db.session.scalars(
        db.select(BudgetLine).where(BudgetLine.id.in_(lines_of(purchase))).order_by(BudgetLine.id)
    )
    return render_template(
        "contract/contracts/form.html",
        contract=contract,
        award=award,
        parts=list(limits.part_names().items()),
        lines=[(one.id, f"{one.fiscal_year} {one.code} {one.name}") for one in own],
        kinds=[
            (code, name)
            for code, name in contract_words.milestone_kinds().items()
            if code in {"share", "tail", "advance"}
        ],
        bond_forms=list(contract_words.bond_forms().items()),
        starts=list(contract_words.payment_starts().items()),
        ready=contract_form.ready(form["values"]),
        labels=contract_words.labels(),
        **form,
    )


def _providers() -> list[tuple[int, str]]:
    rows = db.session.execute(
        db.select(Organisation.id, Organisation.name)
        .where(Organisation.kind == "provider")
        .order_by(Organisation.name)
        .limit(CHOICES)
    )
    return [(row.id, row.name) for row in rows]


def _waiting(actor: Actor) -> list[Todo]:
    """Return what of contracts waits for a person."""

    def count(permission: str, *conditions: Any) -> int:
        query = db.select(db.func.count()).select_from(Contract)
        found = db.session.scalar(query.where(visible(Contract, actor, permission), *conditions))
        return int(found or 0)

    in_force = Contract.signed_at.is_not(None)
    ending = db.select(Ending.contract_id).where(Ending.state == c.PROPOSED)
    asked = [
        (
            "contract.sign",
            _("待签署的合同"),
            (Contract.state == c.AGREED,),
            c.AGREED,
        ),
        ("contract.agree", _("待复核的合同草案"), (Contract.state == c.DRAFT,), c.DRAFT),
        ("contract.agree", _("待复核的解除和兑付"), (Contract.id.in_(ending),), None),
        (MAKE, _("待公告的合同"), (in_force, Contract.published_at.is_(None)), c.PERFORMING),
        ("contract.file", _("待备案的合同"), (in_force, Contract.filed_at.is_(None)), c.PERFORMING),
    ]
    found = [
        Todo(
            count(permission, *conditions), label, url_for("contract_contracts.index", state=state)
        )
        for permission, label, conditions, state in asked
        if actor.may(permission)
    ]
    if actor.may(MAKE):
        waiting = len(contract_queries.to_draft(actor)["items"])
        found.append(Todo(waiting, _("待起草合同的中标成交"), url_for("contract_contracts.index")))
    return found


MENU: list[tuple[str, MenuItem]] = [
    (
        VIEW,
        MenuItem(
            "from_whom", lazy_gettext("合同"), "contract_contracts.index", 60, waiting=_waiting
        ),
    ),
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("政府签了哪些服务合同"),
            "contract_contracts.public",
            55,
            hint=lazy_gettext("谁提供什么服务，多少钱，到什么时候。"),
        ),
    ),
]
