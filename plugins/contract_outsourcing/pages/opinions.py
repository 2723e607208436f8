"""Was it delivered? Residents say so with two big buttons; the desk writes it down for others."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.access import Actor, require
from core.errors import SignInRequired
from core.web import current_actor, menu
from core.web.forms import act, done_or_again, fresh, shown_again, whole
from core.web.menu import DOOR, MenuItem, Todo
from plugins.contract_outsourcing.service import opinions, performance_queries

blueprint = Blueprint(
    "contract_opinions", __name__, url_prefix="/contract/opinions", template_folder="../templates"
)

GIVE, RECORD = "opinion.give", "opinion.record"


@blueprint.errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Lead a visitor to where residents begin, which asks them to sign in."""
    if request.method == "POST":
        flash(refusal.message, "wait")
    starts = [door for door in menu.doors() if "resident" in door.start_of]
    return redirect(url_for(starts[0].endpoint if starts else "web.sign_in"))


@blueprint.get("/")
def mine() -> str:
    """Show the services of my place, and ask of each whether it was delivered."""
    return _mine(fresh())


@blueprint.post("/<int:milestone>")
def give(milestone: int) -> ResponseReturnValue:
    """Say whether a service was delivered."""
    form = request.form
    fields = _said(milestone)
    done = (
        _("谢谢，已记下：送到了。")
        if form.get("delivered") == "yes"
        else _("已记下：没有送到。会有人核实，核实之前不付款，结果在这一页告诉您。")
    )
    return done_or_again(
        act("opinion.give", fields),
        done=done,
        to=url_for(".mine"),
        again=lambda one: _mine(shown_again(one)),
    )


@blueprint.get("/desk/<int:milestone>")
def desk(milestone: int) -> str:
    """Show the form in which the desk writes down what a resident says."""
    return _desk(milestone, fresh())


@blueprint.post("/desk/<int:milestone>")
def record(milestone: int) -> ResponseReturnValue:
    """Write down what a resident says at the desk or by telephone."""
    form = request.form
    fields = _said(milestone) | {
        "resident_id": whole(form.get("resident_id")),
        "way": form.get("way"),
    }
    return done_or_again(
        act("opinion.record", fields),
        done=_("已记下服务对象的意见。"),
        to=url_for("contract_milestones.show", id=milestone),
        again=lambda one: _desk(milestone, shown_again(one)),
    )


@blueprint.post("/of/<int:milestone>/<int:id>/answer")
def answer(milestone: int, id: int) -> ResponseReturnValue:  # noqa: A002 - the route's name
    """Answer an opinion with what was found."""
    return done_or_again(
        act("opinion.answer", {"id": id, "answer": request.form.get("answer")}),
        done=_("已答复。"),
        to=url_for("contract_milestones.show", id=milestone),
        again=lambda one: _answering(milestone, id, shown_again(one)),
    )


# --- parts -------------------------------------------------------------------------------------


def _said(milestone: int) -> dict[str, Any]:
    form = request.form
    said = {"yes": True, "no": False}.get(form.get("delivered", ""))
    return {
        "milestone_id": milestone,
        "delivered": said,
        "score": whole(form.get("score")),
        "words": form.get("words"),
    }


def _mine(form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, GIVE)
    return render_template(
        "contract/opinions/mine.html", services=opinions.mine(actor)["items"], **form
    )


def _desk(milestone: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, RECORD)
    found = performance_queries.shown(actor, id=milestone)
    return render_template("contract/opinions/desk.html", found=found, **form)


def _answering(milestone: int, number: int, form: dict[str, Any]) -> str:
    actor = current_actor()
    require(actor, "opinion.answer")
    found = performance_queries.shown(actor, id=milestone)
    opinion = next((one for one in found["opinions"] if one["id"] == number), None)
    return render_template(
        "contract/opinions/answer.html", found=found, opinion=opinion, number=number, **form
    )


def _waiting(actor: Actor) -> list[Todo]:
    """Return the services of which a resident has not said yet whether they were delivered."""
    found = [one for one in opinions.mine(actor)["items"] if not one["said"]]
    return [Todo(len(found), _("等您说一声的服务"), url_for("contract_opinions.mine"))]


MENU: list[tuple[str, MenuItem]] = [
    (
        GIVE,
        MenuItem(
            "worth", lazy_gettext("服务送到没有"), "contract_opinions.mine", 20, waiting=_waiting
        ),
    ),
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("服务送到没有"),
            "contract_opinions.mine",
            35,
            hint=lazy_gettext("政府替您买的服务，送到了没有、好不好，您说了算。"),
        ),
    ),
]
