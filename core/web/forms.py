"""How a page performs an act: the form's fields, its request key, the session's token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, make_response, redirect, request
from flask.typing import ResponseReturnValue

from core.acts import Answer, perform
from core.db import transaction
from core.errors import Refusal, SignInRequired, Unavailable
from core.web import session

# The years an act takes; an address that names another names none.
FIRST_YEAR, LAST_YEAR = 1900, 2199


def act(operation_id: str, payload: Mapping[str, Any]) -> Answer:
    """Perform an act as whoever is signed in, under the form's request key.

    Empty fields are left out, so that an act's own defaults apply. Refusals come back as answers;
    only a missing sign-in is raised, because it needs another page.
    """
    given = {name: value for name, value in payload.items() if value is not None and value != ""}
    key = request.form.get("request_key") or None
    answer = perform(operation_id, given, token=session.token(), key=key)
    if answer.status == SignInRequired.status:
        raise SignInRequired(answer.body["code"], answer.body["detail"])
    return answer


def done_or_again(
    answer: Answer,
    *,
    done: str,
    to: str,
    again: Callable[[Answer], ResponseReturnValue],
) -> ResponseReturnValue:
    """Go on to a page with a message, or show the form again with what was refused.

    `again` renders inside a read-only transaction of its own; the answer's status is kept.
    """
    if not answer.refused:
        flash(done, "good")
        return redirect(to, 303)
    with transaction(readonly=True):
        response = make_response(again(answer))
    response.status_code = answer.status
    return response


def refused(answer: Answer) -> Refusal:
    """Return an answer's problem object as a refusal, for `refusal.html`."""
    body = answer.body
    refusal = Refusal(
        body["code"],
        body["detail"],
        basis=body.get("basis"),
        errors=body.get("errors"),
        **body.get("facts", {}),
    )
    refusal.status = answer.status
    return refusal


def fresh() -> dict[str, Any]:
    """Return what a form shown for the first time needs; see `shown_again`."""
    return {"values": {}, "errors": {}, "refusal": None, "key": ""}


def shown_again(answer: Answer) -> dict[str, Any]:
    """Return what a refused form needs: what was typed, errors by field, the refusal, its key.

    The request key is kept where the outcome is unknown, so that sending the form again cannot do
    the act twice; after a refusal it is empty and the form makes a new one.
    """
    errors = answer.body.get("errors") or {}
    unknown = answer.status == Unavailable.status
    return {
        "values": request.form,
        "errors": {name: _sentences(found) for name, found in errors.items()},
        "refusal": refused(answer),
        "key": request.form.get("request_key", "") if unknown else "",
    }


def _sentences(found: Any) -> list[str]:
    """Flatten marshmallow's messages of a field, which nest where the field is a list."""
    if isinstance(found, Mapping):
        return [text for inner in found.values() for text in _sentences(inner)]
    return [found] if isinstance(found, str) else [str(text) for text in found]


LONGEST = 18  # digits; no number of ours has more, and Python itself refuses to read very long ones


def whole(text: str | None) -> int | str | None:
    """Return a typed row number or year as an integer; what is none is left to the act."""
    plain = (text or "").strip()
    readable = plain.isascii() and plain.isdecimal() and len(plain) <= LONGEST
    return int(plain) if readable else text


def page_of(text: str | None) -> int | None:
    """Return the row number after which a page of a list begins, None for the first page."""
    found = whole(text)
    return found if isinstance(found, int) else None


def year_of(text: str | None) -> int | None:
    """Return the year an address asks for, None where it names none."""
    found = whole(text)
    return found if isinstance(found, int) and FIRST_YEAR <= found <= LAST_YEAR else None


def fen_of(text: str) -> int | str:
    """Return the fen of an amount typed in yuan (`312.5`); what is no amount is left to the act.

    Decimal digits only, read as text: no binary fractions come near money.
    """
    plain = text.replace(",", "").replace("，", "").strip()
    whole, _, cents = plain.partition(".")
    sign = -1 if whole.startswith("-") else 1
    whole = whole.lstrip("+-")
    if len(whole) > LONGEST:
        return text
    if not whole.isdecimal() or not (cents.isdecimal() or not cents) or len(cents) > 2:  # noqa: PLR2004
        return text
    return sign * (int(whole) * 100 + int((cents + "00")[:2]))
