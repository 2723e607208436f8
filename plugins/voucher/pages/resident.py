"""A resident's pages: her vouchers in words, the code to show, what was deducted, where to go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import require
from core.acts import Answer, perform
from core.documents import qr_svg
from core.errors import Refusal, SignInRequired, Unavailable
from core.web import current_actor, session
from core.web.forms import act, done_or_again, refused
from core.web.home import local
from core.web.menu import DOOR, MenuItem
from plugins.voucher.pages import wording
from plugins.voucher.service import carriers, finding, holdings, slips
from plugins.voucher.service.holdings import Holding

blueprint = Blueprint("voucher_resident", __name__, template_folder="../templates")
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("我是居民"),
            "voucher_resident.home",
            10,
            hint=lazy_gettext("看还能用多少，出示凭证码，查到底扣了什么。"),
            start_of=("resident",),
        ),
    ),
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("找服务点"),
            "voucher_resident.find",
            20,
            hint=lazy_gettext("按服务和乡镇、街道查找能用凭单的地方，不用登录。"),
        ),
    ),
]

OWN = "voucher.own"
SIGN_IN = "voucher_resident.sign_in"
SHOWN = 20


@blueprint.errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Lead a visitor to the residents' own sign-in page, and then on to where she wanted to go."""
    if request.method == "POST":
        flash(refusal.message, "wait")
    return redirect(url_for(SIGN_IN, next=request.args.get("next") or None))


# --- signing in and out ------------------------------------------------------------------------


