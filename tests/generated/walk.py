"""One life of the house, act by act, with personal data in every field that takes them.

Every declared act has its step here; a step says who asks, with what, and what to remember.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from core.identifiers import citizen_id_with_check
from core.settlement import bank
from tests import factories
from tests.generated.contract_walk import contracts
from tests.generated.finance_walk import FinanceWalk
from tests.generated.leaks import ACCOUNT, ID_NUMBER, NAME, PASSWORD, PHONE, STAFF_ID, WRONG_ID
from tests.generated.steps import ANYBODY, Step, Told, Walk
from tests.generated.subsidy_walk import subsidies
from tests.purchase_world import TOWNSHIP, item, prepare, whole_plan
from tests.settlement_world import result_file

HOME_CARE: dict[str, Any] = {
    "services": [
        {
            "code": "course",
            "name": "照护培训",
            "unit": "期",
            "presence": "hold",
            "hold_days": 30,
            "results": [{"code": "passed", "name": "合格", "share_ppm": 1_000_000}],
        },
        {"code": "day", "name": "日间托养", "unit": "天", "presence": "enrolled"},
    ],
    "allotments": [
        {
            "code": "month",
            "name": "每月额度",
            "period": "month",
            "amounts": [
                {"quantity": 80_000, "when": {"fact": "ability_level", "at_least": "重度失能"}},
                {"quantity": 50_000},
            ],
        }
    ],
    "on_change": {"amounts": "at_once"},
    "recovery": "cash",
    "single_use": False,
    "remainder": "keep",
    "beyond": "self_pay",
}


@dataclass
class Life(FinanceWalk):
    """What the steps remember of one another."""

    county: factories.County
    filed: int  # a filed plan for vouchers on the county's line
    app: Any
    said: Told = field(default_factory=dict)  # the last answer
    # What fills the arguments of pages, by blueprint or endpoint, where others than usual.
    pages: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)

    def pages_of(self, endpoint: str) -> dict[str, tuple[Any, ...]]:
        """Return what fills a page's arguments: its own values, then its blueprint's."""
        return self.pages.get(endpoint.partition(".")[0], {}) | self.pages.get(endpoint, {})

    def steps(self) -> Walk:
        """Yield every step in an order in which each can succeed."""
        for part in (self._people, self._places, self._programme, self._vouchers, self._till):
            yield from part()
        yield from self._orders()
        yield from self._plans()
        yield from self._other_ends()
        yield from self._catalogue()
        yield from self._home_care()
        yield from self._overpaid()
        yield from self._undoing()
        yield from self._settling()
        yield from self._paying()
        yield from self._after()
        yield from contracts(self)
        yield from subsidies(self)
        for part in (self._rules, self._beyond_budget, self._opening, self._year, self._end):
            yield from part()

    def _people(self) -> Walk:
        yield Step("auth.login", ANYBODY, {"login": ID_NUMBER, "password": PASSWORD}, refused=True)
        fields = {"login": "clerk-x", "name": "王小明", "password": PASSWORD}
        bad = fields | {"id_number": WRONG_ID}
        yield Step("access.create_user", "administrator", bad, refused=True)
        yield Step("access.create_user", "administrator", fields | {"id_number": STAFF_ID})
        user = self.said["id"]
        yield Step("auth.login", ANYBODY, {"login": "clerk-x", "password": PASSWORD})
        role = {"user_id": user, "role": "auditor", "division_code": factories.COUNTY}
        yield Step("access.grant_role", "administrator", role)
        ended = {"id": self.said["id"], "reason": "调离"}
        yield Step("access.end_role", "administrator", ended)
        yield Step(
            "clerk.add",
            "provider_manager",
            {"login": "clerk-y", "name": "李小明", "password": PASSWORD},
        )
        clerk = self.said["id"]
        fields = {"id": clerk, "password": PASSWORD}
        yield Step("clerk.set_password", "provider_manager", fields)
        yield Step("clerk.end", "provider_manager", {"id": clerk, "reason": "离职"})
        yield Step("device.make_code", "provider_manager", {"name": "前台"})
        yield Step("device.enrol", ANYBODY, {"code": self.said["code"]})
        yield Step("device.revoke", "provider_manager", {"id": self.said["id"], "reason": "丢失"})

    def _places(self) -> Walk:
        division = {"code": "430112003", "name": "丁字湾街道", "parent": factories.COUNTY}
        yield Step("party.add_division", "administrator", division)
        organisation = {
            "credit_code": factories.credit_code(),
            "name": "望城区景行学校",
            "kind": "provider",
            "division_code": factories.COUNTY,
        }
        yield Step("party.add_organisation", "purchaser_clerk", organisation)
        self.second = self.said["id"]
        record = {"organisation_id": self.second, "legal_kind": "social_organisation"}
        record |= {"from_on": "2026-01-01", "document": "登记证书"}
        code = {"credit_code": factories.credit_code("52")}
        yield Step("party.record_kind", "staffing_office", record | code)
        self.credit_code = code["credit_code"]
        yield Step("party.kinds", "purchaser_clerk", {"organisation_id": self.second})
        tied = {"organisation_id": self.second, "authority_id": self.county.purchaser}
        tied |= {"document": "章程"}
        yield Step("party.couple", "staffing_office", tied)
        cut = {"decoupled_on": "2026-01-01"}
        yield Step("party.decouple", "staffing_office", tied | cut)
        hub = {"name": "孵化基地", "division_code": factories.COUNTY, "since_on": "2014-01-01"}
        yield Step("incubator.add", "administrator", hub | {"document": "望民〔2014〕1号"})
        fostered = {"id": self.said["id"], "provider_id": self.second, "from_on": "2026-01-01"}
        yield Step("incubator.foster", "purchaser_clerk", fostered)
        yield Step("incubator.list", "provider_manager")
        own = {"organisation_id": self.county.provider}
        place = {"name": "校本部", "division_code": "430112001", "address": "文源路 1 号"}
        telephone = {"telephone": "0731-88060001"}
        yield Step("party.add_office", "provider_manager", own | place | telephone)
        account = own | {"bank": "望城农商行", "holder": "望城区育才学校"}
        bad = account | {"number": f"{ACCOUNT}号"}
        yield Step("party.add_bank_account", "provider_manager", bad, refused=True)
        yield Step("party.add_bank_account", "provider_manager", account | {"number": ACCOUNT})
        yield Step("party.verify_bank_account", "finance_maker", {"id": self.said["id"]})

        row = f"{NAME},{ID_NUMBER},{PHONE},430112001"
        neighbour = citizen_id_with_check("43010019500203778")
        rows = [
            row,
            f"{NAME},{neighbour},{PHONE},430112001",
            f"{NAME},{WRONG_ID},{PHONE},430112001",
        ]
        rows += [f"{NAME},{ID_NUMBER},{PHONE[:-1]},999", row]
        text = "\n".join(["姓名,身份证号,手机号,区划代码", *rows])
        content = base64.b64encode(text.encode()).decode()
        listed = {"filename": "居民.csv", "content": content}
        broken = listed | {"content": base64.b64encode(f"{NAME},{ID_NUMBER}".encode()).decode()}
        yield Step("resident.check_import", "purchaser_clerk", broken)
        yield Step("resident.check_import", "purchaser_clerk", listed)
        yield Step("resident.commit_import", "purchaser_clerk", {"token": self.said["token"]})
        self.county.residents = self.said["resident_ids"]
        yield from self._known(self.county.residents[1])

    def _known(self, resident: int) -> Walk:
        clerk, who = "purchaser_clerk", {"resident_id": resident}
        document = {"document": "望民评〔2026〕1号"}
        level = who | document | {"code": "ability_level", "from_on": "2026-01-01"}
        yield Step("resident.record_fact", clerk, level | {"value": ID_NUMBER}, refused=True)
        yield Step("resident.record_fact", clerk, level | {"value": "中度失能"})
        ended = {"id": self.said["id"], "to_on": "2026-12-31"} | document
        yield Step("resident.end_fact", clerk, ended)
        yield Step("resident.facts", "auditor", who)
        move = who | document | {"division_code": "430112003", "on": "2026-06-01"}
        yield Step("resident.record_move", clerk, move)

    def _programme(self) -> Walk:
        line = {
            "code": "NEW",
            "name": "养老服务",
            "fiscal_year": 2026,
            "organisation_id": self.county.purchaser,
            "function_code": "208",
            "economic_code": "303",
            "document": "望财预〔2026〕2号",
            "amount_fen": 1_000_000,
        }
        yield Step("budget.appropriate", "finance_budget", line)
        self.spare_line = self.said["id"]
        more = {"id": self.said["id"], "amount_fen": 500_000, "document": "望财预〔2026〕3号"}
        yield Step("budget.adjust", "finance_budget", more)
        yield from self._structure(more["id"])
        closing = {"month": "2026-01", "state": "locked", "reason": "月结"}
        yield Step("period.set", "finance_approver", closing)
        terms = factories.terms(
            self.county, single_use=False, remainder="keep", beyond="refuse", confirm_days=5
        )
        owner = {"organisation_id": self.county.purchaser}
        made = {"code": "CARE", "name": "养老券", "purchase_id": self.filed, "terms": terms}
        made |= owner
        yield Step("programme.create", "purchaser_clerk", made)
        number = self.county.programme = self.said["id"]
        yield Step("programme.submit", "purchaser_clerk", {"id": number})
        back = {"id": number, "reason": "面额不符"}
        yield Step("programme.send_back", "purchaser_approver", back)
        yield Step("programme.submit", "purchaser_clerk", {"id": number})
        yield Step("programme.approve", "purchaser_approver", {"id": number})
        for provider in (self.second, self.county.provider):
            fields = {"programme_id": number, "provider_id": provider, "from_on": "2026-08-01"}
            yield Step("admission.admit", "purchaser_clerk", fields)
        admission = self.said["id"]
        for verb, which in (("suspend", admission), ("resume", admission), ("end", admission - 1)):
            fields = {"id": which, "reason": "核查"}
            yield Step(f"admission.{verb}", "purchaser_clerk", fields)
        offer = {"programme_id": number, "service_code": "fee"}
        yield Step("offer.set", "provider_manager", offer)

    def _vouchers(self) -> Walk:
        fields = {
            "programme_id": self.county.programme,
            "class_code": "A",
            "resident_ids": self.county.residents,
        }
        yield Step("voucher.issue", "purchaser_clerk", fields)
        self.vouchers = [one["id"] for one in self.said["vouchers"]]
        own = self.vouchers[0]
        yield Step("voucher.print_cards", "purchaser_clerk", {"voucher_ids": self.vouchers})
        card, self.other = self.said["cards"]
        wrong = {"id_number": ID_NUMBER, "code": self.other["typed"]}
        yield Step("auth.login_resident", ANYBODY, wrong, refused=True)
        right = {"id_number": ID_NUMBER, "code": card["typed"]}
        yield Step("auth.login_resident", ANYBODY, right)
        yield Step("voucher.code", "resident", {"id": own})
        why = {"id": own, "reason": "核查"}
        for verb in ("suspend", "resume"):
            yield Step(f"voucher.{verb}", "purchaser_clerk", why)
        yield Step("voucher.block_card", "resident", why)
        yield Step("voucher.replace_card", "purchaser_clerk", why)
        self.code = self.said["cards"][0]["code"]
        yield Step("voucher.revoke", "purchaser_approver", why | {"id": self.vouchers[1]})

    def _till(self) -> Walk:
        clerk = "provider_clerk"
        for code in (ID_NUMBER, PHONE, self.other["code"]):
            yield Step("voucher.lookup", clerk, {"code": code}, refused=True)
            use = {"code": code, "service_code": "fee", "price_fen": 1}
            yield Step("voucher.redeem", clerk, use, refused=True)
        yield Step("voucher.lookup", clerk, {"code": self.code})
        use = {"code": self.code, "service_code": "fee", "price_fen": 1_000}
        yield Step("voucher.quote", clerk, use)
        self.receipts = []
        for _ in range(4):
            yield Step("voucher.redeem", clerk, use)
            self.receipts.append(self.said["receipt"])
        line = use | {"key": "offline-1"}
        yield Step("voucher.redeem_many", clerk, {"lines": [line]})
        void = {"receipt": self.receipts[0], "reason": "选错"}
        yield Step("redemption.void", clerk, void)

    def _orders(self) -> Walk:
        """The menu is published; people order, support, are declined and merged."""
        prepare(self.county)
        clerk, days = "purchaser_clerk", {"opens_on": "2026-09-01", "closes_on": "2026-09-30"}
        menu = {"title": "秋季菜单", "division_code": factories.COUNTY} | days
        offers = [{"catalogue_item_id": item("A07"), "words": "送餐"}]
        yield Step("menu.create", clerk, menu | {"offers": offers})
        offer, made = self.said["offer_ids"][0], {"id": self.said["id"]}
        yield Step("menu.publish", "purchaser_approver", made)
        yield Step("menu.list", "auditor")
        yield Step("public.menus", ANYBODY)
        words = {"words": "独居老人做饭难", "people": 12}
        yield Step("demand.order", "resident", words | {"offer_id": offer})
        self.ordered = self.said["id"]
        desk = words | {"wish": "食堂", "division_code": TOWNSHIP}
        numbers = []
        for extra in ({"asker_name": NAME}, {"community": "高塘岭村"}, {}):
            yield Step("demand.order", clerk, desk | extra)
            numbers.append({"id": self.said["id"]})
        yield Step("demand.support", "resident", numbers[1])
        yield Step("demand.merge", clerk, numbers[0] | {"into_id": numbers[1]["id"]})
        yield Step("demand.decline", clerk, numbers[2] | {"reason": "已有食堂"})
        yield Step("demand.order", "resident", words | {"wish": "理发"})
        yield Step("demand.withdraw", "resident", {"id": self.said["id"]})
        yield Step("demand.list", "auditor")
        yield Step("demand.needs", "finance_budget")
        self.wished = numbers[1]["id"]

    def _plans(self) -> Walk:
        """A plan is asked about, taken back, made an emergency, signed by all and filed."""
        clerk, approver, finance = "purchaser_clerk", "purchaser_approver", "finance_budget"
        other = {"name": "望城区民政局", "kind": "purchaser", "division_code": factories.COUNTY}
        code = {"credit_code": factories.credit_code("11")}
        yield Step("party.add_organisation", clerk, other | code)
        department = self.department = self.said["id"]
        fund = {"name": "社会建设专项资金", "document": "望财〔2026〕8号"}
        fund |= {"division_code": factories.COUNTY, "purposes": ["psychology"]}
        yield Step("fund.create", finance, fund)
        yield Step("fund.add_line", finance, {"id": self.said["id"], "line_id": self.spare_line})
        yield Step("fund.list", "treasurer")
        plan = whole_plan(
            fund_purpose="psychology",
            organisation_id=self.county.purchaser,
            funding=[{"line_id": self.spare_line, "amount_fen": 100_000}],
            starts_on="2026-10-01",
            hard_conditions=["有食品经营许可证"],
            cosigner_ids=[department],
        )
        self.plan = {name: value for name, value in plan.items() if name != "organisation_id"}
        yield Step("purchase.advise", clerk, {"recipients_choose": True})
        yield Step("purchase.create", clerk, plan | {"demand_ids": [self.ordered]})
        one = {"id": self.said["id"]}
        yield Step("purchase.group_demands", clerk, one | {"demand_ids": [self.wished]})
        out = one | {"demand_id": self.wished, "reason": "另行安排"}
        yield Step("purchase.release_demand", clerk, out)
        yield Step("purchase.consult", clerk, one)
        yield Step("purchase.comment", ANYBODY, one | {"words": "也送晚饭吗"})
        answer = {"id": self.said["id"], "answer": "先送午饭"}
        yield Step("purchase.answer_comment", clerk, answer)
        yield Step("purchase.recall", clerk, one | {"reason": "突发疫情"})
        urgent = self.plan | one | {"emergency_reason": "突发疫情"}
        yield Step("purchase.revise", clerk, urgent)
        yield Step("purchase.submit", clerk, one)
        yield Step("purchase.send_back", approver, one | {"reason": "补充说明"})
        yield Step("purchase.submit", clerk, one)
        yield Step("purchase.agree", approver, one)
        yield Step("purchase.countersign", "finance_maker", one)
        yield Step("purchase.show", clerk, one)
        asked = {"id": self.said["cosignatures"][0]["id"]}
        yield Step("purchase.cosign", "system", asked)
        yield Step("purchase.file", finance, one)
        yield Step("purchase.close", approver, one | {"reason": "未开始"}, refused=True)
        yield Step("purchase.give_back", approver, one | {"reason": "未开始"}, refused=True)
        yield Step("purchase.report_emergency", clerk, one | {"report": "送餐三天"})
        yield Step("public.plans", ANYBODY)
        yield Step("public.plan", ANYBODY, one)

    def _other_ends(self) -> Walk:
        """A plan is given up, a menu taken away; a resident reads what she was told."""
        given_up = self.plan | {"organisation_id": self.county.purchaser, "cosigner_ids": []}
        yield Step("purchase.create", "purchaser_clerk", given_up)
        why = {"id": self.said["id"], "reason": "不办了"}
        yield Step("purchase.cancel", "purchaser_clerk", why)
        yield Step("purchase.list", "treasurer")
        yield Step("purchase.statistics", "auditor")
        moved = {"id": self.moving, "organisation_id": self.department}
        moved |= {"from_on": "2026-09-02", "document": "望编发〔2026〕2号"}
        yield Step("duty.move", "finance_budget", moved)
        handed = {"organisation_id": self.department, "catalogue_item_id": item("A07")}
        handed |= {"to_kind": "social_organisation", "from_on": "2026-09-01", "document": "1号"}
        yield Step("handover.confirm", "staffing_office", handed, refused=True)  # not listed
        yield Step("handover.list", "auditor")
        yield Step("demand.mine", "resident")
        yield Step("demand.read_notices", "resident")
        days = {"opens_on": "2026-09-01", "closes_on": "2026-09-30"}
        menu = {"title": "另一份", "division_code": factories.COUNTY} | days
        menu["offers"] = [{"catalogue_item_id": item("A07")}]
        yield Step("menu.create", "finance_budget", menu)
        withdrawn = {"id": self.said["id"], "reason": "写错"}
        yield Step("menu.withdraw", "purchaser_approver", withdrawn, refused=True)

    def _home_care(self) -> Walk:
        """A second programme, with services that have a beginning, an end, or a roll."""
        clerk, till = "purchaser_clerk", "provider_clerk"
        level = {"resident_id": self.county.residents[0], "document": "望民评〔2026〕8号"}
        level |= {"code": "ability_level", "from_on": "2026-01-01", "value": "重度失能"}
        yield Step("resident.record_fact", clerk, level)
        terms = factories.terms(self.county, **HOME_CARE)
        owner = {"organisation_id": self.county.purchaser}
        yield Step("programme.preview", clerk, owner | {"terms": terms})
        made = {"code": "HOME", "name": "居家照护", "purchase_id": self.filed, "terms": terms}
        made |= owner
        yield Step("programme.create", clerk, made)
        home = self.said["id"]
        yield Step("programme.submit", clerk, {"id": home})
        yield Step("programme.approve", "purchaser_approver", {"id": home})
        later = {"id": home, "terms": terms, "effective_on": "2026-11-01"}
        yield Step("programme.revise", clerk, later)
        admitted = {"programme_id": home, "provider_id": self.county.provider}
        yield Step("admission.admit", clerk, admitted | {"from_on": "2026-08-01"})
        for service in ("course", "day"):
            offered = {"programme_id": home, "service_code": service}
            yield Step("offer.set", "provider_manager", offered)
        holders = {"class_code": "A", "resident_ids": self.county.residents[:1]}
        yield Step("voucher.issue", clerk, {"programme_id": home} | holders)
        self.voucher = self.said["vouchers"][0]["id"]
        yield Step("voucher.print_cards", clerk, {"voucher_ids": [self.voucher]})
        code = self.said["cards"][0]["code"]
        yield Step("voucher.renew", clerk, {"programme_id": home})

        course = {"code": code, "service_code": "course", "price_fen": 10_000}
        yield Step("voucher.start", till, course | {"code": ID_NUMBER}, refused=True)
        yield Step("voucher.start", till, course)
        begun = {"id": self.said["id"]}
        yield Step("voucher.release", till, begun | {"reason": "改期"})
        yield Step("voucher.start", till, course)
        begun = {"id": self.said["id"]}
        yield Step("voucher.open_services", till)
        yield Step("voucher.quote_finish", till, begun | {"result": "passed"})
        yield Step("voucher.finish", till, begun | {"result": "passed"})

        yield Step("enrolment.enrol", till, {"code": PHONE, "service_code": "day"}, refused=True)
        yield Step("enrolment.enrol", till, {"code": code, "service_code": "day"})
        enrolled = {"id": self.said["id"]}
        yield Step("enrolment.attend", till, enrolled | {"price_fen": 60_000})
        yield Step("enrolment.list", till)
        yield Step("enrolment.end", till, enrolled | {"reason": "退托"})

    def _overpaid(self) -> Walk:
        """She used 700 yuan of a month that was hers to 500 only."""
        level = {"resident_id": self.county.residents[0], "document": "望民评〔2026〕9号"}
        level |= {"code": "ability_level", "from_on": "2026-09-01", "value": "中度失能"}
        yield Step("resident.record_fact", "purchaser_clerk", level)
        yield Step("recovery.list", "auditor")
        why = {"id": self.said["items"][0]["id"], "reason": "多付"}
        yield Step("recovery.in_cash", "purchaser_clerk", why, refused=True)  # not paid yet
        yield Step("recovery.approve", "purchaser_approver", {"id": why["id"]}, refused=True)
        yield Step("recovery.waive", "purchaser_approver", why)
        end = {"id": self.voucher, "reason": "不再需要"}
        yield Step("voucher.end_condition", "purchaser_clerk", end)

    def _undoing(self) -> Walk:
        fields = {"receipt": self.receipts[1], "reason": "核查", "entitlement": "give_back"}
        yield Step("redemption.reverse", "purchaser_clerk", fields)
        back = {"id": self.said["id"], "reason": "不属实"}
        yield Step("redemption.decline_reversal", "purchaser_approver", back)
        yield Step("redemption.reverse", "purchaser_clerk", fields)
        yield Step("redemption.approve_reversal", "purchaser_approver", {"id": self.said["id"]})

    def _settling(self) -> Walk:
        programme = {"programme_id": self.county.programme}
        yield Step("statement.lock", "finance_maker", programme)
        yield Step("statement.list", "provider_manager")
        self.statement = self.said["items"][0]["id"]
        yield Step("statement.get", "provider_manager", {"id": self.statement})
        yield Step("statement.lines", "provider_manager", {"id": self.statement})
        self.line = self.said["items"][-1]["id"]
        fields = {"statement_id": self.statement, "redemption_id": self.line, "reason": "价格不对"}
        yield Step("statement.object", "provider_manager", fields)
        self.objection = self.said["id"]
        fields = {"id": self.objection, "uphold": False, "reason": "价格属实"}
        yield Step("statement.resolve", "purchaser_approver", fields)
        yield Step("statement.confirm", "provider_manager", {"id": self.statement})

    def _paying(self) -> Walk:
        yield Step("settlement.open_claims", "finance_maker")
        yield Step("settlement.run", "finance_maker")
        first = self.said["id"]
        cancel = {"id": first, "reason": "重做"}
        yield Step("settlement.cancel", "finance_maker", cancel)
        yield Step("settlement.run", "finance_maker")
        self.batch = self.said["id"]
        yield Step("settlement.batches", "auditor")
        yield Step("settlement.batch", "auditor", {"id": self.batch})
        payment = self.said["payments"][0]
        yield Step("settlement.approve", "finance_approver", {"id": self.batch})
        yield Step("payment.export", "treasurer", {"id": self.batch})
        total = f"{payment['amount_fen'] / 100:.2f}"
        # A bank may repeat the whole order, and quote the account in its reason.
        order = ["1", payment["end_to_end_id"], "望城区育才学校", ACCOUNT, "望城农商行", total, ""]
        assert len(order) == len(bank.ORDER_COLUMNS)
        for word, reason in (("失败", f"账号{ACCOUNT}户名不符"),):
            content = result_file([[*order, word, "R1", reason]])
            file = {"filename": "r.csv", "content": base64.b64encode(content).decode()}
            yield Step("payment.import_result", "treasurer", file)
        self.result = self.said["id"]
        yield Step("payment.results", "auditor")
        yield Step("payment.result", "auditor", {"id": self.result})
        yield Step("payment.list", "auditor")

        yield Step("settlement.run", "finance_maker")
        second = self.said["id"]
        yield Step("settlement.approve", "finance_approver", {"id": second})
        yield Step("settlement.batch", "auditor", {"id": second})
        number = self.said["payments"][0]["end_to_end_id"]
        yield Step("payment.export", "treasurer", {"id": second})
        content = result_file([[*order[:1], number, *order[2:], "成功", "R2", ""]])
        file = {"filename": "r2.csv", "content": base64.b64encode(content).decode()}
        yield Step("payment.import_result", "treasurer", file)

    def _after(self) -> Walk:
        fields = {"receipt": self.receipts[2], "reason": "核查", "entitlement": "cancel"}
        yield Step("redemption.reverse", "purchaser_clerk", fields)
        yield Step("redemption.approve_reversal", "purchaser_approver", {"id": self.said["id"]})
        yield Step("clawback.list", "treasurer")
        self.clawback = self.said["items"][0]["id"]
        received = {"id": self.clawback, "amount_fen": 400, "bank_reference": "T1"}
        yield Step("clawback.receive", "treasurer", received)
        off = {"id": self.clawback, "component": "voucher", "source": "gone", "amount_fen": 1}
        yield Step("clawback.set_off", "finance_maker", off, refused=True)
        death = {"resident_id": self.county.residents[1], "document": "死亡证明"}
        yield Step("resident.record_death", "purchaser_clerk", death | {"on": "2026-06-02"})
        yield Step("voucher.lapse", "finance_maker")

    def _end(self) -> Walk:
        yield Step("audit.verify", "auditor")
        yield Step("public.programmes", ANYBODY)
        yield Step("auth.logout", "provider_clerk")
