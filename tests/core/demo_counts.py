"""What tests count in the demo county."""

from __future__ import annotations

from sqlalchemy import func

from core.db import db
from plugins.contract_outsourcing.models import Contract, Milestone

ROADS = "农村公路日常养护合同"
THIN = 8  # of so many people of the county one is there: enough for every story


def count(model, *conditions):
    return db.session.scalar(db.select(func.count()).select_from(model).where(*conditions))


def by_state(model):
    return dict(
        db.session.execute(db.select(model.state, func.count()).group_by(model.state)).all()
    )


def states_of(name):
    """Return the states of a contract's milestones, in their order."""
    query = db.select(Milestone.state).join(Contract, Contract.id == Milestone.contract_id)
    return list(db.session.scalars(query.where(Contract.name == name).order_by(Milestone.sequence)))
