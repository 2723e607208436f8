"""Before the opening neither price nor bidder can be read from database, file, trail or log."""

from __future__ import annotations

import base64
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, make_url

from core import audit, clock
from core.db import db, transaction
from plugins.contract_outsourcing.service import sealing
from tests import factories
from tests.contract import bids_world as world
from tests.web.browser import Browser

NAME = "长沙禾苗助餐公司"
PRICE = 97_012_345
PRICES = ("97012345", "970123.45", "970,123.45", "97,012,345")
OVER = 99_876_543
OVERS = ("99876543", "998765.43", "998,765.43")
WORDS = "凤凰山脚下的老灶台"


@pytest.fixture
def county_open(app, county):
    with app.app_context():
        yield county


def rows() -> set[tuple[str, str]]:
    """Return every row of every table and view as text, with its table."""
    found = set()
    with db.engine.connect() as connection:
        known = inspect(connection)
        for table in [*known.get_table_names(), *known.get_view_names()]:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings():  # noqa: S608 - our own tables
                cells = {name: plain(value) for name, value in row.items()}
                found.add((table, json.dumps(cells, ensure_ascii=False)))
    return found


def plain(value: Any) -> str:
    """Return a cell as somebody who looks for text in it would read it."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def raw(app) -> bytes:
    """Return the bytes of the database's files, where it has any of its own."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if not url.drivername.startswith("sqlite"):
        return b""
    files = [Path(f"{url.database}{suffix}") for suffix in ("", "-wal")]
    return b"".join(file.read_bytes() for file in files if file.exists())


def bid_in_every_way(tender: int) -> Any:
    """Submit, replace, withdraw, be refused, ask too late; return who did all that."""
    who = world.bidder(NAME)
    return who, {"tender_id": tender} | world.offer(
        PRICE,
        technical={"answers": {"plan": WORDS}},
        files=[{"name": f"{NAME}.txt", "content": base64.b64encode(WORDS.encode()).decode()}],
        bond={"form": "cheque", "issuer": NAME, "document": "7号", "amount_fen": PRICE},
    )


def test_a_dump_before_the_deadline_tells_neither_price_nor_bidder(app, county_open, caplog):
    caplog.set_level(logging.DEBUG)
    tender = world.published(county_open)
    who, fields = bid_in_every_way(tender)
    before = rows()
    with clock.frozen(world.BIDDING):
        for key, price in (("k1", PRICE), ("k2", OVER), ("k3", PRICE)):
            factories.attempt("bid.submit", who, key=key, **fields | {"price_fen": price})
        factories.attempt("bid.submit", who, key="k1", **fields)
        factories.do("bid.withdraw", who, tender_id=tender)
        factories.attempt("bid.withdraw", who, key="k4", tender_id=tender)
        factories.do("bid.submit", who, **fields)
    with clock.frozen(world.DEADLINE):
        factories.attempt("bid.submit", who, key="k5", **fields)
    new = "\n".join(f"{table} {row}" for table, row in rows() - before)
    everything = "\n".join(row for _table, row in rows())
    assert "contract_bid " in new
    # Five bids, one of them too high and one too late, and two withdrawals, one of nothing.
    assert new.count("audit_entry {") == 7
    secrets = {NAME, f"{NAME}负责人", str(who.organisation_id), str(who.user_id), WORDS}
    assert [one for one in secrets if one in new] == []
    assert [one for one in (*PRICES, *OVERS) if one in everything] == []
    read = raw(app)
    told = [*PRICES, *OVERS, WORDS]
    assert [one for one in told if one.encode() in read] == []
    assert [one for one in (*told, *secrets) if one in caplog.text] == []


