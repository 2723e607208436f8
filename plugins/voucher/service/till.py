"""The till: look up, quote and redeem. One reading statement decides, one writing act follows.

What a use may be is decided once, in `rules.decide`, for both databases. On PostgreSQL a
redemption is two round trips: one statement that reads everything the decision rests on (session,
role, earlier answer, code, voucher, lots, admission, offer), and one function call that guards
and writes it all. SQLite runs the same statement and the same rows in one immediate transaction.
No shared balance row is touched.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from typing import Any

from flask_babel import gettext as _

from core import clock, codes, privacy
from core.access import Actor
from core.acts import Answer, Request, key_reused, load_answer, record_refusal, resolve
from core.db import direct, transaction
from core.errors import InvalidInput, Refusal, Unavailable
from plugins.voucher.rules import Service, Use
from plugins.voucher.service import capture, context, recording
from plugins.voucher.service.known import AccountsUnknown, open_accounts
from plugins.voucher.service.reading import (
    Line,
    decided,
    identify,
    read,
    read_in_act,
    refuse_early,
    refuse_period,
    situation,
)


def redeem(request: Request) -> Answer:
    """Redeem one voucher: the port of the act `voucher.redeem`."""
    return _redeem_alone(request, _line(request, request.fields, request.key, request.fingerprint))


def redeem_many(request: Request) -> Answer:
    """Redeem many vouchers in one call; each line is an act of its own, under its own key.

    Lines that can go together are written together; the others go one by one, so that every line
    gets its own answer.
    """
    lines = [_line_of_batch(request, fields) for fields in request.fields["lines"]]
    open_lines = _one_per_code([line for line in lines if line.answer is None])
    # Overtaken means that nothing was written: each line is asked alone below.
    with suppress(capture.Overtaken):
        if open_lines:
            _redeem(request, open_lines)
    for line in lines:
        if line.answer is None:
            line.answer = _answer_alone(request, line)
    answers = [line.answer for line in lines if line.answer is not None]
    return Answer(
        200,
        {
            "accepted": sum(not answer.refused for answer in answers),
            "refused": sum(answer.refused for answer in answers),
            "lines": [
                {"key": line.key, "status": answer.status, "answer": answer.body}
                for line, answer in zip(lines, answers, strict=True)
            ],
        },
    )


def lookup(actor: Actor, *, code: str) -> dict[str, Any]:
    """Tell a clerk whom a code belongs to (masked) and which services may be chosen.

    Refuses what a redemption would refuse before a service is chosen; the attempt is kept.
    """
    # Looking is how a clerk comes to check whom she has before her.
    line = Line(Use("", identity_checked=True), codes.parse(code))
    connection, where = read_in_act(actor, line)
    today = clock.today()
    refuse_early(connection, line, where, today)
    head, terms = line.head, where.terms
    offers = connection.rows(context.OFFERS, {"admission_id": head["admission_id"]})
    covered = terms.classes[where.class_code].services
    live = [lot for lot in where.lots if lot.takes(today, today)]
    return {
        "id": head["voucher_id"],
        "number": head["number"],
        "programme": head["programme_name"],
        "class": terms.classes[where.class_code].name,
        "holder": privacy.mask_name(head["resident_name"]),
        "check_identity": terms.identity_check == "always"
        or (terms.identity_check == "card" and where.credential_kind == "card"),
        "unit": terms.unit,
        "available": sum(lot.available for lot in live),
        "valid_through": max(
            (lot.valid_through for lot in live or where.lots), default=terms.valid_through
        ).isoformat(),
        "single_use": terms.single_use,
        "other_payers": [
            {"code": payer.code, "name": payer.name} for payer in terms.other_payers.values()
        ],
        "late_days": terms.late_days,
        "services": [
            _told(terms.services[service_code], price_fen)
            for service_code, price_fen in offers
            if service_code in covered and service_code in terms.services
        ],
    }


def _told(service: Service, price_fen: int | None) -> dict[str, Any]:
    return {
        "code": service.code,
        "name": service.name,
        "unit": service.unit,
        "price_fen": price_fen,
        "maximum_price_fen": service.maximum_price_fen,
        "presence": service.presence,
        "measure": service.measure,
        "results": [
            {"code": result.code, "name": result.name, "share_ppm": result.share_ppm}
            for result in service.results
        ],
    }


def quote(actor: Actor, *, code: str, **asked: Any) -> dict[str, Any]:
    """Decide a use without writing money; the same decision that redeeming makes."""
    line = Line(use_of(asked), codes.parse(code))
    connection, where = read_in_act(actor, line)
    decision = decided(connection, line, where, clock.today())
    head, service = line.head, where.terms.services[line.use.service_code]
    return {
        "id": head["voucher_id"],
        "number": head["number"],
        "programme": head["programme_name"],
        "holder": privacy.mask_name(head["resident_name"]),
        "service": service.name,
        "measure": service.measure,
        "payee": where.terms.payee,
        "quantity": decision.quantity,
        "service_on": decision.service_on.isoformat(),
        **recording.money(decision, where.terms),
    }


def use_of(asked: dict[str, Any], **more: Any) -> Use:
    """Return a use as an act's fields ask for it."""
    names = (
        "service_code",
        "quantity",
        "price_fen",
        "others_fen",
        "service_on",
        "identity_checked",
    )
    return Use(**{name: asked[name] for name in names if name in asked}, **more)


