"""The acts that record and show what is known of a resident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError
from marshmallow import fields as plain

from core.acts import Act
from core.facts import reading, recording
from core.fields import FEN_MAX, Text, date, identity, schema


class FactValue(plain.Field[Any]):
    """A fact's value: an integer, or a line of text (a choice, a day, a code)."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> str | int:
        if isinstance(value, str):
            return Text(longest=recording.LONGEST_VALUE).deserialize(value, attr, data, **options)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= FEN_MAX:
            return value
        raise ValidationError(_("须为文字或不小于 0 的整数"))


def _document() -> Text:
    return Text(required=True, longest=120)


ACTS = [
    Act(
        "resident.record_fact",
        "登记居民资料",
        "/residents/facts/new",
        recording.RECORD,
        schema(
            "NewFact",
            resident_id=identity(),
            code=Text(required=True, longest=40),
            value=FactValue(
                required=True,
                metadata={
                    "oneOf": [
                        {"type": "integer", "minimum": 0, "maximum": FEN_MAX},
                        {"type": "string", "minLength": 1, "maxLength": recording.LONGEST_VALUE},
                    ]
                },
            ),
            from_on=date(),
            to_on=date(required=False, load_default=None),
            document=_document(),
        ),
        recording.record_fact,
        object_type="resident_fact",
    ),
    Act(
        "resident.end_fact",
        "截止或作废居民资料",
        "/residents/facts/end",
        recording.RECORD,
        schema("EndFact", id=identity(), to_on=date(), document=_document()),
        recording.end_fact,
        object_type="resident_fact",
    ),
    Act(
        "resident.facts",
        "查看居民资料",
        "/residents/facts",
        "resident.view",
        schema(
            "FactsOf",
            resident_id=identity(),
            on=date(required=False, load_default=None),
        ),
        reading.resident_facts,
        method="GET",
        reads=True,
    ),
    Act(
        "resident.record_death",
        "登记居民去世",
        "/residents/deaths",
        recording.RECORD,
        schema("NewDeath", resident_id=identity(), on=date(), document=_document()),
        recording.record_death,
        object_type="resident",
    ),
    Act(
        "resident.record_move",
        "登记居民迁居",
        "/residents/moves",
        recording.RECORD,
        schema(
            "NewMove",
            resident_id=identity(),
            division_code=Text(required=True, longest=12),
            on=date(),
            document=_document(),
        ),
        recording.record_move,
        object_type="resident",
    ),
]
