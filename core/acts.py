"""The boundary of every act: sign-in, permission, schema, one transaction, one remembered answer.

An act is what a person can do on a page and a program through the API. A refusal rolls it back;
then a second small transaction writes one audit entry and, where a request key was given, the
answer under that key, so that a repeat hears the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError
from marshmallow.fields import Field
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from core import audit, privacy
from core.access import ANONYMOUS, Actor, authenticate, require
from core.audit import VEILED, Acting, AuditEntry, Veil
from core.db import db, insert_once, lost_the_race, transaction
from core.errors import Conflict, InvalidInput, Overlapped, Refusal, Unavailable
from core.fields import identity, in_words, reason, schema
from core.plugins import registry

KEY_MAX = 120
DEADLOCK_TRIES = 3
SEALED = "audit_entry.answer"
BODY_MAX = 8 * 1024 * 1024


@dataclass(frozen=True)
class Act:
    """One act: its public name, permission, schema and verb.

    `verb(actor, **fields)` returns a JSON-ready dict. `reads` acts change nothing and run
    read-only; `secret` answers (one-time codes, what is known of persons) are stored sealed.
    `permission` None means that nobody need be signed in. Who performs a `veiled` act stays secret:
    trail and status log do not say it, and its answers are sealed; unless it is `noted`, the
    trail's pages do not even say that it was done, for numbers tell, too. A `port` stands in
    place of boundary and verb (None) where the till's speed needs it, under the same contract.
    `body_max` is the longest request in bytes that the API reads for it.
    """

    operation_id: str
    summary: str
    path: str
    permission: str | None
    schema: Schema
    verb: Callable[..., dict[str, Any]] | None
    method: str = "POST"
    reads: bool = False
    secret: bool = False
    veiled: bool = False
    noted: bool = False
    object_type: str | None = None
    port: Callable[[Request], Answer] | None = None
    body_max: int = BODY_MAX


@dataclass(frozen=True)
class Deed:
    """What an act on one row does: its public name, summary, permission and verb."""

    operation_id: str
    summary: str
    permission: str
    verb: Callable[..., dict[str, Any]]


class Reasoned(Deed):
    """A deed that wants a reason, too."""


def acts_on(object_type: str, path: str, *deeds: Deed) -> list[Act]:
    """Return acts on one row each: they ask for its number, and nothing else but a reason.

    What an act does ends its path: of `/debts`, `debt.send_back` is at `/debts/send-back`.
    """
    return [
        Act(
            deed.operation_id,
            deed.summary,
            f"{path}/{deed.operation_id.rpartition('.')[2].replace('_', '-')}",
            deed.permission,
            schema(deed.operation_id, id=identity(), **_asked(deed)),
            deed.verb,
            object_type=object_type,
        )
        for deed in deeds
    ]


def _asked(deed: Deed) -> dict[str, Field[Any]]:
    return {"reason": reason()} if isinstance(deed, Reasoned) else {}


@dataclass
class Request:
    """One call of an act, whoever brings it: page, API, rehearsal, command line.

    `actor` and `acting` become known on the way; a refusal is recorded with what was known.
    """

    act: Act
    payload: Mapping[str, Any]
    token: str | None = None
    actor: Actor | None = None
    key: str | None = None
    fingerprint: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    acting: Acting | None = None


@dataclass
class Answer:
    """What the caller hears: status, body, and whether it was said before."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    replayed: bool = False

    @property
    def refused(self) -> bool:
        """Tell whether the body is a problem object."""
        return self.status >= 400  # noqa: PLR2004 - HTTP


def perform(
    operation_id: str,
    payload: Mapping[str, Any],
    *,
    token: str | None = None,
    actor: Actor | None = None,
    key: str | None = None,
) -> Answer:
    """Perform an act and return its answer; a refusal is an answer too (`Answer.refused`).

    `token` is the session token of the caller; `actor` is given instead by trusted callers
    (command line, rehearsal, worker). `key` is the caller's idempotency key: the same key with
    the same content gets the same answer, with other content KEY_REUSED.
    """
    act = registry().acts[operation_id]
    request = Request(
        act, payload, token=token, actor=actor, key=key, fingerprint=_fingerprint(act, payload)
    )
    try:
        if key is not None and not 0 < len(key) <= KEY_MAX:
            request.key = None
            raise InvalidInput(_("请求键须为 1 至 %(key_max)s 个字符。", key_max=KEY_MAX))
        request.fields = _load(request)
        return act.port(request) if act.port else _run_again(request)
    except Unavailable as refusal:
        # The outcome is unknown, so nothing may be remembered under the key.
        return Answer(refusal.status, refusal.problem())
    except Refusal as refusal:
        return record_refusal(request, refusal)


def do(operation_id: str, actor: Actor, **fields: Any) -> dict[str, Any]:
    """Perform an act for a trusted caller and return its body; raise its refusal."""
    answer = perform(operation_id, fields, actor=actor)
    if answer.refused:
        raise Refusal(answer.body["code"], answer.body["detail"], **answer.body["facts"])
    return answer.body


def resolve(request: Request) -> Actor:
    """Return who asks, and refuse whom the act's permission does not admit."""
    if request.actor is None:
        request.actor = authenticate(request.token) if request.token else ANONYMOUS
    if request.act.permission is not None:
        require(request.actor, request.act.permission)
    return request.actor


