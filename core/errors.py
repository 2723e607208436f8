"""The one family of refusals: a stable code, a sentence that says what to do, the legal basis."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - the field's word: an act is refused, nothing is broken
    """An act that may not happen. Raised, never returned; it rolls the act back.

    `code` is stable and public (SCREAMING_SNAKE), `message` a full Chinese sentence with the
    figures and what to do next, `basis` the article it rests on, `facts` machine-readable figures
    (never personal data). `status` is the HTTP status the boundary answers with.
    """

    status = 422

    def __init__(
        self,
        code: str,
        message: str,
        *,
        basis: str | None = None,
        errors: dict[str, Any] | None = None,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.basis = basis
        self.errors = errors
        self.facts = facts

    def problem(self) -> dict[str, Any]:
        """Return the RFC 9457 problem object, the one canonical shape of a refusal."""
        problem: dict[str, Any] = {
            "type": f"urn:huigou:refusal:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.message,
            "code": self.code,
            "facts": self.facts,
        }
        if self.basis:
            problem["basis"] = self.basis
        if self.errors:
            problem["errors"] = self.errors
        return problem


class RuleBroken(Refusal):
    """A rule of the programme, the budget or the law forbids the act."""


class InvalidInput(Refusal):
    """What was typed or uploaded cannot be read; `errors` says where, field by field."""

    def __init__(
        self, message: str, *, errors: dict[str, Any] | None = None, code: str = "INVALID_INPUT"
    ) -> None:
        super().__init__(code, message, errors=errors)


class NotFound(Refusal):
    """No such thing, or nothing this person may know of (the two answers are the same)."""

    status = 404


class NotPermitted(Refusal):
    """The person's role does not carry the permission."""

    status = 403


class SignInRequired(Refusal):
    """Nobody is signed in, or the session has ended."""

    status = 401


class Conflict(Refusal):
    """Somebody else was first: a state has moved on, a key was used for something else."""

    status = 409


class Unavailable(Refusal):
    """The outcome is unknown (database away, still running); the same key may be sent again.

    Never stored under an idempotency key, because a later attempt may succeed.
    """

    status = 503


class Overlapped(Unavailable):
    """Two acts waited for each other; this one was undone whole and may be tried again at once."""
