"""Schema fields with the limits every act shares: lengths, ranges, no hidden characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date as Day  # noqa: N812 - `date` is a field here
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

from core.clock import FIRST_DAY, LAST_DAY, ZONE
from core.identifiers import holds_citizen_id
from core.lines import Place

# 9 * 10^15 fen: below 2^53, so that every reader of JSON keeps the last fen.
FEN_MAX = 9_000_000_000_000_000
ID_MAX = 2**63 - 1
# Control characters and surrogates: nobody typed them, and databases choke on them.
HIDDEN = {"Cc", "Cs"}


class Text(fields.String):
    """A line of text: trimmed, 1 to `longest` characters, no control characters or surrogates."""

    def __init__(
        self, *, longest: int = 200, shortest: int = 1, public: bool = False, **options: Any
    ) -> None:
        """Limit the length; other options are marshmallow's.

        What is typed into a `public` one is read by others: no identity number may stand in it.
        """
        super().__init__(**options)
        self.longest, self.shortest, self.public = longest, shortest, public

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **options) or "").strip()
        if not self.shortest <= len(text) <= self.longest:
            raise ValidationError(
                _("须为 %(low)s 至 %(high)s 个字符", low=self.shortest, high=self.longest)
            )
        # Only what is not printable can be hidden; most text is, and need not be spelled out.
        if not text.isprintable() and any(unicodedata.category(c) in HIDDEN for c in text):
            raise ValidationError(_("含有不可见字符"))
        if self.public and holds_citizen_id(text):
            raise ValidationError(
                _("含有居民身份证号码。这里写的内容别人也能看到，请删去号码后再提交。")
            )
        return text


def fen(*, minimum: int = 1, **options: Any) -> fields.Integer:
    """Return a field of integer fen, at least `minimum`."""
    limits = validate.Range(min=minimum, max=FEN_MAX, error=_range_error(minimum))
    options.setdefault("required", True)
    return fields.Integer(strict=True, validate=limits, **options)


def identity(**options: Any) -> fields.Integer:
    """Return a field that holds a row's number."""
    options.setdefault("required", True)
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=ID_MAX), **options)


def identities(*, most: int = 10_000, **options: Any) -> fields.List[int]:
    """Return a field that holds between one and `most` row numbers."""
    options.setdefault("required", True)
    limits = validate.Length(min=1, max=most)
    return fields.List(identity(), validate=limits, **options)


def date(**options: Any) -> fields.Date:
    """Return an ISO 8601 date, within three centuries."""
    options.setdefault("required", True)
    return fields.Date(format="iso", validate=_in_time, **options)


def instant(**options: Any) -> fields.AwareDateTime:
    """Return an instant, of Asia/Shanghai where no zone is said, within three centuries."""
    return fields.AwareDateTime(default_timezone=ZONE, validate=_in_time, **options)


def one_of(*choices: str, **options: Any) -> fields.String:
    """Return a field that holds one of a closed set of codes."""
    options.setdefault("required", True)
    return fields.String(validate=validate.OneOf(choices), **options)


def reason(**options: Any) -> Text:
    """Return the reason of an act, kept in the trail; never write personal data into it."""
    options.setdefault("required", True)
    return Text(longest=500, public=True, **options)


def schema(name: str, /, **members: Any) -> Schema:
    """Return an instance of a schema of these fields; unknown fields are refused."""
    return Schema.from_dict(members, name=name)()


def in_words(messages: Any) -> Any:
    """Return a schema's messages by field in the reader's language.

    Marshmallow's own are English; those of our fields are told as they are.
    """
    if isinstance(messages, Mapping):
        return {name: in_words(found) for name, found in messages.items()}
    if isinstance(messages, list):
        return [in_words(found) for found in messages]
    known = {
        "Missing data for required field.": _("请填写"),
        "Field may not be null.": _("请填写"),
        "Invalid value.": _("内容不对，请核对"),
        "Invalid input type.": _("内容的格式不对"),
        "Invalid type.": _("内容的格式不对"),
        "Not a valid string.": _("须为文字"),
        "Not a valid integer.": _("须为数字，金额最多两位小数"),
        "Not a valid number.": _("须为数字"),
        "Not a valid boolean.": _("须为是或否"),
        "Not a valid date.": _("须为日期，如 2026-09-01"),
        "Not a valid datetime.": _("须为时间，如 2026-09-01T09:00"),
        "Not a valid list.": _("须为列表"),
        "Not a valid mapping type.": _("内容的格式不对"),
        "Unknown field.": _("没有这一项"),
    }
    if str(messages).startswith("Must be one of:"):
        return _("请从列出的选项中选择")
    return known.get(str(messages)) or _limits_in_words(str(messages)) or messages


def leaves(errors: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield each place and sentence of a schema's nested messages."""
    if isinstance(errors, Mapping):
        for key, inner in errors.items():
            # What a schema says of the whole is said of what holds it.
            yield from leaves(inner, place if key == "_schema" else (*place, key))
    elif isinstance(errors, list):
        yield place, "".join(f"{one}" for one in errors)
    else:
        yield place, str(errors)


def _limits_in_words(message: str) -> str | None:
    """Return marshmallow's sentence about a range or a length in the reader's language."""
    figures = re.findall(r"-?\d+", message)
    if re.fullmatch(
        r"Must be greater than or equal to \S+ and less than or equal to \S+\.", message
    ):
        return _("须为 %(low)s 至 %(high)s 的整数", low=figures[0], high=figures[1])
    if re.fullmatch(r"Length must be between \d+ and \d+\.", message):
        return _("须有 %(low)s 至 %(high)s 项", low=figures[0], high=figures[1])
    if re.fullmatch(r"Longer than maximum length \d+\.", message):
        return _("最多 %(most)s 项", most=figures[0])
    if re.fullmatch(r"Shorter than minimum length \d+\.", message):
        return _("至少 %(least)s 项", least=figures[0])
    return None


def _in_time(value: Day | datetime) -> None:
    """Refuse days with which nobody can reckon: weeks and zones end where the calendar does."""
    if not FIRST_DAY.year <= value.year <= LAST_DAY.year:
        raise ValidationError(
            _("日期须在 %(first)s 至 %(last)s 之间", first=FIRST_DAY, last=LAST_DAY)
        )


def _range_error(minimum: int) -> str:
    return f"须为不小于 {minimum} 的整数（单位：分）"
