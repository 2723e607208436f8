"""What the till and the manager do with a slip: print it, say why it is voided."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.acts import Answer
from core.audit import AuditEntry
from core.documents import pdf
from core.errors import Unavailable
from core.formats import yuan_text
from plugins.voucher.pages import wording
from plugins.voucher.service.slips import Slip

TEMPLATES = Path(__file__).parents[1] / "templates" / "voucher"
VOID_REASONS = {
    "mistake": lazy_gettext("选错服务或金额"),
    "wrong_person": lazy_gettext("扫错了人"),
    "not_served": lazy_gettext("服务没有做成"),
    "holder": lazy_gettext("居民要求取消"),
}


def till_paper(slip: Slip) -> Response:
    """Return a slip as PDF for an 80 mm printer, shown in the browser."""
    facts = wording.slip_facts(slip)
    document = pdf(
        TEMPLATES / "receipt.typ",
        {
            "title": _("凭单核销小票") if slip.state == "captured" else _("撤销小票"),
            "provider": slip.provider,
            "amount_label": _("凭单支付"),
            "amount": yuan_text(slip.paid_fen),
            "facts": [{"label": label, "value": value} for label, value in facts],
            "footer": _("请核对后保存。查询请报小票编号。"),
        },
    )
    return Response(
        document,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="slip-{slip.receipt}.pdf"'},
    )


def receipt_of(stored: AuditEntry | None) -> str:
    """Return the receipt that an earlier answer named, empty where it named none."""
    answer = json.loads(stored.answer) if stored and (stored.answer or "").startswith("{") else {}
    return str(answer.get("receipt", ""))


def kept_key(answer: Answer) -> str:
    """Return the request key to send again: the same where the outcome is unknown, else a new."""
    return request.form.get("request_key", "") if answer.status == Unavailable.status else ""
