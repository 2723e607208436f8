"""What the demo county subsidises: five schemes, one that waits for publication, one draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugins.subsidy.demo.publishing import Line, Office, Told

if TYPE_CHECKING:
    from core.demo import World

COUNTY = "430112"
CARE = Office("civil_affairs", "care-clerk", "care-approver")
LABOUR = Office("labour", "labour-clerk", "labour-approver")
HEALTH = Office("health", "health-clerk", "health-approver")
HERE: dict[str, Any] = {"fact": "org.place", "within": COUNTY}
SMALL: dict[str, Any] = {
    "any": [
        {"fact": "org.nature", "is": "个体工商户"},
        {"all": [{"fact": "org.nature", "is": "企业"}, {"fact": "org.size", "at_most": "小型"}]},
    ]
}
BANDS = [{"up_to_fen": 5_000_000, "persons": 1}, {"up_to_fen": None, "persons": 2}]
LICENCE = {"code": "licence", "name": "营业执照或登记证书"}


def published(world: World) -> list[Told]:
    """Return the schemes in force."""
    return [_loans(world), _bookshops(world), _beds(world), _pool(world), _taxes(world)]


def waiting(world: World) -> Told:
    """Return the scheme that its approver has to publish, for residents."""
    return Told(
        LABOUR,
        "QZBT",
        "高校毕业生一次性求职补贴",
        Line("GRAD", 61, "求职补贴", "2080711", "30399", 3_000_000),
        {
            "item": "A02",
            "name": "高校毕业生求职补贴",
            "need": "困难家庭的毕业生求职花费大。",
            "standard": "毕业两年内、登记求职的，每人补一次。",
            "quantity": 100,
            "goal": "困难毕业生一年内就业。",
        },
        {
            "kind": "per_unit",
            **_common(world, ("就业促进法", "", "第五十二条"), 3),
            "applicant": "resident",
            "eligibility": {
                "all": [
                    {"fact": "age", "at_least": 18},
                    {"fact": "age", "at_most": 28},
                    {"fact": "residence", "within": COUNTY},
                ]
            },
            "evidence": [{"code": "diploma", "name": "毕业证书"}],
            "unit_classes": [
                {"code": "graduate", "name": "毕业生", "prices": [_price(1, None, 150_000)]}
            ],
            "units_max": 1,
            "envelope_fen": 3_000_000,
        },
    )


def begun(world: World) -> Told:
    """Return a draft: it has no review and no plan yet."""
    terms = _common(world, ("养老、托育、家政等社区家庭服务业税费优惠政策公告", "", ""), 9)
    return Told(
        HEALTH,
        "TYJM",
        "托育机构基础设施配套费减免",
        Line("FEES", 62, "托育收费减免补偿", "2100799", "31299", 2_000_000),
        {},
        {
            "kind": "fee_relief",
            **terms | {"review": None},
            "eligibility": {"all": [{"fact": "org.trade", "is": "托育"}, HERE]},
            "fee": "城市基础设施配套费",
            "fee_basis": "湖南省行政事业性收费目录清单",
            "waived_bp": 10_000,
            "compensated_bp": 0,
        },
    )


def _common(world: World, basis: tuple[str, str, str], reviewed: int) -> dict[str, Any]:
    """Return what every scheme has: basis, review (of that number), this year and the next."""
    title, document_no, article = basis
    year = world.month(2).year
    return {
        "legal_basis": [{"title": title, "document_no": document_no, "article": article}],
        "review": {
            "reviewed_on": world.before(46, "10:00").date().isoformat(),
            "conclusion": "no_effect",
            "document": f"望公审〔{year}〕{reviewed}号",
        },
        "starts_on": world.before(37, "00:00").date().isoformat(),
        "ends_on": f"{year + 1}-12-31",
        "publicity_days": 7,
        "approval": BANDS,
    }


def _price(begins: int, ends: int | None, unit_fen: int) -> dict[str, Any]:
    return {"from_units": begins, "to_units": ends, "unit_fen": unit_fen}


def _loans(world: World) -> Told:
    """Two regimes side by side, by the day of the loan."""
    return Told(
        LABOUR,
        "CYDK",
        "创业担保贷款贴息",
        Line("START", 63, "创业担保贷款贴息", "2080712", "31205", 20_000_000),
        {
            "item": "A02",
            "name": "创业扶持：创业贷款贴息",
            "need": "返乡青年和小店主创业缺本钱，利息负担重。",
            "standard": "按银行流水逐户核算，先付息后贴息，逾期部分不贴。",
            "quantity": 120,
            "goal": "带动三百人就业。",
        },
        {
            "kind": "interest_subsidy",
            **_common(world, ("就业促进法", "", "第十九条"), 4),
            "eligibility": {
                "all": [
                    SMALL,
                    {"not": {"fact": "org.registered_on", "months_ago_above": 60}},
                    HERE,
                ]
            },
            "evidence": [
                LICENCE,
                {"code": "contract", "name": "贷款合同"},
                {"code": "interest", "name": "付息凭证"},
            ],
            "day_count": "act_360",
            "capped_by_paid": True,
            "settles_on": 20,
            # Who learns a trade on a voucher may set up a shop on a loan.
            "combines": True,
            "regimes": _regimes(),
            "envelope_fen": 20_000_000,
        },
    )


def _regimes() -> list[dict[str, Any]]:
    partners = {"partner_uplift_bp": 1_000, "partners_cap_fen": 400_000_000}
    person = {"term_months_max": 36, "loans_max": 3} | partners
    return [
        {
            "from_on": "2020-01-01",
            "method": "borrower_bears",
            "document": "财金〔2020〕21号",
            "points_ppm": 15_000,
            "months": 24,
            "classes": [
                _borrower("person", "个人", 20_000_000, loans_max=3),
                _borrower("micro", "小微企业", 300_000_000, loans_max=2),
            ],
        },
        {
            "from_on": "2023-10-01",
            "method": "share",
            "document": "财金〔2023〕75号",
            "share_ppm": 500_000,
            "rate_over_lpr_ppm": 15_000,
            "classes": [
                _borrower("person", "个人", 30_000_000, **person),
                _borrower("micro", "小微企业", 400_000_000, term_months_max=24, loans_max=3),
            ],
        },
    ]


def _borrower(code: str, name: str, cap_fen: int, **limits: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "principal_cap_fen": cap_fen, **limits}


def _bookshops(world: World) -> Told:
    """Awards by three parties' scores, within a pool, in two parts."""
    year = world.month(2).year
    return Told(
        CARE,
        "SDJL",
        "社区书店以奖代补",
        Line("BOOK", 64, "社区书店奖励", "2070199", "31204", 30_000_000),
        {
            "item": "A12",
            "name": "社区书店奖励",
            "need": "社区里能坐下来看书的地方少，书店房租高、开不久。",
            "standard": "全年开门不少于 300 天，有免费阅览座位，每月办读书活动。",
            "quantity": 8,
            "unit": "家",
            "goal": "每个街道有一家常年开门的书店。",
        },
        {
            "kind": "award_tiers",
            **_common(world, ("公共文化服务保障法", "", "第四十九条"), 5),
            "eligibility": {
                "all": [
                    {"fact": "org.trade", "is": "书店"},
                    {"fact": "org.registered_on", "months_ago_at_least": 12},
                    {"fact": "org.floor_m2", "at_least": 60},
                    HERE,
                ]
            },
            "evidence": [
                LICENCE,
                {"code": "events", "name": "上一年读书活动清单"},
                {"code": "invested", "name": "自有投入凭证（申明投入的）"},
            ],
            "conditions": {"price_promise": True, "separate_accounts": False},
            "weights": [
                {"party": "purchaser", "weight_bp": 3_000},
                {"party": "recipients", "weight_bp": 3_000},
                {"party": "third_party", "weight_bp": 4_000},
            ],
            "tiers": [
                _tier("A", 9_000, None, 8_000_000),
                _tier("B", 8_000, 9_000, 5_000_000),
                _tier("C", 7_000, 8_000, 3_000_000),
            ],
            "answers_min": 30,
            "few_answers_tier": "C",
            "investment_bp": 3_000,
            "instalments": [{"share_bp": 6_000}, {"share_bp": 4_000}],
            "duty_from": f"{year + 1}-01-01",
            "duty_months": 12,
            "envelope_fen": 30_000_000,
        },
    )


