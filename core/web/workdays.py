"""The working calendar: a year's holidays and exchanged days, counting over them, changing it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock, workdays
from core.access import Actor, require
from core.acts import Answer
from core.db import transaction
from core.errors import InvalidInput
from core.files import read_table
from core.web import current_actor
from core.web.forms import fresh, page_of, saved, shown_again, whole
from core.web.proposing import PROPOSE, STEPS, TONES, dated, may, stepped, steps
from core.workdays.acts import COUNT_MAX
from core.workdays.queries import VIEW, proposal, proposed
from core.workdays.service import REST, WORK, count, year_calendar

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

COLUMNS = ("日期", "类别", "名称")
KINDS = {"休": REST, "放假": REST, "班": WORK, "上班": WORK}
LINES = 400


@blueprint.get("/")
def index() -> str:
    """Show a year's days off and days worked in exchange, and count working days."""
    actor = current_actor()
    require(actor, VIEW)
    asked = request.args
    year = _year(asked.get("year"))
    known = sorted(workdays.calendar().years)
    years = sorted({*known, clock.today().year, clock.today().year + 1, year})
    before = page_of(asked.get("before"))
    found = proposed(actor, before=before)
    return render_template(
        "calendar/index.html",
        calendar=_shown(year_calendar(actor, year=year)),
        years=years,
        rows=[_listed(row) for row in found["items"]],
        next_before=found["next_before"],
        before=before,
        may_propose=actor.may(PROPOSE),
        counted=_counted(actor, asked.get("day"), asked.get("days")),
        asked=asked,
    )


@blueprint.get("/new")
def new() -> str:
    """Show the form for a year's announcement."""
    return _new(fresh())


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Draft a year's calendar from pasted lines or an uploaded table."""
    file = request.files.get("file")
    try:
        days = list(_uploaded(file.read(), file.filename or "") if file else _pasted())
    except InvalidInput as refusal:
        errors = refusal.errors or {"file": [refusal.message]}
        body = refusal.problem() | {"errors": errors}
        with transaction(readonly=True):
            return _new(shown_again(Answer(refusal.status, body))), refusal.status
    payload = {
        "year": whole(request.form.get("year")),
        "document": request.form.get("document"),
        "days": days or None,
    }
    done = _("已存为草稿。核对无误后请提交。")
    return saved("calendar.propose", payload, done=done, again=_new)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show a proposed calendar."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/<step>")
def take(id: int, step: str) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Submit, approve, return or withdraw a proposed calendar."""
    if step not in STEPS:
        abort(404)
    return stepped(
        "calendar",
        id,
        step,
        to=url_for(".show", id=id),
        again=lambda answer: _show(id, shown_again(answer)),
        done=_moved if step == "approve" else None,
    )


def _moved(answer: Answer) -> str:
    moved = answer.body["moved"]
    if not moved:
        return _("已批准，没有期限因此变动。")
    lines = [
        _("%(what)s：%(old)s → %(new)s", what=one["what"], old=one["from_on"], new=one["due_on"])
        for one in moved[:10]
    ]
    return _(
        "已批准，%(count)s 项期限重新推算：%(lines)s",
        count=answer.body["moved_count"],
        lines="；".join(lines) + ("…" if len(moved) > len(lines) else "。"),
    )


def _pasted() -> Iterator[dict[str, str]]:
    """Yield the days of the pasted lines: day, 休 or 班, and perhaps a name."""
    text = request.form.get("days", "")
    for number, line in enumerate(text.splitlines()[:LINES], start=1):
        parts = line.replace(",", " ").replace("，", " ").split(maxsplit=2)
        if parts:
            yield _day_of(number, [*parts, "", ""][:3])


def _uploaded(data: bytes, filename: str) -> Iterator[dict[str, str]]:
    """Yield the days of an uploaded table."""
    for row in read_table(data, filename, required=COLUMNS[:2])[:LINES]:
        yield _day_of(row.line, [row.values.get(name, "").strip() for name in COLUMNS])


def _day_of(number: int, parts: list[str]) -> dict[str, str]:
    day, kind, name = parts
    try:
        date.fromisoformat(day)
    except ValueError:
        day = ""
    if not day or kind not in KINDS:
        sentence = _(
            "第 %(number)s 行看不懂：每行写日期、“休”或“班”、名称，如“2027-01-01 休 元旦”。",
            number=number,
        )
        raise InvalidInput(sentence, errors={"days": [sentence]})
    return {"day": day, "kind": KINDS[kind]} | ({"name": name[:20]} if name else {})


def _counted(actor: Actor, day: str | None, days: str | None) -> dict[str, Any] | None:
    """Return the n-th working day after a day, where somebody asks for it."""
    n = whole(days)
    try:
        start = date.fromisoformat(day or "")
    except ValueError:
        return None
    sane = clock.FIRST_DAY <= start <= clock.LAST_DAY
    if not isinstance(n, int) or n > COUNT_MAX or not sane:
        return None
    found = count(actor, day=start, working_days=n)
    return found | {"day": date.fromisoformat(found["on"]), "from_day": start, "n": n}


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, VIEW)
    found = dated(proposal(actor, id=number))
    return render_template(
        "calendar/show.html",
        proposal=_shown(found),
        steps=steps(found),
        may=may(actor, found),
        **form,
    )


def _new(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, PROPOSE)
    return render_template(
        "calendar/new.html", year=clock.today().year + 1, columns=COLUMNS, **form
    )


def _shown(calendar: dict[str, Any]) -> dict[str, Any]:
    days = [
        {
            "day": date.fromisoformat(one["day"]),
            "weekday": _weekdays()[date.fromisoformat(one["day"]).weekday()],
            "kind": (_("上班"), "info") if one["kind"] == WORK else (_("放假"), "good"),
            "name": one["name"],
        }
        for one in calendar["days"]
    ]
    return calendar | {"days": days}


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "calendar": (_("%(year)s 年", year=row["year"]), url_for(".show", id=row["id"])),
        "state": (row["state_name"], TONES[row["state"]]),
    }


def _weekdays() -> list[str]:
    return [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")]


def _year(text: str | None) -> int:
    year = whole(text)
    known = isinstance(year, int) and clock.FIRST_DAY.year < year <= clock.LAST_DAY.year
    return year if known and isinstance(year, int) else clock.today().year
