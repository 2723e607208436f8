"""The whole form: every parameter, under the heading where an official looks for it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from core.web.builder import Field, Rule, Section, kinds
from core.web.builder.kinds import DAY, TEXT, YUAN
from plugins.voucher.pages.staff.builder import rows

WHOM = Section(
    "whom",
    _l("给谁"),
    _l("文件里的补贴对象。"),
    (
        Rule("eligibility", _l("资格条件"), _l("一行一个条件；一行也不写就是所有在世居民。")),
        rows.CLASSES,
        Field(
            "one_per",
            kinds.choice(
                ("person", _l("每人一份")), ("family", _l("每户一份")), ("none", _l("不限"))
            ),
            _l("一人可领几份"),
            _l("同一时间，一个人或一户只能有一份有效的凭单。"),
            usual="person",
            rare=True,
        ),
        Field(
            "excludes",
            kinds.codes(),
            _l("不能同时享受的项目"),
            _l("项目编号，用顿号隔开；有其中任一项目凭单的人不发。"),
            rare=True,
        ),
        Field(
            "age_at_use.at_least",
            kinds.whole(_l("周岁")),
            _l("使用当天须满"),
            _l("使用时的年龄下限；不填不限。"),
            unit=_l("周岁"),
            rare=True,
        ),
        Field(
            "age_at_use.below",
            kinds.whole(_l("周岁")),
            _l("使用当天须不满"),
            _l("使用时的年龄上限；不填不限。"),
            unit=_l("周岁"),
            rare=True,
        ),
    ),
)
HOW_MUCH = Section(
    "how_much",
    _l("给多少"),
    _l("发放的标准和周期。"),
    (
        Field("valid_from", DAY, _l("从哪一天起可用"), _l("含当日。")),
        Field("valid_through", DAY, _l("最后一天"), _l("含当日。")),
        Field(
            "unit",
            kinds.choice(
                ("fen", _l("金额（元）")), ("minute", _l("服务时长")), ("count", _l("次数"))
            ),
            _l("凭单按什么计"),
            _l("多数项目按金额。按时长或次数的，服务都要有最高限价。"),
            usual="fen",
        ),
        rows.ALLOTMENTS,
        Field(
            "renewal",
            kinds.choice(
                ("lot", _l("同一张凭单里续")),
                ("voucher", _l("每期一张新凭单")),
            ),
            _l("每期怎么续"),
            _l("按期发放的项目用；一次性的不管。"),
            usual="lot",
            rare=True,
        ),
        Field(
            "lot_order",
            kinds.choice(
                ("expiry", _l("先到期的先用")),
                ("granted", _l("先发放的先用")),
                ("listed", _l("按额度在上面的次序")),
            ),
            _l("有几笔额度时先用哪笔"),
            _l("只有一笔额度时不用管。"),
            usual="expiry",
            rare=True,
        ),
        Field(
            "year_starts",
            kinds.whole(_l("月")),
            _l("年度从几月起"),
            _l("按年发放或按年封顶时用；不填是 1 月。"),
            usual="1",
            unit=_l("月"),
            rare=True,
        ),
    ),
)
WHAT = Section(
    "what",
    _l("买什么"),
    _l("凭单可以买的服务，在哪里买。"),
    (
        rows.SERVICES,
        Field(
            "area",
            TEXT,
            _l("只限哪个区划"),
            _l("区划代码：服务机构须在这个区划内；不填不限。"),
            rare=True,
        ),
    ),
)
PAYING = Section(
    "paying",
    _l("付多少"),
    _l("一次服务的费用里，凭单付哪一部分。"),
    (
        rows.SHARES,
        rows.OTHER_PAYERS,
        Field(
            "beyond",
            kinds.choice(("refuse", _l("不予核销")), ("self_pay", _l("超出的居民自付"))),
            _l("余额不够时"),
            _l("费用超过余额时，拒绝这一次，还是超出部分由居民付。"),
            usual="refuse",
        ),
        Field(
            "single_use",
            kinds.flag(_l("只用一次"), _l("可用多次")),
            _l("一张凭单用几次"),
            _l("一次性的券用过即完。"),
            usual="no",
        ),
        Field(
            "remainder",
            kinds.choice(("keep", _l("留着下次用")), ("forfeit", _l("作废退回指标，不找零"))),
            _l("用后的余额"),
            _l("一次性的券只能作废。"),
            usual="keep",
        ),
        rows.REDUCTIONS,
        Field(
            "reduction_pick",
            kinds.choice(("sum", _l("都扣")), ("largest", _l("只扣最大的一项"))),
            _l("有几项减扣时"),
            _l("全部相加，还是取最大的。"),
            usual="sum",
            rare=True,
        ),
        Field(
            "rounding.price",
            kinds.choice(("down", _l("舍去")), ("half_up", _l("四舍五入")), ("up", _l("进一分"))),
            _l("价格不足一分时"),
            _l("单价乘数量得出的零头。"),
            usual="half_up",
            rare=True,
        ),
        Field(
            "rounding.subsidy",
            kinds.choice(("down", _l("舍去")), ("half_up", _l("四舍五入")), ("up", _l("进一分"))),
            _l("补贴不足一分时"),
            _l("按比例得出的零头。"),
            usual="down",
            rare=True,
        ),
        Field(
            "rounding.per",
            kinds.choice(
                ("part", _l("每笔额度分别")), ("use", _l("每次使用")), ("month", _l("全月合计"))
            ),
            _l("在哪一步取整"),
            _l("多数项目每次使用取整一次。"),
            usual="use",
            rare=True,
        ),
    ),
)
CAPS = Section("caps", _l("上限"), _l("额度之外另有的封顶。没有就跳过。"), (rows.CAPS,))
USING = Section(
    "using",
    _l("怎么用"),
    _l("核销的手续、补录和撤销。"),
    (
        Field(
            "void_window",
            kinds.choice(
                ("same_day", _l("只限当天")),
                ("in_period", _l("当期之内")),
                ("until_lock", _l("对账单锁定之前")),
                ("none", _l("不能撤销")),
            ),
            _l("承接主体什么时候可以撤销核销"),
            _l("过后只能由购买主体冲正。"),
            usual="same_day",
        ),
        Field(
            "identity_check",
            kinds.choice(
                ("never", _l("不核对")),
                ("card", _l("出示实体卡时核对")),
                ("always", _l("每次核对")),
            ),
            _l("核对身份"),
            _l("收单人员要不要看证件。"),
            usual="card",
            rare=True,
        ),
        Field(
            "entry.ahead_days",
            kinds.whole(_l("天")),
            _l("可提前几天录入"),
            _l("服务还没做就先核销；不填是 0。"),
            usual="0",
            unit=_l("天"),
            rare=True,
        ),
        Field(
            "entry.late_days",
            kinds.whole(_l("天")),
            _l("可补录几天前的服务"),
            _l("忘带卡等情形；不填是 0。"),
            usual="0",
            unit=_l("天"),
            rare=True,
        ),
        Field(
            "give_back",
            kinds.choice(
                ("in_period", _l("当期之内还给居民")),
                ("until_lock", _l("锁定之前还给居民")),
                ("never", _l("不还，退回指标")),
            ),
            _l("撤销或冲正后额度还不还"),
            _l("核销被撤销或冲正时，居民的额度怎么办。"),
            usual="in_period",
            rare=True,
        ),
        Field(
            "reopen_caps",
            kinds.choice(
                ("same_period", _l("同一期内恢复")),
                ("always", _l("总是恢复")),
                ("never", _l("不恢复")),
            ),
            _l("撤销或冲正后上限恢复吗"),
            _l("已计入上限的数退不退回来。"),
            usual="same_period",
            rare=True,
        ),
    ),
)
_WHEN = kinds.choice(
    ("at_once", _l("立即")),
    ("next_period", _l("下一期起")),
    ("next_month", _l("下个月起")),
    ("next_week", _l("下一周起")),
)
CHANGES = Section(
    "changes",
    _l("变化了怎么办"),
    _l("失去资格、等级变了、住院、去世。"),
    (
        Field(
            "on_change.eligibility",
            _WHEN,
            _l("不再符合条件"),
            _l("从什么时候起停。"),
            usual="next_period",
        ),
        Field(
            "on_change.amounts",
            _WHEN,
            _l("应得数额变了"),
            _l("从什么时候起按新的给。"),
            usual="next_period",
        ),
        Field(
            "on_change.death",
            kinds.choice(("revoke", _l("凭单作废")), ("keep", _l("保留到期满"))),
            _l("去世"),
            _l("剩下的钱怎么办。"),
            usual="revoke",
            rare=True,
        ),
        Field(
            "on_change.hospital",
            kinds.choice(("suspend", _l("住院期间暂停")), ("continue", _l("照常"))),
            _l("住院"),
            _l("登记住院期间能不能用。"),
            usual="suspend",
            rare=True,
        ),
        Field(
            "suspension.prolongs",
            kinds.flag(_l("顺延"), _l("不顺延")),
            _l("暂停的日子顺延吗"),
            _l("暂停几天，有效期是否延长几天。"),
            usual="no",
            rare=True,
        ),
        Field(
            "suspension.grants",
            kinds.flag(_l("照发"), _l("停发")),
            _l("暂停期间还发额度吗"),
            _l("按期发放的项目用。"),
            usual="yes",
            rare=True,
        ),
        Field(
            "recovery",
            kinds.choice(("next_allotment", _l("从下一期额度中扣")), ("cash", _l("以现金退回"))),
            _l("多发的怎么收回"),
            _l("事后发现不该发的部分。"),
            usual="next_allotment",
            rare=True,
        ),
    ),
)
MONEY = Section(
    "money",
    _l("钱从哪来"),
    _l("哪些指标出钱，发放时占用多少。"),
    (
        rows.FUNDING,
        Field(
            "close",
            kinds.choice(
                ("on_last_day", _l("最后一天过后立即")), ("when_paid", _l("全部核销付清之后"))
            ),
            _l("没用的钱什么时候退回指标"),
            _l("按期发放的，每期分别计算。"),
            usual="on_last_day",
        ),
        Field(
            "commit",
            kinds.choice(("value", _l("按额度本身")), ("maximum_price", _l("按服务最高限价折算"))),
            _l("发放时占用多少指标"),
            _l("按金额的凭单占用额度本身；按时长或次数的须按最高限价。"),
            usual="value",
            rare=True,
        ),
    ),
)
SETTLING = Section(
    "settling",
    _l("结算"),
    _l("对账、确认和付款。"),
    (
        Field(
            "confirm_days",
            kinds.whole(_l("天")),
            _l("对账单确认天数"),
            _l("承接主体在几天内可以提出异议，过期视为确认；0 是锁定即确认；不填是 5。"),
            usual="5",
            unit=_l("天"),
        ),
        Field(
            "settlement.cycle",
            kinds.choice(
                ("on_demand", _l("由人锁定")), ("month", _l("每月自动")), ("week", _l("每周自动"))
            ),
            _l("对账单什么时候锁定"),
            _l("锁定以后才能付款。"),
            usual="on_demand",
        ),
        Field(
            "settlement.lock_day",
            kinds.whole(_l("日")),
            _l("每月几日锁定"),
            _l("每月自动时用，1 至 28；不填是 1 日。"),
            usual="1",
            unit=_l("日"),
            rare=True,
        ),
        Field(
            "settlement.minimum_fen",
            YUAN,
            _l("不满多少不付"),
            _l("一家累计不满这个数时留到下次；不填是 0。"),
            usual="0",
            unit=_l("元"),
            rare=True,
        ),
        Field(
            "payee",
            kinds.choice(("provider", _l("承接主体")), ("resident", _l("居民本人"))),
            _l("钱付给谁"),
            _l("居民先垫付再报销的，选居民本人。"),
            usual="provider",
            rare=True,
        ),
    ),
)
GROUNDS = Section(
    "grounds",
    _l("依据与用例"),
    _l("数字出自哪里，用文件里的例子试一遍。"),
    (rows.CASES, rows.SOURCES),
)
SECTIONS = (WHOM, HOW_MUCH, WHAT, PAYING, CAPS, USING, CHANGES, MONEY, SETTLING, GROUNDS)
