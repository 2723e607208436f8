"""Menu, order, cook: what people below ask for, who supports it, and that they hear the result."""

from __future__ import annotations

import pytest

from core import clock
from tests import factories
from tests.purchase_world import NOW, TOWNSHIP, Planning, item
from tests.settlement_world import together

pytestmark = pytest.mark.one_engine


@pytest.fixture
def planning(app, county):
    """Return the county on a day in March."""
    with clock.frozen(NOW):
        yield Planning(app, county)


@pytest.fixture
def villagers(planning):
    """Return three residents of a township."""
    return planning.residents(3)


def test_a_menu_is_published_by_a_second_person_and_open_between_its_days(planning):
    fields = {
        "title": "春季菜单",
        "division_code": TOWNSHIP,
        "opens_on": "2026-03-10",
        "closes_on": "2026-03-20",
        "offers": [{"catalogue_item_id": item("A07")}],
    }
    made = planning.do("menu.create", planning.finance, **fields)
    assert planning.refused("menu.publish", planning.finance, id=made["id"]) == "FOUR_EYES_REQUIRED"
    with planning.app.app_context():
        planning.county.users["second"] = factories.make_user(
            "finance_budget", planning.county.finance
        )
    planning.do("menu.publish", planning.who("second"), id=made["id"])
    visitor = factories.access.ANONYMOUS
    assert planning.do("public.menus", visitor)["items"] == []
    with clock.frozen("2026-03-10T08:00"):
        (menu,) = planning.do("public.menus", visitor, division_code=TOWNSHIP)["items"]
        assert menu["offers"][0]["name"] == "养老服务"
    with clock.frozen("2026-03-21T08:00"):
        assert planning.do("public.menus", visitor)["items"] == []


def test_a_menu_offers_only_what_the_catalogue_has_in_ones_own_area(planning):
    fields = {"title": "菜单", "opens_on": "2026-03-10", "closes_on": "2026-03-20"}
    unknown = {"division_code": TOWNSHIP, "offers": [{"catalogue_item_id": 98}]}
    refused = planning.attempt("menu.create", planning.clerk, **fields, **unknown)
    assert refused.body["errors"] == {"offers": ["请从列出的选项中选择"]}
    above = {"division_code": "430000", "offers": [{"catalogue_item_id": item("A07")}]}
    assert planning.refused("menu.create", planning.clerk, **fields, **above) == "ROLE_NOT_ALLOWED"


@pytest.mark.requirement("R001-09", in_part=True)
def test_a_villager_orders_from_the_menu_while_it_is_open(planning, villagers):
    offer = planning.menu()["offer_ids"][0]
    order = {"offer_id": offer, "words": "每天一餐热饭", "people": 12}
    with clock.frozen("2026-04-01T08:00"):
        late = planning.attempt("demand.order", villagers[0], **order)
    assert late.body["code"] == "MENU_CLOSED"
    assert "2026-03-31" in late.body["detail"]
    planning.do("demand.order", villagers[0], **order)
    (mine,) = planning.do("demand.mine", villagers[0])["items"]
    assert (mine["title"], mine["division"]) == ("养老服务", "高塘岭街道")
    assert mine["progress_name"] == "等待安排"
    both = planning.attempt("demand.order", villagers[0], **order, wish="食堂")
    assert both.body["code"] == "INVALID_INPUT"


@pytest.mark.requirement("R001-09", in_part=True)
def test_a_community_and_somebody_without_a_phone_order_through_a_clerk(planning, villagers):
    where = {"division_code": TOWNSHIP, "wish": "食堂", "words": "要食堂", "people": 30}
    planning.do("demand.order", planning.clerk, **where, community="高塘岭村")
    planning.do("demand.order", planning.clerk, **where, asker_name="张三丰")
    planning.do("demand.order", planning.clerk, **where, resident_id=villagers[0].resident_id)
    found = planning.do("demand.list", planning.approver)["items"]
    assert [one["asked_by_name"] for one in found] == ["服务台代办", "服务台代办", "高塘岭村"]
    assert len(planning.do("demand.mine", villagers[0])["items"]) == 1
    outside = where | {"division_code": "430100"}
    assert planning.refused("demand.order", planning.clerk, **outside) == "NOT_FOUND"
    home = {"wish": "食堂", "words": "要食堂", "division_code": "430112"}
    assert planning.refused("demand.order", villagers[0], **home) == "INVALID_INPUT"


def test_each_resident_supports_an_order_once_and_never_her_own(planning, villagers):
    number = planning.order(villagers[0])
    answer = planning.do("demand.support", villagers[1], id=number)
    assert answer["supporters"] == 1
    for again in villagers[:2]:
        assert planning.refused("demand.support", again, id=number) == "ALREADY_SUPPORTED"
    desk = {"id": number, "resident_id": villagers[2].resident_id}
    assert planning.do("demand.support", planning.clerk, **desk)["supporters"] == 2


@pytest.mark.race
def test_supporting_the_same_order_twice_at_once_counts_once(planning, villagers):
    number = planning.order(villagers[0])
    answers = together(
        *[lambda: planning.attempt("demand.support", villagers[1], id=number) for _ in range(3)]
    )
    assert sorted(answer.status for answer in answers) == [200, 409, 409]


