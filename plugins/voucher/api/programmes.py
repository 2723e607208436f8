"""Acts on programmes and their providers."""

from __future__ import annotations

from core.acts import Act, Deed, Reasoned, acts_on
from plugins.voucher import schemas
from plugins.voucher.service import previewing, programmes

ACTS = [
    Act(
        "programme.create",
        "编制凭单项目",
        "/voucher/programmes",
        "programme.define",
        schemas.CREATE_PROGRAMME,
        programmes.create,
        object_type="programme",
    ),
    *acts_on(
        "programme",
        "/voucher/programmes",
        Deed("programme.submit", "提交凭单项目", "programme.define", programmes.submit),
        Deed("programme.approve", "批准凭单项目", "programme.approve", programmes.approve),
        Reasoned("programme.send_back", "退回凭单项目", "programme.approve", programmes.send_back),
    ),
    Act(
        "programme.revise",
        "修订凭单项目",
        "/voucher/programmes/revise",
        "programme.define",
        schemas.REVISE,
        programmes.revise,
        object_type="programme",
    ),
    Act(
        "programme.preview",
        "试算凭单项目",
        "/voucher/programmes/preview",
        "programme.define",
        schemas.PREVIEW,
        previewing.preview,
        reads=True,
        object_type="programme",
    ),
    Act(
        "admission.admit",
        "准入承接主体",
        "/voucher/admissions",
        "admission.decide",
        schemas.ADMIT,
        programmes.admit,
        object_type="admission",
    ),
    *acts_on(
        "admission",
        "/voucher/admissions",
        Reasoned("admission.suspend", "暂停承接资格", "admission.decide", programmes.suspend),
        Reasoned("admission.resume", "恢复承接资格", "admission.decide", programmes.resume),
        Reasoned("admission.end", "终止承接资格", "admission.decide", programmes.end),
    ),
    Act(
        "offer.set",
        "登记服务与价格",
        "/voucher/offers",
        "offer.set",
        schemas.OFFER,
        programmes.offer,
        object_type="offer",
    ),
]
