"""How an item is judged: hand over, buy or keep; suitable or not; and what a draft must have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.catalogue import base, reading
from core.catalogue.models import (
    BUY,
    DEFAULT_BUY,
    HAND_OVER,
    KEEP,
    Catalogue,
    CatalogueItem,
)
from core.catalogue.negative import refuse_negative
from core.errors import RuleBroken

ORDER_102, CHANGCHUN = "政府购买服务管理办法第十一条", "长府办发〔2014〕18号（五）"
# Three questions of R001-13: one yes is enough to hand a function over.
QUESTIONS = {
    "society_can": _l("社会主体能够自主解决"),
    "market_can": _l("市场机制能够自行调节"),
    "trade_can": _l("行业组织能够自律解决"),
}
# Four questions of suitability, each with its reason: all must be yes.
SUITABILITY = {
    "market_suitable": _l("适合采取市场化方式提供"),
    "capacity_exists": _l("社会力量能够承担"),
    "is_public": _l("突出公共性"),
    "for_benefit": _l("突出公益性"),
}
# Three negative tests, each also a mark of the negative list: none may be yes.
NEGATIVE_TESTS = {
    "not_duty": _l("不属于政府职责范围"),
    "direct_only": _l("应当由政府直接提供"),
    "unfit": _l("不适合社会力量承担"),
}
SCORES = {
    "score_function": _l("有利于转变政府职能"),
    "score_cost": _l("有利于降低服务成本"),
    "score_quality": _l("有利于提升质量和资金效益"),
}
SCORE_MAX = 10
PRIORITIES = {
    "livelihood": _l("民生性"),
    "public": _l("公共性"),
    "benefit": _l("公益性"),
    "universal": _l("普惠性"),
    "differentiated": _l("差异性"),
}


def decide(answers: Mapping[str, Any]) -> str:
    """Return hand_over, buy or keep from the answers to the three and the four questions."""
    if any(answers.get(question) for question in QUESTIONS):
        return HAND_OVER
    return BUY if all(answers.get(question) for question in SUITABILITY) else KEEP


def explained(answers: Mapping[str, Any]) -> str:
    """Return why the answers lead where they lead."""
    yes = [str(words) for question, words in QUESTIONS.items() if answers.get(question)]
    if yes:
        return _("%(why)s，应当转移出去。", why="、".join(yes))
    no = [str(words) for question, words in SUITABILITY.items() if not answers.get(question)]
    if no:
        return _("不满足“%(why)s”，由政府继续承担。", why="、".join(no))
    return _("政府应当提供，又适合社会力量承担，应当购买。")


def score(answers: Mapping[str, Any]) -> int:
    """Return the sum of the three criteria, 0 to 30."""
    return sum(int(answers.get(criterion, 0)) for criterion in SCORES)


def shipped_answers(leaf: base.Leaf) -> dict[str, Any]:
    """Return the answers with which a leaf of the general catalogue begins, to be checked."""
    why = f"列入通用指导性目录（{leaf.code}）"
    return {
        **dict.fromkeys(QUESTIONS, False),
        **dict.fromkeys(SUITABILITY, True),
        **{f"{question}_why": why for question in SUITABILITY},
        **dict.fromkeys(NEGATIVE_TESTS, False),
        **dict.fromkeys(SCORES, SCORE_MAX // 2),
        "priorities": ["livelihood", "public", "benefit"]
        if "livelihood" in leaf.flags
        else ["public"],
    }


def require_ready(catalogue: Catalogue, on: date) -> None:
    """Refuse a draft that may not be published for a day, item by item, the first fault first."""
    if not catalogue.items:
        raise RuleBroken(
            "CATALOGUE_EMPTY", _("目录里一项也没有，不能公布。请先添加事项。"), basis=ORDER_102
        )
    upper = reading.upper_of(catalogue.division_code, on)
    other = reading.codes_of_other_kind(catalogue, on)
    for item in catalogue.items:
        _require_whole(item)
        _require_suitable(item, catalogue.kind)
        if catalogue.kind == BUY:
            _require_not_negative(item, on, catalogue.division_code)
            reading.require_under(item, upper)
        if item.code in other or item.name in other:
            raise RuleBroken(
                "CATALOGUE_OVERLAP",
                _(
                    "“%(name)s”已列入另一本目录。转移职能目录和购买服务目录中，同一事项只能列入一本，"
                    "请从其中一本删去。",
                    name=item.name,
                ),
                basis=ORDER_102,
                item=item.code,
            )


def _require_whole(item: CatalogueItem) -> None:
    """Refuse an item without kind, nature or content, or one of category F without approval."""
    fields = {_("种类"): item.category, _("性质"): item.nature, _("内容"): item.content}
    if missing := [name for name, value in fields.items() if not value]:
        raise RuleBroken(
            "CATALOGUE_FIELD_MISSING",
            _(
                "“%(name)s”没有写明%(missing)s。目录须明确购买服务的种类、性质和内容，请补齐。",
                name=item.name,
                missing="、".join(missing),
            ),
            basis=ORDER_102,
            item=item.code,
        )
    if item.category == base.OTHER and not item.approval_document:
        raise RuleBroken(
            "CATALOGUE_APPROVAL_MISSING",
            _(
                "“%(name)s”属于“其他”类，须经财政部门批准才能列入。请填写批准文号。",
                name=item.name,
            ),
            basis=CHANGCHUN,
            item=item.code,
        )


def _require_suitable(item: CatalogueItem, kind: str) -> None:
    """Refuse an item that was not judged, fails a question, or belongs in the other catalogue."""
    answers = item.judged()
    if not answers:
        raise RuleBroken(
            "ITEM_NOT_ASSESSED",
            _("“%(name)s”还没有作适宜性判断。请回答问题并打分后再提交。", name=item.name),
            basis=ORDER_102,
            item=item.code,
        )
    if kind == HAND_OVER and item.decision != HAND_OVER:
        raise RuleBroken(
            "CATALOGUE_KIND_MISMATCH",
            _(
                "按判断，“%(name)s”不属于可以转移的职能，不能列入转移职能目录。请从目录中删去。",
                name=item.name,
            ),
            basis=ORDER_102,
            item=item.code,
        )
    if kind == HAND_OVER:
        return
    for question, words in SUITABILITY.items():
        if not answers.get(question):
            raise RuleBroken(
                "ITEM_NOT_SUITABLE",
                _(
                    "“%(name)s”不满足“%(question)s”（%(why)s），不得购买。请从目录中删去。",
                    name=item.name,
                    question=words,
                    why=answers.get(f"{question}_why") or _("未说明"),
                ),
                basis=ORDER_102,
                item=item.code,
                question=question,
            )
    if item.decision == HAND_OVER:
        raise RuleBroken(
            "CATALOGUE_KIND_MISMATCH",
            _(
                "按判断，“%(name)s”应当转移出去，不应购买。请列入转移职能目录。",
                name=item.name,
            ),
            basis=ORDER_102,
            item=item.code,
        )


def _require_not_negative(item: CatalogueItem, on: date, division_code: str) -> None:
    marks = [test for test in NEGATIVE_TESTS if item.judged().get(test)]
    refuse_negative(
        f"{item.name}\n{item.content}",
        what=_("目录事项“%(name)s”", name=item.name),
        on=on,
        flags=marks,
        division_code=division_code,
    )


def require_explained(item: CatalogueItem, reason: str | None) -> None:
    """Refuse to let a new, temporary or phased item be done otherwise than bought, unexplained."""
    if reason or not any(item.has(flag) for flag in DEFAULT_BUY):
        return
    raise RuleBroken(
        "OTHER_MODE_UNEXPLAINED",
        _(
            "“%(name)s”是新增、临时性或阶段性的服务，原则上都要购买。改用其他方式的，请写明理由。",
            name=item.name,
        ),
        basis=CHANGCHUN,
        item=item.code,
    )
