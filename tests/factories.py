"""Plain functions that make test data through the acts only, so that it is valid by birth."""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass, field
from typing import Any

from core import access, clock, signin
from core.access import Actor, Grant
from core.acts import Answer, perform
from core.budget import line_number
from core.db import db, transaction
from core.identifiers import citizen_id_with_check, credit_code_with_check
from core.identifiers import organisation_number_with_check as number_with_check

SYSTEM = access.system()
PASSWORD = "correct horse battery"
COUNTY = "430112"
TODAY = "2026-09-01T09:00"

_serial = itertools.count(1)

# What the county's catalogue holds, by the numbers its items get when they are the first.
CATALOGUE = {"A01": 1, "A07": 2, "A16": 3, "B04": 4, "E01": 5}

# A plan for vouchers, all but whose it is and its money.
PLAN: dict[str, Any] = {
    "name": "教育券",
    "nature": "public",
    "beneficiary": "public",
    "need": "困难家庭学费负担重。",
    "standard": "正常开课，按学期结算。",
    "quantity": 100,
    "unit": "人",
    "goal": "学生不因学费失学。",
    "indicators": [
        {"kind": kind, "name": name, "unit": "%", "target": 90, "weight": weight}
        for kind, name, weight in (
            ("quantity", "发放率", 40),
            ("quality", "开课率", 30),
            ("effect", "满意度", 30),
        )
    ],
    "starts_on": "2026-04-01",
    "ends_on": "2026-12-31",
    "recipients_choose": True,
    "form": "voucher",
    "form_reason": "由家庭自己选学校。",
    "no_add": ["institutions", "posts", "staff", "money"],
}

ROLE_HOMES = {
    "provider_clerk": "provider",
    "provider_manager": "provider",
    "purchaser_clerk": "purchaser",
    "purchaser_approver": "purchaser",
}


@dataclass
class County:
    """What the factories made: organisations, users by role, the budget line, the programme."""

    purchaser: int = 0
    finance: int = 0
    provider: int = 0
    line: int = 0
    users: dict[str, int] = field(default_factory=dict)
    programme: int = 0
    residents: list[int] = field(default_factory=list)
    vouchers: list[dict[str, Any]] = field(default_factory=list)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)

    def actor(self, role: str) -> Actor:
        """Return somebody of the county with a role."""
        user_id = self.users[role]
        with transaction(readonly=True):
            user = db.session.get_one(access.User, user_id)
            return Actor(
                user_id, user.name, access.grants_of(user_id), resident_id=user.resident_id
            )


def do(operation_id: str, actor: Actor = SYSTEM, **fields: Any) -> dict[str, Any]:
    """Perform an act and return its answer; fail loudly when it is refused."""
    answer = attempt(operation_id, actor, **fields)
    assert not answer.refused, answer.body
    return answer.body


def attempt(
    operation_id: str, actor: Actor = SYSTEM, *, key: str | None = None, **fields: Any
) -> Answer:
    """Perform an act and return its answer, refused or not."""
    return perform(operation_id, fields, actor=actor, key=key)


def make_division() -> None:
    """Make a county with one township."""
    for code, name, parent in (
        ("430000", "湖南省", None),
        ("430100", "长沙市", "430000"),
        (COUNTY, "望城区", "430100"),
        ("430112001", "高塘岭街道", COUNTY),
    ):
        do("party.add_division", code=code, name=name, parent=parent)


def credit_code(prefix: str = "91") -> str:
    """Return a fresh unified social credit code with right check characters."""
    return credit_code_with_check(prefix + COUNTY + number_with_check(f"{next(_serial):08d}"))


def make_organisation(
    kind: str,
    *,
    name: str | None = None,
    tags: list[str] | None = None,
    prefix: str | None = None,
    **legal: Any,
) -> int:
    """Make an organisation and return its number.

    Without `legal` (`legal_kind`, `institution_class` ...) its legal kind is what its code says.
    """
    prefix = prefix or {"provider": "91"}.get(kind, "11")
    return do(
        "party.add_organisation",
        credit_code=credit_code(prefix),
        name=name or f"{kind}-{next(_serial)}",
        kind=kind,
        division_code=COUNTY,
        tags=tags or [],
        **({"legal_document": "三定规定"} | legal if legal else {}),
    )["id"]


