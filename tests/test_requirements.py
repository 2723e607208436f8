"""Every row of the requirements stands in docs/requirements.md, shown by a test or open."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from core.docs import ROOT, refusals
from tests import requirements

ROWS = {row.id: row for row in requirements.rows()}
SHOWN = requirements.shown()
# How many rows each paper has; none may disappear.
PAPERS = {"R000": 92, "R001": 29, "R002": 69, "R003": 35, "R004": 43}
KINDS = {"feature": 145, "rule": 77, "report": 46}


def test_every_row_stands_there_once():
    written = re.findall(
        r"^ +(R\d{3}-\d{2}):", requirements.DATA.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert written == [
        f"{paper}-{number:02d}" for paper, count in PAPERS.items() for number in range(1, count + 1)
    ]
    assert list(ROWS) == written


def test_the_kinds_are_as_many_as_they_were():
    assert Counter(row.kind for row in ROWS.values()) == KINDS


def test_every_tag_names_a_row():
    assert [one for one in SHOWN if not ROWS.keys() >= {*one.rows, *one.parts}] == []


def test_a_rule_is_shown_by_the_code_of_its_refusal():
    known = {one.code for one in refusals.scan(ROOT)}
    faults = []
    for one in SHOWN:
        for row in (ROWS[tag] for tag in (*one.rows, *one.parts)):
            expected = {row.refused} if row.refused else known
            if row.kind == "rule" and not one.codes & expected:
                faults.append(f"{row.id} {row.refused or ''}: {one.path}, {one.sentence}")
    assert faults == []


def test_a_report_is_shown_by_a_figure_of_the_ledger():
    faults = [
        f"{tag}: {one.path}, {one.sentence}"
        for one in SHOWN
        for tag in (*one.rows, *one.parts)
        if ROWS[tag].kind == "report" and not one.asks_ledger
    ]
    assert faults == []


def test_the_page_is_up_to_date():
    written = requirements.PAGE.read_text(encoding="utf-8")
    assert written == requirements.page(SHOWN), "run `make docs`"


def test_titles_are_short_and_unlike():
    titles = [row.title for row in ROWS.values()]
    assert [title for title in titles if not 5 <= len(title) <= 30] == []
    assert [title for title, count in Counter(titles).items() if count > 1] == []


# --- how tags are read -------------------------------------------------------------------------

MODULE = """
import pytest

pytestmark = pytest.mark.requirement("R000-01")
CASES = [("A_CODE", 1), ("no code", 2)]

def sum_of(line):
    return balance("fin.expense", line_id=line)

@pytest.mark.requirement("R000-02", "R000-03")
class TestIt:
    @pytest.mark.requirement("R000-08", in_part=True)
    def test_inside(self):
        '''NOT_ASSERTED in a longer text.'''

@pytest.mark.parametrize("code", [c for c, _n in CASES])
def test_codes_of_cases(code):
    assert code

@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.requirement("R000-04")), 2])
def test_figures(n):
    assert sum_of(n) == 1
"""

SCENARIO = """\
# Somebody does something. Shows R000-05 and R000-06 (why), part of
# R000-09 and R000-10.
rehearsal: {id: x, title: 排演}
events:
  - {id: A, expect: {refused: B_CODE}}  # R000-07 is not in the opening
final: {x: 1}
"""


@pytest.fixture
def project(tmp_path: Path):
    """Return how to make a project with one file of tests and one scenario, and read it."""

    def read(module=MODULE):
        (tmp_path / "tests" / "scenarios").mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests" / "test_it.py").write_text(module, encoding="utf-8")
        (tmp_path / "tests" / "scenarios" / "x.yaml").write_text(SCENARIO, encoding="utf-8")
        return {one.sentence: one for one in requirements.shown(tmp_path)}

    return read


def test_tags_are_found_on_module_class_test_parameter_and_scenario(project):
    assert {name: (one.rows, one.parts) for name, one in project().items()} == {
        "inside": (("R000-01", "R000-02", "R000-03"), ("R000-08",)),
        "codes of cases": (("R000-01",), ()),
        "figures": (("R000-01", "R000-04"), ()),
        "排演": (("R000-05", "R000-06"), ("R000-09", "R000-10")),
    }


def test_codes_and_figures_are_found_in_what_a_test_names(project):
    found = project()
    assert found["inside"].codes == frozenset()
    assert found["codes of cases"].codes == {"A_CODE"}
    assert found["排演"].codes == {"B_CODE"}
    assert [name for name, one in found.items() if one.asks_ledger] == ["figures", "排演"]


def test_a_row_that_is_not_written_out_is_refused(project):
    with pytest.raises(ValueError, match="written out"):
        project("@pytest.mark.requirement(*ROWS)\ndef test_it(): pass")


def test_a_row_that_nobody_shows_is_open_and_stays():
    assert requirements.page([]).count("| open |") == len(ROWS)


def test_a_row_is_shown_when_a_test_shows_the_whole_of_it():
    some = requirements.Shown((), ("R000-01",), "a.py", "some", frozenset(), asks_ledger=False)
    whole = requirements.Shown(("R000-01",), (), "b.py", "whole", frozenset(), asks_ledger=False)
    assert requirements.page([some]).count("| in part | [some](../a.py) |") == 1
    both = "| shown | [some](../a.py)<br>[whole](../b.py) |"
    assert requirements.page([some, whole]).count(both) == 1
