"""Programmes as YAML files: read with every fault on its line, written so as to read the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml

from core import clock
from core.db import db, transaction
from core.parties import Organisation
from plugins.voucher.models import Programme
from plugins.voucher.service.programmes import terms_of
from tests import factories

FROM_FILE = "/voucher/programmes/from-file"
NEW = "/voucher/programmes/new"


@pytest.fixture
def flask(app):
    """Return how `flask ...` is run."""

    def run(*arguments):
        return app.test_cli_runner().invoke(args=["voucher", "programme", *map(str, arguments)])

    return run


@pytest.fixture
def paper(app, county, tmp_path):
    """Return how a file is written: a programme of meals, changed as asked."""
    with app.app_context(), transaction(readonly=True):
        credit_code = db.session.get_one(Organisation, county.purchaser).credit_code

    def write(text=None, **changes):
        terms = factories.terms(county) | {"funding": [{"line": "EDU"}]} | changes
        said = {"code": "MEAL", "name": "助餐券", "organisation": credit_code, "terms": terms}
        path = tmp_path / "programme.yaml"
        path.write_text(
            text or yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        return path

    return write


def document(app, code):
    """Return the newest terms of a programme."""
    with app.app_context(), transaction(readonly=True):
        row = db.session.scalars(db.select(Programme).filter_by(code=code)).one()
        return terms_of(row)[0].document


def login(app, county, role):
    """Return the login name of somebody with a role."""
    from core.access import User  # noqa: PLC0415 - the models need the app

    with app.app_context(), transaction(readonly=True):
        return db.session.get_one(User, county.users[role]).login


@pytest.mark.requirement("R003-09", in_part=True)
@pytest.mark.requirement("R000-74")
def test_a_file_is_checked_defined_and_exported_as_it_was(app, county, flask, paper):
    rule = {"all": [{"fact": "age", "at_least": 60}, {"fact": "register", "has": "低保"}]}
    cases = [{"name": "例", "facts": {"age": 61, "register": ["低保"]}, "eligible": True}]
    use = {"name": "付", "service": "fee", "class": "A", "price_fen": 700, "pays_fen": 700}
    path = paper(
        eligibility=rule,
        cases=[*cases, use],
        entry={"late_days": 3},
        valid_through="2026-12-31",
    )
    with clock.frozen(factories.TODAY):
        told = flask("check", path)
        assert told.exit_code == 0, told.output
        assert "今天符合条件 0 人" in told.output
        assert "余 30,000.00 元" in told.output

        done = flask("define", path, "--as", login(app, county, "purchaser_clerk"))
        assert done.exit_code == 0, done.output
        exported = flask("export", "MEAL")
        first = document(app, "MEAL")
        assert first["entry"] == {"ahead_days": 0, "late_days": 3}
        assert first["cases"][1]["class"] == "A"

        again = exported.output.replace("code: MEAL", "code: AGAIN", 1)
        assert flask("define", paper(again), "--as", login(app, county, "purchaser_clerk"))
        assert document(app, "AGAIN") == first
    assert "line: EDU" in exported.output
    assert "void_window: until_lock" in exported.output
    assert "lot_order" not in exported.output


def test_faults_name_line_and_path(flask, paper):
    text = paper().read_text(encoding="utf-8")
    broken = (
        text.replace("quantity: 50000", "quantity: 很多")
        .replace("single_use: true", "single_use: true\n  odd: 1")
        .replace("unit: 次", "unti: 次")
    )
    lines = broken.splitlines()
    told = flask("check", paper(broken))

    assert told.exit_code == 1
    for word, path in (
        ("quantity: 很多", ".terms.allotments[1].amounts[1].quantity"),
        ("  odd: 1", ".terms.odd"),
        ("unti:", ".terms.services[1].unti"),
    ):
        (number,) = [n for n, line in enumerate(lines, start=1) if word in line]
        assert f":{number}: {path[1:]}：" in told.output


def test_a_fault_in_a_rule_and_an_unknown_line_are_found_too(flask, paper):
    rule = {"all": [{"fact": "age", "at_least": "六十"}, {"fact": "mood", "is": 1}]}
    told = flask("check", paper(eligibility=rule, funding=[{"line": "NONE"}]))
    assert told.exit_code == 1
    assert "terms.eligibility.all[1].at_least：须为" in told.output
    assert "terms.eligibility.all[2].fact：没有这个资料项" in told.output
    assert "terms.funding[1]：选择的指标不存在" in told.output


def test_a_failing_case_and_a_wrong_person_are_refused(app, county, flask, paper):
    case = {"name": "人人都不行", "facts": {}, "eligible": False}
    assert "用例不符：“人人都不行”" in flask("check", paper(cases=[case])).output
    told = flask("define", paper(), "--as", login(app, county, "auditor"))
    assert told.exit_code == 1
    assert "您的岗位不能办理" in told.output
    assert "没有登录名为“谁”的在用人员" in flask("define", paper(), "--as", "谁").output
    assert "没有编号为“X”的项目" in flask("export", "X").output


BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"
HOSTILE = {
    "nothing": b"",
    "bomb": BOMB.encode(),
    "deep": b"[" * 50_000,
    "large": b"x" * 400_000,
    "binary": bytes(range(256)),
    "list": b"[1, 2]",
    "text": b"just words",
    "tags": b"code: !!python/object/apply:os.system [ls]\nterms: !!int x\n",
    "figures": b"code: 1" + b"0" * 6_000 + b"\nname: !!float nan\n",
    "twice": b"code: a\ncode: b\n",
    "keys": b"? [a]\n: b\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence(office, kind):
    clerk = office("purchaser_clerk")
    form = clerk.open(NEW).form(FROM_FILE).fields
    page = clerk.post(FROM_FILE, form | {"file": (io.BytesIO(HOSTILE[kind]), "项目.yaml")})
    assert page.status == 422
    assert (
        "请改正后重新选择" in page.text or "请核对后重新选择" in page.text or "UTF-8" in page.text
    )


@pytest.mark.parametrize(
    "value",
    ["5", "[]", "{a: 1}", "null", "[[1]]", "true", "2026-13-01", '"\\0"', "[{code: [1]}]", "1.5"],
)
def test_no_type_in_any_place_breaks_the_reading(office, paper, value):
    clerk = office("purchaser_clerk")
    form = clerk.open(NEW).form(FROM_FILE).fields
    said = yaml.safe_load(paper().read_text(encoding="utf-8"))
    for name in (*said["terms"], "eligibility", "cases", "caps", "rounding", "sources"):
        terms = {one: part for one, part in said["terms"].items() if one != name}
        text = yaml.safe_dump(said | {"terms": terms}, allow_unicode=True) + f"  {name}: {value}\n"
        page = clerk.post(FROM_FILE, form | {"file": (io.BytesIO(text.encode()), "x.yaml")})
        assert page.status in {200, 422}, (name, value)


def test_a_file_fills_the_form_and_a_version_is_downloaded(app, world, office, paper):
    clerk = office("purchaser_clerk")
    form = clerk.open(NEW).form(FROM_FILE).fields
    data = paper(shares=[{"rate_ppm": 300_000}]).read_bytes()
    page = clerk.post(FROM_FILE, form | {"file": (io.BytesIO(data), "项目.yaml")})
    typed = page.form(NEW).fields
    assert typed["code"] == "MEAL"
    assert typed["allotments-0-amounts-0-quantity"] == "500"
    assert typed["shares-0-rate_ppm"] == "30"
    assert typed["funding-0-line_id"] == str(world.county.line)
    draft = page.send(NEW, step="save")
    assert "草稿已保存" in draft.text

    address = f"/voucher/programmes/{world.county.programme}/yaml"
    got = clerk.open(f"{address}?version=1").response
    assert got.mimetype == "application/yaml"
    assert yaml.safe_load(got.get_data(as_text=True))["code"] == "CARE"
    assert clerk.open(f"{address}?version=9").status == 404
    assert Path(got.headers["Content-Disposition"].partition("=")[2]).suffix == ".yaml"