def _tier(code: str, begins: int, ends: int | None, amount_fen: int) -> dict[str, Any]:
    span = {"from_centipoints": begins, "to_centipoints": ends}
    return {"code": code, **span, "amount_fen": amount_fen}


def _beds(world: World) -> Told:
    """New beds by how many there are, conversions by half, occupied beds by disability."""
    new = [_price(50, 300, 200_000), _price(300, None, 500_000)]
    occupied = [_price(1, None, 20_000)]
    return Told(
        CARE,
        "CWBT",
        "养老机构床位补贴",
        Line("BEDS", 65, "养老床位补贴", "2081006", "31204", 90_000_000),
        {
            "item": "A07",
            "name": "养老机构床位补贴",
            "need": "护理型床位不够，失能老人难入住。",
            "standard": "床位逐张核实，入住老人逐人核对失能等级。",
            "quantity": 400,
            "unit": "张",
            "goal": "新增护理型床位 200 张。",
        },
        {
            "kind": "per_unit",
            **_common(world, ("老年人权益保障法", "", "第三十九条"), 6),
            "eligibility": {
                "all": [
                    {"fact": "org.trade", "is": "养老"},
                    {"fact": "org.beds", "at_least": 10},
                    HERE,
                ]
            },
            "evidence": [
                LICENCE,
                {"code": "filing", "name": "养老机构备案回执"},
                {"code": "beds", "name": "床位和入住老人名册"},
            ],
            "conditions": {"price_promise": True, "separate_accounts": True},
            "unit_classes": [
                _class("new", "新建床位", new, waiting_months=12),
                _class("converted", "改建床位", new, factor_ppm=500_000, waiting_months=12),
                _class("rented", "租用房屋满 5 年的床位", [_price(1, None, 100_000)]),
                _class("occupied", "自理老人入住床位（每月）", occupied),
                _class("light", "轻度失能老人入住床位（每月）", occupied, factor_ppm=1_500_000),
                _class("middle", "中度失能老人入住床位（每月）", occupied, factor_ppm=2_000_000),
                _class("severe", "重度失能老人入住床位（每月）", occupied, factor_ppm=3_000_000),
            ],
            "period_months": 1,
            "envelope_fen": 90_000_000,
        },
    )


