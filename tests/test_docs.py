"""The lists in docs/ are what the code declares, and every refusal speaks in full sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.docs import PART, ROOT, parts, refusals, stale

pytestmark = pytest.mark.one_engine


def test_the_generated_parts_are_up_to_date(app):
    with app.app_context():
        assert [path.name for path in stale()] == [], "run `make docs`"


def test_every_generated_part_has_its_place(app_kept):
    placed = {
        part[2]
        for path in (ROOT / "docs").glob("**/*.md")
        for part in PART.finditer(path.read_text(encoding="utf-8"))
    }
    with app_kept.app_context():
        assert placed == set(parts())


def test_every_refusal_says_a_full_sentence():
    found = [one for one in refusals.scan(ROOT) if one.sentence]
    assert len(found) > 50
    assert [one for one in found if not one.sentence.endswith(("。", "…"))] == []


def test_a_refusal_is_read_with_its_status_sentence_and_basis(tmp_path):
    module = tmp_path / "core" / "errors.py"
    module.parent.mkdir()
    (tmp_path / "plugins").mkdir()
    module.write_text(
        "class Refusal(Exception):\n"
        "    status = 422\n"
        "class Late(Refusal):\n"
        "    status = 409\n"
        "SAID = '晚了。'\n"
        "def act(day):\n"
        "    raise Late('TOO_LATE', f'{day} ' + SAID, basis='第一条', day=day)\n",
        encoding="utf-8",
    )
    assert refusals.scan(Path(tmp_path)) == [
        refusals.Found("TOO_LATE", 409, "… 晚了。", "第一条", "core.errors")
    ]


def test_a_basis_is_that_of_the_module_or_of_where_its_name_comes_from(tmp_path):
    (tmp_path / "plugins").mkdir()
    refuse = "def act():\n    raise Refusal('{}', '不行。', basis={})\n"
    modules = {
        "errors": "class Refusal(Exception):\n    status = 422\n",
        "one": "LAW, OTHER = '第一条', '第二条'\n" + refuse.format("ONE", "LAW"),
        "two": "LAW = '第三条'\n" + refuse.format("TWO", "LAW"),
        "three": "from core.one import OTHER\n" + refuse.format("THREE", "OTHER"),
        "four": "from core import two\n" + refuse.format("FOUR", "two.LAW"),
    }
    for name, text in modules.items():
        path = tmp_path / "core" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = {one.code: one.basis for one in refusals.scan(Path(tmp_path))}
    assert found == {"ONE": "第一条", "TWO": "第三条", "THREE": "第二条", "FOUR": "第三条"}
