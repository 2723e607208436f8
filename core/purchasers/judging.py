"""Whether an organisation may buy or provide on a day, and the sentence that says why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from core.errors import RuleBroken
from core.parties import require_organisation
from core.purchasers.kinds import (
    CLASSES,
    FLAGS,
    INSTITUTION,
    OrganisationKind,
    class_name,
    kind_name,
    kind_on,
)
from core.purchasers.rules import (
    ALLOWED,
    BUY,
    BY_ANALOGY,
    BY_REFERENCE,
    EXCLUDED,
    OTHERWISE,
    PROVIDE,
    RULE_SETS,
    Condition,
    Rule,
    rule_set,
    rules_for,
)

UNRECORDED = "unrecorded"


@dataclass(frozen=True)
class Verdict:
    """What the rules of a day say of an organisation on one side (buying or providing).

    `outcome` is allowed, by_reference (参照执行), by_analogy (借鉴方式), excluded or unrecorded;
    `missing` are the conditions that a rule for its kind asks for and that it does not meet.
    """

    outcome: str
    rule_set: str
    article: str
    kind: OrganisationKind | None = None
    missing: tuple[Condition, ...] = ()

    @property
    def may(self) -> bool:
        """Tell whether the side is open without further ado."""
        return self.outcome in {ALLOWED, BY_REFERENCE}


def judge(organisation_id: int, *, on: date, side: str = BUY) -> Verdict:
    """Return what the rule set of a day says of an organisation as it legally is on that day."""
    return judge_kind(kind_on(organisation_id, on), rule_set(on), side)


def judge_kind(kind: OrganisationKind | None, code: str, side: str) -> Verdict:
    """Return what a rule set says of a legal kind on a side."""
    if kind is None:
        return Verdict(UNRECORDED, code, OTHERWISE[code, side])
    rules = rules_for(code, side, kind.legal_kind)
    for rule in rules:
        if not _unmet(rule, kind):
            return Verdict(rule.outcome, code, rule.article, kind)
    open_ways = [rule for rule in rules if rule.outcome in {ALLOWED, BY_REFERENCE}]
    missing = _unmet(open_ways[0], kind) if open_ways else ()
    return Verdict(EXCLUDED, code, OTHERWISE[code, side], kind, missing)


def require_purchaser(organisation_id: int, *, on: date, by_analogy: bool = False) -> Verdict:
    """Refuse PURCHASER_NOT_ELIGIBLE unless an organisation may buy on a day.

    `by_analogy` also admits whom the rules let borrow the procedure (public-welfare institutions
    under the texts of 2014); such a purchase needs an existing line and is marked, so the caller
    keeps the verdict's `outcome`.
    """
    name = require_organisation(organisation_id).name
    verdict = judge(organisation_id, on=on)
    if verdict.may or (by_analogy and verdict.outcome == BY_ANALOGY):
        return verdict
    facts: dict[str, Any] = {
        "organisation_id": organisation_id,
        "rule_set": verdict.rule_set,
        "legal_kind": verdict.kind.legal_kind if verdict.kind else None,
        "missing": [column for column, _wanted in verdict.missing],
    }
    raise RuleBroken(
        "PURCHASER_NOT_ELIGIBLE",
        _(
            "“%(name)s”%(why)s，不能作为购买主体。%(advice)s",
            name=name,
            why=why(verdict),
            advice=_advice(verdict),
        ),
        basis=verdict.article,
        **facts,
    )


def may_provide(organisation_id: int, *, on: date) -> Verdict:
    """Return whether an organisation may provide services under the rule set of a day."""
    return judge(organisation_id, on=on, side=PROVIDE)


def described(kind: OrganisationKind) -> str:
    """Return a legal kind in words, an institution with its class: 事业单位（公益一类）."""
    name = kind_name(kind.legal_kind)
    return f"{name}（{class_name(kind.institution_class)}）" if kind.institution_class else name


def why(verdict: Verdict) -> str:
    """Return, as the end of a sentence about an organisation, what a verdict rests on."""
    if verdict.kind is None:
        return _("还没有登记法定类别")
    kind, law = described(verdict.kind), str(RULE_SETS[verdict.rule_set])
    if verdict.missing:
        lacking = "、".join(_not(condition) for condition in verdict.missing)
        return _(
            "登记为%(kind)s，%(lacking)s，不符合%(law)s的条件", kind=kind, lacking=lacking, law=law
        )
    return {
        ALLOWED: _("登记为%(kind)s，属于%(law)s规定的范围", kind=kind, law=law),
        BY_REFERENCE: _("登记为%(kind)s，参照%(law)s执行", kind=kind, law=law),
        BY_ANALOGY: _("登记为%(kind)s，按%(law)s只能借鉴购买方式办理", kind=kind, law=law),
        EXCLUDED: _("登记为%(kind)s，不在%(law)s规定的范围内", kind=kind, law=law),
    }[verdict.outcome]


def _advice(verdict: Verdict) -> str:
    if verdict.kind is None:
        return _("请先由机构编制岗位凭三定规定或登记证书登记其法定类别。")
    if verdict.outcome == BY_ANALOGY:
        return _("如确需借鉴购买方式，请注明“借鉴方式”，只在现有指标内办理，不计入购买统计。")
    if verdict.kind.legal_kind == INSTITUTION or verdict.missing:
        return _("请由其主管机关发起购买；如类别已改变，请先凭批复文件登记新的法定类别。")
    return _("请由负有该项职责的机关发起购买；如类别登记有误，请凭文件更正。")


def _unmet(rule: Rule, kind: OrganisationKind) -> tuple[Condition, ...]:
    return tuple(condition for condition in rule.conditions if not _holds(condition, kind))


def _holds(condition: Condition, kind: OrganisationKind) -> bool:
    column, wanted = condition
    value = getattr(kind, column)
    return value in wanted if isinstance(wanted, tuple) else value is wanted


def _not(condition: Condition) -> str:
    """Return in words that a condition is not met."""
    column, wanted = condition
    if isinstance(wanted, tuple):
        classes = "、".join(str(CLASSES[one]) for one in wanted)
        return _("不属于%(classes)s", classes=classes)
    what = str(FLAGS[column])
    return _("不是“%(what)s”的单位", what=what) if wanted else _("是“%(what)s”的单位", what=what)
