"""Who works for a provider, and with which tills."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core import clock
from core.access import Device, RoleGrant, User, scoped
from core.db import db, transaction
from core.errors import NotFound
from core.parties import Office
from core.people import CLERK
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from plugins.voucher.pages.provider import mount

PAGE = 50


# --- clerks ------------------------------------------------------------------------------------


@mount.clerks.get("", endpoint="index")
def clerks() -> str:
    """List the provider's clerks and ask for another."""
    mount.own_provider()
    return _clerks_page(fresh())


@mount.clerks.post("", endpoint="add")
def clerk_added() -> ResponseReturnValue:
    """Make a clerk with a first password."""
    names = ("login", "name", "password")
    answer = act("clerk.add", {name: request.form.get(name, "") for name in names})
    return done_or_again(
        answer,
        done=_("店员已登记。请把登录名和密码当面告诉本人。"),
        to=url_for("voucher_provider.clerks.index"),
        again=lambda refused: _clerks_page(shown_again(refused)),
    )


@mount.clerks.get("/<int:number>", endpoint="show")
def clerk(number: int) -> str:
    """Show a clerk: a new password, or the end."""
    mount.own_provider()
    return _clerk_page(number, fresh())


@mount.clerks.post("/<int:number>/password", endpoint="set_password")
def clerk_password(number: int) -> ResponseReturnValue:
    """Give a clerk a new password."""
    fields = {"id": number, "password": request.form.get("password", "")}
    return done_or_again(
        act("clerk.set_password", fields),
        done=_("密码已重设，原来的登录都已退出。请当面告诉本人。"),
        to=url_for("voucher_provider.clerks.index"),
        again=lambda refused: _clerk_page(number, shown_again(refused)),
    )


@mount.clerks.post("/<int:number>/end", endpoint="end")
def clerk_ended(number: int) -> ResponseReturnValue:
    """End a clerk's role at once."""
    fields = {"id": number, "reason": request.form.get("reason", "")}
    return done_or_again(
        act("clerk.end", fields),
        done=_("店员岗位已终止，立即生效。办过的核销仍记在本人名下。"),
        to=url_for("voucher_provider.clerks.index"),
        again=lambda refused: _clerk_page(number, shown_again(refused)),
    )


def _clerk_rows() -> db.Select[Any]:
    return (
        scoped(RoleGrant, current_actor(), "clerk.manage")
        .add_columns(User)
        .join(User, User.id == RoleGrant.user_id)
        .where(RoleGrant.role == CLERK)
    )


def _clerks_page(form: dict[str, Any]) -> str:
    before = page_of(request.args.get("before"))
    query = _clerk_rows().order_by(RoleGrant.id.desc()).limit(PAGE)
    if before is not None:
        query = query.where(RoleGrant.id < before)
    rows = db.session.execute(query).all()
    return render_template(
        "voucher/provider/clerks.html",
        **form,
        rows=[
            {
                "name": (user.name, url_for("voucher_provider.clerks.show", number=grant.id)),
                "login": user.login,
                "from_on": grant.from_on,
                "state": _clerk_state(grant),
            }
            for grant, user in rows
        ],
        next_url=url_for("voucher_provider.clerks.index", before=rows[-1][0].id)
        if len(rows) == PAGE
        else "",
        first_url=url_for("voucher_provider.clerks.index") if before is not None else "",
    )


def _clerk_page(number: int, form: dict[str, Any]) -> str:
    found = db.session.execute(_clerk_rows().where(RoleGrant.id == number)).first()
    if found is None:
        raise NotFound("NOT_FOUND", _("没有这名店员，或不是本店的。请回到店员列表。"))
    grant, user = found
    return render_template(
        "voucher/provider/clerk.html",
        **form,
        grant=grant,
        user=user,
        state=_clerk_state(grant),
        in_force=_in_force(grant),
    )


def _in_force(grant: RoleGrant) -> bool:
    return grant.to_on is None or grant.to_on >= clock.today()


def _clerk_state(grant: RoleGrant) -> tuple[str, str]:
    return (_("在岗"), "good") if _in_force(grant) else (_("已终止"), "plain")


# --- tills -------------------------------------------------------------------------------------


@mount.tills.get("", endpoint="index")
def tills() -> str:
    """List the provider's tills and offer a code for another."""
    mount.own_provider()
    return _tills_page(fresh())


@mount.tills.post("", endpoint="make_code")
def till_code() -> ResponseReturnValue:
    """Make a one-time code; it is shown on this answer and nowhere else."""
    fields = {
        "name": request.form.get("name", ""),
        "office_id": page_of(request.form.get("office_id")),
    }
    answer = act("device.make_code", fields)
    with transaction(readonly=True):
        if answer.refused:
            return _tills_page(shown_again(answer)), answer.status
        return render_template(
            "voucher/provider/till_code.html",
            code=answer.body["code"],
            name=fields["name"],
            address=url_for("voucher_till.enrol", _external=True),
        )


@mount.tills.get("/<int:number>", endpoint="show")
def till(number: int) -> str:
    """Ask why a till is switched off."""
    mount.own_provider()
    return _till_page(number, fresh())


@mount.tills.post("/<int:number>/revoke", endpoint="revoke")
def till_revoked(number: int) -> ResponseReturnValue:
    """Switch a till off at once."""
    return done_or_again(
        act("device.revoke", {"id": number, "reason": request.form.get("reason", "")}),
        done=_("终端已停用，立即生效。"),
        to=url_for("voucher_provider.tills.index"),
        again=lambda refused: _till_page(number, shown_again(refused)),
    )


def _tills_page(form: dict[str, Any]) -> str:
    before = page_of(request.args.get("before"))
    query = (
        scoped(Device, current_actor(), "device.manage")
        .add_columns(Office.name)
        .outerjoin(Office, Office.id == Device.office_id)
        .order_by(Device.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        query = query.where(Device.id < before)
    rows = db.session.execute(query).all()
    places = db.select(Office.id, Office.name).where(Office.organisation_id == mount.own_provider())
    return render_template(
        "voucher/provider/tills.html",
        **form,
        offices=db.session.execute(places.order_by(Office.id)).all(),
        rows=[
            {
                "name": (device.name, url_for("voucher_provider.tills.show", number=device.id)),
                "office": office,
                "enrolled_at": device.enrolled_at,
                "state": _till_state(device),
            }
            for device, office in rows
        ],
        next_url=url_for("voucher_provider.tills.index", before=rows[-1][0].id)
        if len(rows) == PAGE
        else "",
        first_url=url_for("voucher_provider.tills.index") if before is not None else "",
    )


def _till_page(number: int, form: dict[str, Any]) -> str:
    device = db.session.scalar(
        scoped(Device, current_actor(), "device.manage").where(Device.id == number)
    )
    if device is None:
        raise NotFound("NOT_FOUND", _("没有这台终端，或不是本店的。请回到终端列表。"))
    return render_template(
        "voucher/provider/till.html", **form, device=device, state=_till_state(device)
    )


def _till_state(device: Device) -> tuple[str, str]:
    if device.revoked_at is not None:
        return _("已停用"), "plain"
    if device.enrolled_at is not None:
        return _("在用"), "good"
    expired = device.code_until is None or device.code_until <= clock.now()
    return (_("登记码已过期"), "plain") if expired else (_("等待登记"), "wait")
