"""Whom the demo's sign-in page offers to enter as, with a word on what to try."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from core import privacy
from core.access import ROLES, RoleGrant, User
from core.db import db
from core.demo.folk import GRANDMOTHER, HOMEBOUND, SCHOOLCHILD, TRAINEE
from core.demo.people import Person
from core.parties import Organisation, Resident


@dataclass(frozen=True)
class DemoUser:
    """One person to enter as: login, name, role and organisation as text, what to try."""

    login: str
    name: str
    role: str
    organisation: str
    hint: str


def demo_users() -> list[DemoUser]:
    """Return the people of the loaded demo county, in the order in which a yuan meets them.

    Empty where no demo was loaded. Runs inside the caller's transaction.
    """
    found = [*_residents(), *_providers(), *_offices()]
    return [user for user in found if user is not None]


def _residents() -> list[DemoUser | None]:
    return [
        _resident(GRANDMOTHER, _("81 岁，有三张凭单：看余额，出示手机码，找附近的服务")),
        _resident(SCHOOLCHILD, _("四年级学生（家长代为操作）：看教育券能用到哪天、在哪里用")),
        _resident(HOMEBOUND, _("居家照护：护理员正在家里，看本周还有多少时长")),
        _resident(TRAINEE, _("领了培训券还没报名：出示手机码，找培训学校")),
    ]


def _resident(person: Person, hint: str) -> DemoUser | None:
    indexes = privacy.keyring().blind_indexes(person.id_number, "person")
    login = db.session.scalar(
        db.select(User.login)
        .join(Resident, Resident.id == User.resident_id)
        .where(Resident.id_number_index.in_(indexes))
    )
    if login is None:
        return None
    return DemoUser(login, person.name, _(ROLES["resident"].name), "", hint)


def _providers() -> list[DemoUser | None]:
    return [
        _user("care01-till", "provider_clerk", _("扫居民的码，核销一餐，再撤销它")),
        _user("care01", "provider_manager", _("看上月对账单：确认，或对一行提出异议；登记终端")),
        _user("home01-till", "provider_clerk", _("上门照护：签退正在进行的一次，再为下一家签到")),
        _user("skill01-till", "provider_clerk", _("登记学员的培训结果：合格、结业或未结业")),
        _user("nursery01-till", "provider_clerk", _("登记本月在托幼儿的出勤，不用扫码")),
        _user("school01-till", "provider_clerk", _("核销一张教育券，再扫一次看为什么不行")),
        _user("school01", "provider_manager", _("看学校的对账单和到账情况")),
        _user("road01", "provider_manager", _("看公路养护合同、验收和到账，申报下一期")),
    ]


def _offices() -> list[DemoUser | None]:
    return [
        _user("budget", "finance_budget", _("下达或调整指标，看钱现在在哪一格")),
        _user("maker", "finance_maker", _("核验一个新收款账户，把银行退回的一笔重新列入支付批次")),
        _user("approver", "finance_approver", _("复核支付批次；自己做的批次自己批不了")),
        _user("treasurer", "treasurer", _("导出支付文件，导入银行结果")),
        _user(
            "care-clerk",
            "purchaser_clerk",
            _("看本期续发的额度，决定一笔多付的时长，打印和补换凭证卡"),
        ),
        _user(
            "care-approver",
            "purchaser_approver",
            _("批准新一版补贴条款，复核一笔冲正申请，处理一条异议"),
        ),
        _user("edu-clerk", "purchaser_clerk", _("编制新的教育券项目，导入学生名单")),
        _user("edu-approver", "purchaser_approver", _("复核教育券项目")),
        _user("care-accepter", "accepter", _("看应急服务的验收和一项扣减")),
        _user("road-clerk", "purchaser_clerk", _("看农村公路养护的合同，代记村民的意见")),
        _user("road-approver", "purchaser_approver", _("复核验收：自己起草或验收的自己批不了")),
        _user("road-accepter", "accepter", _("村民说没有修到：去查清、答复，再逐项验收")),
        _user("agent", "procurement_agent", _("受托编制采购项目，答复提问，组织开标")),
        _user("expert", "expert", _("一项评审在等您打分")),
        _user("evaluator", "evaluator", _("给合同的履约打分")),
        _user("supervisor", "supervisor", _("保管开标密钥（口令 huigou-demo-key），处理投诉")),
        _user("auditor", "auditor", _("从任何一个数字点到凭证和指标，核验封存链")),
        _user(
            "staffing", "staffing_office", _("看医院为什么不能购买，登记单位的法定类别和职责岗位")
        ),
        _user("admin", "administrator", _("登记人员，授予和终止岗位")),
    ]


def _user(login: str, role: str, hint: str) -> DemoUser | None:
    row = db.session.execute(
        db.select(User.name, Organisation.name)
        .join(User.grants)
        .outerjoin(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(User.login == login)
    ).first()
    if row is None:
        return None
    return DemoUser(login, row[0], _(ROLES[role].name), row[1] or "", hint)
