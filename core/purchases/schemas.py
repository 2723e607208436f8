"""What a plan, a menu and an order consist of, as marshmallow fields with their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from core.fields import ID_MAX, Text, date, fen, identity, one_of, schema
from core.purchases import funds, models

LINES_MOST, ROWS_MOST, NAMES_MOST = 20, 30, 50
PEOPLE_MOST = 10_000_000
QUANTITY_MOST = 1_000_000_000


class Paragraphs(Text):
    """Text of several lines; line ends of any kind become newlines."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> str:
        if not isinstance(value, str):
            return super()._deserialize(value, attr, data, **options)
        lines = value.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
        # Judged with blanks in place of the line ends, which are the only hidden signs allowed.
        super()._deserialize(" ".join(lines), attr, data, **options)
        return "\n".join(lines)


def _parts(name: str, /, **members: Any) -> fields.List[dict[str, Any]]:
    part = fields.Nested(schema(name, **members))
    return fields.List(part, load_default=list, validate=validate.Length(max=ROWS_MOST))


def _part(name: str, /, **members: Any) -> fields.Nested:
    return fields.Nested(schema(name, **members), load_default=None, allow_none=True)


def _whole(most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=most), **options)


def _codes(*choices: str) -> fields.List[str]:
    limits = validate.Length(max=len(choices))
    return fields.List(one_of(*choices), load_default=list, validate=limits)


def _texts() -> fields.List[str]:
    limits = validate.Length(max=ROWS_MOST)
    return fields.List(Text(longest=300), load_default=list, validate=limits)


def _flag() -> fields.Boolean:
    return fields.Boolean(load_default=False, truthy={True}, falsy={False})


def numbers() -> fields.List[int]:
    """Return a field of row numbers that may be left empty."""
    limits = validate.Length(max=NAMES_MOST)
    return fields.List(identity(), load_default=list, validate=limits)


def _words(longest: int) -> Paragraphs:
    return Paragraphs(longest=longest, load_default=None, allow_none=True)


def _line(longest: int) -> Text:
    return Text(longest=longest, load_default=None, allow_none=True)


def _year(**options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=1900, max=2199), **options)


def plan(name: str, /, **members: Any) -> Schema:
    """Return the schema of a plan; what is still missing is asked for when it is submitted."""
    return schema(
        name,
        name=Text(required=True, longest=120),
        catalogue_item_id=identity(),
        by_analogy=_flag(),
        nature=one_of(models.PUBLIC_SERVICE, models.SUPPORT_SERVICE),
        beneficiary=one_of(models.GOVERNMENT, models.PUBLIC),
        origin=one_of(models.NEW, models.CONVERTED, required=False, load_default=models.NEW),
        stage=one_of(models.PILOT, models.GENERAL, required=False, load_default=models.GENERAL),
        need=_words(2000),
        standard=_words(2000),
        quantity=_whole(QUANTITY_MOST, load_default=None, allow_none=True),
        unit=_line(20),
        goal=_words(1000),
        starts_on=date(),
        ends_on=date(),
        standard_is_clear=_flag(),
        recipients_choose=_flag(),
        to_producers=_flag(),
        form=_line(30),
        form_reason=_line(500),
        is_open_tender=_flag(),
        split_approval=_line(120),
        envelope=one_of(
            models.FIXED, models.UP_TO_LINE, required=False, load_default=models.UP_TO_LINE
        ),
        fund_purpose=one_of(*funds.PURPOSES, required=False, load_default=None, allow_none=True),
        emergency_reason=_line(500),
        handover_id=identity(required=False, load_default=None, allow_none=True),
        **_money(name),
        **_reasons(name),
        **members,
    )


def _money(name: str) -> dict[str, Any]:
    funding = fields.Nested(schema(f"{name}Line", line_id=identity(), amount_fen=fen()))
    return {
        "funding": fields.List(
            funding, load_default=list, validate=validate.Length(max=LINES_MOST)
        ),
        "forward": _parts(f"{name}Year", fiscal_year=_year(required=True), amount_fen=fen()),
        "contributions": _parts(
            f"{name}Contribution",
            source=one_of(*models.CONTRIBUTORS),
            words=Text(required=True, longest=200),
            amount_fen=fen(minimum=0, required=False, load_default=0),
        ),
    }


def _reasons(name: str) -> dict[str, Any]:
    return {
        "indicators": _parts(
            f"{name}Indicator",
            kind=one_of(*models.INDICATOR_KINDS),
            name=Text(required=True, longest=80),
            unit=Text(required=True, longest=20),
            direction=one_of(
                models.AT_LEAST, models.AT_MOST, required=False, load_default=models.AT_LEAST
            ),
            target=fields.Integer(
                required=True, strict=True, validate=validate.Range(min=0, max=QUANTITY_MOST)
            ),
            weight=_whole(100, required=True),
        ),
        "comparison": _part(
            f"{name}Comparison",
            own_fen=fen(minimum=0),
            bought_fen=fen(minimum=0),
            year=_year(required=True),
            basis=Text(required=True, longest=300),
        ),
        "conversion": _part(
            f"{name}Conversion",
            unit_name=Text(required=True, longest=120),
            document=Text(required=True, longest=120),
            amount_fen=fen(),
            ends_on=date(),
        ),
        "hard_conditions": _texts(),
        "preferred_conditions": _texts(),
        "no_add": _codes(*models.NO_ADD),
        "reforms": _codes(*models.REFORMS),
        "groups": _codes(*models.GROUPS),
        "cosigner_ids": numbers(),
    }


def one(name: str, /, **members: Any) -> Schema:
    """Return the schema of an act on one row."""
    return schema(name, id=identity(), **members)


def page(name: str, /, **members: Any) -> Schema:
    """Return the schema of a list read newest first, page by page."""
    return schema(
        name,
        before=fields.Integer(load_default=None, validate=validate.Range(min=1, max=ID_MAX)),
        limit=fields.Integer(load_default=50, validate=validate.Range(min=1, max=200)),
        **members,
    )


def people() -> fields.Integer:
    """Return the field of how many people an order is for."""
    return _whole(PEOPLE_MOST, load_default=1)
