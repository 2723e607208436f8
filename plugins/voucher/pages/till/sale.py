"""What a clerk does with one scan, as its forms carry it from page to page.

One scan is at most one act: a redemption, a service begun, an enrolment. Its key is made from the
scan's form and code, travels hidden through every step and is the act's request key: a double
tap, the back button, a reload or a second window repeats that one act and hears the same answer.
After a refusal, which did nothing, the next key follows from it. A code travels in request bodies
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request
from flask_babel import gettext as _

from core import privacy
from core.acts import Answer
from core.errors import Unavailable
from core.web.forms import fen_of
from plugins.voucher.pages import wording

SCAN, TIMED, HOLD, ENROLLED = "scan", "timed", "hold", "enrolled"
# What a clerk can mend on the form, without another scan, and the field where it is mended.
MENDABLE = {
    "AMOUNT_EXCEEDS_BALANCE": "",
    "CAP_REACHED": "",
    "INVALID_INPUT": "",
    "NOTHING_TO_PAY": "",
    "OTHERS_EXCEED_PRICE": "others",
    "PRESENCE_MISMATCH": "service_code",
    "PRICE_CHANGED": "price",
    "PRICE_MISSING": "price",
    "SERVICE_DAY_OUT_OF_RANGE": "service_on",
    "SERVICE_NOT_COVERED": "service_code",
    "VISIT_TOO_SHORT": "quantity",
}
OTHERS = "others."


@dataclass(frozen=True)
class Sale:
    """One scan on its way from page to page.

    `way` is how the chosen service is used; `others` what other payers paid, as typed, by code.
    """

    key: str
    code: str
    check_identity: bool = False
    identity_checked: bool = False
    service_code: str = ""
    way: str = SCAN
    quantity: str = ""
    price: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    service_on: str = ""

    def use(self, *, identity_checked: bool) -> dict[str, Any]:
        """Return what is asked of `voucher.quote`, `voucher.redeem` and `voucher.start`."""
        asked: dict[str, Any] = {
            "code": self.code,
            "service_code": self.service_code,
            "identity_checked": identity_checked,
        }
        if self.way in {SCAN, HOLD}:
            asked["quantity"] = wording.thousandths_of(self.quantity)
            asked["others_fen"] = others_fen(self.others)
        if self.price:
            asked["price_fen"] = fen_of(self.price)
        if self.service_on and self.way == SCAN:
            asked["service_on"] = self.service_on
        return asked


def sent() -> Sale:
    """Return the sale of the form that was sent."""
    form = request.form
    code, service_code = form.get("code", "").strip(), form.get("service_code", "")
    seed = f"{form.get('request_key', '')}\n{code}"
    return Sale(
        key=form.get("sale") or privacy.keyring().mac("sale", seed),
        code=code,
        check_identity=bool(form.get("check_identity")),
        identity_checked=bool(form.get("identity_checked")),
        service_code=service_code,
        way=form.get(f"way.{service_code}") or form.get("way") or SCAN,
        quantity=form.get("quantity", "").strip(),
        price=form.get("price", "").strip(),
        others=typed_others(),
        service_on=form.get("service_on", "").strip(),
    )


def typed_others(suffix: str = "") -> dict[str, str]:
    """Return what was typed for other payers, by code; `suffix` ends the names of the fields."""
    found = {
        name.removeprefix(OTHERS).removesuffix(suffix): text.strip()
        for name, text in request.form.items()
        if name.startswith(OTHERS) and name.endswith(suffix)
    }
    return {code: text for code, text in found.items() if text}


def others_fen(others: Mapping[str, str]) -> dict[str, int | str]:
    """Return what other payers paid in fen; what is no amount is left to the act."""
    return {code: fen_of(text) for code, text in others.items()}


def checked(sale: Sale, found: Mapping[str, Any]) -> Sale:
    """Return a sale that knows whether an identity card must be looked at."""
    return replace(sale, check_identity=found["check_identity"])


def after(sale: Sale, answer: Answer) -> Sale:
    """Return the sale under the key that follows a refusal, so that it can be mended.

    An unknown outcome keeps its key; so does one whose key did something already.
    """
    if answer.status == Unavailable.status or answer.body["code"] == "KEY_REUSED":
        return sale
    return replace(sale, key=privacy.keyring().mac("sale", f"{sale.key}\nrefused"))


def mended(answer: Answer | None, *, price_is_open: bool, payers: list[str]) -> dict[str, Any]:
    """Return a mendable refusal at the field where it is mended.

    `payers` are the codes of the other payers whose amounts the form asks for.
    """
    if answer is None:
        return {}
    errors = dict(answer.body.get("errors") or {})
    told: dict[str, Any] = {}
    if "price_fen" in errors:
        told["price"] = _("请按元输入金额，例如 18.50。")
    if "quantity" in errors:
        told["quantity"] = _("请输入数量，例如 1 或 1.5。")
    if "service_code" in errors:
        told["service_code"] = _("请选择服务。")
    if "service_on" in errors:
        told["service_on"] = _("请选择一天，例如 2026-02-01。")
    if "others_fen" in errors:
        for code in wrong_payers(errors["others_fen"], payers):
            told[OTHERS + code] = _("请按元输入金额，例如 18.50。")
    if told:
        return told
    place = MENDABLE.get(answer.body["code"], "")
    if place == "others":
        place = OTHERS + payers[0] if payers else ""
    return {place or ("price" if price_is_open else "quantity"): answer.body["detail"]}


def wrong_payers(errors: Any, payers: list[str]) -> list[str]:
    """Return the payers an error is about: those it names, else the first."""
    named = [code for code in payers if isinstance(errors, Mapping) and code in errors]
    return named or payers[:1]
