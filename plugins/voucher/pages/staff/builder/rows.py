"""The lists of the form: classes, services, allotments, shares, caps, cases, sources, lines."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from core.web.builder import Field, Part, Rows, Rule, kinds
from core.web.builder.kinds import DAY, PERCENT, TEXT, YUAN
from plugins.voucher.pages.staff.builder.quantities import LIMIT, QUANTITY, SUMS

CODE_HINT = _l("短的字母数字；不填就自动编。")


def _about() -> tuple[Part, ...]:
    """Return the fields that say which classes and services a row is about."""
    return (
        Field(
            "services",
            kinds.codes("services"),
            _l("只对这些服务"),
            _l("服务的编号或名称，用顿号隔开；不填是全部。"),
        ),
        Field(
            "classes",
            kinds.codes("classes"),
            _l("只对这些类别"),
            _l("类别的编号或名称，用顿号隔开；不填是全部。"),
            rare=True,
        ),
    )


CLASSES = Rows(
    "classes",
    _l("凭单类别"),
    _l("多数项目只有一类。不同的人拿不同的凭单时，每种写一行。"),
    _l("类别"),
    (
        Field("code", TEXT, _l("类别编号"), CODE_HINT, rare=True, quiet=True),
        Field("name", TEXT, _l("类别名称"), _l("居民在凭单上看到的名字。")),
        Field(
            "provider_tag",
            TEXT,
            _l("只限哪类承接主体"),
            _l("承接主体的类别标签；不填是所有准入的。"),
            rare=True,
            offers="tags",
        ),
        Field(
            "services",
            kinds.codes("services"),
            _l("这一类可买的服务"),
            _l("服务的编号或名称，用顿号隔开；不填是全部。"),
            rare=True,
        ),
        Rule(
            "when",
            _l("这一类给谁"),
            _l("不填就是所有符合条件的人；第一个符合的类别算数。"),
            rare=True,
        ),
    ),
    least=1,
    numbered="A",
)
SERVICES = Rows(
    "services",
    _l("服务"),
    _l("文件允许买的每一项服务写一行。"),
    _l("服务"),
    (
        Field("code", TEXT, _l("服务编号"), CODE_HINT, rare=True, quiet=True),
        Field("name", TEXT, _l("服务名称"), _l("例如 助餐、助浴、康复护理。")),
        Field("unit", TEXT, _l("计价单位"), _l("例如 次、小时、餐、月。")),
        Field(
            "maximum_price_fen",
            YUAN,
            _l("最高限价"),
            _l("一个单位（按分钟计量的是一小时）最多收多少；不填不限。"),
            unit=_l("元"),
        ),
        Field(
            "presence",
            kinds.choice(
                ("scan", _l("扫码一次")),
                ("timed", _l("到场签到、离开签退")),
                ("hold", _l("先占用、有结果再结算")),
                ("enrolled", _l("在册，按出勤记")),
            ),
            _l("怎么证明服务做了"),
            _l("多数服务扫码一次就够。"),
            usual="scan",
            rare=True,
        ),
        Field(
            "measure",
            kinds.choice(("unit", _l("按单位（次、餐等）")), ("minute", _l("按分钟"))),
            _l("怎么计量"),
            _l("按时长付的服务选按分钟。"),
            usual="unit",
            rare=True,
        ),
        Field(
            "block",
            kinds.whole(_l("分钟")),
            _l("计费单位"),
            _l("按分钟计量时，不足这么多分钟的零头不计费；不填是 1。"),
            usual="1",
            unit=_l("分钟"),
            rare=True,
        ),
        Field(
            "longest",
            kinds.whole(_l("分钟")),
            _l("一次最长"),
            _l("一次服务超过这么久的部分不计费；不填不限。"),
            unit=_l("分钟"),
            rare=True,
        ),
        Field(
            "hold_days",
            kinds.whole(_l("天")),
            _l("占用最多几天"),
            _l("开始后过了这么多天还没有结果，占用自动解除；不填是 1。"),
            usual="1",
            unit=_l("天"),
            rare=True,
        ),
        Field(
            "hold_until",
            kinds.choice(
                ("days", _l("只看上面的天数")),
                ("last_day", _l("最迟到所占额度的最后一天")),
            ),
            _l("占用何时解除"),
            _l("“未完成即失效”的券选第二项。"),
            usual="days",
            rare=True,
        ),
        Field(
            "provider_tag",
            TEXT,
            _l("只限哪类承接主体"),
            _l("承接主体的类别标签；不填不限。"),
            rare=True,
            offers="tags",
        ),
        Rows(
            "results",
            _l("可能的结果"),
            _l("先占后结的服务：每种结果付补贴的多少。"),
            _l("结果"),
            (
                Field("code", TEXT, _l("结果编号"), CODE_HINT, rare=True, quiet=True),
                Field("name", TEXT, _l("结果名称"), _l("例如 合格、未通过。")),
                Field(
                    "share_ppm",
                    PERCENT,
                    _l("付补贴的"),
                    _l("百分数；不填是 100。"),
                    unit=_l("%"),
                ),
            ),
            rare=True,
            numbered="r",
        ),
    ),
    least=1,
    numbered="s",
)
ALLOTMENTS = Rows(
    "allotments",
    _l("额度"),
    _l("给一次还是每月给，给多少。有几种额度（如基本和奖励）就写几行。"),
    _l("额度"),
    (
        Field("code", TEXT, _l("额度编号"), CODE_HINT, rare=True, quiet=True),
        Field("name", TEXT, _l("额度名称"), _l("例如 面额、每月额度。")),
        Field(
            "period",
            kinds.choice(
                ("once", _l("只给一次")),
                ("week", _l("每周")),
                ("month", _l("每月")),
                ("quarter", _l("每季度")),
                ("year", _l("每年")),
            ),
            _l("多久给一次"),
            _l("按自然周、月、季、年。"),
            usual="once",
        ),
        Rows(
            "amounts",
            _l("数额"),
            _l("人人一样就写一行；因人而异时从严到宽逐行写，第一行符合的算数。"),
            _l("数额"),
            (
                Field(
                    "quantity",
                    QUANTITY,
                    _l("给多少"),
                    _l("按金额的填元；按时长的填“7 小时”；按次数的填次数。"),
                ),
                Field(
                    "classes",
                    kinds.codes("classes"),
                    _l("只给这些类别"),
                    _l("类别的编号或名称，用顿号隔开；不填是全部。"),
                    rare=True,
                ),
                Rule("when", _l("只给符合条件的人"), _l("不填就是人人。"), rare=True),
            ),
            least=1,
        ),
        Field(
            "lapse.kind",
            kinds.choice(
                ("", _l("按常例：一次的到项目最后一天，每期的到期末")),
                ("window", _l("项目最后一天")),
                ("period_end", _l("当期最后一天")),
                ("days", _l("发放后若干天")),
                ("months", _l("发放后若干月")),
                ("idle_days", _l("连续若干天不用")),
            ),
            _l("什么时候失效"),
            _l("没用完的额度到这时作废，钱退回指标。"),
            rare=True,
        ),
        Field(
            "lapse.n",
            kinds.whole(),
            _l("若干是多少"),
            _l("上面选了若干天或若干月时填写。"),
            rare=True,
        ),
        Field(
            "lapse.first_day_counts",
            kinds.flag(_l("算第一天"), _l("不算")),
            _l("发放当天算不算"),
            _l("按天计算时，发放当天是不是第一天。"),
            usual="yes",
            rare=True,
        ),
        Field(
            "first_period",
            kinds.choice(
                ("full", _l("给整期的")),
                ("by_days", _l("按剩余天数折算")),
                ("next", _l("从下一期给起")),
            ),
            _l("期中加入的人"),
            _l("第一期不满一期时给多少。"),
            usual="full",
            rare=True,
        ),
        Field(
            "opens_on",
            kinds.whole(),
            _l("每期第几天发放"),
            _l("从每期的这一天起可用，例如每月 10 日填 10；不填是 1。"),
            usual="1",
            rare=True,
        ),
    ),
    least=1,
    numbered="a",
)
SHARES = Rows(
    "shares",
    _l("支付比例"),
    _l("凭单付服务费的几成。一行也不写就是全付；写几行时，第一行对得上的算数。"),
    _l("比例"),
    (
        Field(
            "rate_ppm",
            PERCENT,
            _l("凭单支付"),
            _l("百分数，例如 50；不填是 100。"),
            unit=_l("%"),
        ),
        *_about(),
        Field(
            "standard_fen",
            YUAN,
            _l("每单位最多按多少算"),
            _l("超过这个标准的部分不补；不填不限。"),
            unit=_l("元"),
            rare=True,
        ),
        Rows(
            "thresholds",
            _l("满减"),
            _l("消费满多少减多少；写了满减就不按比例。"),
            _l("满减"),
            (
                Field("spend_fen", YUAN, _l("满"), _l("一次消费达到的金额。"), unit=_l("元")),
                Field("off_fen", YUAN, _l("减"), _l("凭单支付的金额。"), unit=_l("元")),
            ),
            rare=True,
        ),
    ),
)
OTHER_PAYERS = Rows(
    "other_payers",
    _l("先由谁付"),
    _l("在凭单之前支付的，如长期护理保险；凭单只算剩下的部分。"),
    _l("支付方"),
    (
        Field("code", TEXT, _l("支付方编号"), CODE_HINT, rare=True, quiet=True),
        Field("name", TEXT, _l("支付方名称"), _l("例如 长期护理保险。")),
    ),
    numbered="p",
)
REDUCTIONS = Rows(
    "reductions",
    _l("减扣"),
    _l("从补贴中扣掉的，如家庭自付部分。"),
    _l("减扣"),
    (
        Field("name", TEXT, _l("减扣名称"), _l("例如 家庭自付。")),
        Field(
            "of",
            kinds.choice(
                ("amount", _l("每次固定金额")),
                ("subsidy", _l("补贴的一部分")),
                ("income", _l("收入的一部分")),
            ),
            _l("按什么扣"),
            _l("固定金额填元，其余填百分数。"),
            usual="amount",
        ),
        Field("amount_fen", YUAN, _l("扣多少"), _l("按固定金额扣时填写。"), unit=_l("元")),
        Field("ppm", PERCENT, _l("扣百分之几"), _l("按补贴或收入扣时填写。"), unit=_l("%")),
        *_about(),
    ),
    rare=True,
)
CAPS = Rows(
    "caps",
    _l("上限"),
    _l("每次、每天、每月等最多补多少。上限按服务日期计。"),
    _l("上限"),
    (
        Field("code", TEXT, _l("上限编号"), CODE_HINT, rare=True, quiet=True),
        Field("name", TEXT, _l("上限名称"), _l("例如 每月补贴上限。")),
        Field(
            "of",
            kinds.choice(
                ("fen", _l("补贴金额")), ("quantity", _l("服务数量")), ("uses", _l("使用次数"))
            ),
            _l("限什么"),
            _l("按金额的填元，其余填数量。"),
            usual="fen",
        ),
        Field(
            "per",
            kinds.choice(
                ("use", _l("每次")),
                ("day", _l("每天")),
                ("week", _l("每周")),
                ("month", _l("每月")),
                ("quarter", _l("每季度")),
                ("year", _l("每年")),
                ("life", _l("终身")),
            ),
            _l("多长时间"),
            _l("在这段时间里累计。"),
            usual="month",
        ),
        Field("limit", LIMIT, _l("最多"), _l("金额填元；数量填单位数或分钟数；次数填次。")),
        Field(
            "whose",
            kinds.choice(("holder", _l("一个人")), ("family", _l("一个家庭合计"))),
            _l("按谁计"),
            _l("家庭合计时，一户共用这个上限。"),
            usual="holder",
            rare=True,
        ),
        Field(
            "at_limit",
            kinds.choice(("cut", _l("只补到上限")), ("refuse", _l("拒绝这一次"))),
            _l("碰到上限时"),
            _l("补到上限为止，还是整笔不予核销。"),
            usual="cut",
            rare=True,
        ),
        *_about(),
    ),
    numbered="c",
)
CASES = Rows(
    "cases",
    _l("用例"),
    _l("用文件里的例子试规则，提交前必须全部相符。写“是否符合条件”，或写服务、价格和应付。"),
    _l("用例"),
    (
        Field("name", TEXT, _l("用例名称"), _l("例如 中度失能可以享受。"), wide=True),
        Field(
            "eligible",
            kinds.Kind(
                "select",
                lambda text, _at: {"yes": True, "no": False}.get(text, text),
                lambda value, _at: "yes" if value else "no",
                lambda value, _at: str(_l("符合") if value else _l("不符合")),
                options=(
                    ("", _l("（试金额，不填）")),
                    ("yes", _l("符合")),
                    ("no", _l("不符合")),
                ),
            ),
            _l("是否符合条件"),
            _l("试资格时选。"),
        ),
        Field(
            "facts",
            kinds.FACTS,
            _l("这个人的资料"),
            _l("试资格时填，例如 年龄=65；失能等级=中度失能。"),
            wide=True,
        ),
        Field("service", kinds.code("services"), _l("服务"), _l("试金额时填服务编号。")),
        Field("price_fen", YUAN, _l("价格"), _l("试金额时填一个单位的价格。"), unit=_l("元")),
        Field("pays_fen", YUAN, _l("凭单应付"), _l("按文件应由凭单支付的金额。"), unit=_l("元")),
        Field("on", DAY, _l("哪一天"), _l("按哪一天的资料判断；不填是今天。"), rare=True),
        Field(
            "class",
            kinds.code("classes"),
            _l("凭单类别"),
            _l("类别编号；不填是第一类。"),
            rare=True,
        ),
        Field("quantity", kinds.whole(), _l("数量"), _l("几个单位；不填是 1。"), rare=True),
        Field(
            "minutes",
            kinds.whole(_l("分钟")),
            _l("时长"),
            _l("按分钟计量的服务填分钟数。"),
            unit=_l("分钟"),
            rare=True,
        ),
        Field(
            "others_fen",
            SUMS,
            _l("其他支付方已付"),
            _l("支付方编号=金额，例如 ltc=100。"),
            rare=True,
        ),
        Field(
            "income_fen",
            YUAN,
            _l("收入"),
            _l("按收入减扣时填家庭月收入。"),
            unit=_l("元"),
            rare=True,
        ),
        Field("result", TEXT, _l("结果"), _l("先占后结的服务填结果编号。"), rare=True),
    ),
)
SOURCES = Rows(
    "sources",
    _l("依据"),
    _l("每个数字出自哪份文件；没有文件的写明是假设。"),
    _l("依据"),
    (
        Field("figure", TEXT, _l("哪个数字"), _l("例如 每月 800 元。")),
        Field("document", TEXT, _l("出自哪里"), _l("文件名、文号、第几条。"), wide=True),
        Field(
            "is_assumed",
            kinds.flag(_l("是假设"), _l("有文件")),
            _l("是否假设"),
            _l("没有文件依据、暂时这样定的，选是假设。"),
            usual="no",
        ),
    ),
    called="figure",
)
FUNDING = Rows(
    "funding",
    _l("出资的指标"),
    _l("按顺序分担：每一行承担前面各行剩下部分的百分之几，最后一行填 100 或不填。"),
    _l("指标"),
    (
        Field("line_id", kinds.LINE, _l("指标"), _l("没有指标的项目可以编制，但不能发放。")),
        Field(
            "share_ppm",
            PERCENT,
            _l("承担剩余部分的"),
            _l("例如中央 90、省 60（剩下一成的六成）、市 100。"),
            unit=_l("%"),
        ),
    ),
    least=1,
)
