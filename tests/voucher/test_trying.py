"""Test cases of terms: what is mistyped in them is said, never passed over."""

from __future__ import annotations

from typing import Any

import pytest

from core import Huigou
from plugins.voucher.service.trying import failures
from tests.voucher.purse import read

pytestmark = pytest.mark.one_engine

RULE = {"fact": "age", "at_least": 60}


def told(app: Huigou, case: dict[str, Any], **terms: Any) -> str:
    with app.app_context():
        return "".join(failures(read(cases=[{"name": "用例"} | case], **terms)))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"service": "nothing"}, "不在凭单范围内"),
        ({"class": "Z"}, "没有“Z”这一类凭单"),
        ({"result": "passd"}, "没有结果“passd”"),
        ({"others_fen": {"nobody": 1}}, "没有“nobody”这个其他支付方"),
    ],
)
def test_a_use_that_cannot_be_is_a_failing_case(
    app_kept: Huigou, wrong: dict[str, Any], says: str
) -> None:
    use = {"service": "s", "price_fen": 100, "pays_fen": 100}
    assert told(app_kept, use) == ""
    assert says in told(app_kept, use | wrong)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"agee": 60}, "没有“agee”这项居民资料"),
        ({"age": "sixty"}, "“年龄”的内容不对"),
        ({"age": 60, "hospital": ["在家"]}, "“住院情况”的内容不对"),
        ({"age": 60, "hospital": 1}, "“住院情况”的内容不对"),
        ({"age": 60, "home_care_since": "yesterday"}, "须为日期"),
        ({"age": 60, "income_per_head": {"fen": 100, "per": 0}}, "须写成金额（分）和人数"),
        ({"age": 60, "income_per_head": 100}, "须写成金额（分）和人数"),
    ],
)
def test_a_fact_the_register_would_not_take_is_a_failing_case(
    app_kept: Huigou, facts: dict[str, Any], says: str
) -> None:
    case = {"eligible": True}
    assert told(app_kept, case | {"facts": {"age": 60}}, eligibility=RULE) == ""
    assert says in told(app_kept, case | {"facts": facts}, eligibility=RULE)


def test_a_case_reads_facts_of_every_kind(app_kept: Huigou) -> None:
    rule = {
        "all": [
            {"fact": "income_per_head", "at_most": 100},
            {"fact": "register", "has": "低保"},
            {"fact": "ability_level", "at_least": "中度失能"},
        ]
    }
    known = {"register": ["低保"], "ability_level": "重度失能"}
    told_as_ratio = known | {"income_per_head": {"fen": 300, "per": 3}}
    told_in_parts = known | {"income_fen": 300, "household_size": 3}
    for facts in (told_as_ratio, told_in_parts):
        assert told(app_kept, {"facts": facts, "eligible": True}, eligibility=rule) == ""


def test_a_use_is_tried_at_a_provider_of_its_kind(app_kept: Huigou) -> None:
    service = {"code": "s", "name": "服务", "unit": "次", "provider_tag": "training"}
    use = {"service": "s", "price_fen": 100, "pays_fen": 100}
    assert told(app_kept, use, services=[service]) == ""