@blueprint.get("/me/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask for the ID number and the code on the card."""
    if current_actor().may(OWN):
        return redirect(_next(request.args.get("next")))
    return _sign_in_form()


@blueprint.post("/me/sign-in")
def signed_in() -> ResponseReturnValue:
    """Sign in; the phone then stays signed in for 180 days."""
    fields = {name: request.form.get(name, "") for name in ("id_number", "code")}
    # Without a request key: who one is is never part of a remembered answer.
    answer = perform("auth.login_resident", fields)
    if answer.refused:
        return _sign_in_form(refused(answer)), answer.status
    session.begin(answer.body, "resident")
    return redirect(_next(request.form.get("next")), 303)


@blueprint.post("/me/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session on this phone."""
    act("auth.logout", {})
    session.end()
    flash(_("已退出。这部手机上不再保留您的登录。"), "good")
    return redirect(url_for(SIGN_IN), 303)


def _sign_in_form(refusal: Refusal | None = None) -> str:
    errors = dict(refusal.errors or {}) if refusal else {}
    if refusal and not errors:
        # Whose mistake it was is not told; both fields are to be looked at.
        errors = {"id_number": refusal.message}
    return render_template(
        "voucher/resident/sign_in.html",
        errors=errors,
        values=request.form,
        next=request.values.get("next", ""),
    )


def _next(asked: str | None) -> str:
    """Return where a resident goes on: the page she came for, else her vouchers."""
    return local(asked) if asked else url_for(".home")


# --- what I hold -------------------------------------------------------------------------------


@blueprint.get("/me")
def home() -> str:
    """Show every voucher in words, the usable ones first."""
    require(current_actor(), OWN)
    held = holdings.holdings(current_actor())
    return render_template(
        "voucher/resident/home.html",
        usable=[one for one in held if one.standing == holdings.USABLE],
        others=[one for one in held if one.standing != holdings.USABLE],
        recent=slips.own_slips(current_actor(), limit=3).items,
    )


@blueprint.get("/me/vouchers/<int:number>")
def voucher(number: int) -> str:
    """Show one voucher: what it can buy, what it was used for, what to do when the card is lost."""
    held = _own(number)
    return render_template(
        "voucher/resident/voucher.html",
        held=held,
        used=slips.own_slips(current_actor(), voucher_id=held.id, limit=SHOWN),
    )


@blueprint.get("/me/vouchers/<int:number>/code")
def code(number: int) -> ResponseReturnValue:
    """Show the code that a clerk scans; it changes every minute."""
    held = _own(number)
    if held.standing != holdings.USABLE:
        return redirect(url_for(".voucher", number=number))
    return render_template("voucher/resident/code.html", held=held, **_picture(number))


@blueprint.get("/me/vouchers/<int:number>/code/fragment")
def code_fragment(number: int) -> str:
    """Return the code alone, for the page that shows it."""
    _own(number)
    return render_template("voucher/resident/code_fragment.html", **_picture(number))


@blueprint.get("/me/vouchers/<int:number>/lost")
def lost(number: int) -> ResponseReturnValue:
    """Ask before a lost card is blocked."""
    held = _own(number)
    if not held.has_card:
        return redirect(url_for(".voucher", number=number))
    return _lost_form(held)


@blueprint.post("/me/vouchers/<int:number>/lost")
def reported(number: int) -> ResponseReturnValue:
    """Block the lost card; the phone's code goes on."""
    reasons = {"lost": _("居民报失：卡片遗失"), "damaged": _("居民报失：卡片损坏")}
    reason = reasons.get(request.form.get("what", ""), "")
    answer = act("voucher.block_card", {"id": number, "reason": reason})
    return done_or_again(
        answer,
        done=_("卡片已挂失，别人捡到也不能用。钱没有动，手机上的凭证码照常可用。"),
        to=url_for(".voucher", number=number),
        again=_again(lambda errors: _lost_form(_own(number), errors)),
    )


def _own(number: int) -> Holding:
    require(current_actor(), OWN)
    return holdings.holding(current_actor(), number)


def _picture(number: int) -> dict[str, Any]:
    answer = carriers.code(current_actor(), id=number)
    return {
        "svg": qr_svg(answer["code"], scale=10),
        "digits": answer["code"],
        "seconds": answer["seconds"],
    }


def _lost_form(held: Holding, errors: dict[str, Any] | None = None) -> str:
    return render_template("voucher/resident/lost.html", held=held, errors=errors or {})


def _again(form: Callable[[dict[str, Any]], str]) -> Callable[[Answer], str]:
    """Return how a refused act's form is shown: with its fields' errors, or the whole sentence."""

    def show(answer: Answer) -> str:
        if answer.status == Unavailable.status or not answer.body.get("errors"):
            return form({"what": answer.body["detail"]})
        return form({"what": _("请选择一项。")})

    return show


# --- what was deducted -------------------------------------------------------------------------


@blueprint.get("/me/history")
def history() -> str:
    """List everything my vouchers were used for, newest first."""
    require(current_actor(), OWN)
    before = request.args.get("before", type=int)
    found = slips.own_slips(current_actor(), before=before, limit=SHOWN)
    return render_template("voucher/resident/history.html", found=found, before=before)


@blueprint.get("/me/receipts/<receipt>")
def receipt(receipt: str) -> str:
    """Show what exactly one use deducted, and from which voucher."""
    require(current_actor(), OWN)
    slip = slips.own_slip(current_actor(), receipt)
    return render_template(
        "voucher/resident/receipt.html",
        slip=slip,
        rows=wording.slip_facts(slip),
        undone=slips.undone(slip),
        corrections=slips.corrections(slip),
        office=holdings.holding(current_actor(), slip.voucher_id).office,
    )


# --- for anybody -------------------------------------------------------------------------------


@blueprint.get("/find")
def find() -> str:
    """Find where a service can be had, by service and township; nobody need be signed in."""
    asked = request.args.get("service", "")
    programme_id, _colon, service_code = asked.partition(":")
    named = programme_id.isdecimal() and len(programme_id) <= 9  # noqa: PLR2004 - a row's number
    division = request.args.get("division", "")
    found = finding.places(
        programme_id=int(programme_id) if named else None,
        service_code=service_code,
        division_code=division,
        after=request.args.get("after", 0, type=int),
    )
    return render_template(
        "voucher/resident/find.html",
        services=finding.services(),
        divisions=finding.divisions(),
        asked=asked if named else "",
        division=division,
        found=found,
    )


@blueprint.get("/help")
def help_page() -> str:
    """Explain how vouchers are used, also without a phone."""
    return render_template("voucher/resident/help.html")
