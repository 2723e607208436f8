"""A delivery's files: kept as they came, known by their content, refused in a sentence."""

from __future__ import annotations

import base64
import hashlib
import io

import pytest
from sqlalchemy.exc import DatabaseError

from core import clock, uploads
from core.access import User
from core.db import db, transaction
from plugins.contract_outsourcing.models import EvidenceFile
from tests import factories
from tests.contract.awards_world import acting
from tests.contract.performance_world import Performing
from tests.web.browser import Browser

pytestmark = pytest.mark.one_engine

TODAY = "2026-03-20T10:00"
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
JPEG = b"\xff\xd8\xff\xe0" + bytes(16)
# What somebody might try: a page, a drawing with a script, a program, an archive, nothing.
HOSTILE = {
    "报告.pdf": b"<html><script>alert(1)</script></html>",
    "图.png": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "照片.jpg": b"MZ\x90\x00",
    "资料.pdf": b"PK\x03\x04",
    "空.pdf": b"",
}


@pytest.fixture
def world(app, county):
    with clock.frozen(TODAY):
        yield Performing(app, county)


def sent(**files: bytes) -> list[dict[str, str]]:
    """Return files as the act takes them, by name with a dash for its dot."""
    return [
        {"name": name.replace("_", "."), "content": base64.b64encode(data).decode()}
        for name, data in files.items()
    ]


def delivered(world, files):
    """Return the fields of a delivery with files."""
    return {"id": world.m1, "delivered_on": "2026-03-20", "words": "完成。", "files": files}


def test_files_are_kept_with_their_hash_under_a_name_their_content_bears_out(app, world):
    files = [*sent(方案_PDF=PDF, 照片_html=JPEG, 图=PNG), {"name": "../../a.pdf", "content": ""}]
    files[3]["content"] = base64.b64encode(PDF).decode()
    world.do("milestone.deliver", "provider_manager", **delivered(world, files))
    found = world.shown(world.m1)["files"]
    assert [(one["name"], one["kind"]) for one in found] == [
        ("方案.pdf", "application/pdf"),
        ("照片.jpg", "image/jpeg"),
        ("图.png", "image/png"),
        ("a.pdf", "application/pdf"),
    ]
    assert found[0]["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert found[0]["bytes"] == len(PDF)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_pdf_jpeg_or_png_is_refused_whatever_it_is_called(app, world, name):
    files = [{"name": name, "content": base64.b64encode(HOSTILE[name]).decode()}]
    refusal = world.attempt("milestone.deliver", "provider_manager", **delivered(world, files))
    assert (refusal.status, refusal.body["code"]) == (422, "FILE_KIND_NOT_ALLOWED")
    assert "PDF、JPEG" in refusal.body["detail"]
    assert world.shown(world.m1)["state"] == "scheduled"


def test_too_much_too_many_or_unreadable_files_are_refused(world):
    big = [{"name": "a.pdf", "content": base64.b64encode(PDF + bytes(10_000_000)).decode()}]
    many = sent(**{f"a{at}_pdf": PDF for at in range(uploads.FILES_MOST + 1)})
    broken = [{"name": "a.pdf", "content": "*"}]
    for files, code in (
        (big, "FILE_TOO_LARGE"),
        (many, "INVALID_INPUT"),
        (broken, "INVALID_INPUT"),
    ):
        answer = world.attempt("milestone.deliver", "provider_manager", **delivered(world, files))
        assert (answer.status, answer.body["code"]) == (422, code)
    assert world.shown(world.m1)["files"] == []


def test_a_file_that_was_shown_is_never_changed(app, world):
    world.do("milestone.deliver", "provider_manager", **delivered(world, sent(a_pdf=PDF)))
    for change in (db.update(EvidenceFile).values(name="b.pdf"), db.delete(EvidenceFile)):
        with app.app_context(), pytest.raises(DatabaseError), acting():
            db.session.execute(change)


def test_the_page_takes_files_and_gives_them_to_who_may_see_the_milestone(app, county, world):
    with app.app_context():
        stranger = factories.make_organisation("provider", name="别的公司")
        users = county.users | {"stranger": factories.make_user("provider_manager", stranger)}

    def browser(role):
        with app.app_context(), transaction(readonly=True):
            login = db.session.get_one(User, users[role]).login
        browser = Browser(app.test_client())
        browser.open("/sign-in").send("/sign-in", login=login, password=factories.PASSWORD)
        return browser

    path = f"/contract/milestones/{world.m1}"
    manager = browser("provider_manager")
    form = {"delivered_on": "2026-03-20", "words": "完成。"}
    bad = manager.open(path).send(
        f"{path}/deliver", **form, files=(io.BytesIO(HOSTILE["报告.pdf"]), "报告.pdf")
    )
    assert "错误： 只收 PDF、JPEG、PNG" in bad.text
    page = bad.send(f"{path}/deliver", **form, files=(io.BytesIO(PDF), "报告.pdf"))
    assert hashlib.sha256(PDF).hexdigest() in page.text
    for role in ("accepter", "purchaser_approver", "auditor"):
        client = browser(role)
        assert "报告.pdf" in client.open(path).text
        answer = client.open(f"{path}/files/1").response
        assert answer.data == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert browser("stranger").open(f"{path}/files/1").status == 404
    assert manager.open(f"{path}/files/2").status == 404
