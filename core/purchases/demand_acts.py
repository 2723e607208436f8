"""The acts of menus and orders, and who may perform them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.access import Permission
from core.acts import Act, Deed, Reasoned, acts_on
from core.fields import Text, date, identity, schema
from core.purchases import demand_queries, demands, menus, schemas

_PURCHASER = ("purchaser_clerk", "purchaser_approver")
_FINANCE = ("finance_budget", "finance_maker", "finance_approver")

PERMISSIONS = [
    Permission("menu.make", "编写菜单", ("purchaser_clerk", "finance_budget")),
    Permission("menu.publish", "发布菜单", ("purchaser_approver", "finance_budget")),
    Permission("demand.order", "点菜", ("resident", "purchaser_clerk")),
    Permission("demand.support", "附议", ("resident", "purchaser_clerk")),
    Permission("demand.own", "查看本人的点菜", ("resident",)),
    Permission("demand.view", "查看需求", (*_PURCHASER, *_FINANCE, "auditor")),
    Permission("demand.handle", "答复和合并需求", ("purchaser_clerk",)),
]

_OFFER = schema(
    "MenuOffer",
    catalogue_item_id=identity(),
    words=Text(longest=300, load_default=None, allow_none=True),
)

WRITING = [
    Act(
        "menu.create",
        "编写菜单",
        "/menus",
        "menu.make",
        schema(
            "NewMenu",
            title=Text(required=True, longest=120),
            division_code=Text(required=True, longest=12),
            opens_on=date(),
            closes_on=date(),
            offers=fields.List(
                fields.Nested(_OFFER), required=True, validate=validate.Length(min=1, max=100)
            ),
        ),
        menus.create,
        object_type=menus.MENU,
    ),
    *acts_on(
        menus.MENU,
        "/menus",
        Deed("menu.publish", "发布菜单", "menu.publish", menus.publish),
        Reasoned("menu.withdraw", "撤下菜单", "menu.publish", menus.withdraw),
    ),
    Act(
        "demand.order",
        "点菜",
        "/demands",
        "demand.order",
        schema(
            "Order",
            offer_id=identity(required=False, load_default=None, allow_none=True),
            wish=Text(longest=80, load_default=None, allow_none=True),
            words=schemas.Paragraphs(required=True, longest=1000),
            people=schemas.people(),
            division_code=Text(longest=12, load_default=None, allow_none=True),
            community=Text(longest=80, load_default=None, allow_none=True),
            resident_id=identity(required=False, load_default=None, allow_none=True),
            asker_name=Text(longest=40, load_default=None, allow_none=True),
        ),
        demands.order,
        object_type=demands.DEMAND,
    ),
    Act(
        "demand.support",
        "附议一项需求",
        "/demands/support",
        "demand.support",
        schemas.one(
            "Support", resident_id=identity(required=False, load_default=None, allow_none=True)
        ),
        demands.support,
        object_type=demands.DEMAND,
    ),
    *acts_on(
        demands.DEMAND,
        "/demands",
        Deed("demand.withdraw", "撤回自己的需求", "demand.own", demands.withdraw),
        Reasoned("demand.decline", "答复不安排一项需求", "demand.handle", demands.decline),
    ),
    Act(
        "demand.merge",
        "合并相同的需求",
        "/demands/merge",
        "demand.handle",
        schemas.one("Merge", into_id=identity()),
        demands.merge,
        object_type=demands.DEMAND,
    ),
    Act(
        "demand.read_notices",
        "标记点菜的答复为已读",
        "/demands/notices/read",
        "demand.own",
        schema("ReadNotices"),
        demands.read_notices,
        object_type="demand_notice",
    ),
]

READING = [
    Act(
        "public.menus",
        "查看现在可以点的菜单",
        "/public/menus",
        None,
        schema("OpenMenus", division_code=Text(longest=12, load_default=None)),
        demand_queries.public_menus,
        method="GET",
        reads=True,
    ),
    Act(
        "menu.list",
        "列出菜单",
        "/menus",
        "demand.view",
        schemas.page("Menus"),
        demand_queries.menus,
        method="GET",
        reads=True,
    ),
    Act(
        "demand.mine",
        "查看自己的点菜和答复",
        "/demands/mine",
        "demand.own",
        schema("MyOrders"),
        demand_queries.mine,
        method="GET",
        reads=True,
    ),
    Act(
        "demand.list",
        "列出需求",
        "/demands",
        "demand.view",
        schemas.page(
            "Demands",
            state=Text(longest=20, load_default=None),
            division_code=Text(longest=12, load_default=None),
        ),
        demand_queries.demands,
        method="GET",
        reads=True,
    ),
    Act(
        "demand.needs",
        "按乡镇汇总需求",
        "/demands/needs",
        "demand.view",
        schema("Needs"),
        demand_queries.needs,
        method="GET",
        reads=True,
    ),
]

ACTS = [*WRITING, *READING]
