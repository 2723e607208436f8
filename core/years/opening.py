"""The file of opening balances: what it says, checked, and reconciled to the old trial balance."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

from core import privacy
from core.budget import PPM, cascade
from core.db import db
from core.errors import InvalidInput, Refusal
from core.fields import FEN_MAX, Text, date, fen, in_words, one_of, schema
from core.identifiers import check_citizen_id
from core.lines import BadFileError, parse
from core.parties import Organisation, Resident
from core.uploads import decode

LARGEST = 5_000_000  # bytes of a file that is read
VOUCHER = "voucher"
FORMS = ("contract", VOUCHER, "subsidy", "other")
LINE_ROOMS = ("approved", "available", "encumbered", "accrued", "disbursed")
PAYABLE = "fin.payable"
ACCOUNTS = (*(f"line.{room}" for room in LINE_ROOMS), PAYABLE)
Key = tuple[str, str]  # an account kind, and the code of a line or the credit code of a party


@dataclass(frozen=True)
class Row:
    """One account of the reconciliation: what the file opens, and what the old books say, in fen.

    `owner` is the code of a line, or the credit code of a party.
    """

    account: str
    owner: str
    opening_fen: int
    given_fen: int

    @property
    def difference_fen(self) -> int:
        """Return how much more is opened than the old books say."""
        return self.opening_fen - self.given_fen

    def said(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "account": self.account,
            "owner": self.owner,
            "opening_fen": self.opening_fen,
            "given_fen": self.given_fen,
            "difference_fen": self.difference_fen,
        }


def _many(title: str, /, **members: Any) -> fields.List[Any]:
    nested: Schema = schema(title, **members)
    return fields.List(fields.Nested(nested), load_default=list)


def _quantity(least: int) -> fields.Integer:
    limits = validate.Range(min=least, max=FEN_MAX)
    return fields.Integer(required=True, strict=True, validate=limits)


FILE = schema(
    "TakeonFile",
    as_of=date(),
    document=Text(required=True, longest=120),
    lines=_many(
        "TakeonLine",
        code=Text(required=True, longest=40),
        name=Text(required=True, longest=120),
        fiscal_year=fields.Integer(
            required=True, strict=True, validate=validate.Range(min=1990, max=2199)
        ),
        organisation=Text(required=True, longest=18),
        function_code=Text(required=True, longest=7),
        economic_code=Text(required=True, longest=5),
        document=Text(required=True, longest=120),
        approved_fen=fen(),
        disbursed_fen=fen(minimum=0, required=False, load_default=0),
    ),
    pools=_many(
        "TakeonPool",
        number=Text(required=True, longest=80),
        name=Text(required=True, longest=120),
        form=one_of(*FORMS),
        lines=_many(
            "TakeonShare",
            code=Text(required=True, longest=40),
            share_ppm=fields.Integer(
                strict=True, load_default=PPM, validate=validate.Range(min=0, max=PPM)
            ),
        ),
        encumbered_fen=fen(minimum=0, required=False, load_default=0),
        payables=_many(
            "TakeonPayable",
            party=Text(required=True, longest=18),
            title=Text(required=True, longest=120),
            amount_fen=fen(),
        ),
    ),
    trial_balance=_many(
        "TakeonBalance",
        account=one_of(*ACCOUNTS),
        owner=Text(required=True, longest=40),
        amount_fen=fen(minimum=0),
    ),
    vouchers=_many(
        "TakeonVoucher",
        # Where the row stands in the table it came from.
        row=fields.Integer(strict=True, load_default=None),
        pool=Text(required=True, longest=80),
        programme=Text(required=True, longest=40),
        id_number=Text(required=True, longest=18),
        class_code=Text(required=True, longest=40),
        allotment=Text(required=True, longest=40),
        period=Text(load_default="once", longest=20),
        granted=_quantity(1),
        remaining=_quantity(0),
        committed_fen=fen(minimum=0),
        valid_from=date(),
        valid_through=date(),
    ),
)


def read(filename: str, content: str) -> dict[str, Any]:
    """Return what a file (YAML or JSON as base64) says as plain JSON; refuse what cannot be read.

    Residents are named by their numbers (None: not registered), so that no identity number is kept.
    Raises InvalidInput with the line of what is no YAML, or the fields that are wrong.
    """
    data = decode(content)
    if len(data) > LARGEST:
        raise InvalidInput(_("文件太大，最多 5 MB。请按部门拆分。"))
    try:
        plain, line_of = _parsed(data.decode("utf-8-sig"), filename)
    except UnicodeDecodeError as error:
        raise InvalidInput(_("文件不是 UTF-8 编码，请另存为 UTF-8 后再上传。")) from error
    except BadFileError as error:
        raise InvalidInput("；".join(error.faults)) from error
    if not isinstance(plain, dict):
        raise InvalidInput(_("文件须写明 as_of、document、lines、pools 和 trial_balance。"))
    try:
        loaded: dict[str, Any] = FILE.load(plain)
    except ValidationError as error:
        raise InvalidInput(
            _("期初文件有误，请按各项提示改正后重新提交。"),
            errors=in_words(error.normalized_messages()),
        ) from error
    _refuse_inconsistent(loaded)
    loaded["vouchers"] = _held(loaded["vouchers"], line_of)
    return loaded | {"as_of": loaded["as_of"].isoformat()}


def _parsed(text: str, filename: str) -> tuple[Any, Callable[[int], int]]:
    """Return what a text says, and the line of its n-th voucher."""
    if PurePath(filename).suffix.lower() == ".json":
        try:
            return json.loads(text), lambda place: place + 1
        except (ValueError, RecursionError) as error:
            raise BadFileError([_("文件不是合法的 JSON，请重新导出。")]) from error
    plain, lines = parse(text, filename)
    return plain, lambda place: lines.of("vouchers", place)


def _held(vouchers: list[dict[str, Any]], line_of: Callable[[int], int]) -> list[dict[str, Any]]:
    """Return vouchers as JSON, each with its row, and with its holder's number for the identity."""
    indexes = [_index(one["id_number"]) for one in vouchers]
    query = db.select(Resident.id_number_index, Resident.id).where(
        Resident.id_number_index.in_({index for index in indexes if index})
    )
    rows = db.session.execute(query) if vouchers else ()
    known = {index: number for index, number in rows}  # noqa: C416 - dict() does not know a row
    return [
        {name: value for name, value in one.items() if name != "id_number"}
        | {
            "row": one["row"] or line_of(place),
            "resident_id": known.get(index),
            "valid_from": one["valid_from"].isoformat(),
            "valid_through": one["valid_through"].isoformat(),
        }
        for place, (one, index) in enumerate(zip(vouchers, indexes, strict=True))
    ]


