"""The till: scan, see whom and what, confirm, hand over a slip; what was done today.

One scan is at most one redemption. Its key is made from the scan's form and code, travels hidden
through every step and is the redemption's request key: a double tap, the back button, a reload or
a second window repeats that one redemption and hears the same answer. A code travels in request
bodies only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core import audit, clock, privacy
from core.access import require
from core.acts import Answer, perform
from core.db import transaction
from core.errors import SignInRequired, Unavailable
from core.web import current_actor, session
from core.web.forms import act, fen_of, refused
from core.web.menu import DOOR, MenuItem
from plugins.voucher.pages import slip_pages, wording
from plugins.voucher.service import attempts, slips

blueprint = Blueprint("voucher_till", __name__, template_folder="../templates")
MENU: list[tuple[str, MenuItem]] = [
    (
        "",
        MenuItem(
            DOOR,
            lazy_gettext("我是店员"),
            "voucher_till.scan",
            30,
            hint=lazy_gettext("扫码、核对、确认，给居民一张小票。"),
            start_of=("provider_clerk",),
        ),
    ),
    (
        "voucher.redeem",
        MenuItem("from_whom", lazy_gettext("收银台（核销）"), "voucher_till.scan", 20),
    ),
]

LOOKUP, REDEEM = "voucher.lookup", "voucher.redeem"
# What a clerk can mend on the form, without another scan.
MENDABLE = {
    "AMOUNT_EXCEEDS_BALANCE",
    "CAP_REACHED",
    "INVALID_INPUT",
    "PRICE_CHANGED",
    "PRICE_MISSING",
    "SERVICE_NOT_COVERED",
}
RECENT = 3


@dataclass(frozen=True)
class Sale:
    """One sale on its way from page to page, as its forms carry it."""

    key: str
    code: str
    check_identity: bool
    service_code: str
    quantity: str
    price: str

    def use(self) -> dict[str, Any]:
        """Return what is asked of `voucher.quote` and `voucher.redeem`, the same for both."""
        asked: dict[str, Any] = {
            "code": self.code,
            "service_code": self.service_code,
            "quantity": wording.thousandths_of(self.quantity),
        }
        return asked | ({"price_fen": fen_of(self.price)} if self.price else {})


@blueprint.errorhandler(SignInRequired)
def ask_to_sign_in(refusal: SignInRequired) -> ResponseReturnValue:
    """Lead to the till's own sign-in page."""
    if request.method == "POST":
        flash(refusal.message, "wait")
    return redirect(url_for("voucher_till.sign_in"), 303)


# --- a browser becomes a till, a clerk signs in -------------------------------------------------


@blueprint.get("/till/enrol")
def enrol() -> str:
    """Ask for the one-time code."""
    return render_template("voucher/till/enrol.html", errors={}, values={})


@blueprint.post("/till/enrol")
def enrolled() -> ResponseReturnValue:
    """Make this browser a till."""
    answer = act("device.enrol", {"code": request.form.get("code", "")})
    if answer.refused:
        errors = answer.body.get("errors") or {"code": answer.body["detail"]}
        page = render_template("voucher/till/enrol.html", errors=errors, values=request.form)
        return page, answer.status
    flash(_("这台设备已登记为终端“%(name)s”。请店员登录。", name=answer.body["name"]), "good")
    response = make_response(redirect(url_for(".sign_in"), 303))
    session.keep_device(response, answer.body["token"])
    return response


@blueprint.get("/till/sign-in")
def sign_in() -> ResponseReturnValue:
    """Ask the clerk for name and password."""
    if current_actor().may(REDEEM):
        return redirect(url_for(".scan"))
    return _sign_in_form({})


@blueprint.post("/till/sign-in")
def signed_in() -> ResponseReturnValue:
    """Sign a clerk in on this till, for a working day."""
    fields = {name: request.form.get(name, "") for name in ("login", "password")}
    # Without a request key: a password is never part of a remembered answer.
    answer = perform("auth.login", fields | {"device_token": session.device_token()})
    if answer.refused:
        errors = answer.body.get("errors") or {"login": answer.body["detail"]}
        return _sign_in_form(errors), answer.status
    session.begin(answer.body, "till")
    return redirect(url_for(".scan"), 303)


