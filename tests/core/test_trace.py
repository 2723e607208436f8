"""Following a yuan: each component knows its neighbours, and the walk is put together from them."""

from __future__ import annotations

import pytest

from core import access, trace
from core.db import transaction
from core.hookspecs import hookimpl
from core.trace import BANK, BUDGET, Place, Step
from tests import factories

pytestmark = pytest.mark.one_engine


def place(kind):
    """Return a station without words."""
    return Place(kind, "1", kind)


class Fork:
    """A form whose claim is reached from its pool by a short and by a long way."""

    AROUND = {
        "start": [(BANK, "long"), (BANK, "end")],
        "long": [(BUDGET, "start"), (BANK, "end")],
        "end": [(BUDGET, "long"), (BUDGET, "start")],
    }

    @hookimpl
    def trace_steps(self, place):
        return [
            Step(toward, Place(kind, "1", kind)) for toward, kind in self.AROUND.get(place.kind, ())
        ]


def test_a_place_stands_as_far_out_as_its_longest_way(make_app):
    app = make_app(plugins_given=[Fork()])
    with app.app_context(), transaction(readonly=True):
        ahead = trace.walk(place("start")).after
        back = trace.walk(place("end")).before
    assert [[one.kind for one in level] for level in ahead] == [["long"], ["end"]]
    assert [[one.kind for one in level] for level in back] == [["start"], ["long"]]


def test_the_command_walks_a_voucher_up_to_its_line(app, county):
    with app.app_context():
        factories.make_programme(county)
        factories.issue(county)
    walked = app.test_cli_runner().invoke(args=["trace", "A-001"])
    assert walked.exit_code == 0
    lines = [line.split()[0] for line in walked.output.splitlines() if "↓" not in line]
    assert lines == ["预算指标", "购买计划", "额度池", "▶"]
    assert "500.00 元" in walked.output
    unknown = app.test_cli_runner().invoke(args=["trace", "A-999"])
    assert unknown.exit_code == 1
    assert "没有找到" in unknown.output


def test_nobody_finds_what_is_out_of_his_sight(app, county):
    stranger = access.Actor(99, "外地审计", (access.Grant("auditor", None, "430104"),))
    with app.app_context(), transaction(readonly=True):
        assert [one.kind for one in trace.find("EDU", access.system())] == ["line"]
        assert trace.find("EDU", stranger) == []