# --- deciding ----------------------------------------------------------------------------------


def _redeem_alone(request: Request, line: Line) -> Answer:
    """Redeem one line; once overtaken by another writer, decide again under the lots' lock."""
    for locked in (False, True):
        try:
            _redeem(request, [line], locked=locked)
        except capture.Overtaken:
            continue
        assert line.answer is not None  # noqa: S101 - a line alone is answered or refused
        return line.answer
    raise Unavailable("RETRY_LATER", _("同一凭证码正在别处核销。请稍候用同一笔请求重试。"))


def _answer_alone(request: Request, line: Line) -> Answer:
    """Return a batch line's own answer; its refusal is recorded as its own attempt."""
    alone = Request(
        request.act, {}, token=request.token, key=line.key, fingerprint=line.fingerprint
    )
    try:
        return _redeem_alone(alone, line)
    except Unavailable as refusal:
        return Answer(refusal.status, refusal.problem())
    except Refusal as refusal:
        return record_refusal(alone, refusal)


def _redeem(request: Request, lines: list[Line], *, locked: bool = False) -> None:
    """Read, decide and write lines in one go, all of them or none; set their answers.

    Raises the first line's refusal, or Overtaken when another writer came between reading and
    writing; nothing is written then.
    """
    while True:
        try:
            _attempt(request, lines, locked=locked)
        except AccountsUnknown as unknown:
            # The first use of a pool at a provider: its accounts are opened beforehand, once. Lots
            # of several pools make one such turn each.
            with transaction():
                open_accounts(unknown.pairs)
        else:
            return


def _attempt(request: Request, lines: list[Line], *, locked: bool) -> None:
    now = clock.now()
    today = clock.day_of(now)
    with direct(whole=locked) as connection:
        read(connection, request, lines, now=now, locked=locked)
        identify(request, lines)
        refuse_period(lines[0], now)
        ready = []
        for line in lines:
            try:
                if not _replay_old(line):
                    _about(request, line)
                    where = situation(connection, line, now)
                    line.decision = decided(connection, line, where, today)
                    ready.append((line, recording.receipt(connection, line, now)))
            except Refusal:
                # Among others, a refused line is left to be asked alone.
                if len(lines) == 1:
                    raise
        rows = [
            recording.rows(connection, line, body, act=uuid.uuid4().hex, request=request)
            for line, body in ready
        ]
        if rows:
            capture.write(connection, rows, now=now)
    for line, body in ready:
        line.answer = Answer(200, body)


def _about(request: Request, line: Line) -> None:
    number = line.head["voucher_id"]
    if request.acting is not None and number is not None:
        request.acting.object_id = str(number)


# --- asking ------------------------------------------------------------------------------------


def _line_of_batch(request: Request, fields: dict[str, Any]) -> Line:
    """Return one line of a batch; a code that is none is that line's own refusal."""
    key, text = fields["key"], json.dumps(fields, sort_keys=True, default=str)
    fingerprint = privacy.keyring().mac("fingerprint", text)
    try:
        return _line(request, fields, key, fingerprint)
    except InvalidInput as refusal:
        alone = Request(request.act, {}, token=request.token, key=key, fingerprint=fingerprint)
        answer = record_refusal(alone, refusal)
        return Line(use_of(fields), key=key, fingerprint=fingerprint, answer=answer)


def _line(request: Request, fields: dict[str, Any], key: str | None, fingerprint: str) -> Line:
    """Return a line; person and role are refused before a code that is none."""
    try:
        return Line(use_of(fields), codes.parse(fields["code"]), key, fingerprint)
    except InvalidInput:
        with transaction(readonly=True):
            resolve(request)
        raise


def _one_per_code(lines: list[Line]) -> list[Line]:
    """Leave out the second line of a code: its decision must see the first one's effect."""
    return list({line.code: line for line in reversed(lines)}.values())[::-1]


def _replay_old(line: Line) -> bool:
    """Give a line the answer its key got before, if there is one; refuse another use of it."""
    head = line.head
    if head["old_status"] is None:
        return False
    if head["old_fingerprint"] != line.fingerprint:
        raise key_reused()
    line.answer = Answer(head["old_status"], load_answer(head["old_answer"]), replayed=True)
    return True