def test_nobody_supports_what_another_county_wants(planning, villagers):
    with planning.app.app_context():
        factories.do("party.add_division", code="430104", name="岳麓区", parent="430100")
        factories.do("party.add_division", code="430104001", name="某街道", parent="430104")
    system = factories.SYSTEM
    fields = {"division_code": "430104001", "wish": "食堂", "words": "要", "people": 1}
    number = planning.do("demand.order", system, **fields)["id"]
    assert planning.refused("demand.support", villagers[0], id=number) == "NOT_FOUND"


@pytest.mark.requirement("R001-09", in_part=True)
def test_who_ordered_and_who_supports_hear_what_became_of_it(planning, villagers):
    asked, supporting, other = villagers
    number = planning.order(asked)
    planning.do("demand.support", supporting, id=number)
    plan = planning.bring_to("filed", demand_ids=[number], emergency_reason="疫情")
    planning.begin(plan)
    planning.do("purchase.close", planning.approver, id=plan, reason="办完")
    expected = [
        "“高塘岭助餐”已办结。",
        "“高塘岭助餐”开始办了。",
        "购买计划“高塘岭助餐”已备案，钱已经留好。",
        "已编入购买计划“高塘岭助餐”。",
    ]
    assert planning.told(asked) == expected
    assert planning.told(supporting) == expected
    assert planning.told(other) == []
    assert planning.do("demand.read_notices", asked) == {"read": 4}
    notices = planning.do("demand.mine", asked)["notices"]
    assert all(one["is_read"] for one in notices)
    assert planning.do("demand.mine", asked)["items"][0]["progress_name"] == "已办结"


def test_a_declined_order_tells_the_reason_to_all_of_them(planning, villagers):
    number = planning.order(villagers[0])
    planning.do("demand.support", villagers[1], id=number)
    planning.do("demand.decline", planning.clerk, id=number, reason="已有助餐点覆盖")
    for resident in villagers[:2]:
        assert planning.told(resident) == ["这次没有安排。原因：已有助餐点覆盖"]
    again = {"id": number, "reason": "x"}
    assert planning.refused("demand.decline", planning.clerk, **again) == "DEMAND_TAKEN"
    assert planning.refused("demand.withdraw", villagers[0], id=number) == "DEMAND_TAKEN"
    assert planning.refused("demand.support", villagers[2], id=number) == "DEMAND_TAKEN"


def test_merged_orders_bring_their_people_with_them(planning, villagers):
    first, second = planning.order(villagers[0]), planning.order(villagers[1])
    planning.do("demand.support", villagers[2], id=second)
    planning.do("demand.support", villagers[0], id=second)
    merged = planning.do("demand.merge", planning.clerk, id=second, into_id=first)
    # Who ordered the first one does not become her own supporter.
    assert merged["supporters"] == 2
    plan = planning.create(demand_ids=[first])
    assert "已编入购买计划" in planning.told(villagers[1])[0]
    assert "已编入购买计划" in planning.told(villagers[2])[0]
    assert planning.shown(plan)["demands"][0]["supporters"] == 2
    taken = {"id": second, "into_id": first}
    assert planning.refused("demand.merge", planning.clerk, **taken) == "DEMAND_TAKEN"
    alone = {"id": first, "into_id": first}
    assert planning.refused("demand.merge", planning.clerk, **alone) == "INVALID_INPUT"


def test_an_order_belongs_to_one_plan_and_waits_again_when_the_plan_is_given_up(
    planning, villagers
):
    number = planning.order(villagers[0])
    plan = planning.create(demand_ids=[number])
    taken = planning.attempt(
        "purchase.create", planning.clerk, **planning.plan(demand_ids=[number])
    )
    assert taken.body["code"] == "DEMAND_TAKEN"
    planning.do("purchase.cancel", planning.clerk, id=plan, reason="资金另用")
    assert planning.told(villagers[0])[0].endswith("原因：资金另用")
    other = planning.create()
    planning.do("purchase.group_demands", planning.clerk, id=other, demand_ids=[number])
    release = {"id": other, "demand_id": number, "reason": "编错了"}
    planning.do("purchase.release_demand", planning.clerk, **release)
    assert planning.refused("purchase.release_demand", planning.clerk, **release) == "INVALID_INPUT"
    planning.do("demand.withdraw", villagers[0], id=number)


@pytest.mark.race
def test_two_purchasers_who_group_one_order_at_once_are_one(planning, villagers):
    number = planning.order(villagers[0])
    plans = [planning.create() for _ in range(2)]
    answers = together(
        *[
            lambda n=n: planning.attempt(
                "purchase.group_demands", planning.clerk, id=n, demand_ids=[number]
            )
            for n in plans
        ]
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert [answer.body["code"] for answer in answers if answer.refused] == ["DEMAND_TAKEN"]


@pytest.mark.requirement("R004-35", "R002-04")
def test_needs_are_added_up_by_township_and_the_plan_names_those_it_answers(planning, villagers):
    first, second = planning.order(villagers[0], people=12), planning.order(villagers[1], people=8)
    planning.do("demand.support", villagers[2], id=first)
    plan = planning.create(demand_ids=[second])
    (need,) = planning.do("demand.needs", planning.finance)["items"]
    assert need == {
        "division_code": TOWNSHIP,
        "division": "高塘岭街道",
        "title": "村里要有食堂",
        "orders": 2,
        "people": 20,
        "supporters": 1,
        "planned": 1,
    }
    (answered,) = planning.shown(plan)["demands"]
    assert (answered["id"], answered["division"]) == (second, "高塘岭街道")
