"""What finance does beside the money: catalogue, rules, debts, opening balances, years."""

from __future__ import annotations

import base64
from typing import Any

from core.catalogue import judging
from tests import factories
from tests.generated.leaks import ID_NUMBER, NAME, PHONE
from tests.generated.steps import ANYBODY, Step, Told, Walk


def judgement() -> dict[str, Any]:
    """Return the answers of an item that may be bought."""
    return {
        **dict.fromkeys((*judging.QUESTIONS, *judging.NEGATIVE_TESTS), False),
        **dict.fromkeys(judging.SUITABILITY, True),
        **{f"{question}_why": "见调研" for question in judging.SUITABILITY},
        **dict.fromkeys(judging.SCORES, 7),
    }


class FinanceWalk:
    """The steps of finance, a part of the life."""

    county: factories.County
    said: Told
    credit_code: str

    def _structure(self, new_line: int) -> Walk:
        """Money moved between lines, what staff does beside it, what became of an appropriation."""
        budget, approver, unit = "finance_budget", "finance_approver", self.county.purchaser
        moved = {"from_line_id": new_line, "to_line_id": self.county.line, "amount_fen": 100}
        moved |= {"document": "望财预〔2026〕8号", "reason": "需求变化"}
        yield Step("budget.transfer", budget, moved)
        yield Step("budget.approve_transfer", approver, {"id": self.said["id"]})
        yield Step("budget.transfer", budget, moved)
        yield Step("budget.decline_transfer", approver, {"id": self.said["id"], "reason": "不妥"})
        for report in ("transfers", "shifts", "staff_money", "sources"):
            yield Step(f"budget.{report}", "auditor")
        duty = {"organisation_id": unit, "item_code": "A01", "name": "助学", "posts": 2}
        duty |= {"from_on": "2026-01-01", "document": "三定规定"}
        yield Step("duty.record", "staffing_office", duty)
        self.duty = self.said["id"]
        yield Step("duty.record", "staffing_office", duty | {"item_code": "Z9", "posts": 1})
        self.moving = self.said["id"]
        item = {"organisation_id": unit, "item_code": "A01", "fiscal_year": 2026}
        yield Step("duty.check_double_funding", "purchaser_clerk", item)
        warning = {"id": self.said["warnings"][0]["id"], "reason": "岗位只做监管"}
        yield Step("duty.clear_double_funding", budget, warning)
        for report in ("list", "warnings", "posts"):
            yield Step(f"duty.{report}", "auditor")
        yield Step("duty.propose_buying", "purchaser_clerk", {"id": self.duty, "need": "编制紧张"})
        ended = {"id": self.duty, "to_on": "2026-12-31", "document": "三定规定"}
        yield Step("duty.end", "purchaser_clerk", ended)
        made = {"from_line_id": new_line, "amount_fen": 100, "posts_not_created": 1}
        yield Step("conversion.record", budget, made | {"document": "望财预〔2026〕8号"})
        yield Step("conversion.link", budget, {"id": self.said["id"], "purchase_id": 1})
        yield Step("conversion.list", "auditor")

    def _catalogue(self) -> Walk:
        """A draft on its way to the public; its days do not pass here, so nothing is published."""
        budget, approver, clerk = "finance_budget", "finance_approver", "purchaser_clerk"
        place = {"division_code": factories.COUNTY}
        adopted = place | {"year": 2026, "name": "目录", "codes": ["A07"]}
        yield Step("catalogue.adopt", budget, adopted | {"batch": 2})
        yield Step("catalogue.withdraw", budget, {"id": self.said["id"], "reason": "重做"})
        yield Step("catalogue.adopt", budget, adopted)
        draft, inside = self.said["id"], {"catalogue_id": self.said["id"]}
        item = inside | {"code": "A07-1", "name": "助餐", "levels": ["county"]}
        yield Step("catalogue.put_item", budget, item)
        yield Step("catalogue.assess_item", budget, inside | {"code": "A07-1"} | judgement())
        yield Step("catalogue.drop_item", budget, inside | {"code": "A07-1"})
        yield Step("catalogue.select_items", budget, inside | {"codes": ["E01"]})
        asked = {"organisation_id": self.county.purchaser, "name": "巡护", "content": "护送"}
        yield Step("catalogue.propose", clerk, asked | {"need": "编制紧张"})
        taken = inside | {"id": self.said["id"], "code": "A14-1", "category": "A"}
        yield Step("catalogue.take_proposal", budget, taken)
        yield Step("catalogue.propose", clerk, asked | {"need": "编制紧张"})
        declined = {"id": self.said["id"], "answer": "已有"}
        yield Step("catalogue.decline_proposal", budget, declined)
        days = {"id": draft, "from_on": "2026-09-01", "to_on": "2026-09-10"}
        yield Step("catalogue.open_comment", budget, days)
        said = inside | {"speaker": "resident", "text": "希望周末也送餐"}
        for wrong in (ID_NUMBER, PHONE):
            yield Step(
                "catalogue.comment", ANYBODY, said | {"text": f"请联系{wrong}"}, refused=True
            )
        yield Step("catalogue.comment", ANYBODY, said)
        answer = {"id": self.said["id"], "answer": "已采纳"}
        yield Step("catalogue.answer_comment", budget, answer)
        submitted = {"id": draft, "consultation": "已征求", "valid_from": "2026-10-01"}
        yield Step("catalogue.submit", budget, submitted, refused=True)
        paper, back = {"id": draft, "document": "1号"}, {"id": draft, "reason": "改"}
        yield Step("catalogue.publish", approver, paper, refused=True)
        yield Step("catalogue.send_back", approver, back, refused=True)
        again = {"id": draft, "year": 2027, "name": "目录"}
        yield Step("catalogue.revise", budget, again, refused=True)
        yield from self._negative_list(place)
        yield from self._reading_catalogue(place, inside)

    def _negative_list(self, place: dict[str, Any]) -> Walk:
        why = place | {"reason": "超出范围"}
        own = {"text": "豪华养老", "basis": "纪要", "words": ["豪华"], "from_on": "2026-09-01"}
        yield Step("negative.add_entry", "finance_budget", why | own)
        agreed = {"id": self.said["id"], "agree": True}
        yield Step("negative.decide_entry", "finance_approver", agreed)
        phrase = {"entry": "licence", "phrase": "行政许可窗口引导", "document": "1号"}
        yield Step("negative.ask_clearance", "finance_budget", why | phrase)
        agreed = {"id": self.said["id"], "agree": True}
        yield Step("negative.decide_clearance", "finance_approver", agreed)
        yield Step("negative.list", "auditor")
        yield Step("public.negative_list", ANYBODY)

    def _reading_catalogue(self, place: dict[str, Any], inside: dict[str, Any]) -> Walk:
        draft, reader = {"id": inside["catalogue_id"]}, "auditor"
        yield Step("catalogue.list", reader)
        yield Step("catalogue.get", reader, draft)
        yield Step("catalogue.difference", reader, draft)
        yield Step("catalogue.items_on", reader, place)
        yield Step("catalogue.comments", reader, inside)
        yield Step("catalogue.proposals", reader)
        yield Step("catalogue.handed_over", reader, place)
        questions = (*judging.QUESTIONS, *judging.SUITABILITY)
        yield Step("catalogue.decide", reader, dict.fromkeys(questions, "yes"))
        for name in ("catalogue", "catalogue_changes", "consultations"):
            yield Step(f"public.{name}", ANYBODY)
        yield Step("public.consultation", ANYBODY, draft)

    def _rules(self) -> Walk:
        """A local figure and a year's calendar: one returned, one withdrawn, one approved."""
        drafter, approver = "finance_budget", "finance_approver"
        figure = {"code": "payment.days", "number": 28, "division_code": factories.COUNTY}
        figure |= {"law": "望城区付款办法", "article": "第二条", "from_on": "2026-10-01"}
        holiday = {"day": "2027-01-01", "kind": "rest", "name": "元旦"}
        year = {"year": 2027, "document": "国办发明电〔2026〕9号", "days": [holiday]}
        for act, fields in (("rulepack", figure), ("calendar", year)):
            for last in ("send_back", "withdraw", "approve"):
                yield Step(f"{act}.propose", drafter, fields)
                number = {"id": self.said["id"]}
                yield Step(f"{act}.submit", drafter, number)
                who = drafter if last == "withdraw" else approver
                why = {} if last == "approve" else {"reason": "核查"}
                yield Step(f"{act}.{last}", who, number | why)
            yield Step(f"{act}.proposals", "auditor")
            yield Step(f"{act}.proposal", "auditor", number)
        yield Step("rulepack.list", "auditor", {"on": "2026-10-01"})
        yield Step("rulepack.history", "auditor", {"code": "payment.days"})
        yield Step("calendar.year", "auditor", {"year": 2027})
        yield Step("calendar.count", "auditor", {"day": "2026-09-01", "working_days": 5})
        yield Step("deadline.list", "auditor")
        yield Step("work.begin_day", "system")

    def _beyond_budget(self) -> Walk:
        """A judgment, owed before there is budget for it; and a year that has none yet."""
        debt = {"kind": "judgment", "organisation_id": self.county.purchaser, "amount_fen": 2}
        debt |= {"party_id": self.county.provider, "reason": "合同纠纷"}
        yield Step("debt.record", "finance_maker", debt | {"document": "民初1号"})
        back = {"id": self.said["id"], "reason": "金额不符"}
        yield Step("debt.decline", "finance_approver", back)
        yield Step("debt.record", "finance_maker", debt | {"document": "民初2号"})
        number = {"id": self.said["id"]}
        yield Step("debt.approve", "finance_approver", number)
        yield Step("debt.list", "auditor")
        yield Step("debt.fund", "finance_budget", number | {"line_id": self.county.line})
        yield Step("forward.list", "auditor")
        line = {"id": 1, "line_id": self.county.line}
        yield Step("forward.convert", "finance_budget", line, refused=True)

    def _opening(self) -> Walk:
        """An office that joins in the middle of the year, with what it brings."""
        yield Step(
            "takeon.check", "finance_maker", opening_file(f"{NAME} {ID_NUMBER}"), refused=True
        )
        first = opening_file(opening_text("OLD1", self.credit_code))
        yield Step("takeon.check", "finance_maker", first)
        yield Step("takeon.propose", "finance_maker", first)
        yield Step("takeon.decline", "finance_approver", {"id": self.said["id"], "reason": "重做"})
        second = opening_file(opening_text("OLD2", self.credit_code))
        yield Step("takeon.propose", "finance_maker", second)
        yield Step("takeon.approve", "finance_approver", {"id": self.said["id"]})
        yield Step("takeon.list", "auditor")
        yield Step("year.open_pools", "auditor", {"year": 2026})
        (pool,) = [one for one in self.said["items"] if one["component"] == "takeon"]
        less = {"pool_id": pool["pool_id"], "amount_fen": 1, "reason": "终止"}
        yield Step("takeon.release", "finance_budget", less)
        holder = opening_file(holder_text(ID_NUMBER))
        yield Step("takeon.check", "finance_maker", holder)
        yield Step("takeon.propose", "finance_maker", holder, refused=True)

    def _year(self) -> Walk:
        money = {"line_id": self.county.line, "amount_fen": 1, "document": "望财预〔2027〕1号"}
        yield Step("budget.carry_over", "finance_budget", money)
        number = {"id": self.said["id"]}
        yield Step("budget.approve_carry_over", "finance_approver", number, refused=True)
        back = number | {"reason": "年度未结束"}
        yield Step("budget.decline_carry_over", "finance_approver", back)
        yield Step("budget.carry_overs", "auditor")
        yield Step("year.checklist", "auditor", {"year": 2026})
        yield Step("year.request_close", "finance_maker", {"year": 2025})
        yield Step("year.close", "finance_approver", {"id": self.said["id"]})