def make_user(role: str, organisation_id: int | None = None, *, name: str | None = None) -> int:
    """Make a user with one role and return its number."""
    serial = next(_serial)
    user = do("access.create_user", login=f"{role}-{serial}", name=name or role, password=PASSWORD)
    do(
        "access.grant_role",
        user_id=user["id"],
        role=role,
        division_code=COUNTY,
        organisation_id=organisation_id,
        from_on="2026-01-01",
    )
    return int(user["id"])


def make_county() -> County:
    """Make a county with one user for every role but residents, and a line of 30,000 yuan."""
    with clock.frozen("2026-01-02T09:00"):
        make_division()
        county = County(
            purchaser=make_organisation("purchaser", name="望城区教育局"),
            finance=make_organisation("finance", name="望城区财政局"),
            provider=make_organisation("provider", name="望城区育才学校", tags=["school"]),
        )
        for role in access.ROLES.values():
            if role.code in {"system", "resident"}:
                continue
            home = {"provider": county.provider, "purchaser": county.purchaser}.get(
                role.side, county.finance
            )
            county.users[role.code] = make_user(role.code, home)
        county.line = make_line(county)
    return county


def make_line(
    county: County, *, code: str = "EDU", amount_fen: int = 3_000_000, fiscal_year: int = 2026
) -> int:
    """Record an approved line of the purchaser and return its number."""
    line = do(
        "budget.appropriate",
        code=code,
        name="教育券",
        fiscal_year=fiscal_year,
        organisation_id=county.purchaser,
        function_code="205",
        economic_code="303",
        document="望财预〔2026〕1号",
        amount_fen=amount_fen,
    )
    return int(line["id"])


def terms(county: County, **changes: Any) -> dict[str, Any]:
    """Return terms of a single-use voucher of 500 yuan, changed as asked."""
    return {
        "classes": [{"code": "A", "name": "义务教育券"}],
        "allotments": [{"code": "face", "name": "面额", "amounts": [{"quantity": 50_000}]}],
        "services": [{"code": "fee", "name": "学费", "unit": "次"}],
        "valid_from": "2026-08-15",
        "valid_through": "2026-10-31",
        "single_use": True,
        "remainder": "forfeit",
        "beyond": "self_pay",
        "void_window": "until_lock",
        "confirm_days": 0,
        "funding": [{"line_id": county.line}],
    } | changes


def catalogue_item(county: County, code: str) -> int:
    """Return the number of an item of the county's catalogue, publishing it at first need."""
    if not county.items:
        county.items.update(make_catalogue(county, codes=list(CATALOGUE)))
    return county.items[code]


def file_plan(county: County, *line_ids: int, amount_fen: int = 1, **changes: Any) -> int:
    """File a plan for vouchers on lines of the purchaser and return its number.

    It reserves a fen of each line, so that nearly all stays available, unless told otherwise.
    """
    number = agree_plan(county, *line_ids, amount_fen=amount_fen, **changes)
    with clock.frozen("2026-04-20T09:00"):
        do("purchase.file", county.actor("finance_budget"), id=number)
    return number


def agree_plan(county: County, *line_ids: int, amount_fen: int = 1, **changes: Any) -> int:
    """Bring such a plan as far as finance, its fields changed as asked; return its number."""
    clerk = county.actor("purchaser_clerk")
    with clock.frozen("2026-03-02T09:00"):
        number = do(
            "purchase.create",
            clerk,
            organisation_id=county.purchaser,
            catalogue_item_id=catalogue_item(county, "A01"),
            funding=[{"line_id": line, "amount_fen": amount_fen} for line in line_ids],
            **PLAN | changes,
        )["id"]
        do("purchase.consult", clerk, id=number)
    with clock.frozen("2026-04-20T09:00"):
        do("purchase.submit", clerk, id=number)
        do("purchase.agree", county.actor("purchaser_approver"), id=number)
    return int(number)


def make_programme(
    county: County, *, code: str = "EDU", purchase_id: int | None = None, **changes: Any
) -> int:
    """Make an approved programme with the county's provider admitted, and return its number.

    It carries out a plan of its own, filed for it, unless one is given.
    """
    with clock.frozen("2026-06-01T09:00"):
        clerk, asked = county.actor("purchaser_clerk"), terms(county, **changes)
        if asked["funding"] and purchase_id is None:
            purchase_id = file_plan(county, *_lines(asked["funding"]))
        made = do(
            "programme.create",
            clerk,
            code=code,
            name=f"项目{code}",
            organisation_id=county.purchaser,
            purchase_id=purchase_id,
            terms=asked,
        )
        do("programme.submit", clerk, id=made["id"])
        do("programme.approve", county.actor("purchaser_approver"), id=made["id"])
        admit(county, made["id"], county.provider)
    county.programme = made["id"]
    return int(made["id"])


