"""What the ledger says was paid for each milestone: nothing else is called paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func

from core.db import db
from core.ledger import Journal, Transfer
from plugins.contract_outsourcing.service import postings


def by_milestone(ids: Iterable[int]) -> dict[int, tuple[int, datetime]]:
    """Return by milestone how much (fen) the bank has confirmed, and when that was posted."""
    sources = {f"milestone:{number}/paid": number for number in ids}
    rows = db.session.execute(
        db.select(Journal.source, Journal.posted_at, func.sum(Transfer.amount_fen))
        .join(Transfer, Transfer.journal_id == Journal.id)
        .where(Journal.entry_kind == postings.SETTLED, Journal.source.in_(sources))
        .group_by(Journal.id, Journal.source, Journal.posted_at)
    )
    return {sources[source]: (int(fen), at) for source, at, fen in rows}
