"""Openings: the holders' pages for key and envelopes, the public record and its paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import clock, formats
from core.access import ANONYMOUS, Actor, fetch, require
from core.db import db
from core.errors import NotFound
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import DOOR, MenuItem, Todo
from core.web.uploads import download
from plugins.contract_outsourcing.models import PanelMember, Tender
from plugins.contract_outsourcing.models.awards import STOOD_DOWN
from plugins.contract_outsourcing.pages import paper
from plugins.contract_outsourcing.service import records
from plugins.contract_outsourcing.service.sealing import HOLD, PART_NAMES, PASSPHRASE_MIN

blueprint = Blueprint(
    "contract_openings", __name__, url_prefix="/contract/openings", template_folder="../templates"
)
TEMPLATES = Path(__file__).parents[1] / "templates" / "contract" / "openings"
MOMENTS = ("closes_at", "opened_at", "received_at", "offered_at")


def waiting(actor: Actor) -> list[Todo]:
    """Count the keys to hold and the openings that wait for one's own share."""
    unheld, due = records.waiting_for(actor)
    url = url_for("contract_openings.index")
    return [
        Todo(unheld, _("个项目的开标密钥待保管"), url),
        Todo(due, _("个项目待您交出密钥开标"), url),
    ]


MENU: list[tuple[str, MenuItem]] = [
    (
        HOLD,
        MenuItem("from_whom", lazy_gettext("开标"), "contract_openings.index", 45, waiting=waiting),
    ),
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("开标记录"),
            "contract_openings.public_index",
            60,
            hint=lazy_gettext("看每次开标有谁投标、报价多少、密封是否完好。"),
        ),
    ),
]


@blueprint.get("/")
def index() -> str:
    """List the tenders whose key is to be held or used."""
    actor = current_actor()
    require(actor, HOLD)
    rows = [_timed(one) for one in records.tenders(actor)["items"]]
    return render_template("contract/openings/index.html", rows=rows)


@blueprint.get("/<int:id>")
def show(id: int) -> str:  # noqa: A002 - the route's name
    """Show who holds the key, who has handed in, and what can be done now."""
    return _show(id, fresh())


@blueprint.post("/<int:id>/key")
def hold(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Take over a part of the key."""
    form = request.form
    if form.get("passphrase") != form.get("again"):
        return _show(id, fresh() | {"errors": {"again": [_("两次输入的口令不一样")]}}), 422
    fields = {"id": id, "part": form.get("part"), "passphrase": form.get("passphrase")}
    return _after(id, act("tender.hold_key", fields), _("已保管。口令不会保存，请务必记牢。"))


@blueprint.post("/<int:id>/share")
def offer_share(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Hand in one's share."""
    fields = {"id": id, "passphrase": request.form.get("passphrase")}
    return _after(id, act("opening.offer_share", fields), _("已交出密钥份额。"))


@blueprint.post("/<int:id>/open")
def open_bids(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Open the bids."""
    return _after(id, act("opening.open", {"id": id}), _("已开标，开标记录已公开。"))


@blueprint.post("/<int:id>/return")
def return_bids(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Send too few bids back."""
    answer = act("opening.return_bids", {"id": id})
    return _after(id, answer, _("投标已原封退回，本次采购失败。"))


@blueprint.post("/<int:id>/prices")
def open_prices(id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Open the price envelopes."""
    return _after(id, act("opening.open_prices", {"id": id}), _("报价已开启，开标记录已更新。"))


@blueprint.get("/<int:id>/files/<int:file_id>")
def file(id: int, file_id: int) -> Response:  # noqa: A002 - the route's name
    """Give a file of an opened bid to the panel and to who may see the tender."""
    actor = current_actor()
    _require_reader(actor, id)
    found = records.file(id, file_id)
    if found is None:
        raise NotFound("NOT_FOUND", _("没有找到这个文件。"))
    return download(found.content, name=found.name)


@blueprint.get("/records")
def public_index() -> str:
    """List the openings there were, for everybody."""
    before = page_of(request.args.get("before"))
    found = records.records(ANONYMOUS, before=before)
    return render_template(
        "contract/openings/records.html",
        rows=[_timed(one) for one in found["items"]],
        next_before=found["next_before"],
        before=before,
    )


@blueprint.get("/records/<int:id>")
def record(id: int) -> str:  # noqa: A002 - the route's name
    """Show the record of an opening, for everybody."""
    return render_template("contract/openings/record.html", record=_record(id))


@blueprint.get("/records/<int:id>.pdf")
def record_pdf(id: int) -> Response:  # noqa: A002 - the route's name
    """Print the record of an opening."""
    with paper.in_chinese():
        found = _record(id)
        return paper.printed(_paper(found), f"{found['number']}-opening", TEMPLATES / "record.typ")


def _after(number: int, answer: Any, done: str) -> ResponseReturnValue:
    return done_or_again(
        answer,
        done=done,
        to=url_for(".show", id=number),
        again=lambda one: _show(number, shown_again(one)),
    )


def _show(number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, HOLD)
    tender = _timed(records.opening(actor, id=number))
    mine = next((part for part in tender["parts"] if part["is_mine"]), None)
    return render_template(
        "contract/openings/show.html",
        tender=tender,
        mine=mine,
        handed_in=sum(part["offered_at"] is not None for part in tender["parts"]),
        free=[(part, str(PART_NAMES[part])) for part in tender["free"]],
        least=PASSPHRASE_MIN,
        **form,
    )


def _record(number: int) -> dict[str, Any]:
    found = _timed(records.record(ANONYMOUS, id=number))
    found["bids"] = [_timed(one) for one in found["bids"]]
    return found


def _timed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its instants read, those of the key's parts, too."""
    read: dict[str, Any] = {name: clock.instant(row[name]) for name in MOMENTS if row.get(name)}
    if "parts" in row:
        read["parts"] = [_timed(part) for part in row["parts"]]
    return row | read


def _paper(found: dict[str, Any]) -> dict[str, Any]:
    facts = [
        (_("采购项目"), found["name"]),
        (_("采购人"), found["purchaser"]),
        (_("方式"), found["method"]),
        (_("最高限价"), formats.yuan_text(found["ceiling_fen"])),
        (_("投标截止"), formats.moment(found["closes_at"])),
        (_("开标时间"), formats.moment(found["opened_at"])),
    ]
    return {
        "title": _("开标记录"),
        "number": found["number"],
        "facts": [{"label": label, "value": value} for label, value in facts],
        "columns": [_("投标人"), _("收到时间"), _("报价（元）"), _("密封"), _("结果")],
        "bids": [
            [
                one["provider"] or _("无法识别"),
                formats.moment(one["received_at"]),
                formats.yuan(one["price_fen"]),
                _("完好") if one["is_intact"] else _("不完好"),
                one["reason"] or _("有效"),
            ]
            for one in found["bids"]
        ],
        "note": found["end_reason"] or "",
    }


def _require_reader(actor: Actor, tender_id: int) -> None:
    """Let a member of the panel pass, and who may see the tender."""
    serves = db.session.scalar(
        db.select(PanelMember.id).where(
            PanelMember.tender_id == tender_id,
            PanelMember.user_id == actor.user_id,
            PanelMember.state != STOOD_DOWN,
        )
    )
    if serves is None:
        require(actor, "tender.view")
        fetch(Tender, tender_id, actor, "tender.view")
