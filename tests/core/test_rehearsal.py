"""Rehearsals: the example in the documentation plays, and every fault is found on its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import access, acts
from core.audit import AuditEntry
from core.db import db, transaction
from core.ledger import Check, Finding
from core.lines import BadFileError
from core.rehearsal import rehearse, running

pytestmark = pytest.mark.one_engine

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "rehearsals.md"
EXAMPLE = re.search(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[1]


@pytest.fixture
def play(app, tmp_path):
    """Return a function that plays the example, after changing one text in it to another."""

    def played(old="", new="", **options):
        assert EXAMPLE.count(old) >= 1
        path = tmp_path / "example.yaml"
        path.write_text(EXAMPLE.replace(old, new, 1) if old else EXAMPLE, encoding="utf-8")
        with app.app_context():
            return rehearse(path, **options)

    return played


def line_of(text):
    """Return the number of the example's first line that holds a text."""
    return EXAMPLE[: EXAMPLE.index(text)].count("\n") + 1


def test_the_example_in_the_guide_plays_twice_without_a_difference(play):
    outcome = play(twice=True)
    assert [str(one) for one in outcome.mismatches] == []
    assert (outcome.events, outcome.refusals) == (3, 1)


def test_a_file_that_was_played_before_changes_nothing(app, play):
    play()
    with app.app_context(), transaction(readonly=True):
        before = db.session.query(AuditEntry).count()
    assert play().mismatches == []
    with app.app_context(), transaction(readonly=True):
        assert db.session.query(AuditEntry).count() == before


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (
            "EDU]: 3000000",
            "EDU]: 1",
            "bud.available[EDU]",
            "bud.available[EDU] 应为 1，实为 3000000",
        ),
        ("refused: LINE_EXISTS", "refused: LOGIN_TAKEN", "- id: E2", "应以 LOGIN_TAKEN 拒绝"),
        ("    expect: {refused: LINE_EXISTS}\n", "", "- id: E2", "应受理，实为拒绝 LINE_EXISTS"),
        ("approved_fen: 3000000}", "approved_fen: 2}", "- id: E1", "approved_fen 应为 2"),
        ("approved_fen: 3000000}", "nothing: 2}", "- id: E1", "答复中没有 nothing"),
        ("LINE_EXISTS}", "LINE_EXISTS, facts: {a: 1}}", "- id: E2", "facts.a 应为 1，实为 None"),
        ("${bureau}", "${office}", "- id: E1", "没有找到“office”"),
        ("bureau: id", "bureau: number", "- id: bureau", "没有找到“number”"),
        ("{user: f1}", "{user: f2}", "- id: E1", "没有找到“f2”"),
    ],
)
def test_a_difference_is_listed_with_its_line(play, old, new, line, said):
    first = play(old, new).mismatches[0]
    assert first.line == line_of(line)
    assert said in first.text


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("    by: finance", "    bye: finance", "    by: finance", "有不认识的项 ['bye']"),
        (
            "do: budget.appropriate",
            "do: budget.invent",
            "- id: E1",
            "没有名为“budget.invent”的操作",
        ),
        ("by: finance", "by: nobody", "- id: E1", "没有名为“nobody”的人物"),
        ("bud.approved", "bud.aproved", "bud.approved", "没有名为“bud.aproved”的账面数"),
        ("again: E1", "again: E7", "- id: E3", "前面没有名为“E7”的事件"),
        ("again: E1", "again: E1\n    each: [A]", "- id: E3", "没有办理过"),
        ("id: E2", "id: E1", "- id: E2", "用过两次"),
        ("2026-06-01 09:05", "2026-05-01 09:05", "- id: E2", "时间早于前一事件"),
        ("2026-06-01 09:05", "2026-06-31 09:05", "2026-06-01 09:05", "没有“2026-06-31 09:05”"),
        ("2026-06-01 09:05", "June", "2026-06-01 09:05", "写法不对"),
        ("    again: E1", "    again: E1\n    again: E1", "- id: E3", "不得重复"),
        ("{refused: LINE_EXISTS}", "refused", "{refused", "只能写 accepted"),
        ("final:", "final: [", "final:", "不是合法的 YAML"),
        ("remember: {user: id}", "each: 3..1", "remember: {user", "不是从小到大的范围"),
    ],
)
def test_a_fault_of_the_file_is_found_on_its_line(play, old, new, line, said):
    with pytest.raises(BadFileError) as caught:
        play(old, new)
    fault = next(text for text in caught.value.faults if said in text)
    number = int(re.search(r":(\d+):", fault)[1])
    assert line_of(line) <= number <= line_of(line) + 3


def test_a_faulty_file_is_not_played_at_all(app, play):
    with pytest.raises(BadFileError):
        play("again: E1", "again: E7")
    with app.app_context(), transaction(readonly=True):
        assert db.session.scalar(db.select(AuditEntry.id)) is None


def test_a_finding_of_an_integrity_check_is_a_difference(play, monkeypatch):
    broken = Check("总账", lambda: [Finding("科目 1", "0", "5")])
    monkeypatch.setattr("core.rehearsal.books.ask", lambda _hook: [broken])
    assert "检查“总账”：科目 1 应为 0，实为 5" in play().mismatches[0].text


def test_a_refusal_that_leaves_a_trace_in_the_books_is_a_difference(play, monkeypatch):
    marks = iter(range(100))
    real = running.books.mark

    def drifting(expected, names):
        mark = real(expected, names)
        mark.totals["凭证数"] += next(marks)
        return mark

    monkeypatch.setattr("core.rehearsal.running.books.mark", drifting)
    assert any("拒绝改变了账面：凭证数" in one.text for one in play().mismatches)


def test_the_command_prints_the_events_and_exits_with_one_on_a_difference(app, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    runner = app.test_cli_runner()
    done = runner.invoke(args=["rehearse", str(path)])
    assert done.exit_code == 0, done.output
    assert "共 3 件，拒绝 1 件，不符 0 处。" in done.output
    path.write_text(EXAMPLE.replace("EDU]: 3000000\n", "EDU]: 5\n"), encoding="utf-8")
    assert runner.invoke(args=["rehearse", str(path)]).exit_code == 1


def test_the_command_refuses_a_database_with_real_business(app, tmp_path):
    path = tmp_path / "example.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    with app.app_context():
        acts.do("party.add_division", access.system(), code="430122", name="望城县")
    done = app.test_cli_runner().invoke(args=["rehearse", str(path)])
    assert done.exit_code == 1
    assert "真实业务" in done.output
