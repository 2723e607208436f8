"""What the test of the plugin from outside does and sees, inside the installation it made.

`python -m tests.third_party.story` prints as JSON what is seen of the plugin, with `pay` after it
has been used from act to bank; see `tests.deployment`.
"""

from __future__ import annotations

import base64
import json
import re
import sys

from sqlalchemy import inspect, text

from core import access, create_app
from core.acts import perform
from core.budget import line_number
from core.db import db, transaction
from core.demo import PASSWORD
from core.files import read_table
from core.parties import Organisation
from tests import tour
from tests.settlement_world import result_file
from tests.web.browser import Browser

FIRM, CASE = "湖南望城明理律师事务所", "望援〔2026〕9号"


def pay():
    """Accept a case, and take all the firm is owed to the bank and back."""
    with transaction(readonly=True):
        firm = db.session.scalar(db.select(Organisation.id).filter_by(name=FIRM))
        line = line_number("LAW")
    case = {"number": CASE, "kind": "civil", "firm_id": firm, "line_id": line}
    accepted = _do("justice-clerk", "legalaid.accept", **case)
    batch = _do("maker", "settlement.run", payee_ids=[firm])
    refused = [
        _do("justice-clerk", "legalaid.accept", **case)["code"],
        _do("maker", "legalaid.accept", **case)["code"],
        _do("maker", "settlement.approve", id=batch["id"])["code"],
    ]
    _do("approver", "settlement.approve", id=batch["id"])
    file = _do("treasurer", "payment.export", id=batch["id"])
    orders = read_table(base64.b64decode(file["content_base64"]), "order.csv")[:-1]
    said = result_file([[*row.values.values(), "成功", "L1", ""] for row in orders])
    answer = {"filename": "result.csv", "content": base64.b64encode(said).decode()}
    result = _do("treasurer", "payment.import_result", **answer)
    return {
        "fee_fen": accepted["fee_fen"],
        "paid_fen": result["paid_fen"],
        "refused": refused,
    }


def stored():
    """Return what the database holds of the plugin, whether or not the plugin is there."""
    with transaction(readonly=True):
        known = inspect(db.session.connection())
        views = [name for name in known.get_view_names() if "legalaid" in name]
        cases = db.session.scalar(text("SELECT count(*) FROM legalaid_case"))
        columns = [column["name"] for column in known.get_columns("legalaid_case")]
        batch = db.session.execute(
            text("SELECT id, number FROM payment_batch ORDER BY id DESC LIMIT 1")
        ).one()
    return {"views": views, "cases": cases, "last": columns[-1]}, batch


def look(app, batch):
    """Open the core's pages of what was paid, and the plugin's own."""
    auditor, clerk = _browser(app, "auditor"), _browser(app, "justice-clerk")
    paid = auditor.open(f"/settlement/{batch.id}")
    journals = auditor.open("/audit/journals?entry_kind=legalaid.accepted")
    journal = auditor.open(re.search(r"/audit/journals/\d+", journals.html)[0])
    walk = auditor.open(f"/audit/trace?q={batch.number}")
    own = clerk.open("/legalaid/")
    clerk.post("/preferences", clerk.open("/").forms[0].fields | {"locale": "en"})
    return {
        "core": [page.status for page in (paid, journals, journal, walk)],
        "batch": FIRM in paid.text and CASE in paid.text,
        "back": "预算指标 LAW" in walk.text,
        "forth": batch.number in auditor.open("/audit/trace?q=LAW").text,
        "own": own.status,
        "paid": own.text.count("已付款"),
        "english": "Legal aid cases" in clerk.open("/legalaid/").text,
        "front": "法律援助" in _browser(app).open("/").text,
    }


def _do(login, operation_id, **fields):
    with transaction(readonly=True):
        user = db.session.scalars(db.select(access.User).filter_by(login=login)).one()
        actor = access.Actor(user.id, user.name, access.grants_of(user.id))
    return perform(operation_id, fields, actor=actor).body


def _browser(app, login=""):
    browser = Browser(app.test_client())
    if login:
        page = browser.open("/sign-in")
        page.send("/sign-in", login=login, password=PASSWORD)
    return browser


def main(*verbs):
    """Upgrade; load the demo and use the plugin if asked to; print what is then seen of it."""
    app = create_app(settings=tour.QUICK)
    loaded = ("demo-load", "docs-check") if verbs else ()
    faults = tour.after(app, "schema-upgrade", *loaded)["faults"]
    with app.app_context():
        told = pay() if verbs else {}
        here, batch = stored()
    told |= here | look(app, batch) | tour.after(app)
    told["faults"] += faults
    print(json.dumps(told))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(*sys.argv[1:])
