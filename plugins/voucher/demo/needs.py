"""What the plans of the demo county's programmes say: the need, the standard, the money."""

from __future__ import annotations

from typing import Any

from plugins.voucher.demo.story import CARE, CHILD, EDU, ELD, HOME, SKILL

# By programme; money in fen by line, the rest of a line is for what comes later in the year.
PLANS: dict[str, dict[str, Any]] = {
    ELD: {
        "item": "A07",
        "need": "失能老人需要助餐、助浴、康复护理，家庭负担重。",
        "standard": "按国家标准评估等级，服务一次记一次，价格公开。",
        "quantity": 600,
        "goal": "评估为中度以上失能的老人每月都用得上一张券。",
        "money": {"ELD-C": 120_000_000, "ELD-P": 8_000_000, "ELD-X": 5_000_000},
    },
    HOME: {
        "item": "A07",
        "need": "卧床老人在家需要人照护，子女白天上班。",
        "standard": "持证护理员上门，按实际时间记录，按刻钟计。",
        "quantity": 200,
        "goal": "卧床老人每周有人照护。",
        "money": {"HOME": 25_000_000},
    },
    CARE: {
        "item": "A07",
        "need": "独居、高龄老人想就近吃热饭、洗澡。",
        "standard": "两荤一素，热链送达；助浴两人在场。",
        "quantity": 500,
        "goal": "独居老人每天能吃上一顿热饭。",
        "money": {"CARE": 20_000_000},
    },
    EDU: {
        "item": "A01",
        "need": "困难家庭的孩子上民办学校，学费吃紧。",
        "standard": "学校如实收费、按学期开课。",
        "quantity": 240,
        "goal": "没有孩子因学费失学。",
        "money": {"EDU": 10_000_000},
    },
    SKILL: {
        "item": "A02",
        "need": "返乡青年想学一门手艺，取得证书。",
        "standard": "培训期满，考核取证。",
        "quantity": 160,
        "goal": "参训人员八成取证。",
        "money": {"SKILL": 20_000_000},
    },
    CHILD: {
        "item": "A09",
        "need": "双职工家庭三岁以下孩子没人带。",
        "standard": "备案托育机构，每班人数不超国家标准。",
        "quantity": 300,
        "goal": "中低收入家庭托得起。",
        "money": {"CHILD": 30_000_000},
    },
}