def acting_as(act: Act, actor: Actor) -> Acting:
    """Return the identity under which an actor performs an act; nobody's where it is veiled."""
    if act.veiled:
        veil = Veil(actor.user_id, actor.name, actor.organisation_id, actor.device_id)
        return Acting(act.operation_id, None, VEILED, object_type=act.object_type, veil=veil)
    return Acting(
        act.operation_id,
        actor.user_id,
        actor.name,
        organisation_id=actor.organisation_id,
        device_id=actor.device_id,
        object_type=act.object_type,
    )


def replay(entry: AuditEntry, fingerprint: str) -> Answer:
    """Return the remembered answer, or refuse a key that was used for something else."""
    if entry.fingerprint != fingerprint:
        raise key_reused()
    return Answer(entry.status, load_answer(entry.answer), replayed=True)


def key_reused() -> Conflict:
    """Return the refusal of a key that was used for something else."""
    return Conflict(
        "KEY_REUSED", _("这个请求键已用于另一笔不同的请求。请为新的请求生成新的请求键。")
    )


def dump_answer(act: Act, body: dict[str, Any]) -> str:
    """Return an answer as it is stored: JSON, sealed where it holds secrets."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if act.veiled:
        return privacy.keyring().seal(audit.padded(text), SEALED)
    return privacy.keyring().seal(text, SEALED) if act.secret else text


def load_answer(text: str | None) -> dict[str, Any]:
    """Read a stored answer back."""
    if not text:
        return {}
    plain = text if text.startswith("{") else privacy.keyring().open(text, SEALED)
    body: dict[str, Any] = json.loads(plain)
    return body


def _load(request: Request) -> dict[str, Any]:
    """Return the fields of a request; person and role are refused before what they typed."""
    try:
        loaded: dict[str, Any] = request.act.schema.load(request.payload)
    except ValidationError as error:
        with transaction(readonly=True):
            resolve(request)
        raise InvalidInput(
            _("填写的内容有误，请按各项提示改正后重新提交。"),
            errors=in_words(error.normalized_messages()),
        ) from error
    return loaded


def _fingerprint(act: Act, payload: Mapping[str, Any]) -> str:
    """Return a keyed hash of what was asked; keyed, because it may hold personal data."""
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, default=str)
    return privacy.keyring().mac("fingerprint", f"{act.operation_id}\n{text}")


def _scope(request: Request, actor: Actor) -> str:
    """Return the name under which the caller's request keys are unique.

    Behind a veil it is another for every key, so that two acts of one person cannot be matched.
    """
    if not request.act.veiled:
        return actor.scope
    return privacy.keyring().mac("veiled-scope", f"{actor.scope}\n{request.key}")


def _run_again(request: Request) -> Answer:
    """Run an act; one that a deadlock undid is tried again, a few times."""
    for _attempt in range(DEADLOCK_TRIES - 1):
        try:
            return _run(request)
        except Overlapped:
            continue
    return _run(request)


def _run(request: Request) -> Answer:
    act = request.act
    assert act.verb is not None, "an act without a port has a verb"  # noqa: S101 - start-up data
    try:
        with transaction(readonly=act.reads):
            actor = resolve(request)
            if act.reads:
                return Answer(200, act.verb(actor, **request.fields))
            scope = _scope(request, actor)
            if request.key and (earlier := audit.stored(scope, request.key)):
                return replay(earlier, request.fingerprint)
            request.acting = acting_as(act, actor)
            with audit.acting(request.acting) as acting:
                body = act.verb(actor, **request.fields)
            if acting.object_id is None and "id" in body:
                acting.object_id = str(body["id"])
            row = audit.entry(
                acting,
                outcome=audit.ACCEPTED,
                status=200,
                scope=scope,
                request_key=request.key,
                fingerprint=request.fingerprint,
                answer=dump_answer(act, body),
            )
            db.session.execute(insert(AuditEntry).values(row))
        return Answer(200, body)
    except IntegrityError as error:
        if not lost_the_race(error):
            raise
        raise Conflict(
            "STATE_CHANGED", _("另一笔请求刚刚改动了同一条记录。请刷新后查看最新状态再操作。")
        ) from error


def record_refusal(request: Request, refusal: Refusal) -> Answer:
    """Write a refusal and its answer in a transaction of their own; return what is remembered.

    A refused read leaves no trace. What another request stored meanwhile under the same key is
    the answer.
    """
    act, problem = request.act, refusal.problem()
    if act.reads:
        return Answer(refusal.status, problem)
    with transaction():
        actor = request.actor or _who(request.token)
        acting = request.acting or acting_as(act, actor)
        acting.detail = refusal.message
        scope = _scope(request, actor)
        key = request.key if actor is not ANONYMOUS and refusal.code != "KEY_REUSED" else None
        row = audit.entry(
            acting,
            outcome=audit.REFUSED,
            status=refusal.status,
            code=refusal.code,
            scope=scope,
            request_key=key,
            fingerprint=request.fingerprint,
            answer=dump_answer(act, problem),
        )
        if not insert_once(AuditEntry.__table__, row):
            earlier = audit.stored(scope, key or "")
            assert earlier is not None  # noqa: S101 - only the key can stand in the way
            try:
                return replay(earlier, request.fingerprint)
            except Conflict as conflict:
                return Answer(conflict.status, conflict.problem())
    return Answer(refusal.status, problem)


def _who(token: str | None) -> Actor:
    try:
        return authenticate(token) if token else ANONYMOUS
    except Refusal:
        return ANONYMOUS
