"""The JSON interface: one endpoint per declared act, and no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Flask, Response
from flask_smorest import Blueprint as DocumentedBlueprint
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.exceptions import NotFound as UnknownPath

from core.acts import Act, perform
from core.api import describe, problems, reading
from core.api.pages import pages
from core.plugins import registry

PREFIX = "/api/v1"
ANY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def mount(app: Flask) -> None:
    """Mount every declared act at `/api/v1<path>`, the OpenAPI document and its page.

    Comes after the pages: it exempts itself from their form tokens, because it takes no cookie.
    """
    with app.app_context():
        acts, owners = registry().acts, describe.components_of_acts()
        endpoints = _endpoints(acts.values(), owners)
    elsewhere = _elsewhere({PREFIX + act.path: act.method for act in acts.values()})
    for blueprint in (endpoints, elsewhere):
        problems.register(blueprint)
        app.extensions["csrf"].exempt(blueprint)
    document = describe.Document(app, acts.values(), owners.values())
    document.register_blueprint(endpoints)
    document.finish()
    app.register_blueprint(elsewhere)
    app.register_blueprint(pages(document, owners), url_prefix=PREFIX)


def _endpoints(acts: Iterable[Act], owners: dict[str, str]) -> DocumentedBlueprint:
    blueprint = DocumentedBlueprint("api", __name__, url_prefix=PREFIX)
    for act in acts:
        blueprint.add_url_rule(
            act.path,
            # Flask keeps dots for nested blueprints.
            act.operation_id.replace(".", "-"),
            blueprint.doc(**describe.operation(act))(_view(act)),
            methods=[act.method],
            tags=[owners[act.operation_id]],
            strict_slashes=False,
        )
    return blueprint


def _view(act: Act) -> Callable[[], Response]:
    keyed, operation_id = reading.needs_key(act), act.operation_id

    def view() -> Response:
        payload = reading.payload(act.schema, most=act.body_max)
        key = reading.request_key() if keyed else None
        return problems.answer(perform(operation_id, payload, token=reading.token(), key=key))

    return view


def _elsewhere(methods: dict[str, str]) -> Blueprint:
    """Answer every other address under /api with a problem, so that pages keep their HTML."""
    blueprint = Blueprint("api-elsewhere", __name__)

    def nothing_here(rest: str = "") -> Response:
        if method := methods.get(f"/api/{rest}".rstrip("/")):
            raise MethodNotAllowed(valid_methods=[method])
        raise UnknownPath

    for rule in ("/api", "/api/", "/api/<path:rest>"):
        blueprint.add_url_rule(rule, "nothing_here", nothing_here, methods=ANY_METHOD)
    problems.register(blueprint)
    return blueprint
