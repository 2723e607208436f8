"""The staff's main navigation: which pages under which of the five questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from core.access import ANONYMOUS, Actor
from core.plugins import ask

QUESTIONS = ("who_buys", "what", "from_whom", "how", "worth")
DOOR = "door"


@dataclass(frozen=True)
class Todo:
    """Something that waits for a person: how many, of what, and where to deal with it."""

    count: int
    label: str
    url: str


@dataclass(frozen=True)
class MenuItem:
    """A page offered to a person, under one of the five questions.

    `waiting(actor)` tells what waits there for that person; it runs on the start page only. Under
    the question `DOOR` a page is offered to the public, with `label` and a `hint` of a sentence;
    whoever holds no role but those in `start_of` begins there.
    """

    question: str
    label: str
    endpoint: str
    order: int = 50
    hint: str = ""
    start_of: tuple[str, ...] = ()
    waiting: Callable[[Actor], list[Todo]] | None = None


def doors() -> list[MenuItem]:
    """Return the pages offered to the public on the front page."""
    offered: list[MenuItem] = ask("menu_items", actor=ANONYMOUS)
    return sorted((item for item in offered if item.question == DOOR), key=lambda i: i.order)


def todos(actor: Actor) -> list[Todo]:
    """Return what waits for a person, in menu order."""
    items: list[MenuItem] = sorted(ask("menu_items", actor=actor), key=lambda item: item.order)
    found = [todo for item in items if item.waiting for todo in item.waiting(actor)]
    return [todo for todo in found if todo.count]


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
    here = _here(items)
    offered = [
        {
            "question": titles[question],
            "items": [
                {
                    "label": item.label,
                    "url": url_for(item.endpoint),
                    "active": item.endpoint == here,
                }
                for item in items
                if item.question == question
            ],
        }
        for question in QUESTIONS
    ]
    return [group for group in offered if group["items"]]


def _here(items: list[MenuItem]) -> str | None:
    """Return the page of the menu one is on, or whose part the present page is."""
    above = [
        item.endpoint
        for item in sorted(items, key=lambda item: -len(url_for(item.endpoint)))
        if request.path.startswith(url_for(item.endpoint))
    ]
    return next(iter(above), None)
