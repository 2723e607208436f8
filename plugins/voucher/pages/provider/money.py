"""What a provider was paid, and the bank account it is paid to."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func

from core import clock, privacy
from core.access import Actor, scoped, visible
from core.db import db
from core.parties import BankAccount, payable_account
from core.settlement import queries
from core.settlement.models import REJECTED, Payment
from core.web import current_actor
from core.web.forms import act, done_or_again, fresh, page_of, shown_again
from core.web.menu import Todo
from plugins.voucher.pages.provider import mount

SHOWN = 20
TONES = {"paid": "good", "rejected": "bad", "in_transit": "wait", "pending": "wait"}


def waiting(actor: Actor) -> list[Todo]:
    """Count the payments the bank sent back and nobody has paid since."""
    if not actor.may("party.manage") or not actor.may("payment.view"):
        return []
    count = db.session.scalar(
        db.select(func.count()).where(
            visible(Payment, actor, "payment.view"), Payment.state == REJECTED, _unpaid_since()
        )
    )
    return [
        Todo(int(count or 0), _("笔付款被银行退回"), url_for("voucher_provider.payments.index"))
    ]


def _unpaid_since() -> Any:
    later = db.aliased(Payment)
    return ~(
        db.select(later.id)
        .where(later.payee_id == Payment.payee_id, later.id > Payment.id)
        .where(later.state != REJECTED)
        .exists()
    )


@mount.payments.get("", endpoint="index")
def payments() -> str:
    """List what was paid, is on its way, or came back, newest first."""
    mount.own_provider()
    before = page_of(request.args.get("before"))
    found = queries.payments(current_actor(), before=before)
    return render_template(
        "voucher/provider/payments.html",
        rows=[_payment(item) for item in found["items"]],
        next_url=url_for("voucher_provider.payments.index", before=found["next_before"])
        if found["next_before"]
        else "",
        first_url=url_for("voucher_provider.payments.index") if before is not None else "",
    )


def _payment(item: dict[str, Any]) -> dict[str, Any]:
    result = item["result_at"]
    return {
        "number": item["end_to_end_id"],
        "for": "、".join(dict.fromkeys(claim["title"] for claim in item["claims"])),
        "account": f"{item['bank']} {item['account']}",
        "fen": item["amount_fen"],
        "at": clock.instant(result) if result else None,
        "state": (item["state_name"], TONES.get(item["state"], "plain")),
        "reason": item["reason"] or "",
    }


# --- the account -------------------------------------------------------------------------------


@mount.accounts.get("", endpoint="index")
def accounts() -> str:
    """Show the account that is paid to, and ask for another."""
    mount.own_provider()
    return _accounts_page(fresh())


@mount.accounts.post("", endpoint="add")
def account_added() -> ResponseReturnValue:
    """Record another account; it is paid to once finance verified it."""
    fields: dict[str, Any] = {
        name: request.form.get(name, "") for name in ("bank", "holder", "number")
    }
    fields["organisation_id"] = page_of(request.form.get("organisation_id"))
    return done_or_again(
        act("party.add_bank_account", fields),
        done=_("账户已登记，财政核验后启用。核验之前，款项仍付到原账户。"),
        to=url_for("voucher_provider.accounts.index"),
        again=lambda refused: _accounts_page(shown_again(refused)),
    )


def _accounts_page(form: dict[str, Any]) -> str:
    provider = mount.own_provider()
    query = scoped(BankAccount, current_actor(), "party.manage").where(
        BankAccount.party_id == provider
    )
    paid_to = payable_account(provider)
    return render_template(
        "voucher/provider/accounts.html",
        **form,
        organisation_id=provider,
        rows=[
            {
                "bank": row.bank,
                "holder": row.holder,
                "number": privacy.mask_account(row.number),
                "added_at": row.added_at,
                "state": _account_state(row, paid_to),
            }
            for row in db.session.scalars(query.order_by(BankAccount.id.desc()).limit(SHOWN))
        ],
    )


def _account_state(row: BankAccount, paid_to: BankAccount | None) -> tuple[str, str]:
    if paid_to is not None and row.id == paid_to.id:
        return _("收款用"), "good"
    return (_("待核验"), "wait") if row.verified_at is None else (_("已停用"), "plain")
