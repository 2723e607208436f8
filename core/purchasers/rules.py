"""The rules on who may buy and who may provide, as rows of data, by rule-set version.

The texts of 2014 and order 102 of 2020 disagree; which of them holds is a question of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from core import rulepack
from core.purchasers.kinds import INSTITUTION, MASS

BUY, PROVIDE = "buy", "provide"
# What a rule says of whom it applies to.
ALLOWED, BY_REFERENCE, BY_ANALOGY, EXCLUDED = "allowed", "by_reference", "by_analogy", "excluded"

RULE_SETS: dict[str, LazyString] = {
    "2014": _l("2014 年的规定（国办发〔2013〕96号）"),
    "102": _l("《政府购买服务管理办法》（财政部令第102号）"),
}

Condition = tuple[str, bool | tuple[str, ...]]


@dataclass(frozen=True)
class Rule:
    """One row: for which kinds and under which conditions something is said, and by what article.

    A condition is a column of the record and the value it must have, or the values it may have.
    Of the rows of a rule set and a side the first that applies decides.
    """

    rule_set: str
    side: str
    kinds: tuple[str, ...]
    conditions: tuple[Condition, ...]
    outcome: str
    article: str


STATE_COUNCIL_BUY = "国办发〔2013〕96号第三条第（一）项"
STATE_COUNCIL_PROVIDE = "国办发〔2013〕96号第三条第（二）项"
ORDER = "政府购买服务管理办法（财政部令第102号）"

# Where no row applies, the article that names those who may is the one that leaves this one out.
OTHERWISE = {
    ("2014", BUY): STATE_COUNCIL_BUY,
    ("2014", PROVIDE): STATE_COUNCIL_PROVIDE,
    ("102", BUY): f"{ORDER}第五条",
    ("102", PROVIDE): f"{ORDER}第六条",
}

PUBLIC_WELFARE: Condition = ("institution_class", ("public_one", "public_two"))
PUBLIC_ONE: Condition = ("institution_class", ("public_one",))

RULES = (
    Rule("2014", BUY, ("administrative_organ",), (), ALLOWED, STATE_COUNCIL_BUY),
    Rule(
        "2014",
        BUY,
        (INSTITUTION,),
        (("civil_servant_law", True), ("administrative_functions", True)),
        ALLOWED,
        STATE_COUNCIL_BUY,
    ),
    Rule(
        "2014",
        BUY,
        (MASS,),
        (("administrative_staffing", True), ("budget_funded", True)),
        ALLOWED,
        STATE_COUNCIL_BUY,
    ),
    Rule("2014", BUY, (INSTITUTION,), (PUBLIC_WELFARE,), BY_ANALOGY, STATE_COUNCIL_BUY),
    Rule(
        "2014",
        PROVIDE,
        ("social_organisation", "enterprise", "trade_registered", "cooperative"),
        (),
        ALLOWED,
        STATE_COUNCIL_PROVIDE,
    ),
    Rule("2014", PROVIDE, ("individual_business",), (), ALLOWED, STATE_COUNCIL_PROVIDE),
    Rule(
        "2014",
        PROVIDE,
        (INSTITUTION,),
        (("administrative_functions", False),),
        ALLOWED,
        STATE_COUNCIL_PROVIDE,
    ),
    Rule("102", BUY, ("administrative_organ", "state_organ"), (), ALLOWED, f"{ORDER}第五条"),
    Rule(
        "102",
        BUY,
        ("party_organ", "consultative_organ", "democratic_party"),
        (),
        BY_REFERENCE,
        f"{ORDER}第三十三条",
    ),
    Rule("102", BUY, (INSTITUTION,), (PUBLIC_ONE,), EXCLUDED, f"{ORDER}第八条"),
    Rule(
        "102",
        BUY,
        (INSTITUTION,),
        (("administrative_functions", True),),
        BY_REFERENCE,
        f"{ORDER}第三十三条",
    ),
    Rule(
        "102",
        BUY,
        (MASS,),
        (("administrative_staffing", True),),
        BY_REFERENCE,
        f"{ORDER}第三十三条",
    ),
    Rule("102", BUY, (MASS,), (("budget_funded", True),), EXCLUDED, f"{ORDER}第八条"),
    Rule("102", PROVIDE, (INSTITUTION,), (PUBLIC_ONE,), EXCLUDED, f"{ORDER}第八条"),
    Rule(
        "102",
        PROVIDE,
        (INSTITUTION,),
        (("institution_class", ("public_two", "business")),),
        ALLOWED,
        f"{ORDER}第六条",
    ),
    Rule("102", PROVIDE, (MASS,), (("budget_funded", True),), EXCLUDED, f"{ORDER}第八条"),
    Rule(
        "102",
        PROVIDE,
        (
            "enterprise",
            "social_organisation",
            "trade_registered",
            "rural_collective",
            "self_governing",
            "cooperative",
            "individual_business",
            MASS,
        ),
        (),
        ALLOWED,
        f"{ORDER}第六条",
    ),
)


def rule_set(on: date) -> str:
    """Return which rule set holds on a day: "2014" or "102"."""
    return str(rulepack.value("purchase.rule_set", on=on))


def rules_for(code: str, side: str, legal_kind: str) -> list[Rule]:
    """Return the rows of a rule set and a side that name a legal kind, in order."""
    return [
        rule
        for rule in RULES
        if rule.rule_set == code and rule.side == side and legal_kind in rule.kinds
    ]
