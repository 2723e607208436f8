"""No refusal of procurement and contracts is there that no test has seen."""

from __future__ import annotations

import re
from pathlib import Path

from core.docs import ROOT, refusals

PLUGIN = "plugins.contract_outsourcing"
TESTS = Path(__file__).parent.parent
QUOTED = re.compile(r'"([A-Z][A-Z0-9_]*[A-Z0-9])"')


def test_every_code_that_the_plugin_refuses_with_stands_in_a_test():
    raised = {one.code for one in refusals.scan(ROOT) if one.module.startswith(PLUGIN)}
    asserted = {
        code
        for path in TESTS.rglob("test_*.py")
        for code in QUOTED.findall(path.read_text(encoding="utf-8"))
    }
    assert len(raised) > 100
    assert sorted(raised - asserted) == []
