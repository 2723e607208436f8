"""The verbs by which an office changes a rule figure: drafted by one, approved by another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import audit, proposals
from core.access import Actor, fetch
from core.db import db
from core.divisions import Division, require_division
from core.errors import InvalidInput, RuleBroken
from core.rulepack.declared import TEXT, FigureKind, Row, figures, local_name, unit_name
from core.rulepack.models import RuleFigure
from core.rulepack.reading import all_rows, chain_of, contradicts, standing

OBJECT = "rule_figure"
PROPOSE, APPROVE = "rulepack.propose", "rulepack.approve"


def propose(
    actor: Actor,
    *,
    code: str,
    from_on: date,
    law: str,
    article: str,
    number: int | None = None,
    text: str | None = None,
    to_on: date | None = None,
    division_code: str | None = None,
    note: str | None = None,
    permit: str | None = None,
) -> dict[str, Any]:
    """Draft another value of a figure, from a day on, for a division or (None) the country.

    `number` is in the figure's unit (fen, days, ...), `text` for figures of unit text. Refuses
    NO_AUTHORITY outside the actor's division, RULE_CONTRADICTS_UPPER what the level above forbids.
    """
    figure = figures().get(code)
    if figure is None:
        raise InvalidInput(
            _("没有法定数值“%(code)s”，请从列表中选择。", code=code),
            errors={"code": [_("请从列出的选项中选择")]},
        )
    _check_value(figure, number, text)
    _check_days(from_on, to_on, permit)
    if division_code is not None:
        require_division(division_code)
    elif permit:
        raise InvalidInput(
            _("试点授权只用于地方的规定，请选择行政区划。"),
            errors={"division_code": [_("请填写")]},
        )
    row = RuleFigure(
        code=code,
        number=number,
        text=text,
        from_on=from_on,
        to_on=to_on,
        division_code=division_code,
        owner_code=proposals.owner_for(actor, PROPOSE, division_code),
        law=law,
        article=article,
        note=note or "",
        permit=permit,
    )
    proposals.begin(OBJECT, row, actor)
    _refuse_contradiction(figure, row.as_row())
    audit.about(OBJECT, row.id, code)
    return answer(row)


def submit(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Hand a draft in for approval."""
    row = fetch(RuleFigure, id, actor, PROPOSE)
    _refuse_contradiction(figures()[row.code], row.as_row())
    proposals.submit(OBJECT, row, actor)
    return answer(row)


def approve(actor: Actor, *, id: int) -> dict[str, Any]:  # noqa: A002 - the field
    """Put a figure in force from its first day; what stood before ends the day before.

    Refuses FOUR_EYES_REQUIRED, RULE_CONTRADICTS_UPPER. `contradicted` lists the divisions' rows
    that no longer count because of it.
    """
    row = fetch(RuleFigure, id, actor, APPROVE)
    _refuse_contradiction(figures()[row.code], row.as_row())
    proposals.approve(OBJECT, row, actor, what=_("法定数值"))
    return answer(row) | {"contradicted": contradicted_by(row.as_row())}


def send_back(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Return a submitted figure to who drafted it."""
    row = fetch(RuleFigure, id, actor, APPROVE)
    proposals.send_back(OBJECT, row, actor, reason=reason)
    return answer(row)


def withdraw(actor: Actor, *, id: int, reason: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take back a draft that is not approved."""
    row = fetch(RuleFigure, id, actor, PROPOSE)
    proposals.withdraw(OBJECT, row, actor, reason=reason)
    return answer(row)


def answer(row: RuleFigure) -> dict[str, Any]:
    """Return a proposal as the acts answer it."""
    figure = figures()[row.code]
    return {
        "id": row.id,
        "code": row.code,
        "name": figure.title,
        "unit": figure.unit,
        "state": row.state,
        "state_name": proposals.state_name(row.state),
        **row_json(figure, row.as_row()),
    }


def row_json(figure: FigureKind, row: Row) -> dict[str, Any]:
    """Return a row of a figure as JSON."""
    return {
        "value": row.value,
        "said": figure.said(row.value),
        "from_on": row.from_on.isoformat(),
        "to_on": row.to_on.isoformat() if row.to_on else None,
        "division_code": row.division_code,
        "division": division_name(row.division_code),
        "law": row.law,
        "article": row.article,
        "citation": row.citation,
        "note": row.note,
        "permit": row.permit,
        "unverified": row.unverified,
    }


def division_name(code: str | None) -> str:
    """Return how a division is called, None being the whole country."""
    if code is None:
        return _("全国")
    found = db.session.get(Division, code)
    return found.name if found else code


def contradicted_by(row: Row) -> list[dict[str, Any]]:
    """Return the rows of lower divisions that do not count on a row's first day, and why not."""
    figure, rows = figures()[row.code], all_rows([row.code])[row.code]
    below = {one.division_code for one in rows if one.division_code is not None}
    found = {}
    for division_code in sorted(below):
        chain = chain_of(division_code)
        if row.division_code in chain:
            _row, against = standing(figure, rows, chain, row.from_on)
            found.update({one.id: one for one in against})
    return [{"id": one.id, **row_json(figure, one)} for one in found.values()]


def _refuse_contradiction(figure: FigureKind, row: Row) -> None:
    """Refuse a division's row that on any of its days says what the level above forbids."""
    if row.division_code is None:
        return
    for upper in _uppers(figure, row):
        if contradicts(figure, upper, row):
            raise RuleBroken(
                "RULE_CONTRADICTS_UPPER",
                _(
                    "%(name)s：%(own)s与上位规定%(upper)s（%(citation)s）相抵触，%(local)s。"
                    "请按上位规定调整数值；经授权试点的，请填写授权文号和截止日。",
                    name=figure.title,
                    own=figure.said(row.value),
                    upper=figure.said(upper.value),
                    citation=upper.citation,
                    local=local_name(figure.local),
                ),
                basis=upper.citation,
                figure=figure.code,
                value=row.value,
                upper=upper.value,
            )


def _uppers(figure: FigureKind, row: Row) -> Iterator[Row]:
    """Yield the rows above a division's row that are in force at its beginning or begin within."""
    rows, chain = all_rows([figure.code])[figure.code], chain_of(row.division_code)[:-1]
    begin = {
        one.from_on
        for one in rows
        if one.division_code in chain
        and row.from_on < one.from_on
        and (row.to_on is None or one.from_on <= row.to_on)
    }
    for day in sorted({row.from_on, *begin}):
        upper, _against = standing(figure, rows, chain, day)
        if upper is not None:
            yield upper


def _check_value(figure: FigureKind, number: int | None, text: str | None) -> None:
    field, other = ("text", number) if figure.unit == TEXT else ("number", text)
    given = text if figure.unit == TEXT else number
    if given is None or other is not None:
        raise InvalidInput(
            _(
                "“%(name)s”须填写一个数值（单位：%(unit)s）。",
                name=figure.title,
                unit=unit_name(figure.unit),
            ),
            errors={field: [_("请填写")]},
        )


def _check_days(from_on: date, to_on: date | None, permit: str | None) -> None:
    if to_on is not None and to_on < from_on:
        raise InvalidInput(_("截止日早于起始日，请改正。"), errors={"to_on": [_("不能早于起始日")]})
    if permit and to_on is None:
        raise InvalidInput(_("试点须有截止日，请按授权文件填写。"), errors={"to_on": [_("请填写")]})
