"""The lists in docs/ are what the code declares, and every refusal speaks in full sentences."""

from __future__ import annotations

from pathlib import Path

from core.docs import PART, ROOT, parts, refusals, stale


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
