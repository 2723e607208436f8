"""The books and the trail: journals, who did what, whether all agrees, and the way of a yuan."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Text, and_, cast, false, or_, select

from core import clock, journals, trace, verification
from core.access import Actor, require, visible
from core.audit import ACCEPTED, REFUSED, AuditEntry, unveiled
from core.budget import BudgetLine, Pool
from core.db import db, transaction
from core.errors import NotFound
from core.fields import ID_MAX
from core.journals import Chosen
from core.parties import Organisation
from core.plugins import ask, registry
from core.seal import Seal
from core.trace import Place
from core.web import current_actor
from core.web.forms import act, page_of, refused, whole

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

VIEW = "audit.view"
LIMIT, SEVERAL = 50, 500
ENTRY_COLUMNS = ("action", "outcome", "object_type", "object_id", "act", "code")
ENTRY_FILTERS = (*ENTRY_COLUMNS, "actor", "from_on", "to_on")
FILTERS = ("account", "line", "pool", "party", "kind", "act", "entry_kind", "from_on", "to_on")


@blueprint.get("/")
def index() -> str:
    """Show where the chain of seals stands, and the doors to the books and the trail."""
    return _index(None)


@blueprint.post("/verify")
def verify() -> ResponseReturnValue:
    """Run every check now and show what was found."""
    answer = act("audit.verify", {})
    if answer.refused:
        raise refused(answer)
    with transaction(readonly=True):
        return _index(answer.body)


@blueprint.get("/journals", endpoint="journals")
def list_journals() -> str:
    """List journals, those of some accounts with what each did to them and the sum of it."""
    actor = current_actor()
    _require_books(actor)
    chosen = _chosen()
    before = page_of(request.args.get("before"))
    entries, next_before = journals.listed(actor, chosen, before=before)
    given: dict[str, Any] = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return render_template(
        "audit/journals.html",
        entries=entries,
        next_url=url_for(".journals", **given, before=next_before) if next_before else "",
        first_url=url_for(".journals", **given) if before else "",
        total=journals.total(actor, chosen),
        chosen=chosen,
        headline=_headline(actor, chosen),
        kinds=_entry_kinds(),
        entry_name=journals.entry_name,
    )


@blueprint.get("/journals/<int:id>")
def journal(id: int) -> str:  # noqa: A002 - the route's name
    """Show a journal: its transfers, the act behind it, and where its money belongs."""
    actor = current_actor()
    _require_books(actor)
    found = journals.whole(actor, id)
    kind = registry().entry_kinds.get(found.journal.entry_kind)
    return render_template(
        "audit/journal.html",
        whole=found,
        kind_name=journals.entry_name(found.journal.entry_kind),
        basis=kind.basis if kind else "",
        action=journals.action_name(found.entry.action) if found.entry else "",
        organisation=_organisation(found.entry),
        about=[_linked(place, actor) for place in trace.find(found.journal.source, actor)],
        entry_name=journals.entry_name,
        traces=actor.may(VIEW),
    )


@blueprint.get("/entries")
def entries() -> str:
    """List what was done and refused, the newest first."""
    actor = current_actor()
    require(actor, VIEW)
    query = select(AuditEntry).where(_in_view(actor), *_conditions())
    before = page_of(request.args.get("before"))
    if before is not None:
        query = query.where(AuditEntry.id < before)
    found = list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(LIMIT + 1)))
    shown = found[:LIMIT]
    given: dict[str, Any] = {
        name: request.args[name] for name in ENTRY_FILTERS if request.args.get(name)
    }
    more = len(found) > LIMIT
    acts = sorted(registry().acts.values(), key=lambda one: one.operation_id)
    return render_template(
        "audit/entries.html",
        rows=[_entry_row(entry) for entry in _told(shown)],
        next_url=url_for(".entries", **given, before=shown[-1].id) if more else "",
        first_url=url_for(".entries", **given) if before else "",
        actions=[(one.operation_id, _(one.summary)) for one in acts if not one.reads],
        given=given,
    )


@blueprint.get("/entries/<int:id>")
def entry(id: int) -> str:  # noqa: A002 - the route's name
    """Show one entry of the trail with the journals its act posted."""
    actor = current_actor()
    require(actor, VIEW)
    found = db.session.scalar(select(AuditEntry).where(AuditEntry.id == id, _in_view(actor)))
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这条留痕，或它不在您的管辖范围内。"))
    posted, more = journals.listed(actor, Chosen(act=found.act))
    told = _told([found])[0]
    return render_template(
        "audit/entry.html",
        entry=found,
        row=_entry_row(told),
        organisation=_organisation(told),
        seal=db.session.scalar(select(Seal).filter_by(subject="audit", subject_id=found.id)),
        journals=posted,
        more=more,
        entry_name=journals.entry_name,
    )


@blueprint.get("/trace")
def follow() -> str:
    """Show the whole walk of a number: from the budget line to the bank."""
    actor = current_actor()
    require(actor, VIEW)
    text = request.args.get("q", "").strip()
    places = trace.find(text, actor) if text else []
    chosen = request.args.get("place", "")
    here = next((one for one in places if f"{one.kind}:{one.key}" == chosen), None)
    here = here or (places[0] if len(places) == 1 else None)
    return render_template(
        "audit/trace.html",
        q=text,
        places=places,
        walk=_walk(here, actor) if here else None,
    )


def _index(verified: dict[str, Any] | None) -> str:
    actor = current_actor()
    require(actor, VIEW)
    sealed_at = db.session.scalar(select(Seal.sealed_at).order_by(Seal.seq.desc()).limit(1))
    today = db.session.scalar(
        select(db.func.count())
        .select_from(AuditEntry)
        .where(_in_view(actor), AuditEntry.outcome == REFUSED, AuditEntry.at >= _midnight())
    )
    return render_template(
        "audit/index.html",
        chain=verification.chain(),
        sealed_at=sealed_at,
        verified=verified,
        verified_at=clock.now(),
        refused_today=today,
    )


def _midnight() -> Any:
    return clock.instant(f"{clock.today().isoformat()}T00:00")


# --- journals ----------------------------------------------------------------------------------


def _require_books(actor: Actor) -> None:
    if not journals.may_read(actor):
        require(actor, journals.BOOKS)


def _chosen() -> Chosen:
    given = request.args
    return Chosen(
        account=given.get("account") or None,
        line=_numbers(given.get("line")),
        pool=_numbers(given.get("pool")),
        party=page_of(given.get("party")),
        kind=given.get("kind") or None,
        act=given.get("act") or None,
        entry_kind=given.get("entry_kind") or None,
        from_on=_day(given.get("from_on")),
        to_on=_day(given.get("to_on")),
    )


def _numbers(text: str | None) -> tuple[int, ...]:
    """Read row numbers with commas between them; what is no number asks for nothing."""
    found = [page_of(part) for part in (text or "").split(",")][:SEVERAL]
    return tuple(number for number in found if number is not None and number <= ID_MAX)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _headline(actor: Actor, chosen: Chosen) -> dict[str, Any]:
    """Say in words whose journals these are, with the way up to line and pool."""
    line, pool, kind = _one(chosen.line), _one(chosen.pool), chosen.kind
    if chosen.account and (account := journals.account_named(actor, chosen.account)):
        line = account.line.id if account.line else None
        pool = account.pool.id if account.pool else None
        kind = account.kind
    asked = {name: value for name, value in asdict(chosen).items() if value}
    for name in ("line", "pool"):
        if name in asked:
            asked[name] = ",".join(str(number) for number in asked[name])
    return {
        "kind": journals.kind_name(kind) if kind else "",
        "line": _seen(BudgetLine, line, actor),
        "pool": _seen(Pool, pool, actor),
        "lines": len(chosen.line),
        "pools": len(chosen.pool),
        "asked": asked,
    }


def _one(numbers: tuple[int, ...]) -> int | None:
    """Return the only one of some row numbers."""
    return numbers[0] if len(numbers) == 1 else None


def _seen(model: Any, number: int | None, actor: Actor) -> Any:
    if number is None:
        return None
    query = select(model).where(model.id == number, visible(model, actor, journals.BOOKS))
    return db.session.scalar(query)


def _entry_kinds() -> list[tuple[str, str]]:
    return [(kind.code, _(kind.name)) for kind in registry().entry_kinds.values()]


def _organisation(entry: AuditEntry | SimpleNamespace | None) -> str:
    if entry is None or entry.organisation_id is None:
        return ""
    found = db.session.get(Organisation, entry.organisation_id)
    return found.name if found else ""


# --- the trail ---------------------------------------------------------------------------------


def _in_view(actor: Actor) -> ColumnElement[bool]:
    """Return the condition of the entries an auditor may see.

    Those of organisations in her division, and those of the system and of residents, who act for
    no organisation. Veiled ones that are not noted only once their veil is lifted: even their
    number tells something.
    """
    own = select(Organisation.id).where(visible(Organisation, actor, VIEW))
    mine = or_(AuditEntry.organisation_id.in_(own), AuditEntry.organisation_id.is_(None))
    acts = registry().acts.values()
    hidden = [one.operation_id for one in acts if one.veiled and not one.noted]
    return and_(mine, or_(AuditEntry.action.not_in(hidden), *_lifted()))


def _lifted() -> list[ColumnElement[bool]]:
    """Return the conditions of the veiled entries of which all may be told by now."""
    return [
        and_(
            AuditEntry.action.in_(actions),
            AuditEntry.object_type == object_type,
            AuditEntry.object_id.in_(select(cast(numbers.subquery().c[0], Text))),
        )
        for actions, object_type, numbers in ask("lifted_veils")
    ]


def _conditions() -> list[ColumnElement[bool]]:
    given = request.args
    found = [getattr(AuditEntry, name) == given[name] for name in ENTRY_COLUMNS if given.get(name)]
    if actor_id := whole(given.get("actor")):
        found.append(AuditEntry.actor_id == (actor_id if isinstance(actor_id, int) else 0))
    if first := _day(given.get("from_on")):
        found.append(AuditEntry.at >= clock.instant(f"{first}T00:00"))
    if last := _day(given.get("to_on")):
        after = date.fromordinal(last.toordinal() + 1)
        found.append(AuditEntry.at < clock.instant(f"{after}T00:00"))
    return found


def _told(found: list[AuditEntry]) -> list[AuditEntry | SimpleNamespace]:
    """Return entries in view as they may be told: what a veil hides only where it is lifted."""
    acts = registry().acts
    veiled = [one.id for one in found if (act := acts.get(one.action)) and act.veiled]
    if not veiled:
        return list(found)
    open_now = select(AuditEntry.id).where(AuditEntry.id.in_(veiled), or_(false(), *_lifted()))
    lifted = set(db.session.scalars(open_now))
    return [_behind(one, lifted=one.id in lifted) if one.id in veiled else one for one in found]


def _behind(found: AuditEntry, *, lifted: bool) -> SimpleNamespace:
    told = {one.key: getattr(found, one.key) for one in AuditEntry.__table__.columns}
    return SimpleNamespace(**told | (unveiled(found) if lifted else {"detail": None}))


def _entry_row(found: AuditEntry | SimpleNamespace) -> dict[str, Any]:
    accepted = found.outcome == ACCEPTED
    return {
        "id": found.id,
        "at": found.at,
        "action": journals.action_name(found.action),
        "actor": found.actor_name,
        "actor_id": found.actor_id,
        "outcome": (_("已办理"), "good") if accepted else (_("被拒绝"), "bad"),
        "code": found.code,
        "object": f"{found.object_type} {found.object_id}" if found.object_type else "",
        "detail": found.detail,
    }


# --- following a yuan --------------------------------------------------------------------------


def _walk(here: Place, actor: Actor) -> dict[str, Any]:
    found = trace.walk(here)
    return {
        "before": [[_linked(place, actor) for place in level] for level in found.before],
        "here": _linked(here, actor),
        "after": [[_linked(place, actor) for place in level] for level in found.after],
        "cut": found.cut,
    }


def _linked(place: Place, actor: Actor) -> dict[str, Any]:
    """Return a place for a page: its link only for those who may open it."""
    opens = place.endpoint and (not place.permission or actor.may(place.permission))
    return {
        "place": place,
        "url": url_for(place.endpoint, **place.values) if opens else "",
        "follow": url_for(".follow", q=f"{place.kind}:{place.key}"),
    }
