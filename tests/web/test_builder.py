"""The builder with a table that is nobody's: scholarships with their tiers."""

from __future__ import annotations

import pytest
from flask import render_template_string

from core.facts import ORGANISATION
from core.web.builder import Builder, Field, Kind, Rows, Rule, Section, kinds, values


def read(text, at):
    return values.yuan(text) if at.chosen["measure"] == "money" else values.whole(text)


def write(value, at):
    return values.yuan_typed(value) if at.chosen["measure"] == "money" else str(value)


AMOUNT = Kind("text", read, write, write)
MEASURE = kinds.choice(("money", "按金额"), ("meals", "按餐"))
TIERS = Rows(
    "tiers",
    "档次",
    "每档写一行。",
    "档次",
    (
        Field("title", kinds.TEXT, "档名", "例如 一档。", offers="titles"),
        Field("amount", AMOUNT, "标准", "每月。"),
        Rule("when", "给谁", "不填是人人。", rare=True),
    ),
    least=1,
    numbered="t",
    called="title",
)
BUILDER = Builder(
    (
        Section("how_much", "给多少", "标准。", (Field("measure", MEASURE, "计法", ""), TIERS)),
        Section(
            "more", "其他", "", (Field("lapse.tiers", kinds.codes("tiers"), "到期作废的", ""),)
        ),
    )
)
DOCUMENT = {
    "measure": "money",
    "tiers": [
        {"title": "一档", "amount": 8_050, "code": "t1"},
        {"title": "二档", "amount": 900, "code": "t2"},
    ],
    "lapse": {"tiers": ["t2"]},
}
TYPED = {
    "measure": "money",
    "tiers-0-title": "一档",
    "tiers-0-amount": "80.50",
    "tiers-4-title": "二档",
    "tiers-4-amount": "9",
    "lapse-tiers": "二档",
}
OLD = {"fact": "age", "value": "60"}


@pytest.fixture(autouse=True)
def asked(app):
    """Let every test be a request."""
    with app.test_request_context():
        yield


def test_a_document_is_read_from_what_is_typed_and_survives_the_form():
    assert BUILDER.sent(TYPED).terms() == DOCUMENT
    assert BUILDER.of(DOCUMENT).terms() == DOCUMENT


def test_a_kind_of_ones_own_knows_what_is_chosen_above_its_row():
    meals = BUILDER.sent({"measure": "meals", "tiers-0-title": "一档", "tiers-0-amount": "80.50"})
    meals.terms()
    assert meals.errors == {"tiers-0-amount": "请填写整数，例如 30。"}


def test_a_row_is_told_by_what_it_is_called_and_a_code_by_its_rows_name():
    assert BUILDER.told(DOCUMENT) == [
        ("给多少", [("计法", "按金额"), ("档次“一档”", "标准：80.50"), ("档次“二档”", "标准：9")]),
        ("其他", [("到期作废的", "二档")]),
    ]
    other = DOCUMENT | {"tiers": DOCUMENT["tiers"][:1], "lapse": {}}
    assert BUILDER.changes(DOCUMENT, other) == [
        {"label": "档次“二档”", "old": "标准 9", "new": "—"},
        {"label": "到期作废的", "old": "二档", "new": "未设"},
    ]


def test_what_is_wrong_stands_at_the_field_nearest_to_its_place():
    rule = {f"tiers-4-when-{n}-{name}": said for n in (1, 3) for name, said in OLD.items()}
    typed = BUILDER.sent(TYPED | rule)
    typed.terms()
    typed.note(("tiers", 1, "amount"), "太少")
    typed.note(("tiers", 1, "when"), "太老", "all[1].at_least")
    typed.note((), "不行")
    assert typed.errors == {
        "tiers-4-amount": "太少",
        "tiers-4-when-3-value": "太老",
        "name": "不行",
    }


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"when-3-fact": "age", "when-3-value": "60"}, "when-3-value"),
        ({"when-json": '{"all": [{"fact": "age", "at_least": 60}]}'}, "when-json"),
    ],
)
def test_what_is_wrong_inside_the_only_row_or_the_json_stands_there(rule, field):
    typed = BUILDER.sent(TYPED | {f"tiers-4-{name}": said for name, said in rule.items()})
    typed.terms()
    typed.note(("tiers", 1, "when"), "太老", "all[0].at_least")
    assert typed.errors == {f"tiers-4-{field}": "太老"}


def test_its_macros_need_nothing_but_what_is_typed(app):
    source = """{% from "macros/builder.html" import body, carry %}{{ body(typed, "/here") }}"""
    html = render_template_string(source + "{{ carry(typed) }}", typed=BUILDER.of(DOCUMENT))
    for said in (
        'id="s-how_much"',
        'list="titles"',
        'formaction="/here#s-how_much"',
        'value="add:tiers-1-when"',
        '<input type="hidden" name="tiers-1-amount" value="9">',
    ):
        assert said in html


@pytest.mark.parametrize(
    ("typed", "bp"), [("0", 0), ("50", 5_000), ("33.3%", 3_330), ("0.05", 5), ("100", 10_000)]
)
def test_basis_points_are_typed_as_per_cent(typed, bp):
    share = Builder((Section("share", "比例", "", (Field("bp", kinds.BP, "比例", ""),)),))
    assert share.sent({"bp": typed}).terms() == {"bp": bp}
    assert share.sent(share.of({"bp": bp}).values).terms() == {"bp": bp}
    assert share.told({"bp": bp}) == [("比例", [("比例", f"{typed.removesuffix('%')}%")])]


@pytest.mark.parametrize("typed", ["100.01", "-1", "33.333", "一半"])
def test_what_are_no_basis_points_is_told_at_the_field(typed):
    share = Builder((Section("share", "比例", "", (Field("bp", kinds.BP, "比例", ""),)),))
    form = share.sent({"bp": typed})
    form.terms()
    assert list(form.errors) == ["bp"]


def test_a_rule_about_organisations_offers_and_tells_their_facts(app):
    rule = Rule("when", "给谁", "", about=ORGANISATION)
    shops = Builder((Section("who", "谁", "", (rule,)),))
    tree = {"fact": "org.staff", "at_least": 3}
    assert "职工人数" in shops.told({"when": tree})[0][1][0][1]
    page = render_template_string(
        '{% from "macros/builder.html" import body %}{{ body(typed, "/here") }}',
        typed=shops.of({"when": tree}),
    )
    assert 'value="org.staff"' in page
    assert 'value="age"' not in page
