"""How answers leave the API: JSON, and for every "no" an RFC 9457 problem object."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from core.acts import Answer
from core.errors import InvalidInput, Refusal

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = "2"
SENTENCES = {
    400: "请求无法读取，请检查格式后重发。",
    404: "没有这个接口地址。全部接口见 /api/v1/docs。",
    405: "这个地址不接受该请求方法。请按 /api/v1/docs 所列的方法调用。",
    413: "请求体太大，一般最多 8 MiB。请拆分后分别提交。",
    500: "系统出错，本次请求没有记账。请用同一请求键稍后重试，或联系管理员。",
}


class BadRequest(Refusal):
    """The request itself is malformed; no act was asked for."""

    status = 400


class UnsupportedBody(Refusal):
    """The body is of a type the API does not read."""

    status = 415


def answer(said: Answer) -> Response:
    """Return an act's answer as a response; a repeat is marked `Idempotency-Replayed`."""
    response = _response(said.status, said.body)
    if said.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def register(blueprint: Blueprint) -> None:
    """Make everything that goes wrong inside a blueprint a problem object."""
    blueprint.register_error_handler(Refusal, _refused)
    blueprint.register_error_handler(HTTPException, _http)
    # Named by code too: a handler of the pages for one code would otherwise come first.
    for status in SENTENCES:
        blueprint.register_error_handler(status, _http)
    blueprint.register_error_handler(DataError, _unstorable)
    blueprint.register_error_handler(OverflowError, _unstorable)


def _response(status: int, body: dict[str, Any]) -> Response:
    kind = "application/json" if status < 400 else PROBLEM_TYPE  # noqa: PLR2004 - HTTP
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=kind)
    if status == 401:  # noqa: PLR2004 - HTTP
        response.headers["WWW-Authenticate"] = "Bearer"
    if status == 503:  # noqa: PLR2004 - HTTP
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _refused(refusal: Refusal) -> Response:
    return _response(refusal.status, refusal.problem())


def _http(error: HTTPException) -> HTTPException | Response:
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 - a redirect is no refusal
        return error
    code = "INTERNAL_ERROR" if status == 500 else f"HTTP_{status}"  # noqa: PLR2004 - HTTP
    refusal = Refusal(code, SENTENCES.get(status, SENTENCES[400]))
    refusal.status = status
    response = _refused(refusal)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _unstorable(error: Exception) -> Response:  # noqa: ARG001 - its text may quote what was sent
    return _refused(InvalidInput("有一项内容超出可保存的范围，请核对数字和文字后重发。"))
