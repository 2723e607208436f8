"""Pages around one act: the page that asks for its reason, and the page that says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _

from core.acts import Answer
from core.web.forms import fresh, refused, shown_again


def form_of(answer: Answer | None) -> dict[str, Any]:
    """Return what a form's template needs, shown for the first time or after a refusal."""
    if answer is None:
        return fresh()
    form = shown_again(answer)
    empty = {name: _("这一项还没有填。") for name in form["errors"] if not request.form.get(name)}
    return form | {"errors": form["errors"] | empty}


def reason_page(
    answer: Answer | None,
    *,
    title: object,
    consequence: object,
    button: object,
    tone: str,
    back_url: str,
    back_label: str,
    days: Sequence[tuple[str, object, object]] = (),
) -> str:
    """Return the page on which somebody says why, and hears what will follow.

    The form goes to the address of the page itself. `days` are asked too, none of them required:
    field, label, hint.
    """
    return render_template(
        "voucher/staff/reason.html",
        title=title,
        consequence=consequence,
        button=button,
        tone=tone,
        back_url=back_url,
        back_label=back_label,
        action=request.path,
        days=days,
        **form_of(answer),
    )


def refusal_page(answer: Answer, *, back_url: str, back_label: str) -> str:
    """Return the page that says no to a button and leads back to where it stood."""
    return render_template(
        "refusal.html",
        refusal=refused(answer),
        layout="layout_staff.html",
        back_url=back_url,
        back_label=back_label,
    )