@blueprint.post("/till/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the clerk's session; the browser stays a till."""
    act("auth.logout", {})
    session.end()
    flash(_("已退出，请下一位店员登录。"), "good")
    return redirect(url_for(".sign_in"), 303)


def _sign_in_form(errors: Mapping[str, Any]) -> str:
    return render_template(
        "voucher/till/sign_in.html",
        errors=errors,
        values=request.form,
        is_till=bool(session.device_token()),
    )


# --- one sale ----------------------------------------------------------------------------------


@blueprint.get("/till")
def scan() -> str:
    """Scan, photograph or type a code."""
    require(current_actor(), LOOKUP)
    return _scan_page()


@blueprint.get("/till/lookup")
@blueprint.get("/till/choose")
@blueprint.get("/till/quote")
@blueprint.get("/till/redeem")
def start_again() -> ResponseReturnValue:
    """Lead whoever opens a step by its address back to the beginning."""
    return redirect(url_for(".scan"))


@blueprint.post("/till/lookup")
def look_up() -> ResponseReturnValue:
    """Show whom and what; where there is nothing to choose, go straight to the confirmation."""
    sale = _sale()
    answer = _ask(LOOKUP, {"code": sale.code})
    if answer.refused:
        return _refused(sale, answer)
    sale = _checked(sale, answer.body)
    services = answer.body["services"]
    if len(services) == 1 and services[0]["price_fen"] is not None:
        return _confirm(_with(sale, service_code=services[0]["code"]))
    return _choose(sale, answer.body)


@blueprint.post("/till/choose")
def choose() -> ResponseReturnValue:
    """Choose service and amount, also again."""
    sale = _sale()
    answer = _ask(LOOKUP, {"code": sale.code})
    if answer.refused:
        return _refused(sale, answer)
    return _choose(_checked(sale, answer.body), answer.body)


@blueprint.post("/till/quote")
def quote() -> ResponseReturnValue:
    """Show what the voucher pays and what is left, to be confirmed."""
    return _confirm(_sale())


@blueprint.post("/till/redeem")
def redeem() -> ResponseReturnValue:
    """Redeem, and lead to the slip; the same form again leads to the same slip."""
    sale = _sale()
    if sale.check_identity and not request.form.get("identity_checked"):
        return _confirm(sale, {"identity_checked": _("请先核对身份证件，勾选后再确认。")})
    answer = _ask(REDEEM, sale.use(), key=sale.key)
    if answer.status == Unavailable.status:
        page = render_template("voucher/till/unknown.html", sale=sale, refusal=refused(answer))
        return page, answer.status
    if answer.refused:
        return _refused(sale, answer)
    if answer.replayed:
        flash(_("这一单刚才已经核销，没有重复扣款。"), "info")
    return redirect(url_for(".receipt", receipt=answer.body["receipt"]), 303)


def _sale() -> Sale:
    form = request.form
    code = form.get("code", "").strip()
    seed = f"{form.get('request_key', '')}\n{code}"
    return Sale(
        key=form.get("sale") or privacy.keyring().mac("sale", seed),
        code=code,
        check_identity=bool(form.get("check_identity")),
        service_code=form.get("service_code", ""),
        quantity=form.get("quantity", "").strip(),
        price=form.get("price", "").strip(),
    )


def _with(sale: Sale, **changes: Any) -> Sale:
    return Sale(**(sale.__dict__ | changes))


def _checked(sale: Sale, found: Mapping[str, Any]) -> Sale:
    return _with(sale, check_identity=found["check_identity"])


def _ask(operation_id: str, payload: Mapping[str, Any], *, key: str | None = None) -> Answer:
    """Perform an act as the clerk; looking and quoting are always asked afresh, without a key."""
    answer = perform(operation_id, payload, token=session.token(), key=key)
    if answer.status == SignInRequired.status:
        raise SignInRequired(answer.body["code"], answer.body["detail"])
    return answer


def _confirm(sale: Sale, errors: Mapping[str, Any] | None = None) -> ResponseReturnValue:
    answer = _ask("voucher.quote", sale.use())
    if answer.refused:
        return _refused(sale, answer)
    with transaction(readonly=True):
        page = render_template(
            "voucher/till/confirm.html",
            sale=sale,
            quote=answer.body,
            quantity=wording.quantity(answer.body["quantity"], "").strip(),
            used_here=_used_here(answer.body["id"]),
            errors=errors or {},
        )
    return page, 422 if errors else 200


def _choose(
    sale: Sale, found: Mapping[str, Any], refusal: Answer | None = None
) -> ResponseReturnValue:
    with transaction(readonly=True):
        page = render_template(
            "voucher/till/choose.html",
            sale=sale,
            found=found,
            last_day=datetime.fromisoformat(found["valid_through"]).date(),
            errors=_mended(sale, refusal),
            used_here=_used_here(found["id"]),
        )
    return page, refusal.status if refusal else 200


def _mended(sale: Sale, refusal: Answer | None) -> dict[str, Any]:
    """Return a mendable refusal at the field where it is mended."""
    if refusal is None:
        return {}
    errors = dict(refusal.body.get("errors") or {})
    if "price_fen" in errors:
        errors["price"] = _("请按元输入金额，例如 18.50。")
        del errors["price_fen"]
    if "quantity" in errors:
        errors["quantity"] = _("请输入数量，例如 1 或 1.5。")
    if "service_code" in errors or refusal.body["code"] == "SERVICE_NOT_COVERED":
        errors["service_code"] = _("请选择服务。")
    is_open = sale.price or refusal.body["code"] == "PRICE_MISSING"
    return errors or {"price" if is_open else "quantity": refusal.body["detail"]}


def _refused(sale: Sale, answer: Answer) -> ResponseReturnValue:
    """Show a refusal: on the form where it can be mended there, else beside the next scan."""
    if sale.service_code and answer.body["code"] in MENDABLE:
        again = _ask(LOOKUP, {"code": sale.code})
        if not again.refused:
            return _choose(_checked(sale, again.body), again.body, answer)
        answer = again
    with transaction(readonly=True):
        return _scan_page(sale, answer), answer.status


def _scan_page(sale: Sale | None = None, answer: Answer | None = None) -> str:
    since = start_of_today()
    count, fen = slips.provider_total(current_actor(), since=since)
    earlier = ""
    if answer is not None and sale is not None and answer.body["code"] == "KEY_REUSED":
        stored = audit.stored(current_actor().scope, sale.key)
        earlier = slip_pages.receipt_of(stored)
    # A mistyped number is shown again to be mended; a scanned code never is.
    typed = sale.code if answer and sale and answer.body["code"] == "CODE_MISTYPED" else ""
    return render_template(
        "voucher/till/scan.html",
        refusal=refused(answer) if answer else None,
        typed=typed,
        earlier=earlier,
        count=count,
        fen=fen,
        latest=slips.provider_slips(current_actor(), since=since, limit=RECENT).items,
    )


def _used_here(voucher_id: int) -> list[slips.Slip]:
    return slips.used_here(current_actor(), voucher_id=voucher_id, since=start_of_today())


# --- slips and the day -------------------------------------------------------------------------


@blueprint.get("/till/receipts/<receipt>")
def receipt(receipt: str) -> str:
    """Show a redemption's slip, to be printed; loading it again changes nothing."""
    require(current_actor(), "redemption.view")
    slip = slips.provider_slip(current_actor(), receipt)
    return render_template(
        "voucher/till/receipt.html",
        slip=slip,
        rows=wording.slip_facts(slip, slips.remaining_after(slip)),
        undone=slips.undone(slip),
    )


@blueprint.get("/till/receipts/<receipt>.pdf")
def receipt_pdf(receipt: str) -> Response:
    """Return the slip for an 80 mm till printer."""
    require(current_actor(), "redemption.view")
    return slip_pages.till_paper(slips.provider_slip(current_actor(), receipt))


@blueprint.get("/till/receipts/<receipt>/void")
def void(receipt: str) -> ResponseReturnValue:
    """Ask why a redemption is voided."""
    require(current_actor(), "redemption.void")
    slip = slips.provider_slip(current_actor(), receipt)
    if slip.state != "captured":
        return redirect(url_for(".receipt", receipt=receipt))
    return _void_form(slip)


@blueprint.post("/till/receipts/<receipt>/void")
def voided(receipt: str) -> ResponseReturnValue:
    """Void a redemption; the voucher gets back what it paid."""
    reason = slip_pages.VOID_REASONS.get(request.form.get("why", ""))
    answer = act("redemption.void", {"receipt": receipt, "reason": reason and str(reason)})
    if not answer.refused:
        flash(_("已撤销，凭单没有扣款。请收回小票。"), "good")
        return redirect(url_for(".receipt", receipt=receipt), 303)
    with transaction(readonly=True):
        slip = slips.provider_slip(current_actor(), receipt)
        unknown = "errors" in answer.body
        errors = {"why": _("请选择原因。") if unknown else answer.body["detail"]}
        return _void_form(slip, errors, slip_pages.kept_key(answer)), answer.status


def _void_form(slip: slips.Slip, errors: Mapping[str, Any] | None = None, key: str = "") -> str:
    return render_template(
        "voucher/till/void.html",
        slip=slip,
        reasons=list(slip_pages.VOID_REASONS.items()),
        errors=errors or {},
        key=key,
    )


@blueprint.get("/till/today")
def today() -> str:
    """Show today's redemptions with their sum, and what was refused and why."""
    require(current_actor(), REDEEM)
    since, before = start_of_today(), request.args.get("before", type=int)
    count, fen = slips.provider_total(current_actor(), since=since)
    return render_template(
        "voucher/till/today.html",
        found=slips.provider_slips(current_actor(), since=since, before=before),
        before=before,
        count=count,
        fen=fen,
        refusals=attempts.refused_attempts(current_actor(), since=since),
    )


def start_of_today() -> datetime:
    """Return the first instant of the business day."""
    return datetime.combine(clock.today(), time.min, clock.ZONE)
