"""Acts on frameworks: orders of measured quantity, deliveries, claims, settlements, reports."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from marshmallow import fields, validate

from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, identity, one_of, reason, schema
from core.files import MAX_BYTES
from plugins.contract_outsourcing.service import (
    deliveries,
    framework_queries,
    order_settling,
    orders,
    steps,
)

# No order of a county is larger; ten thousand times the largest of the law's examples.
QUANTITY_MOST = 100_000_000
BASE64_GROWTH = 2


def _period() -> fields.String:
    month = validate.Regexp(r"(19|20|21)\d\d-(0[1-9]|1[0-2])\Z", error=_("须为月份，如 2026-04"))
    return fields.String(required=True, validate=month)


def _quantity(minimum: int) -> fields.Integer:
    limits = validate.Range(min=minimum, max=QUANTITY_MOST)
    return fields.Integer(required=True, strict=True, validate=limits)


def _service() -> Text:
    return Text(required=True, longest=60)


ORDERS = [
    Act(
        "order.place",
        "按框架协议下单",
        "/contract/orders",
        "order.place",
        schema(
            "PlaceOrder",
            contract_id=identity(),
            service=_service(),
            period=_period(),
            quantity=_quantity(1),
            due_on=date(required=False, load_default=None, allow_none=True),
        ),
        orders.place,
        object_type=steps.MILESTONE,
    ),
    Act(
        "order.cancel",
        "撤销框架协议订单",
        "/contract/orders/cancel",
        "order.place",
        schema("CancelOrder", id=identity(), reason=reason()),
        orders.cancel,
        object_type=steps.MILESTONE,
    ),
    Act(
        "order.claim",
        "申报订单的实际数量",
        "/contract/orders/claim",
        "order.claim",
        schema(
            "ClaimOrder",
            id=identity(),
            quantity=_quantity(0),
            statement=Text(longest=500, load_default=None, allow_none=True),
        ),
        order_settling.claim,
        object_type=steps.MILESTONE,
    ),
    *acts_on(
        steps.MILESTONE,
        "/contract/orders",
        Reasoned("order.send_back", "退回订单申报", "order.settle", order_settling.send_back),
        Deed("order.settle", "核定订单", "order.settle", order_settling.settle),
    ),
]

DELIVERIES = [
    Act(
        "delivery.record",
        "登记一次服务确认",
        "/contract/deliveries",
        "delivery.record",
        schema(
            "RecordDelivery",
            contract_id=identity(),
            service=_service(),
            id_number=Text(required=True, longest=40),
            sitting=one_of(*deliveries.SITTINGS),
            served_on=date(required=False, load_default=None, allow_none=True),
            way=one_of(
                deliveries.SCAN, deliveries.TYPED, required=False, load_default=deliveries.TYPED
            ),
        ),
        deliveries.record,
        secret=True,
        object_type="delivery",
    ),
    Act(
        "delivery.import",
        "上传签名的服务确认表",
        "/contract/deliveries/import",
        "delivery.record",
        schema(
            "ImportDeliveries",
            contract_id=identity(),
            service=_service(),
            period=_period(),
            filename=Text(required=True),
            content=fields.String(
                required=True, validate=validate.Length(max=MAX_BYTES * BASE64_GROWTH)
            ),
        ),
        deliveries.import_sheet,
        object_type=steps.CONTRACT,
    ),
    Act(
        "delivery.list",
        "列出服务确认",
        "/contract/deliveries",
        "framework.view",
        schema(
            "Deliveries",
            contract_id=identity(),
            period=_period(),
            before=identity(required=False, load_default=None),
        ),
        deliveries.deliveries,
        method="GET",
        reads=True,
        secret=True,
    ),
]

READING = [
    Act(
        "framework.list",
        "列出框架协议",
        "/contract/frameworks",
        "framework.view",
        schema("Frameworks", before=identity(required=False, load_default=None)),
        framework_queries.listed,
        method="GET",
        reads=True,
    ),
    Act(
        "framework.show",
        "查看一个框架协议和它的上限",
        "/contract/framework",
        "framework.view",
        schema("Framework", id=identity()),
        framework_queries.shown,
        method="GET",
        reads=True,
    ),
    Act(
        "framework.bands",
        "按承接主体、季度和档次统计已付数量",
        "/contract/framework/bands",
        "framework.view",
        schema("FrameworkBands", id=identity()),
        framework_queries.bands,
        method="GET",
        reads=True,
    ),
    Act(
        "order.quote",
        "试算一个订单",
        "/contract/orders/quote",
        "order.place",
        schema(
            "QuoteOrder",
            contract_id=identity(),
            service=_service(),
            period=_period(),
            quantity=_quantity(1),
        ),
        orders.quote,
        method="GET",
        reads=True,
    ),
    Act(
        "order.show",
        "查看一个订单和它的核定",
        "/contract/order",
        "framework.view",
        schema("FrameworkOrder", id=identity()),
        framework_queries.order,
        method="GET",
        reads=True,
    ),
]

ACTS = [*ORDERS, *DELIVERIES, *READING]