def _class(code: str, name: str, prices: list[dict[str, Any]], **more: int) -> dict[str, Any]:
    return {"code": code, "name": name, "prices": prices, **more}


def _pool(world: World) -> Told:
    """A pool that bears three tenths of what a licensed guarantor pays."""
    return Told(
        LABOUR,
        "FXFD",
        "小微企业融资担保风险分担",
        Line("RISK", 66, "融资担保风险补偿", "2080712", "31299", 50_000_000),
        {
            "item": "A02",
            "name": "创业扶持：担保风险补偿",
            "need": "小微企业没有抵押物，持牌担保公司不敢担保。",
            "standard": "只补持牌融资担保公司已代偿的部分，机关和事业单位不作担保人。",
            "quantity": 60,
            "unit": "户",
            "goal": "新增担保户数 60 户，代偿率低于 3%。",
        },
        {
            "kind": "risk_pool_share",
            **_common(world, ("政府性融资担保发展管理办法", "财金〔2025〕11号", ""), 7),
            "eligibility": {"all": [SMALL, HERE]},
            "evidence": [LICENCE, {"code": "accounts", "name": "最近一期财务报表"}],
            "shares": [
                {"party": "guarantor", "share_bp": 5_000},
                {"party": "bank", "share_bp": 2_000},
                {"party": "pool", "share_bp": 3_000},
            ],
            "waiting_days": 90,
            "single_bp": 1_000,
            "group_bp": 1_500,
            "multiple": 10,
            "single_fen": 1_000_000_000,
            "year_cap_fen": 30_000_000,
            "stop_bp": 500,
            # What was guaranteed before the pool was published is borne by it, too.
            "starts_on": world.month(14).isoformat(),
            "envelope_fen": 50_000_000,
        },
    )


def _taxes(world: World) -> Told:
    """What the tax authority waives, kept as a memorandum; the plan pays for counselling."""
    return Told(
        CARE,
        "SSJM",
        "社区养老服务税收减免登记",
        Line("TAXES", 67, "养老税费政策辅导", "2081006", "30299", 2_000_000),
        {
            "item": "A07",
            "name": "养老机构税费政策辅导",
            "need": "不少养老机构不知道能免哪些税，没有单独记账。",
            "standard": "逐家上门辅导，凭税务机关文书登记减免。",
            "quantity": 20,
            "unit": "家",
            "goal": "符合条件的养老机构都享受到减免。",
        },
        {
            "kind": "tax_relief_memo",
            **_common(
                world,
                (
                    "关于养老、托育、家政等社区家庭服务业税费优惠政策的公告",
                    "财政部等2019年第76号",
                    "",
                ),
                8,
            ),
            "eligibility": {"all": [{"fact": "org.trade", "in": ["养老", "托育", "家政"]}, HERE]},
            "evidence": [LICENCE, {"code": "tax", "name": "税务机关的减免文书"}],
            "conditions": {"price_promise": False, "separate_accounts": True},
            "taxes": ["vat", "property", "land_use", "deed"],
        },
    )
