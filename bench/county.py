"""How a database gets vouchers to redeem: through the acts only, dated today."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from core import access, clock, signin
from core.access import Actor
from core.acts import do as perform
from core.audit import Acting, acting
from core.db import db, transaction
from core.identifiers import (
    citizen_id_with_check,
    credit_code_with_check,
    organisation_number_with_check,
)

SYSTEM = access.system()
COUNTY = "430112"
PROVIDERS = 16
LINE_FEN = 8_000_000_000_000_000
FACE_FEN = 100_000_000
CARDS_AT_ONCE = 1_000
_serial = itertools.count(1)


@dataclass
class Load:
    """What a load generator needs: (session token, voucher code) pairs, of each kind of traffic.

    `hot` is all of one programme at one provider, `spread` the same number of vouchers over many.
    """

    hot: list[tuple[str, str]] = field(default_factory=list)
    spread: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class People:
    """The organisations and the people who act in the county."""

    purchaser: int
    budget: Actor
    publisher: Actor
    clerk: Actor
    approver: Actor
    providers: list[int]
    managers: list[Actor]
    tokens: list[str]


def build(*, vouchers: int, programmes: int) -> Load:
    """Build a county with `vouchers` in one programme and as many over `programmes`.

    Runs in an app context on a database that is migrated and empty.
    """
    people = _people()
    line = perform(
        "budget.appropriate",
        SYSTEM,
        code="BENCH",
        name="测速",
        fiscal_year=clock.today().year,
        organisation_id=people.purchaser,
        function_code="205",
        economic_code="303",
        document="测速〔1〕号",
        amount_fen=LINE_FEN,
    )["id"]
    plan = _plan(people, line)
    residents = _residents(people.clerk, vouchers)
    load = Load()
    hot = _programme(people, "HOT", plan, line, 0)
    load.hot = [(people.tokens[0], code) for code in _cards(people, hot, residents)]
    share = max(1, vouchers // max(1, programmes))
    for number in range(programmes):
        place = number % PROVIDERS
        programme = _programme(people, f"P{number}", plan, line, place)
        start = number * share % vouchers
        codes = _cards(people, programme, residents[start : start + share])
        load.spread += [(people.tokens[place], code) for code in codes]
    return load


def _people() -> People:
    for code, name, parent in (
        ("430000", "湖南省", None),
        ("430100", "长沙市", "430000"),
        (COUNTY, "望城区", "430100"),
        ("430112001", "高塘岭街道", COUNTY),
    ):
        perform("party.add_division", SYSTEM, code=code, name=name, parent=parent)
    purchaser, finance = _organisation("purchaser"), _organisation("finance")
    providers = [_organisation("provider") for _ in range(PROVIDERS)]
    clerks = [_actor("provider_clerk", provider) for provider in providers]
    return People(
        purchaser,
        _actor("finance_budget", finance),
        _actor("finance_approver", finance),
        _actor("purchaser_clerk", purchaser),
        _actor("purchaser_approver", purchaser),
        providers,
        [_actor("provider_manager", provider) for provider in providers],
        [_token(clerk) for clerk in clerks],
    )


def _organisation(kind: str) -> int:
    serial = next(_serial)
    prefix = "91" if kind == "provider" else "11"
    number = organisation_number_with_check(f"{serial:08d}")
    fields = {"kind": kind, "division_code": COUNTY, "tags": [], "name": f"测速单位{serial}"}
    code = credit_code_with_check(prefix + COUNTY + number)
    return int(perform("party.add_organisation", SYSTEM, credit_code=code, **fields)["id"])


def _actor(role: str, organisation_id: int) -> Actor:
    login = f"{role}-{next(_serial)}"
    made = perform("access.create_user", SYSTEM, login=login, name=login, password=login)
    perform(
        "access.grant_role",
        SYSTEM,
        user_id=made["id"],
        role=role,
        division_code=COUNTY,
        organisation_id=organisation_id,
        from_on=f"{clock.today().year}-01-01",
    )
    with transaction(readonly=True):
        return Actor(made["id"], login, access.grants_of(made["id"]))


def _token(clerk: Actor) -> str:
    with transaction(), acting(Acting("bench.session", clerk.user_id, clerk.name)):
        user = db.session.get_one(access.User, clerk.user_id)
        return str(signin.start_session(user, None)["token"])


def _residents(clerk: Actor, count: int) -> list[int]:
    lines = ["姓名,身份证号,手机号,区划代码"]
    for serial in range(count):
        born = date.fromordinal(date(1940, 1, 1).toordinal() + serial // 1000)
        number = citizen_id_with_check(f"430100{born:%Y%m%d}{serial % 1000:03d}")
        lines.append(f"张三丰,{number},,430112001")
    content = base64.b64encode("\n".join(lines).encode()).decode()
    checked = perform("resident.check_import", clerk, filename="居民.csv", content=content)
    ids: list[int] = perform("resident.commit_import", clerk, token=checked["token"])[
        "resident_ids"
    ]
    return ids


def _catalogue_item(people: People) -> int:
    """Publish what may be bought, two months ago, and return its only item."""
    first = clock.today() - timedelta(60)
    with clock.frozen(f"{first}T09:00"):
        catalogue = perform(
            "catalogue.adopt",
            people.budget,
            division_code=COUNTY,
            year=first.year,
            name="指导性目录",
            codes=["A01"],
        )["id"]
        days = {"from_on": f"{first}", "to_on": f"{first + timedelta(9)}"}
        perform("catalogue.open_comment", people.budget, id=catalogue, **days)
    after = first + timedelta(10)
    with clock.frozen(f"{after}T09:00"):
        asked = {"valid_from": f"{after}", "consultation": "已征求公众意见"}
        perform("catalogue.submit", people.budget, id=catalogue, **asked)
        perform("catalogue.publish", people.publisher, id=catalogue, document="测速〔1〕号")
        (item,) = perform("catalogue.get", people.budget, id=catalogue)["items"]
    return int(item["id"])


def _plan(people: People, line: int) -> int:
    """File the plan that every programme carries out, the public having been asked last month.

    It reserves a fen: a reserve is drawn when vouchers are issued, which nobody measures.
    """
    item, year = _catalogue_item(people), clock.today().year
    with clock.frozen(f"{clock.today() - timedelta(30)}T09:00"):
        plan = perform(
            "purchase.create",
            people.clerk,
            organisation_id=people.purchaser,
            name="测速",
            catalogue_item_id=item,
            nature="public",
            beneficiary="public",
            need="测速。",
            standard="测速。",
            quantity=1,
            unit="次",
            goal="测速。",
            indicators=[
                {"kind": kind, "name": "测速", "unit": "%", "target": 90, "weight": weight}
                for kind, weight in (("quantity", 40), ("quality", 30), ("effect", 30))
            ],
            starts_on=f"{year}-01-01",
            ends_on=f"{year}-12-31",
            recipients_choose=True,
            form="voucher",
            form_reason="由持券人自己选择。",
            funding=[{"line_id": line, "amount_fen": 1}],
            no_add=["institutions", "posts", "staff", "money"],
        )["id"]
        perform("purchase.consult", people.clerk, id=plan)
    perform("purchase.submit", people.clerk, id=plan)
    perform("purchase.agree", people.approver, id=plan)
    perform("purchase.file", people.budget, id=plan)
    return int(plan)


def _programme(people: People, code: str, plan: int, line: int, place: int) -> int:
    year = clock.today().year
    terms: dict[str, Any] = {
        "classes": [{"code": "A", "name": "测速券"}],
        "allotments": [{"code": "face", "name": "面额", "amounts": [{"quantity": FACE_FEN}]}],
        "services": [{"code": "fee", "name": "服务费", "unit": "次"}],
        "valid_from": f"{year}-01-01",
        "valid_through": f"{year}-12-31",
        "single_use": False,
        "remainder": "keep",
        "funding": [{"line_id": line}],
    }
    made = perform(
        "programme.create",
        people.clerk,
        code=code,
        name=f"测速项目{code}",
        organisation_id=people.purchaser,
        purchase_id=plan,
        terms=terms,
    )["id"]
    perform("programme.submit", people.clerk, id=made)
    perform("programme.approve", people.approver, id=made)
    provider = people.providers[place]
    perform("admission.admit", people.clerk, programme_id=made, provider_id=provider)
    perform("offer.set", people.managers[place], programme_id=made, service_code="fee")
    return int(made)


def _cards(people: People, programme: int, residents: list[int]) -> list[str]:
    """Issue a voucher to each resident and return the codes of the printed cards."""
    issued = perform(
        "voucher.issue",
        people.clerk,
        programme_id=programme,
        class_code="A",
        resident_ids=residents,
    )["vouchers"]
    numbers = [voucher["id"] for voucher in issued]
    codes: list[str] = []
    for start in range(0, len(numbers), CARDS_AT_ONCE):
        some = numbers[start : start + CARDS_AT_ONCE]
        cards = perform("voucher.print_cards", people.clerk, voucher_ids=some)["cards"]
        codes += [card["code"] for card in cards]
    return codes
