"""A tour of a demo county in a process of its own: everybody enters and opens what is offered.

`python -m tests.tour [VERB ...]` first runs operators' verbs (`schema-upgrade`, `demo-load`), then
prints as JSON what is wrong with pages, schema and books; see `tests.deployment`.
"""

from __future__ import annotations

import json
import re
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any

from flask import Flask

from core import create_app, demo
from core.db import transaction
from tests.web.browser import Browser

# Dozens of passwords and passphrases are hashed: at argon2's cheapest cost, as in all tests.
QUICK = {"PASSWORD_MEMORY_KIB": 64}
LINK = re.compile(r'(?:href|data-url)="(/[^"#]*)')
# The front page and what it and the menu lead to.
PAGES = 6


def main(*verbs: str) -> None:
    """Print what was found wrong, what the audit said, and which addresses the API describes."""
    app = create_app(settings=QUICK)
    told = after(app, *verbs)
    print(json.dumps(told | {"faults": [*told["faults"], *seen(app)]}))  # noqa: T201 - its answer


def after(app: Flask, *verbs: str) -> dict[str, Any]:
    """Run the operators' verbs, check schema and books, and ask for the API's document."""
    runner = app.test_cli_runner()
    done = {verb: runner.invoke(args=verb.split("-")) for verb in (*verbs, "schema-check", "audit")}
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    return {
        "faults": [f"{verb}: {one.output}" for verb, one in done.items() if one.exit_code],
        "audit": done["audit"].output,
        "paths": sorted(document["paths"]),
    }


def seen(app: Flask) -> Iterator[str]:
    """Yield what a visitor and one of the demo's people for each role find broken."""
    app.testing = True
    with app.app_context(), transaction(readonly=True):
        people = {one.role: one for one in demo.demo_users()}
    for person in [None, *people.values()]:
        browser = Browser(app.test_client())
        page = browser.open("/sign-in")
        if person:
            chosen = page.form("/demo/enter").fields | {"login": person.login}
            page = browser.post("/demo/enter", chosen)
            if page.path in {"/sign-in", "/demo/enter"}:
                yield f"{person.login} cannot enter"
        yield from (f"{person and person.login}: {fault}" for fault in _round(browser, page.html))


def _round(browser: Browser, html: str) -> Iterator[str]:
    waiting, seen = deque(["/", *LINK.findall(html)]), set()
    while waiting and len(seen) < PAGES:
        path = waiting.popleft().replace("&amp;", "&")
        if path in seen or path.startswith("/static/"):
            continue
        seen.add(path)
        page = browser.open(path)
        if page.status != 200:
            yield f"{path} answers {page.status}"
        waiting.extend(LINK.findall(page.html))


if __name__ == "__main__":
    main(*sys.argv[1:])
