"""The OpenAPI 3.1 document: what every act's endpoint takes and answers, for people and tools."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast

from apispec.ext.marshmallow import MarshmallowPlugin, resolver
from flask import Flask
from flask_smorest import Api
from marshmallow import Schema

from core.acts import KEY_MAX, Act
from core.api.problems import PROBLEM_TYPE
from core.api.reading import KEY_HEADER, needs_key
from core.fields import Text
from core.plugins import registry

VERSION = "1"
DESCRIPTION = """\
页面上能办的每件事，程序也能办：一个操作一个地址，背后是同一套服务。

登录（`auth.login`）得到会话令牌，之后放在 `Authorization: Bearer` 请求头里。金额均为整数分
(`*_fen`)，日期为 ISO 8601，时间为带时区的 ISO 8601。会改变数据的请求须带 `Idempotency-Key`:
同一键同一内容得到同一答复（`Idempotency-Replayed: true`），不会重复入账。
被拒绝的请求以 RFC 9457 问题对象答复,`code` 稳定,`detail` 说明原因和怎么办,`basis` 为依据。
"""
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "facts"],
    "properties": {
        "type": {"type": "string", "description": "urn:huigou:refusal:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "给人看的完整句子：原因和怎么办"},
        "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "description": "稳定的拒绝码"},
        "basis": {"type": "string", "description": "法规依据"},
        "facts": {"type": "object", "description": "供程序使用的数字和编号，不含个人信息"},
        "errors": {"type": "object", "description": "逐项的填写错误"},
    },
}
KEY_PARAMETER = {
    "in": "header",
    "name": KEY_HEADER,
    "required": True,
    "description": "请求键，每笔新请求一个（如 UUID）；重试时沿用",
    "schema": {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": KEY_MAX},
}
REPLAYED_HEADER = {
    "description": "为 true 时，这是对同一请求键的重复答复，没有再次入账",
    "schema": {"type": "string", "enum": ["true"]},
}


class Document(Api):
    """Flask-Smorest's document of the API; routes, errors and validation stay ours."""

    DEFAULT_ERROR_RESPONSE_NAME = ""  # every operation names its refusals itself

    def __init__(self, app: Flask, acts: Iterable[Act], tags: Iterable[str]) -> None:
        """Begin the document of an app's acts; `register_blueprint` fills it."""
        self.tags = sorted(set(tags))
        self.names = {type(act.schema): schema_name(act.operation_id) for act in acts}
        super().__init__(
            app,
            spec_kwargs={
                "title": "惠购 API",
                "version": VERSION,
                "openapi_version": "3.1.0",
                "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=self._name),
                "info": {"description": DESCRIPTION},
            },
        )
        converter = self.ma_plugin.converter
        assert converter is not None  # noqa: S101 - the plugin was given to the document above
        converter.add_attribute_function(_text_limits)
        self.spec.components.security_scheme("session", {"type": "http", "scheme": "bearer"})
        self.spec.components.schema("Problem", PROBLEM)
        self.spec.components.response(
            "Problem",
            {
                "description": "被拒绝：问题对象",
                "content": {PROBLEM_TYPE: {"schema": "Problem"}},
            },
        )

    def finish(self) -> None:
        """Say of every act's schema what is true of it: unknown fields are refused."""
        for name, schema in self.spec.components.schemas.items():
            if name != "Problem":
                schema["additionalProperties"] = False

    @cached_property
    def text(self) -> str:
        """The document as JSON; it does not change while the app runs."""
        described = self.spec.to_dict() | {"tags": [{"name": name} for name in self.tags]}
        return json.dumps(described, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def etag(self) -> str:
        """A short hash of the document."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    def _register_error_handlers(self) -> None:
        """Leave the app's error handlers alone: pages answer in HTML."""

    def _register_responses(self) -> None:
        """Describe no errors but our own problem object."""

    def _register_pagination_header(self) -> None:
        """Describe no paging by page number: our lists go on from a key."""

    def _name(self, schema: type[Schema] | Schema) -> str:
        kind = type(schema) if isinstance(schema, Schema) else schema
        return self.names.get(kind) or resolver(kind)


def schema_name(operation_id: str) -> str:
    """Return the name of an act's schema: `payment.import_result` -> `PaymentImportResult`."""
    return "".join(part.capitalize() for part in operation_id.replace(".", "_").split("_"))


def components_of_acts() -> dict[str, str]:
    """Return the name of the component that declares each act, by operationId."""
    hooks = registry().manager.hook.register_acts.get_hookimpls()
    declared: list[tuple[str, list[Act]]] = [
        (str(hook.plugin_name), cast("list[Act]", hook.function())) for hook in hooks
    ]
    return {act.operation_id: component for component, acts in declared for act in acts}


def operation(act: Act) -> dict[str, Any]:
    """Return the OpenAPI operation of an act."""
    described: dict[str, Any] = {
        "operationId": act.operation_id,
        "summary": act.summary,
        "parameters": [],
        "security": [{"session": []}] if act.permission else [],
        "responses": {"200": _accepted(act)} | dict.fromkeys(_refused_statuses(act), "Problem"),
    }
    if act.permission:
        permission = registry().permissions[act.permission]
        described["x-permission"] = permission.code
        described["x-roles"] = list(permission.roles)
    if act.method == "GET":
        described["parameters"].append({"in": "query", "schema": act.schema})
    else:
        required = any(field.required for field in act.schema.fields.values())
        content = {"application/json": {"schema": act.schema}}
        described["requestBody"] = {"required": required, "content": content}
    if needs_key(act):
        described["parameters"].append(KEY_PARAMETER)
    return described


def _accepted(act: Act) -> dict[str, Any]:
    accepted: dict[str, Any] = {
        "description": "已办理" if not act.reads else "查询结果",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    if needs_key(act):
        accepted["headers"] = {"Idempotency-Replayed": REPLAYED_HEADER}
    return accepted


def _refused_statuses(act: Act) -> list[str]:
    statuses = ["400", "404", "409", "422", "503"]
    if act.method != "GET":
        statuses += ["413", "415"]
    if act.permission or act.operation_id.startswith("auth."):
        statuses += ["401", "403"]
    return sorted(statuses)


def _text_limits(converter: object, field: object, **_options: object) -> dict[str, Any]:  # noqa: ARG001 - the signature is apispec's
    """Document the limits of our text field, which checks them itself."""
    if not isinstance(field, Text):
        return {}
    limits = {"minLength": field.shortest, "maxLength": field.longest}
    return limits | {"pattern": r"^[^\u0000-\u001f\u007f]*$"}
