"""What a rehearsal remembers comes back where the file asks for it."""

from __future__ import annotations

import pytest

from core.rehearsal.names import Names, UnknownNameError, items, pick

ANSWER = {"id": 7, "cards": [{"number": "A-001", "code": "x"}, {"number": "A-002", "code": "y"}]}


@pytest.fixture
def names():
    return Names()


def test_a_range_counts_up_and_keeps_its_zeros():
    assert items("A-009..A-011") == ("A-009", "A-010", "A-011")
    assert items(["B-1..2", "C"]) == ("B-1", "B-2", "C")
    assert items(None) == ()


@pytest.mark.parametrize("broken", ["A-3..A-1", "A-1..B-2"])
def test_a_broken_range_is_named(broken):
    with pytest.raises(ValueError, match=broken):
        items(broken)


def test_a_lone_reference_keeps_its_type_and_others_become_text(names):
    names.remember({"line": "id"}, ANSWER, None)
    assert names.fill({"id": "${line}", "note": "第 ${line} 号"}) == {"id": 7, "note": "第 7 号"}


def test_an_answer_to_one_item_is_kept_under_the_item(names):
    names.remember({"slip": "id"}, ANSWER, "A-001")
    names.remember({"slip": "id"}, {"id": 8}, "A-002")
    assert names.fill(["${slip[A-001]}", "${slip[${item}]}"], "A-002") == [7, 8]


def test_a_list_becomes_a_map_by_its_own_names_or_by_given_ones(names):
    wanted = {
        "card": {"each": "cards", "key": "number", "value": "code"},
        "mine": {"each": "cards", "as": "X-1..X-2"},
    }
    names.remember(wanted, ANSWER, None)
    assert names.fill("${card[A-002]}") == "y"
    assert names.fill("${mine[X-1].code}") == "x"


def test_too_few_names_for_a_list_are_refused(names):
    with pytest.raises(UnknownNameError):
        names.remember({"mine": {"each": "cards", "as": "X-1..X-3"}}, ANSWER, None)


@pytest.mark.parametrize("path", ["nothing", "cards[2]", "cards.number", "id.more"])
def test_a_path_that_leads_nowhere_is_refused(path):
    with pytest.raises(UnknownNameError, match=r"\w"):
        pick(ANSWER, path)


def test_an_unknown_reference_is_refused_even_inside_text(names):
    with pytest.raises(UnknownNameError):
        names.fill(["a ${b} c"])


def test_a_figure_is_asked_for_what_was_remembered_else_for_the_text(names):
    names.remember({"S1": "id"}, ANSWER, None)
    assert (names.dimension("S1"), names.dimension("EDU")) == (7, "EDU")
