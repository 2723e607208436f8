"""Prequalification (资格预审): who may be drawn for an invited tender is asked to apply, publicly.

Applications are papers handed to the purchaser; here stand the notice and the time it gives.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _

from core import clock
from core.access import Actor, fetch
from core.db import db
from core.errors import RuleBroken
from core.formats import day
from core.parties import Organisation
from plugins.contract_outsourcing.models import Tender
from plugins.contract_outsourcing.models import tenders as t
from plugins.contract_outsourcing.rules.methods import methods
from plugins.contract_outsourcing.service import figures, steps
from plugins.contract_outsourcing.service.tenders import AGREE, about

PREQUALIFY, NOTICE = "tender.prequalify", "prequalification"
BASIS = "政府采购法第三十四条、政府采购法实施条例第二十一条"
MOST = 200


def prequalify(
    actor: Actor,
    *,
    id: int,  # noqa: A002 - the field
    until: date,
) -> dict[str, Any]:
    """Publish a prequalification: applications are taken through a day, then lots are drawn.

    Refuses METHOD_WITHOUT_PREQUALIFICATION, NOTICE_FIELD_MISSING without conditions, and
    PREQUALIFICATION_TIME_TOO_SHORT.
    """
    tender = fetch(Tender, id, actor, AGREE)
    steps.tender.require(tender, PREQUALIFY)
    method, today = figures.method_of(tender), clock.today()
    if not method.prequalification:
        raise RuleBroken(
            "METHOD_WITHOUT_PREQUALIFICATION",
            _("“%(method)s”不做资格预审，请直接发布采购公告。", method=method.name),
            basis=BASIS,
        )
    if not tender.content.get("conditions"):
        raise RuleBroken(
            "NOTICE_FIELD_MISSING",
            _("资格预审公告须写明对承接主体的要求，请先补齐。"),
            basis=BASIS,
            missing=["conditions"],
        )
    first = figures.first_application_day(tender, today)
    if until < first:
        raise RuleBroken(
            "PREQUALIFICATION_TIME_TOO_SHORT",
            _(
                "%(on)s 发布资格预审公告，申请截止最早为 %(first)s，现在定在 %(until)s。请推迟。",
                on=day(today),
                first=day(first),
                until=day(until),
            ),
            basis=BASIS,
            errors={"until": [_("最早为 %(day)s", day=first)]},
            first_day=first.isoformat(),
        )
    said = {"published_on": today.isoformat(), "until": until.isoformat()}
    tender.content = tender.content | {NOTICE: said}
    db.session.flush()
    return about(tender) | {NOTICE: said}


def refuse_running(tender: Tender) -> None:
    """Refuse PREQUALIFICATION_RUNNING while applications are still taken."""
    until = until_of(tender)
    if until is not None and clock.today() <= until:
        raise RuleBroken(
            "PREQUALIFICATION_RUNNING",
            _("资格预审申请截止到 %(until)s（含当日），之后才能抽取受邀单位。", until=day(until)),
            basis=BASIS,
            until=until.isoformat(),
        )


def until_of(tender: Tender) -> date | None:
    """Return the last day for applications, None where there was no prequalification."""
    said = tender.content.get(NOTICE)
    return date.fromisoformat(said["until"]) if said else None


def listed(actor: Actor) -> dict[str, Any]:  # noqa: ARG001 - public
    """List the prequalifications that still take applications; of the tender no more is said."""
    may = [code for code, method in methods().items() if method.prequalification]
    rows = db.session.execute(
        db.select(Tender, Organisation.name)
        .join(Organisation, Organisation.id == Tender.organisation_id)
        .where(Tender.method.in_(may), Tender.state.in_([t.DRAFT, t.SUBMITTED]))
        .order_by(Tender.id.desc())
        .limit(MOST)
    )
    today = clock.today()
    return {
        "items": [
            {
                "id": tender.id,
                "name": tender.name,
                "organisation": name,
                "service": tender.content.get("service"),
                "conditions": tender.content["conditions"],
                "until": until.isoformat(),
            }
            for tender, name in rows
            if (until := until_of(tender)) is not None and until >= today
        ]
    }
