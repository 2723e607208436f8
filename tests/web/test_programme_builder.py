"""The builder: every parameter has a field, what is typed is stored, faults find their fields."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import fields

from core.db import db, transaction
from core.web.builder import paths
from plugins.voucher.models import Programme, Terms
from plugins.voucher.pages.staff.builder import BUILDER, SECTIONS
from plugins.voucher.service.programmes import terms_of
from plugins.voucher.terms_schema import TermsSchema
from tests import factories

NEW = "/voucher/programmes/new"
SCENARIOS = Path(__file__).parent.parent / "scenarios"
FILLED = {
    "name": "暑期阅读券",
    "code": "READ",
    "valid_from": "2026-10-01",
    "valid_through": "2026-12-31",
    "classes-0-name": "阅读券",
    "allotments-0-amounts-0-quantity": "80.50",
    "services-0-name": "借阅",
    "services-0-unit": "次",
    "void_window": "until_lock",
}


def loaded(terms):
    """Return terms as they are stored."""
    return json.loads(json.dumps(TermsSchema().load(terms), default=date.isoformat))


def stored(app, number):
    """Return a programme's newest terms as they are stored."""
    with app.app_context(), transaction(readonly=True):
        return terms_of(db.session.get_one(Programme, number))[0].document


def begun(clerk, model, **typed):
    """Return the answer to a form begun from a model, filled in and sent to be checked."""
    page = clerk.open(f"{NEW}?model={model}")
    return page.send(NEW, **{"step": "check"} | typed)


# --- the table and the terms ---------------------------------------------------------------------


def parameters(schema, before=""):
    """Yield the path of every parameter of a schema that is one and not a list or group of them."""
    for name, one in schema.fields.items():
        path = before + (one.data_key or name)
        inner = one.inner if isinstance(one, fields.List) else one
        if isinstance(inner, fields.Nested):
            yield from parameters(inner.schema, f"{path}.")
        else:
            yield path


def test_every_parameter_of_the_terms_has_its_field_in_the_form():
    known = {path for section in SECTIONS for path in paths(section.parts)}
    # The form names a line by its number; its code is another name for the same.
    assert set(parameters(TermsSchema())) - known == {"funding.line"}


