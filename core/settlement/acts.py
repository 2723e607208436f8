"""The acts of settlement and who may perform them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from core.access import Permission
from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import ID_MAX, Text, fen, identities, identity, instant, schema
from core.settlement import queries, results, service
from core.settlement.clawback import receive_clawback
from core.settlement.set_off import set_off

_FINANCE = ("finance_budget", "finance_maker", "finance_approver", "treasurer", "auditor")

PERMISSIONS = [
    Permission("settlement.view", "查看支付批次", _FINANCE),
    Permission("payment.view", "查看付款", (*_FINANCE, "provider_manager")),
    Permission(
        "clawback.view",
        "查看追回",
        (*_FINANCE, "provider_manager", "purchaser_clerk", "purchaser_approver"),
    ),
    Permission("settlement.make", "制作支付批次", ("finance_maker",)),
    # The maker may ask and is told that it takes another person; only an approver approves.
    Permission("settlement.approve", "批准支付批次", ("finance_approver", "finance_maker")),
    Permission("settlement.cancel", "作废支付批次", ("finance_maker", "finance_approver")),
    Permission("payment.export", "导出银行支付文件", ("treasurer",)),
    Permission("payment.import_result", "导入银行结果", ("treasurer",)),
    Permission("clawback.receive", "登记追回收款", ("treasurer",)),
    Permission("clawback.set_off", "以应付款抵扣追回", ("finance_maker",)),
]

FILE_MAX = 14_000_000  # base64 of the largest table that is read


def _until() -> fields.AwareDateTime:
    return instant(load_default=None, allow_none=True)


def _format() -> Text:
    return Text(load_default="treasury_csv", longest=40)


def _page(name: str, **members: Any) -> Schema:
    """Return the schema of a list read newest first, page by page."""
    low, most = validate.Range(min=1, max=ID_MAX), validate.Range(min=1, max=200)
    return schema(
        name,
        before=fields.Integer(load_default=None, validate=low),
        limit=fields.Integer(load_default=queries.LIMIT, validate=most),
        **members,
    )


WRITING = [
    Act(
        "settlement.run",
        "制作支付批次",
        "/settlement/batches",
        "settlement.make",
        schema(
            "SettlementRun",
            until=_until(),
            payee_ids=identities(required=False, load_default=None, allow_none=True),
        ),
        service.run,
        object_type="payment_batch",
    ),
    *acts_on(
        "payment_batch",
        "/settlement/batches",
        Deed("settlement.approve", "批准支付批次", "settlement.approve", service.approve),
        Reasoned("settlement.cancel", "作废支付批次", "settlement.cancel", service.cancel),
    ),
    Act(
        "payment.export",
        "导出银行支付文件",
        "/payments/export",
        "payment.export",
        schema("PaymentExport", id=identity(), format=_format()),
        service.export,
        # The file holds account numbers.
        secret=True,
        object_type="payment_batch",
    ),
    Act(
        "payment.import_result",
        "导入银行结果文件",
        "/payments/results",
        "payment.import_result",
        schema(
            "PaymentResult",
            filename=Text(required=True),
            content=fields.String(
                load_default=None,
                validate=validate.Length(max=FILE_MAX),
                metadata={"format": "byte"},
            ),
            text=fields.String(load_default=None, validate=validate.Length(max=FILE_MAX)),
            format=_format(),
        ),
        results.import_result,
        object_type="bank_result_file",
    ),
    Act(
        "clawback.receive",
        "登记追回收款",
        "/clawbacks/receive",
        "clawback.receive",
        schema(
            "ClawbackReceive",
            id=identity(),
            amount_fen=fen(),
            bank_reference=Text(required=True, longest=80),
        ),
        receive_clawback,
        object_type="clawback",
    ),
    Act(
        "clawback.set_off",
        "以应付款抵扣追回",
        "/clawbacks/set-off",
        "clawback.set_off",
        schema(
            "ClawbackSetOff",
            id=identity(),
            component=Text(required=True, longest=40),
            source=Text(required=True),
            amount_fen=fen(),
        ),
        set_off,
        object_type="clawback",
    ),
]

READING = [
    Act(
        "settlement.open_claims",
        "查看可支付的款项",
        "/settlement/claims",
        "settlement.view",
        schema("OpenClaims", until=_until()),
        queries.open_claims,
        method="GET",
        reads=True,
    ),
    Act(
        "settlement.batches",
        "列出支付批次",
        "/settlement/batches",
        "settlement.view",
        _page("Batches"),
        queries.batches,
        method="GET",
        reads=True,
    ),
    Act(
        "settlement.batch",
        "查看一个支付批次",
        "/settlement/batch",
        "settlement.view",
        schema("Batch", id=identity()),
        queries.batch_detail,
        method="GET",
        reads=True,
    ),
    Act(
        "payment.list",
        "列出付款",
        "/payments",
        "payment.view",
        _page("Payments"),
        queries.payments,
        method="GET",
        reads=True,
    ),
    Act(
        "payment.results",
        "列出银行结果文件",
        "/payments/results",
        "settlement.view",
        _page("Results"),
        queries.results,
        method="GET",
        reads=True,
    ),
    Act(
        "payment.result",
        "查看一个银行结果文件",
        "/payments/result",
        "settlement.view",
        schema("Result", id=identity()),
        queries.result_detail,
        method="GET",
        reads=True,
    ),
    Act(
        "clawback.list",
        "列出追回",
        "/clawbacks",
        "clawback.view",
        _page("Clawbacks"),
        queries.clawbacks,
        method="GET",
        reads=True,
    ),
]

ACTS = [*WRITING, *READING]
