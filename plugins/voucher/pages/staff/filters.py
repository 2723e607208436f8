"""Which redemptions somebody asks for: the search form's fields as conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select

from core.access import Actor, scoped
from core.db import db
from core.parties import Resident
from plugins.voucher.models import Redemption, Voucher

STATES = ("captured", "voided", "reversed", "clawed_back")


@dataclass(frozen=True)
class Filters:
    """What is asked for; None or empty asks for all. Days are service days, inclusive."""

    programme: int | None = None
    voucher: int | None = None
    provider: int | None = None
    service: str = ""
    township: str = ""
    state: str = ""
    receipt: str = ""
    first: date | None = None
    last: date | None = None

    def select(self, actor: Actor) -> Select[Any]:
        """Return the select of the redemptions asked for, of those the actor may see."""
        given = {
            Redemption.programme_id: self.programme,
            Redemption.voucher_id: self.voucher,
            Redemption.provider_id: self.provider,
            Redemption.service_code: self.service,
            Redemption.state: self.state,
            Redemption.receipt: self.receipt,
        }
        query = scoped(Redemption, actor, "redemption.view").where(
            *(column == value for column, value in given.items() if value)
        )
        if self.first:
            query = query.where(Redemption.service_on >= self.first)
        if self.last:
            query = query.where(Redemption.service_on <= self.last)
        if self.township:
            holders = (
                db.select(Voucher.id)
                .join(Resident, Resident.id == Voucher.resident_id)
                .where(Resident.division_code == self.township)
            )
            query = query.where(Redemption.voucher_id.in_(holders))
        return query


def asked(given: Mapping[str, str]) -> Filters:
    """Read the search form's fields; what is no number or day is not asked for."""
    return Filters(
        programme=_number(given.get("programme")),
        voucher=_number(given.get("voucher")),
        provider=_number(given.get("provider")),
        service=given.get("service", ""),
        township=given.get("township", ""),
        state=given.get("state", "") if given.get("state") in STATES else "",
        receipt=given.get("receipt", "").strip().upper(),
        first=_day(given.get("from")),
        last=_day(given.get("to")),
    )


def _number(text: str | None) -> int | None:
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 16 else None  # noqa: PLR2004 - fits the column


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