def scenario(name):
    """Return the terms of a scenario, its lines named by number."""
    script = yaml.safe_load((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"))
    terms, *_more = [
        event["with"]["terms"]
        for event in script["events"]
        if event.get("do") == "programme.create"
    ]
    shares = [{"share_ppm": share.get("share_ppm", 1_000_000)} for share in terms["funding"]]
    return terms | {"funding": [{"line_id": n + 1} | share for n, share in enumerate(shares)]}


@pytest.mark.parametrize("name", ["sp-1", "sp-2", "sp-3"])
def test_a_scenarios_terms_survive_the_form(app, name):
    with app.test_request_context():
        document = loaded(scenario(name))
        typed = BUILDER.of(document)

        assert loaded(typed.terms()) == document
        assert typed.errors == {}
        assert not [one for one in typed.values if one.endswith("-json")]


LETTERS = st.characters(categories=("L", "N", "P", "S"))
NAMES = st.text(LETTERS, min_size=1, max_size=8)
CODES = st.text("abcXYZ019、甲[", min_size=1, max_size=6)
PPMS = st.integers(0, 1_000_000)
FENS = st.integers(1, 10**15)


def leaf():
    """Return a strategy of requirements of facts."""
    return st.one_of(
        st.builds(lambda n: {"fact": "age", "at_least": n, "on": "year_start"}, st.integers(0, 99)),
        st.builds(lambda n: {"fact": "income_fen", "below": n}, FENS),
        st.builds(
            lambda n, per: {"fact": "income_per_head", "at_most": {"fen": n, "per": per}},
            FENS,
            st.integers(1, 9),
        ),
        st.sampled_from(
            [
                {"fact": "ability_level", "in": ["中度失能", "重度失能"]},
                {"not": {"fact": "register", "has": "低保"}},
                {"fact": "residence", "within": "430112"},
                {"fact": "home_care_since", "months_ago_above": 6, "on": "2026-01-01"},
            ]
        ),
    )


RULES = st.none() | st.recursive(
    leaf(),
    lambda inner: st.builds(
        lambda word, parts: {word: parts},
        st.sampled_from(["all", "any"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@st.composite
def documents(draw):
    """Draw small terms with what is hard to type: odd names, parts, nested rules, odd codes."""
    services = draw(st.lists(CODES, min_size=1, max_size=3, unique=True))
    classes = draw(st.lists(CODES, min_size=1, max_size=2, unique=True))
    unit = draw(st.sampled_from(["fen", "minute", "count"]))
    some = st.lists(st.sampled_from(services), max_size=2, unique=True)
    measure = {"measure": "minute", "presence": "timed"} if unit == "minute" else {}
    return {
        "unit": unit,
        "commit": "value" if unit == "fen" else "maximum_price",
        "valid_from": "2026-01-01",
        "valid_through": "2026-12-31",
        "eligibility": draw(RULES),
        "classes": [{"code": code, "name": draw(NAMES), "when": draw(RULES)} for code in classes],
        "services": [
            {"code": code, "name": draw(NAMES), "unit": draw(NAMES), **measure}
            | {"maximum_price_fen": draw(FENS), "block": draw(st.integers(1, 60))}
            for code in services
        ],
        "allotments": [
            {"code": "a", "name": draw(NAMES), "period": draw(st.sampled_from(["once", "month"]))}
            | {"amounts": [{"quantity": draw(st.integers(1, 10**9)), "when": draw(RULES)}]}
            | {"lapse": draw(st.sampled_from([None, {"kind": "days", "n": 9}]))}
        ],
        "shares": draw(
            st.lists(st.builds(lambda n, s: {"rate_ppm": n, "services": s}, PPMS, some))
        ),
        "caps": [
            {"code": "c", "name": draw(NAMES), "of": of, "per": "day", "limit": draw(FENS)}
            for of in draw(st.lists(st.sampled_from(["fen", "uses"]), max_size=1))
        ],
        "cases": [
            {"name": draw(NAMES), "facts": facts, "eligible": draw(st.booleans())}
            for facts in draw(
                st.lists(
                    st.sampled_from(
                        [{"age": 61, "register": ["低保"]}, {"household_number": "7"}, {}]
                    ),
                    max_size=2,
                )
            )
        ],
        "suspension": {"prolongs": draw(st.booleans()), "grants": draw(st.booleans())},
        "funding": draw(
            st.lists(st.builds(lambda n: {"line_id": 1, "share_ppm": n}, PPMS), max_size=4)
        ),
    }


@settings(max_examples=150, deadline=None)
@given(document=documents())
def test_terms_of_every_kind_survive_the_form(app_kept, document):
    with app_kept.test_request_context():
        document = loaded(document)
        typed = BUILDER.of(document)

        assert loaded(typed.terms()) == document
        assert typed.errors == {}


def test_what_a_version_changes_is_told_parameter_by_parameter(app):
    with app.test_request_context():
        old = loaded(scenario("sp-1"))
        new = loaded(
            scenario("sp-1")
            | {"confirm_days": 3, "beyond": "self_pay", "rounding": {"price": "up"}}
            | {"services": [{"code": "bus", "name": "校车", "unit": "月"}]}
        )
        assert BUILDER.changes(old, new) == [
            {
                "label": "服务“学费”",
                "old": "服务编号 fee；计价单位 学期",
                "new": "—",
            },
            {"label": "价格不足一分时", "old": "四舍五入", "new": "进一分"},
            {"label": "对账单确认天数", "old": "0 天", "new": "3 天"},
            {"label": "服务“校车”", "old": "—", "new": "服务编号 bus；计价单位 月"},
        ]


# --- the pages -----------------------------------------------------------------------------------


def test_a_programme_is_checked_before_it_is_saved_and_approved_by_another(app, world, office):
    clerk, county = office("purchaser_clerk"), world.county
    with app.app_context():
        plan = factories.file_plan(county, county.line)
    money = {"purchase_id": str(plan), "funding-0-line_id": str(county.line)}
    check = begun(clerk, "face", **FILLED | money)
    assert "核对凭单项目" in check.text
    assert f"GM2026{plan:06d}" in check.text
    assert "80.50 元" in check.text
    assert "所有在世居民" in check.text

    draft = check.send(NEW, step="save")
    number = int(draft.path.rpartition("/")[2])
    assert stored(app, number) == loaded(
        {
            "classes": [{"code": "A", "name": "阅读券"}],
            "services": [{"code": "s1", "name": "借阅", "unit": "次"}],
            "allotments": [{"code": "face", "name": "面额", "amounts": [{"quantity": 8_050}]}],
            "valid_from": "2026-10-01",
            "valid_through": "2026-12-31",
            "single_use": True,
            "remainder": "forfeit",
            "beyond": "self_pay",
            "void_window": "until_lock",
            "funding": [{"line_id": world.county.line}],
        }
    )
    with app.app_context(), transaction(readonly=True):
        assert db.session.get_one(Programme, number).purchase_id == plan
    submitted = draft.send(f"{draft.path}/submit")
    assert "待复核" in submitted.text
    assert f"{draft.path}/approve" not in [form.action for form in submitted.forms]

    approver = office("purchaser_approver")
    asked = approver.open(draft.path)
    assert "今天符合条件" in asked.text
    approved = asked.send(f"{draft.path}/approve")
    assert "已批准" in approved.text
    assert "purchaser_approver" in approved.text


def test_a_form_with_mistakes_is_shown_again_with_what_was_typed(office):
    page = begun(
        office("purchaser_clerk"),
        "monthly",
        **{
            "name": "没有写完",
            "allotments-0-amounts-0-quantity": "八十",
            "shares-0-rate_ppm": "150",
            "eligibility-0-fact": "ability_level",
            "eligibility-0-operator": "within",
            "eligibility-0-value": "特重",
        },
    )

    assert page.status == 422
    form = page.form(NEW)
    assert form.fields["name"] == "没有写完"
    assert form.fields["allotments-0-amounts-0-quantity"] == "八十"
    for said in (
        "额度 1 · 数额 1 · 给多少",
        "请填写金额，例如 500",
        "须在 0 至 100 之间",
        "“失能等级”可用的比较：不低于",
        "没有“特重”。可填：能力完好",
        "请填写",
    ):
        assert said in page.text
    for field in ("code", "valid_from", "services", "eligibility-0-operator"):
        assert f'href="#f-{field}"' in page.html
        assert f'id="f-{field}"' in page.html


def test_a_fault_deep_in_a_condition_finds_its_row(office):
    page = begun(
        office("purchaser_clerk"),
        "face",
        **FILLED
        | {
            "eligibility-0-fact": "age",
            "eligibility-0-value": "60",
            "eligibility-3-fact": "residence",
            "eligibility-3-value": "999999",
            "eligibility-3-group": "甲",
        },
    )
    assert page.status == 422
    assert "行政区划代码 999999 不存在" in page.text


def test_more_rows_need_no_script_and_lose_nothing(office):
    clerk = office("purchaser_clerk")
    page = clerk.open(f"{NEW}?model=face").send(NEW, name="许多种类", step="add:services")
    page = page.send(NEW, step="add:allotments-0-amounts")
    page = page.send(NEW, step="add:eligibility")
    page = page.send(NEW, step="add:allotments-0-amounts-0-when")

    names = page.form(NEW).fields
    assert names["name"] == "许多种类"
    for name in (
        "services-1-code",
        "allotments-0-amounts-1-quantity",
        "eligibility-1-fact",
        "allotments-0-amounts-0-when-1-fact",
    ):
        assert name in names
    page = page.send(
        NEW, **{"services-0-name": "先", "services-1-name": "后", "step": "drop:services-0"}
    )
    assert "services-0-name" not in page.form(NEW).fields
    assert page.form(NEW).fields["services-1-name"] == "后"
    for step in ("add:nothing", "add:services-x", "drop:", "drop:services", "odd"):
        assert page.send(NEW, step=step).status == 200


def test_the_preview_tells_people_money_and_headroom_or_what_is_missing(world, office):
    clerk = office("purchaser_clerk")
    page = clerk.open(f"{NEW}?model=face")
    fields_sent = page.form(NEW).fields
    missing = clerk.post("/voucher/programmes/preview", fields_sent | {"name": "券"})
    assert "没有填好，填好就能预览" in missing.text
    assert "服务" in missing.text

    line = {"funding-0-line_id": str(world.county.line)}
    filled = fields_sent | FILLED | line
    shown = clerk.post("/voucher/programmes/preview", filled)
    assert "所有在世居民" in shown.text
    assert "现在可用" in shown.text
    assert "高塘岭街道" in shown.text
    much = filled | {"allotments-0-amounts-0-quantity": "9000000"}
    assert "还差" in clerk.post("/voucher/programmes/preview", much).text
    cases = {"cases-0-name": "没人", "cases-0-eligible": "no"}
    failing = clerk.post("/voucher/programmes/preview", filled | cases)
    assert "1 个用例与规则不符" in failing.text
    assert "“没人”应不符合条件，实为符合。" in failing.text


def test_each_model_opens_a_form_that_only_lacks_what_the_paper_says(office):
    clerk = office("purchaser_clerk")
    assert "照哪种项目编" in clerk.open(NEW).text
    for model in ("face", "balance", "monthly", "hours", "hold", "enrolled", "blank"):
        amount = "7 小时" if model == "hours" else "100"
        price = {"services-0-maximum_price_fen": "65"}
        more = {"allotments-0-name": "额度"} if model == "blank" else {}
        page = begun(
            clerk,
            model,
            **FILLED | price | more | {"allotments-0-amounts-0-quantity": amount},
        )
        assert page.status == 200, (model, page.text)
        assert "核对凭单项目" in page.text


def test_hostile_fields_are_refused_or_ignored_but_break_nothing(office):
    clerk = office("purchaser_clerk")
    odd = ["9" * 5000, "-1", "1e9", "٣", "[" * 9000, "{", "\x00", "NaN", "９" * 30]
    for value in odd:
        fields_sent = FILLED | {
            "allotments-0-amounts-0-quantity": value,
            "eligibility-json": value,
            "funding-0-line_id": value,
            "shares-0-rate_ppm": value,
            "cases-0-facts": value,
            "cases-0-others_fen": value,
            "confirm_days": value,
            "services-99999999-name": value,
            "unit": value,
            "classes-0-services": value,
        }
        for step in ("check", "save", "preview"):
            assert begun(clerk, "blank", **fields_sent | {"step": step}).status < 500


# --- versions ------------------------------------------------------------------------------------


def test_a_revision_shows_what_changed_and_is_approved_by_another(app, world, office):
    clerk = office("purchaser_clerk")
    address = f"/voucher/programmes/{world.county.programme}"
    form = clerk.open(f"{address}/revise")
    assert form.form(f"{address}/revise").fields["services-1-name"] == "助餐"
    page = form.send(
        f"{address}/revise",
        **{
            "services-1-maximum_price_fen": "32.50",
            "effective_on": "2026-10-01",
            "eligibility-0-fact": "age",
            "eligibility-0-operator": "at_least",
            "eligibility-0-value": "60",
            "step": "check",
        },
    )
    assert "退出" in page.text
    draft = page.send(f"{address}/revise", step="save")
    for said in (
        "第 2 版",
        "服务“助餐” · 最高限价",
        "30.00 元",
        "32.50 元",
        "2026-10-01",
        "修改草稿",
    ):
        assert said in draft.text
    draft.send(f"{address}/submit")

    approver = office("purchaser_approver")
    assert "第 2 版待复核" in approver.open("/voucher/programmes").text
    assert "1 个凭单项目待批准" in approver.open("/").text
    asked = approver.open(address)
    for said in ("32.50 元", "今天符合条件", "退出"):
        assert said in asked.text
    back = approver.open(f"{address}/send-back").send(f"{address}/send-back", reason="写错了")
    assert "写错了" in clerk.open(address).text
    assert f"{address}/approve" not in [one.action for one in back.forms]

    again = clerk.open(f"{address}/revise").send(
        f"{address}/revise", **{"services-1-maximum_price_fen": "31", "step": "save"}
    )
    again.send(f"{address}/submit")
    approved = approver.open(address).send(f"{address}/approve")
    assert "第 2 版" in approved.text
    document = stored(app, world.county.programme)
    assert document["services"][1]["maximum_price_fen"] == 3_100
    assert document["eligibility"] == {"fact": "age", "at_least": 60}
    with app.app_context(), transaction(readonly=True):
        states = [row.state for row in db.session.scalars(db.select(Terms).order_by(Terms.version))]
    assert states == ["approved", "approved"]


def test_who_may_not_define_sees_no_form(office):
    for role in ("purchaser_approver", "auditor"):
        for address in (NEW, f"{NEW}?model=face", "/voucher/programmes/1/revise"):
            assert office(role).open(address).status == 403


def test_a_like_programme_is_begun_without_code_and_days(world, office):
    page = office("purchaser_clerk").open(f"{NEW}?like={world.county.programme}")
    typed = page.form(NEW).fields
    assert typed["services-2-name"] == "助浴"
    assert typed["name"] == "项目CARE"
    assert typed["code"] == typed["valid_from"] == ""
