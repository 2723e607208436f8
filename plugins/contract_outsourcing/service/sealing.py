"""Where a tender's key is made as it is published."""

from __future__ import annotations

from plugins.contract_outsourcing.models import Tender


def prepare(tender: Tender) -> None:
    """Make the tender's key as it is published."""
    del tender
