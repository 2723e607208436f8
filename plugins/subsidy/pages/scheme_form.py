"""The form that builds a scheme: what every scheme is asked, and the fields of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from core.facts import ORGANISATION
from core.web.builder import Builder, Field, Kind, Part, Rows, Rule, Section, kinds
from core.web.builder.values import UnreadableError, several
from plugins.subsidy.pages import form_words as words
from plugins.subsidy.pages.pencil import TAX_NAMES
from plugins.subsidy.pages.scheme_common import BASIS, DECIDING, MONEY, REVIEW, TIME

OFTEN_PPM = 10_000_000
POINTS = kinds.decimal(2, 10_000, _l(" 分"))
FACTOR = kinds.decimal(4, OFTEN_PPM, "%")
SHARE = kinds.BP


def _choice(names: Mapping[str, object]) -> Kind:
    return kinds.choice(*names.items())


def _taxes() -> Kind:
    """Return the kind of several taxes, typed by their names."""

    def read(text: str, _at: kinds.At) -> list[str]:
        codes = {str(name): code for code, name in TAX_NAMES.items()}
        found = several(text)
        if unknown := [one for one in found if one not in codes]:
            raise UnreadableError(_("没有“%(one)s”这一税种。", one=unknown[0]))
        return [codes[one] for one in found]

    def write(value: list[str], _at: kinds.At) -> str:
        return "、".join(str(TAX_NAMES.get(one, one)) for one in value)

    return Kind("text", read, write, write)


NO_CAP = _l("不填就不设上限。")
DAY_COUNT = Field(
    "day_count",
    _choice(words.DAY_COUNTS),
    _l("计息天数"),
    _l("按哪种方法数天。"),
    usual="act_360",
)
CLASS = (
    Field("name", kinds.TEXT, _l("借款人类别"), _l("如 个人创业者、小微企业。")),
    Field("principal_cap_fen", kinds.YUAN, _l("本金上限"), NO_CAP, unit=_l("元")),
    Field("term_months_max", kinds.whole(_l("个月")), _l("最长期限"), NO_CAP, unit=_l("个月")),
    Field("loans_max", kinds.whole(_l("次")), _l("最多几次"), NO_CAP, unit=_l("次"), rare=True),
    Field("year_cap_fen", kinds.YUAN, _l("每年贴息上限"), NO_CAP, unit=_l("元"), rare=True),
    Field(
        "partner_uplift_bp",
        SHARE,
        _l("合伙上浮"),
        _l("几人合伙时本金上限上浮多少。"),
        usual="0",
        unit=_l("%"),
        rare=True,
    ),
    Field("partners_cap_fen", kinds.YUAN, _l("合伙本金上限"), NO_CAP, unit=_l("元"), rare=True),
    Field("code", kinds.TEXT, _l("代号"), _l("银行报数时用。"), rare=True, quiet=True),
)
INTEREST: tuple[Part, ...] = (
    DAY_COUNT,
    Field(
        "capped_by_paid",
        kinds.flag(_l("先付后贴，不超过实付利息"), _l("不看实付利息")),
        _l("与实付利息的关系"),
        _l("先付后贴的，银行要报本期实付利息。"),
        usual="yes",
    ),
    Field(
        "settles_on",
        kinds.whole(_l("日")),
        _l("结息日"),
        _l("3、6、9、12 月的哪一天。不填按 20 日。"),
        usual="20",
        unit=_l("日"),
        rare=True,
    ),
    Rows(
        "regimes",
        _l("贴息规则"),
        _l("按贷款发放日适用，新规则另起一行。"),
        _l("规则"),
        (
            Field("from_on", kinds.DAY, _l("发放日起"), _l("这天起发放的贷款适用。")),
            Field("document", kinds.TEXT, _l("文件"), _l("如 财金〔2023〕75 号。")),
            Field("method", _choice(words.METHODS), _l("贴息方式"), _l("怎么贴。"), usual="share"),
            Field("share_ppm", kinds.PERCENT, _l("贴息比例"), _l("按比例贴的填。"), unit=_l("%")),
            Field(
                "points_ppm",
                kinds.PERCENT,
                _l("点数"),
                _l("按点数贴，或借款人按 LPR 减点承担的填，如 1.5。"),
                unit=_l("%"),
            ),
            Field(
                "rate_over_lpr_ppm",
                kinds.PERCENT,
                _l("利率上限：LPR 加"),
                _l("不填就不限利率。"),
                unit=_l("%"),
                rare=True,
            ),
            Field(
                "months",
                kinds.whole(_l("个月")),
                _l("最多贴几个月"),
                _l("不填就贴到期满。"),
                unit=_l("个月"),
                rare=True,
            ),
            Rows(
                "classes",
                _l("借款人类别"),
                _l("每类各有上限。"),
                _l("类别"),
                CLASS,
                least=1,
                numbered="c",
            ),
        ),
        least=1,
        called="document",
    ),
)
GUARANTEE_FEE: tuple[Part, ...] = (
    DAY_COUNT,
    Field(
        "rate_ppm", kinds.PERCENT, _l("补贴年费率"), _l("按在保余额计算，如 0.5。"), unit=_l("%")
    ),
    Field(
        "capped_by_fee",
        kinds.flag(_l("不超过实收担保费"), _l("不看实收担保费")),
        _l("与实收担保费的关系"),
        _l("不超过的，担保公司要报实收担保费。"),
        usual="yes",
    ),
)
POOL: tuple[Part, ...] = (
    Rows(
        "shares",
        _l("风险分担"),
        _l("合计 100%，其中要有资金池一份。"),
        _l("一方"),
        (
            Field("party", _choice(words.BEARERS), _l("谁"), _l("由谁承担。"), usual="pool"),
            Field("share_bp", SHARE, _l("比例"), _l("承担损失的几成。"), unit=_l("%")),
        ),
        least=3,
        called="party",
    ),
    Field(
        "waiting_days",
        kinds.whole(_l("天")),
        _l("等待期"),
        _l("债务到期后等几天才能申请分担。"),
        unit=_l("天"),
    ),
    Field(
        "stop_bp",
        SHARE,
        _l("代偿率熔断线"),
        _l("累计代偿超过累计担保额的几成就暂停。"),
        unit=_l("%"),
    ),
    Field("year_cap_fen", kinds.YUAN, _l("每年分担上限"), NO_CAP, unit=_l("元")),
    Field("single_fen", kinds.YUAN, _l("单户上限"), NO_CAP, unit=_l("元"), rare=True),
    Field("total_fen", kinds.YUAN, _l("总额上限"), NO_CAP, unit=_l("元"), rare=True),
    Field(
        "single_bp",
        SHARE,
        _l("单户占净资产"),
        _l("融资担保公司净资产的几成。"),
        unit=_l("%"),
        rare=True,
    ),
    Field(
        "group_bp",
        SHARE,
        _l("集团占净资产"),
        _l("债务人连同关联方。"),
        unit=_l("%"),
        rare=True,
    ),
    Field(
        "multiple",
        kinds.whole(_l("倍")),
        _l("放大倍数"),
        _l("担保责任余额最多是净资产的几倍。"),
        unit=_l("倍"),
        rare=True,
    ),
)
AWARDS: tuple[Part, ...] = (
    Rows(
        "weights",
        _l("评分"),
        _l("各方权重合计 100%。"),
        _l("一方"),
        (
            Field("party", _choice(words.PARTIES), _l("谁评分"), _l("哪一方。"), usual="purchaser"),
            Field("weight_bp", SHARE, _l("权重"), _l("占综合得分的几成。"), unit=_l("%")),
        ),
        least=2,
        called="party",
    ),
    Rows(
        "tiers",
        _l("奖励分档"),
        _l("相邻两档要接上，不留空、不重叠。"),
        _l("档"),
        (
            Field("code", kinds.TEXT, _l("档名"), _l("如 A。")),
            Field("from_centipoints", POINTS, _l("得分不低于"), _l("0 至 100 分。"), unit=_l("分")),
            Field("to_centipoints", POINTS, _l("低于"), _l("最高一档不填。"), unit=_l("分")),
            Field("amount_fen", kinds.YUAN, _l("奖励"), _l("每家的奖励金额。"), unit=_l("元")),
        ),
        least=2,
        called="code",
    ),
    Rows(
        "instalments",
        _l("分期拨付"),
        _l("各期合计 100%。"),
        _l("期"),
        (Field("share_bp", SHARE, _l("比例"), _l("这一期拨几成。"), unit=_l("%")),),
        least=2,
    ),
    Field("duty_from", kinds.DAY, _l("履约期起"), _l("某月 1 日。没有履约期的不填。"), rare=True),
    Field(
        "duty_months",
        kinds.whole(_l("个月")),
        _l("履约期"),
        _l("没做满的按月追回。"),
        unit=_l("个月"),
        rare=True,
    ),
    Field(
        "investment_bp",
        SHARE,
        _l("不超过自有投入的"),
        _l("不填就不看自有投入。"),
        unit=_l("%"),
        rare=True,
    ),
    Field(
        "answers_min",
        kinds.whole(_l("份")),
        _l("有效答卷至少"),
        _l("不足时不能评到最高档。"),
        unit=_l("份"),
        rare=True,
    ),
    Field("few_answers_tier", kinds.TEXT, _l("答卷不足时最高为"), _l("填档名，如 B。"), rare=True),
)
UNITS: tuple[Part, ...] = (
    Rows(
        "unit_classes",
        _l("补贴类别"),
        _l("每类一个单价，也可按数量分档。"),
        _l("类别"),
        (
            Field("name", kinds.TEXT, _l("名称"), _l("如 新建床位。")),
            Field(
                "factor_ppm",
                FACTOR,
                _l("系数"),
                _l("单价的百分之几，不填按 100。"),
                usual="100",
                unit=_l("%"),
                rare=True,
            ),
            Field(
                "waiting_months",
                kinds.whole(_l("个月")),
                _l("投用满几个月"),
                _l("满了才能申请。"),
                usual="0",
                unit=_l("个月"),
                rare=True,
            ),
            Field("code", kinds.TEXT, _l("代号"), _l("不填就自动编号。"), rare=True, quiet=True),
            Rows(
                "prices",
                _l("单价"),
                _l("全部数量按所在一档的单价算。"),
                _l("一档"),
                (
                    Field("from_units", kinds.whole(), _l("数量不少于"), _l("从几个起补。")),
                    Field("to_units", kinds.whole(), _l("少于"), _l("最后一档不填。")),
                    Field("unit_fen", kinds.YUAN, _l("单价"), _l("每个多少。"), unit=_l("元")),
                ),
                least=1,
                called="from_units",
            ),
        ),
        least=1,
        numbered="u",
    ),
    Field(
        "period_months", kinds.whole(), _l("几个月一期"), _l("1、3、6 或 12，不填按年。"), rare=True
    ),
    Field("units_max", kinds.whole(), _l("每期最多几个"), NO_CAP, rare=True),
    Field("period_cap_fen", kinds.YUAN, _l("每期金额上限"), NO_CAP, unit=_l("元"), rare=True),
)
FEE: tuple[Part, ...] = (
    Field("fee", kinds.TEXT, _l("减免的收费"), _l("收费项目的名称。"), wide=True),
    Field("fee_basis", kinds.TEXT, _l("收费依据"), _l("收费目录或文件。"), wide=True),
    Field("waived_bp", SHARE, _l("减免比例"), _l("全免填 100。"), unit=_l("%")),
    Field(
        "compensated_bp",
        SHARE,
        _l("补偿比例"),
        _l("减免额中由财政补给收费单位的几成。不填就是不补。"),
        unit=_l("%"),
        rare=True,
    ),
)
TAX: tuple[Part, ...] = (
    Field(
        "taxes",
        _taxes(),
        _l("登记的税种"),
        _l(
            "从增值税、企业所得税、契税、房产税、城镇土地使用税、公益性捐赠税前扣除、非营利组织免税收入中填，用顿号分开。"
        ),
        wide=True,
    ),
)
OF_KIND: dict[str, tuple[Part, ...]] = {
    "interest_subsidy": INTEREST,
    "guarantee_fee_subsidy": GUARANTEE_FEE,
    "risk_pool_share": POOL,
    "award_tiers": AWARDS,
    "per_unit": UNITS,
    "fee_relief": FEE,
    "tax_relief_memo": TAX,
}


@cache
def builder_of(kind: str, applicant: str = ORGANISATION) -> Builder:
    """Return the form of schemes of a kind for which organisations, or residents, apply."""
    rule = Rule(
        "eligibility",
        _l("申请条件"),
        _l("按申请人申报的资料逐条核对。不写就是谁都可以申请。"),
        about=applicant,
    )
    return Builder(
        (
            Section("basis", _l("依据和审查"), _l("公布前必须齐备。"), (BASIS, *REVIEW)),
            Section("who", _l("谁可以申请、何时"), _l("条件、期限。"), (rule, *TIME)),
            Section("kind", words.KINDS[kind], words.KIND_HINTS[kind], OF_KIND[kind]),
            Section("money", _l("钱从哪里来"), _l("总额和指标。"), MONEY),
            Section("deciding", _l("怎么办"), _l("材料、公示、审批。"), DECIDING),
        )
    )
