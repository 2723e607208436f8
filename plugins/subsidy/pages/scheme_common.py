"""What the form of every scheme asks for, whatever its kind: basis, review, time, money, rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from core.web.builder import Field, Rows, kinds
from plugins.subsidy.pages import form_words as words

BASIS = Rows(
    "legal_basis",
    _l("依据"),
    _l("法律、行政法规或国务院批准的文件。没有依据不能公布。"),
    _l("依据"),
    (
        Field("title", kinds.TEXT, _l("名称"), _l("法律或文件的全称。"), wide=True),
        Field("document_no", kinds.TEXT, _l("文号"), _l("如 省人大公告第 1 号。")),
        Field("article", kinds.TEXT, _l("条款"), _l("如 第九条。")),
    ),
    least=1,
    called="title",
)
REVIEW = (
    Field(
        "review.conclusion",
        kinds.choice(("", _l("还没有审查")), *words.CONCLUSIONS.items()),
        _l("公平竞争审查结论"),
        _l("排除、限制竞争的不能公布。"),
    ),
    Field("review.reviewed_on", kinds.DAY, _l("审查日期"), _l("审查结论作出的日期。")),
    Field("review.document", kinds.TEXT, _l("审查文号"), _l("审查结论的文号。")),
)
TIME = (
    Field("starts_on", kinds.DAY, _l("实施起"), _l("项目从哪天起实施。")),
    Field("ends_on", kinds.DAY, _l("实施止"), _l("含当日。没有期限的不能公布。")),
    Field("opens_on", kinds.DAY, _l("受理起"), _l("从哪天起可以申请。不填就随实施期。")),
    Field("closes_on", kinds.DAY, _l("受理止"), _l("含当日。不填就随实施期。")),
)
MONEY = (
    Field(
        "envelope_fen",
        kinds.YUAN,
        _l("资金总额"),
        _l("不填就以指标可用额为限。超出时按规则同比例缩减。"),
        unit=_l("元"),
    ),
    Rows(
        "funding",
        _l("资金来源"),
        _l("须是购买计划里的指标，比例合计 100%。"),
        _l("指标"),
        (
            Field("line_id", kinds.LINE, _l("指标"), _l("本单位的指标。"), wide=True),
            Field("share_ppm", kinds.PERCENT, _l("承担比例"), _l("每笔由它出多少。"), unit=_l("%")),
        ),
        least=1,
        called="line_id",
    ),
    Field(
        "aid.ceiling_fen",
        kinds.YUAN,
        _l("同一申请人累计上限"),
        _l("各项补贴合起来的上限。"),
        unit=_l("元"),
        rare=True,
    ),
    Field(
        "aid.years",
        kinds.whole(_l("年")),
        _l("累计几年"),
        _l("往前数几年。"),
        unit=_l("年"),
        rare=True,
    ),
)
DECIDING = (
    Field(
        "publicity_days",
        kinds.whole(_l("天")),
        _l("公示天数"),
        _l("不填按 7 天。"),
        usual="7",
        unit=_l("天"),
    ),
    Rows(
        "evidence",
        _l("申请材料"),
        _l("申请时要交的材料。"),
        _l("材料"),
        (
            Field("name", kinds.TEXT, _l("材料名称"), _l("如 营业执照。"), wide=True),
            Field("code", kinds.TEXT, _l("代号"), _l("不填就自动编号。"), rare=True, quiet=True),
        ),
        numbered="m",
    ),
    Rows(
        "approval",
        _l("审批层级"),
        _l("金额越大，审批的人越多，各不相同。"),
        _l("层级"),
        (
            Field("up_to_fen", kinds.YUAN, _l("不超过"), _l("不填就是不限金额。"), unit=_l("元")),
            Field(
                "persons", kinds.whole(_l("人")), _l("审批人数"), _l("1 至 5 人。"), unit=_l("人")
            ),
        ),
        called="up_to_fen",
    ),
    Field(
        "conditions.separate_accounts",
        kinds.flag(_l("须单独核算"), _l("不要求")),
        _l("单独核算"),
        _l("受补贴的项目单独设账。"),
        usual="no",
        rare=True,
    ),
    Field(
        "conditions.price_promise",
        kinds.flag(_l("须作价格承诺"), _l("不要求")),
        _l("价格承诺"),
        _l("公开承诺服务的项目、价格和期限。"),
        usual="no",
        rare=True,
    ),
    Field(
        "conditions.free_hours",
        kinds.whole(_l("小时")),
        _l("公益服务时数"),
        _l("每月应免费提供几小时公益服务。不填就是不要求。"),
        unit=_l("小时/月"),
        rare=True,
    ),
    Field(
        "combines",
        kinds.flag(_l("可以并行享受"), _l("不得重复享受")),
        _l("与其他支持的关系"),
        _l("同一目录事项、同一期间已有凭单、合同或其他补贴的，能不能再补。"),
        usual="no",
    ),
)
