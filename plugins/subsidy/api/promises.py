"""Acts on promises about prices, and what is read of them."""

from __future__ import annotations

from core.acts import Act, Reasoned, acts_on
from core.fields import Text, date, fen, identity, one_of, reason, schema
from core.purchases.schemas import Paragraphs, one, page
from plugins.subsidy.models.promises import STATES
from plugins.subsidy.service import promise_queries, promises
from plugins.subsidy.service.promises import CHECK, DECIDE, MAKE, NOTIFY, OBJECT, VIEW

PATH = "/subsidy/promises"

ACTS = [
    Act(
        "promise.make",
        "公开作出价格承诺",
        PATH,
        MAKE,
        schema(
            "NewPromise",
            scheme_id=identity(),
            service=Text(required=True, longest=80, public=True),
            unit=Text(required=True, longest=20, public=True),
            price_fen=fen(minimum=0),
            from_on=date(),
            to_on=date(),
        ),
        promises.make,
        object_type=OBJECT,
    ),
    Act(
        "promise.check",
        "登记价格承诺的检查结果",
        f"{PATH}/check",
        CHECK,
        one(
            "PromiseChecked",
            checked_on=date(),
            found_fen=fen(minimum=0, required=False, load_default=None, allow_none=True),
            document=Text(required=True, longest=120, public=True),
        ),
        promises.check,
        object_type=OBJECT,
    ),
    Act(
        "promise.notify",
        "告知违诺并听取陈述",
        f"{PATH}/notify",
        NOTIFY,
        one("PromiseBreach", reason=reason(), state_by=date()),
        promises.notify,
        object_type=OBJECT,
    ),
    Act(
        "promise.state",
        "陈述申辩违诺",
        f"{PATH}/state",
        MAKE,
        one("PromiseStatement", words=Paragraphs(required=True, longest=2000, public=True)),
        promises.state,
        object_type=OBJECT,
    ),
    *acts_on(
        OBJECT,
        PATH,
        Reasoned("promise.drop", "采纳陈述，承诺继续有效", DECIDE, promises.drop),
        Reasoned("promise.end_support", "因违诺终止补贴", DECIDE, promises.end_support),
    ),
    Act(
        "promise.list",
        "查看价格承诺",
        PATH,
        VIEW,
        page(
            "PromiseList",
            scheme_id=identity(required=False, load_default=None, allow_none=True),
            state=one_of(*STATES, required=False, load_default=None, allow_none=True),
        ),
        promise_queries.promises,
        method="GET",
        reads=True,
    ),
    Act(
        "promise.show",
        "查看一项价格承诺",
        "/subsidy/promise",
        VIEW,
        one("PromiseQuery"),
        promise_queries.promise,
        method="GET",
        reads=True,
    ),
    Act(
        "public.promises",
        "查看公开的价格承诺和检查结果",
        "/public/promises",
        None,
        page("PublicPromises", scheme_id=identity()),
        promise_queries.public_promises,
        method="GET",
        reads=True,
    ),
]
