"""The demo county's legal aid: a justice bureau with a line, a law firm, three closed cases."""

from __future__ import annotations

from core.demo import PASSWORD, World

SYSTEM, COUNTY, CLERK = "", "430112", "justice-clerk"


def load(world: World) -> None:
    """Make the bureau, its clerk and line, the firm with a verified account, and the cases."""
    before = world.before(30, "09:00")

    def organisation(kind: str, prefix: str, name: str) -> int:
        code = world.inventor.credit_code(prefix, COUNTY)
        fields = {"credit_code": code, "name": name, "kind": kind, "division_code": COUNTY}
        return world.do(SYSTEM, "party.add_organisation", at=before, **fields)["id"]

    bureau = organisation("purchaser", "11", "望城区司法局")
    firm = organisation("provider", "31", "湖南望城明理律师事务所")
    made = world.do(
        SYSTEM, "access.create_user", at=before, login=CLERK, name="袁正", password=PASSWORD
    )
    role = {"role": "purchaser_clerk", "division_code": COUNTY, "organisation_id": bureau}
    world.do(SYSTEM, "access.grant_role", at=before, user_id=made["id"], **role)
    account = {"bank": "长沙望城农商银行高塘岭支行", "holder": "湖南望城明理律师事务所"}
    added = world.do(
        SYSTEM,
        "party.add_bank_account",
        at=before,
        organisation_id=firm,
        number=world.inventor.bank_account(),
        **account,
    )
    world.do("maker", "party.verify_bank_account", at=before, id=added["id"])
    line = world.do(
        "budget",
        "budget.appropriate",
        at=before,
        code="LAW",
        name="法律援助",
        fiscal_year=world.month(2).year,
        organisation_id=bureau,
        function_code="2040607",
        economic_code="30399",
        document=f"望财行〔{world.month(2).year}〕8号",
        amount_fen=2_000_000,
    )["id"]
    for serial, kind in enumerate(("civil", "criminal", "administrative"), start=1):
        case = {"number": f"望援〔{world.month(2).year}〕{serial}号", "kind": kind}
        at = world.before(10 - serial, "10:00")
        world.do(CLERK, "legalaid.accept", at=at, firm_id=firm, line_id=line, **case)
    world.say("法律援助：司法局、律师事务所各一家，结案 3 件")
