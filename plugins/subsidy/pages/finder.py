"""The finder: what support is there for my organisation, by a few answers that are not kept."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext

from core.db import transaction
from core.facts import ORGANISATION, facts_about
from core.facts.declared import FEN
from core.web import current_actor, forms
from core.web.menu import DOOR, MenuItem
from plugins.subsidy.pages import scheme_words
from plugins.subsidy.service import finding

blueprint = Blueprint(
    "subsidy_finder", __name__, url_prefix="/subsidy/finder", template_folder="../templates"
)
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("我的单位能申请什么"),
            "subsidy_finder.index",
            47,
            hint=lazy_gettext("回答几个问题，就知道能申请哪些补贴；不用登录，回答不保存。"),
        ),
    ),
]
# Tone and words of a verdict, in the order in which they are shown.
VERDICTS = {
    finding.FITS: ("good", lazy_gettext("符合条件，可以申请")),
    finding.UNKNOWN: ("wait", lazy_gettext("还要知道几项才能判断")),
    finding.FITS_NOT: ("plain", lazy_gettext("不符合条件")),
}
HINTS = {
    "org.registered_on": lazy_gettext("营业执照或登记证书上的成立日期。"),
    "org.place": lazy_gettext("店面或办公的地方在哪个乡镇街道。"),
    "org.nature": lazy_gettext("看营业执照或登记证书上的“类型”。"),
    "org.size": lazy_gettext("不清楚可以先不填。"),
    "org.trade": lazy_gettext("选最主要的一项。"),
    "org.invested_fen": lazy_gettext("您自己为这项服务投入的钱，如装修和设备。"),
}


@blueprint.get("/")
def index() -> str:
    """Ask the questions."""
    found = finding.support(current_actor(), answers={})
    return _page(found, **forms.fresh())


@blueprint.post("/")
def answered() -> ResponseReturnValue:
    """Show what there is for whoever answered so, with the answers still in the form.

    Nothing is kept, so there is no other page to go on to: the answers stand in no address.
    """
    answer = forms.act("public.support", {"answers": answers()})
    with transaction(readonly=True):
        if answer.refused:
            questions = finding.support(current_actor(), answers={})
            shown = forms.shown_again(answer)
            response = make_response(_page(questions, **shown))
            response.status_code = answer.status
            return response
        again = forms.fresh() | {"values": request.form}
        return make_response(_page(answer.body, is_answered=True, **again))


def answers() -> dict[str, Any]:
    """Return what was answered in the form, amounts in fen, without what was left blank."""
    found: dict[str, Any] = {}
    for code, fact in facts_about(ORGANISATION).items():
        if text := request.form.get(code, "").strip():
            found[code] = forms.fen_of(text) if fact.unit == FEN else text
    return found


def hinted(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return questions with what helps to answer them."""
    return [one | {"hint": str(HINTS.get(one["code"], ""))} for one in questions]


def _page(found: dict[str, Any], *, is_answered: bool = False, **form: Any) -> str:
    items = [scheme_words.offered(one) for one in found["items"]]
    groups = [
        {
            "title": str(words),
            "tone": tone,
            "rows": [one for one in items if one["verdict"] == verdict],
        }
        for verdict, (tone, words) in VERDICTS.items()
    ]
    return render_template(
        "subsidy/public/finder.html",
        groups=[group for group in groups if group["rows"]] if is_answered else [],
        residents=[scheme_words.offered(one) for one in found["residents"]],
        questions=hinted(found["questions"]),
        is_answered=is_answered,
        **form,
    )
