"""What an organisation says of itself when it asks what support there is for it."""

from __future__ import annotations

from core.facts import ORGANISATION, Fact
from core.facts.declared import CHOICE, DAY, FEN, NUMBER, PLACE

FACTS = [
    Fact("org.registered_on", "登记日期", DAY, about=ORGANISATION),
    Fact("org.place", "经营所在地", PLACE, about=ORGANISATION),
    Fact(
        "org.nature",
        "单位性质",
        CHOICE,
        options=("企业", "个体工商户", "民办非企业单位", "社会团体", "基金会", "事业单位"),
        about=ORGANISATION,
    ),
    # From least to most, so that a rule can say "at most small".
    Fact(
        "org.size",
        "企业规模",
        CHOICE,
        options=("微型", "小型", "中型", "大型"),
        about=ORGANISATION,
    ),
    Fact(
        "org.trade",
        "主要业务",
        CHOICE,
        options=("养老", "托育", "家政", "残疾人服务", "书店", "文化", "教育", "其他"),
        about=ORGANISATION,
    ),
    Fact("org.staff", "职工人数", NUMBER, most=1_000_000, about=ORGANISATION),
    Fact("org.beds", "床位数", NUMBER, most=100_000, about=ORGANISATION),
    Fact("org.floor_m2", "营业面积（平方米）", NUMBER, most=10_000_000, about=ORGANISATION),
    Fact("org.invested_fen", "自有投入", NUMBER, unit=FEN, about=ORGANISATION),
]
