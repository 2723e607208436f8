"""The staff's main navigation: which pages under which of the five questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from core.access import Actor
from core.plugins import ask

QUESTIONS = ("who_buys", "what", "from_whom", "how", "worth")


@dataclass(frozen=True)
class MenuItem:
    """A page offered to a person, under one of the five questions."""

    question: str
    label: str
    endpoint: str
    order: int = 50


def core_items(actor: Actor) -> list[MenuItem]:
    """Return the core's pages that a person may open."""
    offered = (
        ("access.view", MenuItem("who_buys", _("人员与岗位"), "people.index", 90)),
        ("party.view", MenuItem("who_buys", _("单位"), "parties.index", 10)),
        ("budget.view", MenuItem("how", _("指标"), "budget.index", 10)),
        ("settlement.view", MenuItem("how", _("支付批次"), "settlement.index", 60)),
        ("resident.import", MenuItem("what", _("居民名单"), "residents.index", 40)),
        ("audit.view", MenuItem("worth", _("留痕与核验"), "audit.index", 90)),
    )
    return [item for permission, item in offered if actor.may(permission)]


def groups(actor: Actor) -> list[dict[str, Any]]:
    """Return the menu as the layout wants it: the five questions, each with its pages."""
    titles = {
        "who_buys": _("谁来买"),
        "what": _("买什么"),
        "from_whom": _("向谁买"),
        "how": _("怎么买"),
        "worth": _("买得值"),
    }
    items: list[MenuItem] = sorted(ask("menu_items", actor=actor), key=lambda item: item.order)
    return [
        {
            "question": titles[question],
            "items": [
                {
                    "label": item.label,
                    "url": url_for(item.endpoint),
                    "active": request.endpoint == item.endpoint,
                }
                for item in items
                if item.question == question
            ],
        }
        for question in QUESTIONS
    ]
