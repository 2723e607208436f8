"""The API's own pages: the OpenAPI document and a list of all acts for people."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from core.access import ROLES
from core.acts import Act
from core.api.describe import Document
from core.plugins import registry

CACHE = "public, max-age=300"


def pages(document: Document, owners: dict[str, str]) -> Blueprint:
    """Return the pages of a document; `owners` names each act's component."""
    blueprint = Blueprint("api-pages", __name__)

    @blueprint.get("/openapi.json")
    def openapi() -> ResponseReturnValue:
        response = Response(document.text, content_type="application/json")
        response.headers["Cache-Control"] = CACHE
        response.set_etag(document.etag)
        return response.make_conditional(request)

    @blueprint.get("/docs")
    def docs() -> str:
        acts = sorted(registry().acts.values(), key=lambda act: owners[act.operation_id])
        groups = [
            (component, [_entry(act) for act in members])
            for component, members in groupby(acts, key=lambda act: owners[act.operation_id])
        ]
        return render_template("api_docs.html", groups=groups)

    return blueprint


def _entry(act: Act) -> dict[str, object]:
    permission = registry().permissions.get(act.permission or "")
    return {
        "act": act,
        "roles": [ROLES[role].name for role in permission.roles] if permission else [],
        "fields": [
            (field.data_key or name, bool(field.required))
            for name, field in act.schema.fields.items()
        ],
    }
