"""The form of an application, on the applicant's phone and at the desk: saved, then handed in."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from core.access import require
from core.acts import Answer, perform
from core.db import transaction
from core.errors import SignInRequired
from core.facts.declared import FEN
from core.uploads import KINDS
from core.web import current_actor, session
from core.web.forms import HUNDREDTHS, fresh, shown_again
from plugins.subsidy.models import Application, Scheme
from plugins.subsidy.models import applications as a
from plugins.subsidy.pages import finder
from plugins.subsidy.service import application_checks, application_queries, applications, finding

SUBMIT = "submit"
PAPER = "paper-"
ACCEPT = ",".join(kind for _begins, kind, _ending in KINDS)


@dataclass(frozen=True)
class Begun:
    """What a form is about: the scheme, its terms, whose it is, what there is of it."""

    scheme: Scheme
    document: dict[str, Any]
    applicant_id: int
    row: Application | None

    @property
    def is_sent(self) -> bool:
        """Tell whether it was handed in, so that nothing is to be filled in any more."""
        return self.row is not None and self.row.state != a.DRAFT

    @property
    def said(self) -> dict[str, Any] | None:
        """Return the draft as its reader sees it, if there is one."""
        row = self.row
        return row and application_queries.show(current_actor(), id=row.id)

    def values(self) -> dict[str, Any]:
        """Return what the draft says, as it is typed."""
        if self.row is None:
            return {}
        typed = {"words": self.row.words, "separate_accounts": self.row.separate_accounts}
        units = {one["code"]: one["unit"] for one in self.questions()}
        for code, value in self.row.declared.items():
            is_money = units.get(code) == FEN and isinstance(value, int)
            typed[code] = HUNDREDTHS.typed(value) if is_money else value
        return typed

    def questions(self) -> list[dict[str, Any]]:
        """Return what is to be declared."""
        return finder.hinted(application_queries.questions(self.document))


def begun(scheme_id: int, applicant_id: int | None = None) -> Begun:
    """Find out what a form is about; refuse whoever may not apply, and what is not open."""
    actor = current_actor()
    require(actor, applications.MAKE)
    scheme = applications.applied_for(scheme_id)
    document = application_checks.document_today(scheme)
    party = applications.applicant_of(actor, scheme, document["applicant"], applicant_id)
    row = applications.standing(scheme.id, party)
    if row is None:
        application_checks.refuse_closed(scheme)
    elif row.terms_id is not None:
        document = application_checks.terms_of(row).document
    return Begun(scheme, document, party, row)


def page(found: Begun, action: str, form: dict[str, Any] | None = None) -> str:
    """Return the form, with what the draft says or with what was typed and its faults."""
    said = found.said
    form = form or fresh() | {"values": found.values()}
    papers = (said or {}).get("papers") or [
        {"code": one["code"], "title": one["name"], "id": None}
        for one in found.document["evidence"]
    ]
    return render_template(
        "subsidy/applying/form.html",
        is_resident=current_actor().resident_id is not None,
        action=action,
        scheme=found.scheme,
        application=said,
        applicant=application_queries.name_of(found.applicant_id),
        rule=finding.rule_words(found.document),
        is_by_register=found.document["applicant"] == applications.RESIDENT,
        questions=found.questions(),
        papers=papers,
        asks_separate_accounts=bool((found.document["conditions"] or {}).get("separate_accounts")),
        accept=ACCEPT,
        **form,
    )


def sent(
    scheme_id: int, action: str, *, to: str, applicant_id: int | None = None
) -> ResponseReturnValue:
    """Save the draft, keep the files that came with it, hand it in if that is asked.

    `to` is the page of the application, its number left open as `0`.
    """
    with transaction(readonly=True):
        evidence = begun(scheme_id, applicant_id).document["evidence"]
    fields = {
        "scheme_id": scheme_id,
        "declared": finder.answers(),
        "words": " ".join(request.form.get("words", "").split()),
        "separate_accounts": bool(request.form.get("separate_accounts")),
    }
    if applicant_id is not None:
        fields["applicant_id"] = applicant_id
    answer = _act("application.draft", fields)
    errors: dict[str, Any] = {}
    if not answer.refused:
        number = answer.body["id"]
        errors = _papers_kept(number, evidence)
        if not errors and request.form.get("step") == SUBMIT:
            answer = _act("application.submit", {"id": number})
        if not errors and not answer.refused:
            flash(
                _("已提交。我们核对材料后告诉您结果。")
                if answer.body["state"] == a.SUBMITTED
                else _("草稿已保存，可以以后再填。"),
                "good",
            )
            return redirect(to.replace("/0", f"/{number}"), 303)
    with transaction(readonly=True):
        shown = shown_again(answer) if answer.refused else fresh() | {"values": request.form}
        shown["errors"] = shown["errors"] | errors
        again = begun(scheme_id, applicant_id)
        response = make_response(page(again, action, shown))
    response.status_code = answer.status if answer.refused else 422
    return response


def _papers_kept(number: int, evidence: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Keep the files that were chosen; return what is wrong with those that were not kept."""
    errors: dict[str, Any] = {}
    for asked in evidence:
        code = asked["code"]
        file = request.files.get(f"{PAPER}{code}")
        if file is None or not file.filename:
            continue
        content = {"name": file.filename, "content": base64.b64encode(file.read()).decode()}
        answer = _act("application.add_paper", {"id": number, "code": code, "file": content}, code)
        if answer.refused:
            errors[f"{PAPER}{code}"] = [answer.body["detail"]]
    return errors


def _act(operation_id: str, fields: Mapping[str, Any], part: str = "") -> Answer:
    """Perform one of the acts that a form does together, each under a key of its own."""
    key = request.form.get("request_key") or None
    key = key and f"{key}:{operation_id.rpartition('.')[2]}{part}"[:120]
    answer = perform(operation_id, fields, token=session.token(), key=key)
    if answer.status == SignInRequired.status:
        raise SignInRequired(answer.body["code"], answer.body["detail"])
    return answer
