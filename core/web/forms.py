"""How a page performs an act: the form's fields, its request key, the session's token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from flask import flash, make_response, redirect, request, url_for
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


def saved(
    operation_id: str,
    fields: Mapping[str, Any],
    *,
    done: str,
    again: Callable[[dict[str, Any]], ResponseReturnValue],
) -> ResponseReturnValue:
    """Write what a form says and go to the page `.show` of it, or show the form again.

    `done` may name the number that was given to it: `%(number)s`. `again` renders the form from
    `shown_again`.
    """
    answer = act(operation_id, fields)
    return done_or_again(
        answer,
        done=done % {"number": answer.body.get("number")},
        to=url_for(".show", id=answer.body.get("id", fields.get("id", 0))),
        again=lambda one: again(shown_again(one)),
    )


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


def lines_of(text: str | None) -> list[str]:
    """Return the lines of a text that say something."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _two_decimals(hundredths: int) -> str:
    units, rest = divmod(hundredths, 100)
    return f"{units}.{rest:02d}"


@dataclass(frozen=True)
class Kind:
    """How a field is typed: what its text means to an act, and how that is written again.

    What does not `tell` always says something, as a list to choose from does; so it alone is
    nothing that was typed.
    """

    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    tells: bool = True

    def typed(self, value: Any) -> str:
        """Return a value as it is typed; nothing where there is none."""
        return "" if value is None else self.write(value)


TEXT, CHOICE, WHOLE = Kind(), Kind(tells=False), Kind(whole)
# Yuan as fen, per cent as basis points, points as hundredths of one.
HUNDREDTHS = Kind(fen_of, _two_decimals)
FLAG = Kind(lambda text: text == "1", lambda is_so: "1" if is_so else "0", tells=False)


@dataclass(frozen=True)
class Part:
    """Fields of a form that make one object: `bond-issuer`, `bond-amount_fen`."""

    name: str
    kinds: Mapping[str, Kind]

    def read(self, form: Any) -> dict[str, Any] | None:
        """Return what was typed, without what was left blank; None where nothing was."""
        texts = {key: form.get(f"{self.name}-{key}", "").strip() for key in self.kinds}
        if not any(text for key, text in texts.items() if self.kinds[key].tells):
            return None
        return {key: self.kinds[key].read(text) for key, text in texts.items() if text}

    def fill(self, values: MutableMapping[str, str], said: Mapping[str, Any] | None) -> None:
        """Write into a form what an object says."""
        for key, kind in self.kinds.items():
            values[f"{self.name}-{key}"] = kind.typed((said or {}).get(key))


@dataclass(frozen=True)
class Rows:
    """Numbered parts of a form: `funding-0-line_id`, `funding-1-line_id`; `least` stand ready.

    Where there is a `letter`, a row without a code gets it and its place: M1, M2.
    """

    name: str
    least: int
    kinds: Mapping[str, Kind]
    letter: str = ""

    def read(self, form: Any) -> list[dict[str, Any]]:
        """Return the rows that say something, each without what was left blank."""
        found = []
        for place, part in enumerate(self._parts(form), start=1):
            if row := part.read(form):
                code = {"code": f"{self.letter}{place}"} if self.letter else {}
                found.append(code | row)
        return found

    def fill(
        self, values: MutableMapping[str, str], rows: Iterable[Mapping[str, Any]] | None
    ) -> None:
        """Write rows into a form."""
        for place, row in enumerate(rows or ()):
            self._part(place).fill(values, row)

    def ready(self, values: Any) -> int:
        """Return how many rows the form shows: what is filled in, and some blank ones."""
        used = [place for place, part in enumerate(self._parts(values)) if part.read(values)]
        return max(self.least, used[-1] + 2 if used else 0)

    def _part(self, place: int) -> Part:
        return Part(f"{self.name}-{place}", self.kinds)

    def _parts(self, form: Any) -> list[Part]:
        """Return the rows up to the last that the form speaks of; a hundred at most."""
        spoken = re.compile(rf"{re.escape(self.name)}-(\d{{1,2}})-[^-]+", re.ASCII)
        places = [int(found[1]) for key in form if (found := spoken.fullmatch(key))]
        return [self._part(place) for place in range(max(places, default=-1) + 1)]