def _index(id_number: str) -> str | None:
    try:
        return privacy.keyring().blind_index(check_citizen_id(id_number).number, "person")
    except Refusal:
        return None


def encode(data: bytes) -> str:
    """Return a file's bytes as acts take them."""
    return base64.b64encode(data).decode()


def reconcile(content: Mapping[str, Any]) -> list[Row]:
    """Return every account that the file opens or the old trial balance names, side by side."""
    opening, given = openings(content), Counter[Key]()
    for row in content["trial_balance"]:
        given[row["account"], row["owner"]] += row["amount_fen"]
    keys = sorted({key for key, fen_ in opening.items() if fen_} | given.keys())
    return [Row(*key, opening.get(key, 0), given.get(key, 0)) for key in keys]


def openings(content: Mapping[str, Any]) -> dict[Key, int]:
    """Return what the file opens, account by account, in fen on each account's normal side."""
    found: Counter[Key] = Counter()
    for line in content["lines"]:
        found["line.approved", line["code"]] += line["approved_fen"]
        found["line.available", line["code"]] += line["approved_fen"] - line["disbursed_fen"]
        found["line.disbursed", line["code"]] += line["disbursed_fen"]
    for pool in content["pools"]:
        for code, (encumbered, accrued) in rooms_of(pool).items():
            found["line.encumbered", code] += encumbered
            found["line.accrued", code] += accrued
            found["line.available", code] -= encumbered + accrued
        for owed in pool["payables"]:
            found[PAYABLE, owed["party"]] += owed["amount_fen"]
    return dict(found)


def rooms_of(pool: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return what a pool holds of each of its lines: encumbered and accrued, in fen."""
    accrued = sum(owed["amount_fen"] for owed in pool["payables"])
    shares = [share["share_ppm"] for share in pool["lines"]]
    live, due = (cascade(fen_, shares) for fen_ in (pool["encumbered_fen"] + accrued, accrued))
    return {
        share["code"]: (one - two, two)
        for share, one, two in zip(pool["lines"], live, due, strict=True)
    }


def organisation_of(credit_code: str) -> Organisation:
    """Return the organisation of a credit code; refuse one that is not registered."""
    query = db.select(Organisation).filter_by(credit_code=credit_code)
    found: Organisation | None = db.session.scalar(query)
    if found is None:
        raise InvalidInput(
            _("统一社会信用代码 %(code)s 还没有登记单位，请先登记。", code=credit_code)
        )
    return found


def _refuse_inconsistent(content: Mapping[str, Any]) -> None:
    """Refuse a file without lines, doubles, and pools of lines that the file does not open."""
    if content["vouchers"]:
        if content["lines"] or content["pools"] or content["trial_balance"]:
            raise InvalidInput(
                _(
                    "凭单名册要单独提交：先建指标和承诺，批准后备案计划、批准项目，再提交名册。"
                    "请把它们分成两份文件。"
                )
            )
        return
    if not content["lines"]:
        raise InvalidInput(_("文件里没有指标，没有可以建账的内容。"))
    for what, names in (
        (_("指标编号"), [line["code"] for line in content["lines"]]),
        (_("额度池编号"), [pool["number"] for pool in content["pools"]]),
    ):
        doubles = sorted(name for name, count in Counter(names).items() if count > 1)
        if doubles:
            raise InvalidInput(
                _("%(what)s重复：%(names)s。请改正。", what=what, names="、".join(doubles))
            )
    _refuse_pools(content)


def _refuse_pools(content: Mapping[str, Any]) -> None:
    known = {line["code"]: line for line in content["lines"]}
    for pool in content["pools"]:
        codes = [share["code"] for share in pool["lines"]]
        years = {known[code]["fiscal_year"] for code in codes if code in known}
        owners = {known[code]["organisation"] for code in codes if code in known}
        if not codes or len(set(codes)) != len(codes) or not set(codes) <= known.keys():
            raise InvalidInput(
                _("额度池 %(number)s 的指标须在文件里、且不重复。", number=pool["number"])
            )
        if len(years) > 1 or len(owners) > 1:
            raise InvalidInput(
                _("额度池 %(number)s 的指标须属于同一单位和年度。", number=pool["number"])
            )
        if pool["form"] == VOUCHER and pool["encumbered_fen"] and pool["payables"]:
            raise InvalidInput(
                _(
                    "额度池 %(number)s 是凭单，未用额度和应付款须分列两个额度池。",
                    number=pool["number"],
                )
            )
        if not pool["encumbered_fen"] and not pool["payables"]:
            raise InvalidInput(
                _("额度池 %(number)s 没有承诺也没有应付，不必建账。", number=pool["number"])
            )
