"""The frame and the macros, rendered strictly: what pages may rely on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, render_template, render_template_string
from flask_babel import Babel
from jinja2 import StrictUndefined

from core import assets, formats

ROOT = Path(__file__).parents[2]
Render = Callable[..., str]


@pytest.fixture
def render() -> Render:
    app = Flask("core", root_path=str(ROOT / "core"))
    app.config.update(TESTING=True, SECRET_KEY="test", COUNTY_NAME="望城区")
    app.jinja_env.undefined = StrictUndefined
    Babel(app, default_locale="zh_Hans_CN")
    assets.register(app)
    formats.register(app)
    keys = count(1)
    app.jinja_env.globals.update(
        csrf_token=lambda: "token", new_request_key=lambda: f"key-{next(keys)}"
    )
    app.context_processor(
        lambda: {
            "current_actor": None,
            "large_type": True,
            "locale": "zh",
            "menu_groups": lambda _actor: [
                {"question": "谁来买", "items": [{"label": "指标", "url": "/b", "active": True}]}
            ],
            "who": SimpleNamespace(name="陈晓梅", role="支付岗", organisation="财政局"),
        }
    )
    web = Blueprint("web", __name__)
    for name in ("home", "sign_in", "sign_out", "set_preferences"):
        web.add_url_rule(f"/{name}", name, lambda: "")
    app.register_blueprint(web)

    def draw(source: str, **values: object) -> str:
        with app.test_request_context("/budget?page=2"):
            drawer = render_template if source.endswith(".html") else render_template_string
            return drawer(source, **values)

    return draw


def macro(file: str, *names: str) -> str:
    return f'{{% from "macros/{file}.html" import {", ".join(names)} %}}'


@pytest.mark.parametrize("layout", ["layout_staff", "layout_person", "layout_till"])
def test_every_frame_has_one_main_a_way_past_the_menu_and_the_switches(
    render: Render, layout: str
) -> None:
    page = render(f'{{% extends "{layout}.html" %}}{{% block main %}}<h1>正文</h1>{{% endblock %}}')
    assert page.count("<main") == 1
    assert '<a class="skip" href="#main">跳到正文</a>' in page
    assert 'data-type="large"' in page
    assert "标准字" in page
    assert 'value="en"' in page
    assert "陈晓梅" in page
    assert "望城区" in page
    assert page.count("<h1>正文</h1>") == 1


def test_the_staff_menu_marks_where_one_is(render: Render) -> None:
    page = render('{% extends "layout_staff.html" %}')
    assert '<a href="/b" aria-current="page">指标</a>' in page


def test_a_switch_leads_back_to_the_same_page(render: Render) -> None:
    page = render('{% extends "layout_person.html" %}')
    assert 'name="next" value="/budget?page=2"' in page


def test_a_form_carries_its_token_and_a_fresh_request_key(render: Render) -> None:
    page = render(macro("forms", "form_open") + "{{ form_open('/x') }}{{ form_open('/y') }}")
    assert page.count('name="csrf_token" value="token"') == 2
    assert re.findall(r'name="request_key" value="([^"]+)"', page) == ["key-1", "key-2"]


def test_a_form_shown_again_may_keep_its_request_key(render: Render) -> None:
    page = render(macro("forms", "form_open") + "{{ form_open('/x', key='kept') }}")
    assert 'name="request_key" value="kept"' in page


def test_a_field_error_is_told_beside_the_field_and_in_the_summary(render: Render) -> None:
    page = render(
        macro("forms", "error_summary", "field")
        + "{{ error_summary(errors) }}{{ field('face', '面值', '0', errors, '单位元。') }}",
        errors={"face": ["必须大于 0。"]},
    )
    assert '<a href="#f-face">必须大于 0。</a>' in page
    assert 'aria-describedby="f-face-hint f-face-error"' in page
    assert 'aria-invalid="true"' in page


def test_what_a_person_typed_is_escaped(render: Render) -> None:
    page = render(
        macro("forms", "field", "text_area")
        + "{{ field('a', '名', evil) }}{{ text_area('b', '说明', evil) }}",
        evil='"><script>',
    )
    assert "<script>" not in page


def test_a_table_names_every_cell_for_the_phone(render: Render) -> None:
    page = render(
        macro("data", "table")
        + "{% call(row, column) table('对账单', columns, rows, foot={'fen': 5}) %}改{% endcall %}",
        columns=[
            {"key": "day", "label": "日期", "kind": "day"},
            {"key": "fen", "label": "金额", "kind": "amount"},
            {"key": "state", "label": "状态", "kind": "badge"},
            {"key": "do", "label": "操作", "kind": "custom"},
        ],
        rows=[{"day": date(2026, 9, 1), "fen": (120000, "/j"), "state": ("已付", "good")}],
    )
    assert "<caption>对账单</caption>" in page
    assert re.findall(r'<th scope="row".*?data-label="日期">', page)
    assert '<a href="/j">1,200.00</a>' in page
    assert 'data-label="操作"><span class="cell">改</span>' in page
    assert "0.05" in page


def test_an_empty_table_says_so(render: Render) -> None:
    page = render(macro("data", "table") + "{{ table('对账单', [], []) }}")
    assert "还没有对账单" in page


def test_a_state_is_a_picture_and_a_word(render: Render) -> None:
    page = render(macro("states", "badge") + "{{ badge('已付', 'good') }}")
    assert "<svg" in page
    assert "已付" in page


def test_the_rooms_of_a_line_fill_its_bar(render: Render) -> None:
    parts = [
        {"room": "available", "label": "可用", "fen": 1, "url": "/a"},
        {"room": "disbursed", "label": "已付", "fen": 3},
    ]
    page = render(macro("data", "rooms") + "{{ rooms(parts, '资金') }}", parts=parts)
    assert re.findall(r'width="(\d+\.\d)" height="32"', page) == ["250.0", "750.0"]
    empty = render(macro("data", "rooms") + "{{ rooms([], '资金') }}")
    assert "<rect" not in empty


def test_a_refusal_says_what_happened_on_what_ground_and_under_which_code(render: Render) -> None:
    refusal = SimpleNamespace(message="不能再用。", code="CARD_BLOCKED", basis="第九条", status=422)
    page = render("refusal.html", refusal=refusal, back_url="/till")
    assert "不能再用。" in page
    assert "依据：第九条" in page
    assert "CARD_BLOCKED" in page
    assert 'href="/till"' in page


def test_no_template_needs_what_the_security_policy_forbids() -> None:
    forbidden = re.compile(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:")
    folders = [ROOT / "core" / "templates", *ROOT.glob("plugins/*/templates")]
    templates = [path for folder in folders for path in folder.rglob("*.html")]
    guilty = [path.name for path in templates if forbidden.search(path.read_text(encoding="utf-8"))]
    assert templates
    assert guilty == []