def test_the_three_passphrases_are_nowhere(app, county_open, caplog):
    caplog.set_level(logging.DEBUG)
    tender = world.draft(county_open)
    with clock.frozen(world.PUBLISHED):
        for part, role in world.HOLDERS.items():
            fields = {"id": tender, "part": part, "passphrase": world.PASSPHRASES[part]}
            who = county_open.actor(role)
            assert not factories.attempt("tender.hold_key", who, key=f"k-{part}", **fields).refused
    world.publish(tender)
    world.three_bids(tender)
    with clock.frozen(world.DEADLINE):
        for part in ("officer", "finance"):
            fields = {"id": tender, "passphrase": world.PASSPHRASES[part]}
            wrong = {"id": tender, "passphrase": world.PASSPHRASES["supervisor"]}
            who = county_open.actor(world.HOLDERS[part])
            factories.attempt("opening.offer_share", who, key=f"w-{part}", **wrong)
            assert not factories.attempt(
                "opening.offer_share", who, key=f"o-{part}", **fields
            ).refused
        factories.do("opening.open", who, id=tender)
    everything = "\n".join(row for _table, row in rows()) + caplog.text
    read = raw(app)
    for passphrase in world.PASSPHRASES.values():
        assert passphrase not in everything
        assert passphrase.encode() not in read


def test_two_prices_of_other_lengths_make_envelopes_of_one_length(county_open):
    tender = world.published(county_open)
    with transaction(readonly=True):
        row = db.session.get(world.Tender, tender)
        lengths = {len(sealing.seal(row, {"price_fen": fen})) for fen in (1, 97_012_345)}
    assert len(lengths) == 1


def test_two_acts_of_one_bidder_cannot_be_matched_in_the_trail(county_open):
    tender, other = world.published(county_open), world.published(county_open)
    who = world.bidder(NAME)
    with clock.frozen(world.BIDDING):
        for number in (tender, other):
            fields = world.offer(PRICE) | {"tender_id": number}
            factories.attempt("bid.submit", who, key=f"key-{number}", **fields)
    with transaction(readonly=True):
        query = db.select(audit.AuditEntry).filter_by(action="bid.submit")
        one, two = db.session.scalars(query).all()
        for column in ("scope", "fingerprint", "detail", "answer", "act"):
            assert getattr(one, column) != getattr(two, column)
        indexes = {bid.bidder_index for bid in db.session.scalars(db.select(world.Bid))}
    assert len(indexes) == 2


def test_who_holds_the_keys_of_the_installation_can_lift_the_veil(county_open):
    tender = world.published(county_open)
    who = world.bidder(NAME)
    with clock.frozen(world.BIDDING):
        world.submit(who, tender, OVER)
    with transaction(readonly=True):
        entry = db.session.scalars(db.select(audit.AuditEntry).filter_by(action="bid.submit")).one()
        assert (entry.actor_id, entry.organisation_id, entry.actor_name) == (None, None, "（密封）")
        behind = audit.unveiled(entry)
    assert (behind["actor_id"], behind["organisation_id"]) == (who.user_id, who.organisation_id)
    assert OVERS[2] in behind["detail"]


def test_the_trail_s_pages_show_veiled_acts_only_after_the_opening(app, county):
    with app.app_context():
        tender = world.published(county)
        world.three_bids(tender)
        with transaction(readonly=True):
            login = db.session.get_one(world.access.User, county.users["auditor"]).login

    def trail() -> str:
        browser = Browser(app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser.open("/audit/entries?action=bid.submit").text

    with clock.frozen(world.LAST_MOMENT):
        before = trail()
    with app.app_context():
        world.opened(county, tender)
    with clock.frozen(world.DEADLINE):
        after = trail()
    assert "望城2号助餐公司负责人" not in before
    assert "（密封）" not in before
    assert "望城2号助餐公司负责人" in after


def test_an_upload_of_a_page_stays_in_memory(app):
    with app.test_request_context(
        "/", method="POST", data={"file": (Path(__file__).open("rb"), "bid.pdf")}
    ) as context:
        stream = context.request.files["file"].stream
    assert type(stream).__name__ == "BytesIO"


def test_sealing_a_megabyte_is_quick(county_open):
    tender = world.published(county_open)
    with transaction(readonly=True):
        row = db.session.get(world.Tender, tender)
        content = {"files": base64.b64encode(bytes(10**6)).decode()}
        started = time.perf_counter()
        sealing.seal(row, content)
        taken = time.perf_counter() - started
    assert taken < 0.2
