"""What a caller may send: strict JSON objects and plain queries, nothing a database chokes on."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from flask import request
from marshmallow import Schema, fields

from core.acts import BODY_MAX, KEY_MAX, Act
from core.api.problems import BadRequest, UnsupportedBody

DEPTH_MAX = 32
INTEGER_MAX = 2**63 - 1
INTEGER_DIGITS = len(str(INTEGER_MAX))
KEY_HEADER = "Idempotency-Key"
KEY_FORM = re.compile(rf"[!-~]{{1,{KEY_MAX}}}")
SURROGATES = range(0xD800, 0xE000)


def needs_key(act: Act) -> bool:
    """Tell whether an act must bring a request key: all that change anything but sessions."""
    return not act.reads and not act.operation_id.startswith("auth.")


def request_key() -> str:
    """Return the request key of a caller who must bring one; raises BadRequest."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        raise BadRequest(
            "IDEMPOTENCY_KEY_REQUIRED",
            f"会改变数据的请求必须带 {KEY_HEADER} 请求头。请为每笔新请求生成一个不重复的键"
            "（如 UUID），重试时沿用原来的键。",
        )
    if not KEY_FORM.fullmatch(key):
        raise BadRequest(
            "IDEMPOTENCY_KEY_INVALID",
            f"{KEY_HEADER} 须为 1 至 {KEY_MAX} 个可见的 ASCII 字符，不含空格，如 UUID。",
        )
    return key


def token() -> str | None:
    """Return the session token a caller brings; cookies do not count here."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return credentials.strip() or None if scheme.lower() == "bearer" else None


def payload(schema: Schema, *, most: int = BODY_MAX) -> dict[str, Any]:
    """Return what a request asks for: its query when it reads, its JSON object when it writes.

    Raises BadRequest for what is not one JSON object, UnsupportedBody for another type of
    content; a body of more than `most` bytes ends in HTTP 413.
    """
    return _query(schema) if request.method in {"GET", "HEAD"} else _body(most)


def _body(most: int) -> dict[str, Any]:
    request.max_content_length = most
    raw = request.get_data(cache=False)
    if not raw:
        return {}
    if request.mimetype != "application/json":
        raise UnsupportedBody(
            "HTTP_415", "请求体须为 JSON。请使用请求头 Content-Type: application/json。"
        )
    try:
        body = json.loads(
            raw.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_number,
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            "MALFORMED_REQUEST",
            "请求体不是合法的 JSON：须为 UTF-8 编码，键不得重复，整数不超过 64 位。请检查后重发。",
        ) from error
    if not isinstance(body, dict):
        raise BadRequest("MALFORMED_REQUEST", "请求体须为一个 JSON 对象，如 {}。")
    # Only an escape can bring a character that must be looked for, only brackets bring depth.
    if b"\\u" in raw or raw.count(b"[") + raw.count(b"{") > DEPTH_MAX:
        _inspect(body, DEPTH_MAX)
    return body


def _query(schema: Schema) -> dict[str, Any]:
    known = {field.data_key or name: field for name, field in schema.fields.items()}
    found: dict[str, Any] = {}
    for name, texts in request.args.lists():
        field = known.get(name)
        values = [_value(field, text) for text in texts]
        # A single value given twice stays a list, which the schema refuses.
        many = isinstance(field, fields.List) or len(values) > 1
        found[name] = values if many else values[0]
    _inspect(found, DEPTH_MAX)
    return found


def _value(field: fields.Field[Any] | None, text: str) -> int | str:
    """Return a query's text as the number its field wants; what is no number stays text."""
    wanted = field.inner if isinstance(field, fields.List) else field
    if isinstance(wanted, fields.Integer) and len(text) <= INTEGER_DIGITS:
        try:
            return _integer(text)
        except ValueError:
            return text
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key is given twice"
        raise ValueError(message)
    return found


def _integer(text: str) -> int:
    # Looked at before it is read: reading a million digits takes a while.
    if len(text) > INTEGER_DIGITS + 1 or abs(value := int(text)) > INTEGER_MAX:
        message = "an integer does not fit 64 bits"
        raise ValueError(message)
    return value


def _number(text: str) -> Decimal:
    # No amount is a binary fraction on its way in either; the schemas then take whole numbers only.
    if not (value := Decimal(text)).is_finite() or value.adjusted() > INTEGER_DIGITS:
        message = "a number is not finite, or longer than any amount"
        raise ValueError(message)
    return value


def _inspect(value: object, depth: int) -> None:
    """Refuse what is nested too deeply and characters that no database keeps."""
    if depth < 0:
        raise BadRequest("MALFORMED_REQUEST", f"请求体嵌套过深，最多 {DEPTH_MAX} 层。")
    if isinstance(value, str):
        if any(c == "\0" or ord(c) in SURROGATES for c in value):
            raise BadRequest("MALFORMED_REQUEST", "文字中含有不能保存的字符，请删除后重发。")
    elif isinstance(value, dict):
        for key, item in value.items():
            _inspect(key, depth - 1)
            _inspect(item, depth - 1)
    elif isinstance(value, list):
        for item in value:
            _inspect(item, depth - 1)