def _lines(funding: list[dict[str, Any]]) -> list[int]:
    """Return the numbers of the lines that terms name by number or by code, each once."""
    with transaction(readonly=True):
        named = [share.get("line_id") or line_number(share["line"]) for share in funding]
    return list(dict.fromkeys(named))


def admit(county: County, programme_id: int, provider_id: int) -> None:
    """Admit a provider and let it offer every service at an open price."""
    do(
        "admission.admit",
        county.actor("purchaser_clerk"),
        programme_id=programme_id,
        provider_id=provider_id,
    )
    manager = Actor(
        county.users["provider_manager"],
        "负责人",
        (Grant("provider_manager", provider_id, COUNTY),),
    )
    do("offer.set", manager, programme_id=programme_id, service_code="fee")


def make_residents(county: County, count: int) -> list[int]:
    """Import residents and return their numbers."""
    lines = ["姓名,身份证号,手机号,区划代码"]
    for _ in range(count):
        serial = next(_serial)
        number = citizen_id_with_check(f"43010019500101{serial % 1000:03d}")
        if serial >= 1000:
            day = 1 + serial // 1000
            number = citizen_id_with_check(f"430100195002{day:02d}{serial % 1000:03d}")
        lines.append(f"张三丰,{number},,430112001")
    content = base64.b64encode("\n".join(lines).encode()).decode()
    clerk = county.actor("purchaser_clerk")
    checked = do("resident.check_import", clerk, filename="居民.csv", content=content)
    assert not checked["errors"], checked["errors"]
    committed = do("resident.commit_import", clerk, token=checked["token"])
    ids: list[int] = committed["resident_ids"]
    county.residents += ids
    return ids


def issue(county: County, count: int = 1, *, class_code: str = "A") -> list[dict[str, Any]]:
    """Issue vouchers to fresh residents, print their cards; return the vouchers with codes."""
    with clock.frozen("2026-06-15T10:00"):
        clerk = county.actor("purchaser_clerk")
        issued = do(
            "voucher.issue",
            clerk,
            programme_id=county.programme,
            class_code=class_code,
            resident_ids=make_residents(county, count),
        )
        ids = [voucher["id"] for voucher in issued["vouchers"]]
        cards = do("voucher.print_cards", clerk, voucher_ids=ids)["cards"]
    return [voucher | card for voucher, card in zip(issued["vouchers"], cards, strict=True)]


def token_of(county: County, role: str) -> str:
    """Return a session token of the county's user with a role."""
    with transaction():
        user = db.session.get_one(access.User, county.users[role])
        from core.audit import Acting, acting  # noqa: PLC0415 - only here is a session made by hand

        with acting(Acting("test.session", user.id, user.name)):
            return str(signin.start_session(user, None)["token"])


def make_catalogue(
    county: County,
    *,
    year: int = 2026,
    codes: list[str] | None = None,
    division_code: str = COUNTY,
    **changes: Any,
) -> dict[str, int]:
    """Publish a catalogue in force from 1 February of a year; return its items' numbers by code.

    `codes` chooses leaves of the general catalogue (none: all); `changes` are fields of
    `catalogue.adopt`. The catalogue's own number stands under the empty code.
    """
    budget, approver = county.actor("finance_budget"), county.actor("finance_approver")
    with clock.frozen(f"{year}-01-05T09:00"):
        draft = do(
            "catalogue.adopt",
            budget,
            division_code=division_code,
            year=year,
            name=f"{year}年政府购买服务指导性目录",
            codes=codes,
            **changes,
        )
        asked = {"from_on": f"{year}-01-05", "to_on": f"{year}-01-14"}
        do("catalogue.open_comment", budget, id=draft["id"], **asked)
    with clock.frozen(f"{year}-01-15T09:00"):
        valid = {"valid_from": f"{year}-02-01", "consultation": "已征求各部门和公众意见"}
        do("catalogue.submit", budget, id=draft["id"], **valid)
        document = f"望财购〔{year}〕1号"
        do("catalogue.publish", approver, id=draft["id"], document=document)
        items = do("catalogue.get", budget, id=draft["id"])["items"]
    return {"": draft["id"]} | {item["code"]: item["id"] for item in items}
