"""The demo county's standing: its divisions, offices, staff, budget lines and providers."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from core.demo import catalogue, folk, orders, plans, rules, structure
from core.demo.people import Inventor
from core.demo.world import SYSTEM, VISITOR, Provider, World

PASSWORD = "huigou-demo"  # noqa: S105 - shown on the demo's sign-in page
COUNTY = "430112"
# Statistical codes of the county's townships as published for 2023 (GB/T 2260, GB/T 10114).
DIVISIONS = {"430000": "湖南省", "430100": "长沙市", COUNTY: "望城区"}
TOWNSHIPS = {
    "430112001": "高塘岭街道",
    "430112003": "丁字湾街道",
    "430112005": "大泽湖街道",
    "430112006": "月亮岛街道",
    "430112007": "白沙洲街道",
    "430112008": "金山桥街道",
    "430112009": "黄金园街道",
    "430112011": "乌山街道",
    "430112012": "铜官街道",
    "430112013": "雷锋街道",
    "430112017": "白马街道",
    "430112101": "桥驿镇",
    "430112103": "茶亭镇",
    "430112106": "靖港镇",
    "430112107": "乔口镇",
    "430112115": "白箬铺镇",
}
# What it is to the demo: credit code, name, kind.
OFFICES = {
    "finance": ("11430112000000019H", "望城区财政局", "finance"),
    "civil_affairs": ("11430112000000027C", "望城区民政局", "purchaser"),
    "education": (None, "望城区教育局", "purchaser"),
    "labour": (None, "望城区人力资源和社会保障局", "purchaser"),
    "health": (None, "望城区卫生健康局", "purchaser"),
    "transport": (None, "望城区交通运输局", "purchaser"),
    "audit": (None, "望城区审计局", "auditor"),
    "staffing": ("114301120000000357", "望城区委机构编制委员会办公室", "administration"),
    "agency": ("9143011200000401X4", "湘诚招标代理", "agency"),
    "evaluator": ("91430112000004183G", "湘江公共服务评价中心", "evaluator"),
}
# Login, name, role, office.
STAFF = (
    ("admin", "唐向阳", "administrator", "finance"),
    ("staffing", "文志刚", "staffing_office", "staffing"),
    ("budget", "谭慧敏", "finance_budget", "finance"),
    ("maker", "周文杰", "finance_maker", "finance"),
    ("approver", "罗海波", "finance_approver", "finance"),
    ("treasurer", "易静怡", "treasurer", "finance"),
    ("care-clerk", "彭丽娟", "purchaser_clerk", "civil_affairs"),
    ("care-approver", "黄建平", "purchaser_approver", "civil_affairs"),
    ("edu-clerk", "肖晓燕", "purchaser_clerk", "education"),
    ("edu-approver", "邓立军", "purchaser_approver", "education"),
    ("labour-clerk", "曾春华", "purchaser_clerk", "labour"),
    ("labour-approver", "胡新华", "purchaser_approver", "labour"),
    ("health-clerk", "谢红霞", "purchaser_clerk", "health"),
    ("health-approver", "何鹏程", "purchaser_approver", "health"),
    ("care-accepter", "蒋晓芳", "accepter", "civil_affairs"),
    ("road-clerk", "刘建军", "purchaser_clerk", "transport"),
    ("road-approver", "姚国良", "purchaser_approver", "transport"),
    ("road-accepter", "夏玉兰", "accepter", "transport"),
    ("agent", "欧阳磊", "procurement_agent", "agency"),
    ("expert", "魏国强", "expert", "finance"),
    ("evaluator", "汤丽华", "evaluator", "evaluator"),
    ("supervisor", "段志勇", "supervisor", "finance"),
)
AUDITOR = ("auditor", "龙雪梅", "auditor", "audit")
# Code, name, office, function, economic class (2026 tables), document, fen.
LINES = (
    ("EDU", "教育券", "education", "2050299", "30399", "望财教〔{year}〕12号", 12_500_000),
    ("CARE", "养老服务", "civil_affairs", "2081006", "30399", "望财社〔{year}〕27号", 26_000_000),
    (
        "ELD-C",
        "养老服务消费补贴（中央）",
        "civil_affairs",
        "2081006",
        "30399",
        "财社〔{year}〕8号",
        135_000_000,
    ),
    (
        "ELD-P",
        "养老服务消费补贴（省级）",
        "civil_affairs",
        "2081006",
        "30399",
        "湘财社指〔{year}〕31号",
        9_000_000,
    ),
    (
        "ELD-X",
        "养老服务消费补贴（县级）",
        "civil_affairs",
        "2081006",
        "30399",
        "望财社〔{year}〕33号",
        6_000_000,
    ),
    ("HOME", "居家照护", "civil_affairs", "2081006", "30399", "望财社〔{year}〕35号", 32_000_000),
    ("SKILL", "职业培训", "labour", "2080702", "30399", "望财社〔{year}〕41号", 26_000_000),
    ("CHILD", "托育补贴", "health", "2100799", "30399", "望财社〔{year}〕44号", 40_000_000),
    ("ROAD", "农村公路养护", "transport", "2140106", "30213", "望财建〔{year}〕18号", 130_000_000),
    ("MEAL", "社区助餐", "civil_affairs", "2081006", "30399", "望财社〔{year}〕46号", 40_000_000),
    (
        "HELP",
        "关爱和救助服务",
        "civil_affairs",
        "2082001",
        "30399",
        "望财社〔{year}〕51号",
        150_000_000,
    ),
)
SCHOOL, VOCATIONAL = "private-compulsory", "vocational"
CANTEEN, HOME_CARE, DAY_CARE, INSTITUTION = (
    "elder-canteen",
    "home-care",
    "day-care",
    "elder-institution",
)
TRAINING, NURSERY = "skills-training", "nursery"
# Names by tag; `{}` stands for the township. Home care is companies', the rest non-profit units.
PROVIDERS = {
    SCHOOL: "育新学校 景行学校 知远学校 松涛实验学校 文澜小学 嘉树学校 汇川中学 书堂学校",
    VOCATIONAL: "湘匠职业技术学校 铜官陶艺职业学校 现代服务职业学校 机电职业学校"
    " 康养护理职业学校 乡创农艺职业学校",
    CANTEEN: "{}长者食堂 " * 12,
    HOME_CARE: "沩水居家养老 靖湘居家养老 乔江家政 铜月居家护理 茶溪家政 白若居家养老 桥源家政"
    " 雷湖居家护理",
    DAY_CARE: "{}日间照料中心 " * 6,
    INSTITUTION: "斑马湖养护院 靖港颐养院 茶亭敬老院",
    TRAINING: "湘江职业技能培训学校 铜官匠心培训学校 康养技能培训学校 月亮岛家政培训学校",
    NURSERY: "{}普惠托育中心 " * 8,
}
# How the logins of a kind of provider begin; all others are `care`.
LOGINS = {
    SCHOOL: "school",
    VOCATIONAL: "school",
    HOME_CARE: "home",
    TRAINING: "skill",
    NURSERY: "nursery",
}
FEWEST = 4  # of a kind, as the stories of the programmes need them
# Whom the sign-in page shows has a password; the others' would only cost their hashing.
SHOWN = {"school01", "care01", "home01", "skill01", "nursery01"}
BANKS = ("长沙望城农商银行高塘岭支行", "中国邮政储蓄银行望城支行", "中国农业银行望城支行")
STREETS = ("望府路", "雷锋大道", "旺旺东路", "郭亮中路", "银星路", "金星北路", "文源路", "普瑞大道")


def build(world: World, *, key: str) -> None:
    """Perform the acts that come before any purchase, the first one under a given request key."""
    _divisions(world, key=key)
    _offices(world)
    world.say(_("行政区划 %(d)s 个，单位 %(o)s 个", d=len(TOWNSHIPS) + 3, o=len(OFFICES)))
    _lines(world)
    structure.add(world)
    rules.declare(world, COUNTY)
    catalogue.build(world, division_code=COUNTY)
    _providers(world)
    world.say(_("承接主体 %(n)s 家，各有网点、人员和核验过的收款账户", n=len(world.providers)))
    folk.register(world)
    world.say(
        _(
            "居民 %(e)s 名老人、%(p)s 名学生、%(a)s 名劳动者、%(c)s 名婴幼儿",
            e=len(world.elders),
            p=len(world.pupils),
            a=len(world.adults),
            c=len(world.infants),
        )
    )
    orders.build(world)
    folk.describe(world)
    world.say(_("居民资料 %(n)s 条", n=sum(len(known) for known in world.facts.values())))


def finish(world: World, *, key: str) -> None:
    """Leave what is under way and let the auditor arrive.

    Her arrival is the last act of a load, whose request key says that it is whole.
    """
    plans.leave(world)
    _employ(world, AUDITOR, at=world.before(60, "09:00"), key=key)


def _divisions(world: World, *, key: str) -> None:
    at, parent = world.before(90, "09:00"), None
    for code, name in DIVISIONS.items():
        fields = {"code": code, "name": name, "parent": parent}
        world.do(SYSTEM, "party.add_division", at=at, key="" if parent else key, **fields)
        parent = code
    for code, name in TOWNSHIPS.items():
        world.do(SYSTEM, "party.add_division", at=at, code=code, name=name, parent=COUNTY)
    world.townships.update(TOWNSHIPS)


def _offices(world: World) -> None:
    at = world.before(90, "10:00")
    for office, (code, name, kind) in OFFICES.items():
        world.organisations[office] = world.do(
            SYSTEM,
            "party.add_organisation",
            at=at,
            credit_code=code or world.inventor.credit_code("11", COUNTY),
            name=name,
            kind=kind,
            division_code=COUNTY,
        )["id"]
    for member in STAFF:
        _employ(world, member, at=at)


def _employ(
    world: World, member: tuple[str, str, str, str], *, at: datetime, key: str = ""
) -> None:
    login, name, role, office = member
    world.users[login] = world.do(
        SYSTEM, "access.create_user", at=at, login=login, name=name, password=PASSWORD
    )["id"]
    world.logins.setdefault(role, []).append(login)
    world.do(
        SYSTEM,
        "access.grant_role",
        at=at,
        key=key,
        user_id=world.users[login],
        role=role,
        division_code=COUNTY,
        organisation_id=world.organisations[office],
    )


def _lines(world: World) -> None:
    year = world.month(2).year
    for code, name, office, function, economic, document, amount_fen in LINES:
        world.lines[code] = world.do(
            "budget",
            "budget.appropriate",
            at=world.before(60, "09:30"),
            code=code,
            name=name,
            fiscal_year=year,
            organisation_id=world.organisations[office],
            function_code=function,
            economic_code=economic,
            document=document.format(year=year),
            amount_fen=amount_fen,
        )["id"]


# --- providers ---------------------------------------------------------------------------------


def _providers(world: World) -> None:
    towns = list(TOWNSHIPS)
    for tag, names in PROVIDERS.items():
        every = names.split()
        for place, pattern in enumerate(every[: world.some(len(every), least=FEWEST)]):
            township = towns[place * 3 % len(towns) if "{}" in pattern else place]
            short = TOWNSHIPS[township].removesuffix("街道").removesuffix("镇")
            name = f"望城区{pattern.format(short)}"
            if tag == HOME_CARE:
                name = f"长沙{pattern}服务有限公司"
            _provider(world, tag, name, township)


def _provider(world: World, tag: str, name: str, township: str) -> None:
    at = world.before(50, "10:00")
    kind = LOGINS.get(tag, "care")
    serial = 1 + sum(one.manager.startswith(kind) for one in world.providers)
    manager = f"{kind}{serial:02d}"
    organisation = world.do(
        SYSTEM,
        "party.add_organisation",
        at=at,
        credit_code=world.inventor.credit_code("91" if tag == HOME_CARE else "52", COUNTY),
        name=name,
        kind="provider",
        division_code=township,
        tags=[tag],
    )["id"]
    provider = Provider(organisation, name, tag, township, manager, f"{manager}-till")
    for login, role in ((manager, "provider_manager"), (provider.clerk, "provider_clerk")):
        _hire(world, provider, login, role)
    world.providers.append(provider)
    _equip(world, provider, till=serial % 2 == 1)


def _hire(world: World, provider: Provider, login: str, role: str) -> None:
    at = world.before(50, "10:30")
    password = PASSWORD if provider.manager in SHOWN else None
    world.users[login] = world.do(
        "admin",
        "access.create_user",
        at=at,
        login=login,
        name=world.inventor.staff(),
        password=password,
    )["id"]
    world.logins.setdefault(role, []).append(login)
    world.do(
        "admin",
        "access.grant_role",
        at=at,
        user_id=world.users[login],
        role=role,
        division_code=provider.township,
        organisation_id=provider.id,
    )


def _equip(world: World, provider: Provider, *, till: bool) -> None:
    """Give a provider an office, a bank account that a second person verifies, perhaps a till."""
    invent, at = world.inventor, world.before(45, "14:00")
    street, number = invent.random.choice(STREETS), invent.random.randint(1, 399)
    office = world.do(
        provider.manager,
        "party.add_office",
        at=at,
        organisation_id=provider.id,
        name=_office_name(provider),
        division_code=provider.township,
        address=f"{TOWNSHIPS[provider.township]}{street}{number}号",
        telephone=invent.telephone(),
    )["id"]
    record_account(world, provider, at=at, verified_at=world.before(44, "10:00"))
    if till:
        code = world.do(
            provider.manager, "device.make_code", at=at, name="一号收款终端", office_id=office
        )["code"]
        world.do(VISITOR, "device.enrol", at=at, code=code)


def record_account(
    world: World,
    provider: Provider,
    *,
    at: datetime,
    verified_at: datetime | None,
    inventor: Inventor | None = None,
) -> None:
    """Record a bank account of a provider; without `verified_at` it waits for a second person.

    Bank and number come of the county's own inventor, or of the one given.
    """
    invent = inventor or world.inventor
    account = world.do(
        provider.manager,
        "party.add_bank_account",
        at=at,
        organisation_id=provider.id,
        bank=invent.random.choice(BANKS),
        holder=provider.name,
        number=invent.bank_account(),
    )["id"]
    if verified_at is not None:
        world.do("maker", "party.verify_bank_account", at=verified_at, id=account)


def _office_name(provider: Provider) -> str:
    schools = dict.fromkeys((SCHOOL, VOCATIONAL, TRAINING), "校本部")
    return {**schools, CANTEEN: "食堂", NURSERY: "园区"}.get(provider.kind, "服务点")