def opening_file(text: str) -> Told:
    """Return a file of opening balances as the acts take it."""
    return {"filename": "期初.yaml", "content": base64.b64encode(text.encode()).decode()}


def opening_text(code: str, purchaser: str) -> str:
    """Return the opening balances of one line with one commitment."""
    return f"""
as_of: 2026-08-31
document: 望财〔2026〕88号
lines:
- {{code: {code}, name: 旧账, fiscal_year: 2026, organisation: "{purchaser}", function_code: "205",
   economic_code: "303", document: 1号, approved_fen: 100}}
pools:
- {{number: HT, name: 合同, form: contract, lines: [{{code: {code}}}], encumbered_fen: 40}}
trial_balance:
- {{account: line.approved, owner: {code}, amount_fen: 100}}
- {{account: line.available, owner: {code}, amount_fen: 60}}
- {{account: line.encumbered, owner: {code}, amount_fen: 40}}
"""


def holder_text(id_number: str) -> str:
    """Return a holder of an outstanding voucher whose commitment nobody opened."""
    return f"""
as_of: 2026-08-31
document: 望财〔2026〕89号
vouchers:
- {{pool: PZ, programme: EDU, id_number: "{id_number}", class_code: A, allotment: face, granted: 1,
   remaining: 1, committed_fen: 1, valid_from: 2026-08-01, valid_through: 2026-08-31}}
"""
