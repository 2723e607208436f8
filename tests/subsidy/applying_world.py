"""Applicants and their applications: drafted, with papers, handed in, found eligible."""

from __future__ import annotations

import base64
import itertools
from typing import Any

from core import clock, signin
from core.access import Actor, Grant
from core.db import db, transaction
from tests import factories
from tests.factories import COUNTY, County, do
from tests.subsidy import scheme_world

PUBLISHED, APPLIED = "2026-03-05T09:00", "2026-03-16T09:00"
CHECKED, JUDGED = "2026-03-18T09:00", "2026-03-19T09:00"
PDF, PNG = b"%PDF-1.7\n%%EOF", b"\x89PNG\r\n\x1a\n0"
# Bookshops of at least 50 square metres, with two papers and accounts of their own.
RULE = {
    "all": [
        {"fact": "org.trade", "is": "书店"},
        {"fact": "org.floor_m2", "at_least": 50},
    ]
}
DECLARED = {"org.trade": "书店", "org.floor_m2": 120}
EVIDENCE = [{"code": "licence", "name": "营业执照"}, {"code": "lease", "name": "房屋租赁合同"}]
ASKS: dict[str, Any] = {
    "opens_on": "2026-03-10",
    "closes_on": "2026-03-31",
    "eligibility": RULE,
    "evidence": EVIDENCE,
    "conditions": {"separate_accounts": True},
}
_serial = itertools.count(1)


def open_scheme(county: County, **changes: Any) -> int:
    """Publish a scheme that asks for facts, papers and accounts of their own; return its number.

    `plan` carries it out; without one a plan is filed for it.
    """
    plan = changes.pop("plan", None) or scheme_world.make_plan(county)
    with clock.frozen(PUBLISHED):
        return scheme_world.publish_scheme(county, plan, **ASKS | changes)


def open_residents_scheme(county: County, **changes: Any) -> int:
    """Publish a scheme for residents of at least 60 that asks for no paper; return its number."""
    asked: dict[str, Any] = {
        "kind": "per_unit",
        "applicant": "resident",
        "eligibility": {"fact": "age", "at_least": 60},
        "evidence": [],
        "conditions": None,
    }
    return open_scheme(county, **asked | changes)


def shop(county: County, name: str = "") -> tuple[int, Actor]:
    """Make a provider and its manager; return its number and the manager."""
    number = factories.make_organisation("provider", name=name or f"书店{next(_serial)}号")
    user = factories.make_user("provider_manager", number)
    return number, Actor(user, "店长", (Grant("provider_manager", number, COUNTY),))


def resident(county: County) -> tuple[int, Actor]:
    """Make a resident who signs in; return the number and the person."""
    [number] = factories.make_residents(county, 1)
    with transaction():
        user = signin.resident_user(number).id
    return number, Actor(user, "居民", (Grant("resident", None, ""),), resident_id=number)


def draft(county: County, scheme: int, actor: Actor | None = None, **fields: Any) -> int:
    """Write a draft that lacks nothing but papers, changed as asked; return its number."""
    said = {"declared": DECLARED, "separate_accounts": True, "words": "社区书店，开了三年。"}
    actor = actor or county.actor("provider_manager")
    return int(do("application.draft", actor, scheme_id=scheme, **said | fields)["id"])


def paper(code: str, *, content: bytes = PDF, name: str = "扫描件.pdf") -> dict[str, Any]:
    """Return the fields of a paper that is brought."""
    return {"code": code, "file": {"name": name, "content": base64.b64encode(content).decode()}}


def add_papers(actor: Actor, application: int) -> None:
    """Bring every paper that is still missing."""
    for one in do("application.show", actor, id=application)["papers"]:
        if one["id"] is None:
            do("application.add_paper", actor, id=application, **paper(one["code"]))


def submit(county: County, scheme: int, actor: Actor | None = None, **fields: Any) -> int:
    """Hand in a whole application and return its number."""
    actor = actor or county.actor("provider_manager")
    number = draft(county, scheme, actor, **fields)
    add_papers(actor, number)
    do("application.submit", actor, id=number)
    return number


def complete(county: County, scheme: int, actor: Actor | None = None, **fields: Any) -> int:
    """Hand in an application whose papers the clerk finds in order; return its number."""
    number = submit(county, scheme, actor, **fields)
    do("application.complete", county.actor("purchaser_clerk"), id=number)
    return number


def apply(county: County, scheme: int, actor: Actor | None = None, **fields: Any) -> int:
    """Bring an application as far as being eligible and return its number.

    Days: applied, checked and judged as they are here; a frozen clock of the caller's is not heard.
    For a scheme that asks nothing pass `declared={}`.
    """
    with clock.frozen(APPLIED):
        number = submit(county, scheme, actor, **fields)
    clerk = county.actor("purchaser_clerk")
    with clock.frozen(CHECKED):
        do("application.complete", clerk, id=number)
    with clock.frozen(JUDGED):
        judged = do("application.judge", clerk, id=number)
    assert judged["state"] == "eligible", judged
    return number


def row(model: Any, number: int) -> Any:
    """Return a row as it stands."""
    with transaction(readonly=True):
        return db.session.get_one(model, number)
