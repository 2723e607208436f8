"""What a demo county consists of, and how its people act: through acts only, on past days."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from core import access, clock
from core.access import ANONYMOUS, Actor, User
from core.acts import Answer, perform
from core.db import db, transaction
from core.demo.people import Inventor, Person
from core.plugins import registry

SYSTEM, VISITOR = "", "?"
KEYS = "demo:"


@dataclass(frozen=True)
class Resident:
    """A registered resident."""

    id: int
    person: Person

    def age_on(self, day: date) -> int:
        """Return the age in full years on a day."""
        born = self.person.born_on
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True)
class Provider:
    """A registered provider: `kind` is its one tag, `manager` and `clerk` are login names."""

    id: int
    name: str
    kind: str
    township: str
    manager: str
    clerk: str


class DemoRefusedError(RuntimeError):
    """An act of the demo that should have been accepted was refused: the demo is out of date."""


@dataclass
class World:
    """The county as the core prepared it; a plugin's `load_demo` goes on from here.

    Every act is performed under a request key counted from the start, so that a load that was
    interrupted goes on where it stopped. For that, what is asked of the acts must follow from
    `began`, from `inventor` and from earlier answers, never from what the database now says.

    `one_in` leaves out most people (8: all but an eighth), for who cannot wait for a whole county.
    `items` of the catalogue by code, `demands` that no plan answers yet by the item's code.
    `organisations` by what they are (finance, education, civil_affairs, ...), `users` by login,
    `logins` by role, `lines` by code, `facts` by resident and fact; the assessments of `lapsing`
    run out in the second month, and nobody has asked for new ones.
    """

    began: datetime
    say: Callable[[str], None]
    one_in: int = 1
    inventor: Inventor = field(default_factory=lambda: Inventor(430112))
    townships: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    logins: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    providers: list[Provider] = field(default_factory=list)
    elders: list[Resident] = field(default_factory=list)
    pupils: list[Resident] = field(default_factory=list)
    adults: list[Resident] = field(default_factory=list)
    infants: list[Resident] = field(default_factory=list)
    items: dict[str, int] = field(default_factory=dict)
    demands: dict[str, list[int]] = field(default_factory=dict)
    facts: dict[int, dict[str, str | int]] = field(default_factory=dict)
    lapsing: set[int] = field(default_factory=set)
    acts: int = 0
    _steps: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _actors: dict[str, Actor] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """Return the day on which the load began: the county has lived until then."""
        return clock.day_of(self.began)

    def some(self, whole: int, *, least: int) -> int:
        """Return how many of something a county of this size has, where a whole one has so many."""
        return max(least, whole // self.one_in)

    def month(self, back: int) -> date:
        """Return the first day of this month, or of the month so many months before."""
        months = self.today.year * 12 + self.today.month - 1 - back
        return date(months // 12, months % 12 + 1, 1)

    def at(self, day: date, wall: str) -> datetime:
        """Return a wall time (`09:30`) of a day as an instant."""
        return datetime.combine(day, time.fromisoformat(wall), tzinfo=clock.ZONE)

    def before(self, days: int, wall: str) -> datetime:
        """Return a wall time so many days before the first of the two full months."""
        return self.at(self.month(2) - timedelta(days), wall)

    def do(
        self, who: str, operation_id: str, /, *, at: datetime, key: str = "", **fields: Any
    ) -> dict[str, Any]:
        """Perform an act as a user (`SYSTEM`, `VISITOR`) at an instant, and return its body.

        Raises DemoRefusedError.
        """
        answer = self.attempt(who, operation_id, at=at, key=key, **fields)
        if answer.refused:
            said = f"{answer.body['detail']} {answer.body.get('errors', '')}"
            message = f"{operation_id} ({who or 'system'}): {answer.body['code']} {said}"
            raise DemoRefusedError(message)
        return answer.body

    def refused(
        self, who: str, operation_id: str, /, because: str, *, at: datetime, **fields: Any
    ) -> None:
        """Perform an act that must be refused with a code. Raises DemoRefusedError if it is not."""
        answer = self.attempt(who, operation_id, at=at, **fields)
        code = answer.body.get("code") if answer.refused else "accepted"
        if code != because:
            message = f"{operation_id} ({who}): {code} instead of {because}"
            raise DemoRefusedError(message)

    def attempt(
        self, who: str, operation_id: str, /, *, at: datetime, key: str = "", **fields: Any
    ) -> Answer:
        """Perform an act that may be refused, and return the answer."""
        step = next(self._steps)
        with clock.frozen(at):
            # What only reads leaves no trace to count.
            self.acts += not registry().acts[operation_id].reads
            actor = self._actor(who)
            return perform(operation_id, fields, actor=actor, key=KEYS + (key or str(step)))

    def _actor(self, login: str) -> Actor:
        if login == SYSTEM:
            return access.system("演示")
        if login == VISITOR:
            return ANONYMOUS
        if login not in self._actors:
            with transaction(readonly=True):
                user = db.session.scalars(db.select(User).filter_by(login=login)).one()
                grants = access.grants_of(user.id)
                self._actors[login] = Actor(
                    user.id, user.name, grants, resident_id=user.resident_id
                )
        return self._actors[login]
