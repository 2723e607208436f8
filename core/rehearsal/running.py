"""Play a rehearsal through the registered acts and list everything that differs from its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from core import access, clock
from core.access import Actor, User
from core.acts import Answer, perform
from core.db import db, transaction
from core.lines import Json
from core.plugins import registry
from core.rehearsal import books
from core.rehearsal.books import Mark
from core.rehearsal.names import Names, UnknownNameError, pick
from core.rehearsal.script import SYSTEM, Event, Expected, Script, read

CHECKED_AS = "final"


@dataclass(frozen=True)
class Mismatch:
    """Something that is not as the file says: where the file says it, and the difference."""

    path: Path
    line: int
    event: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.event}: {self.text}"


@dataclass(frozen=True)
class Step:
    """One event as it was played."""

    event: Event
    sent: int
    refusals: tuple[str, ...]
    replayed: bool


@dataclass
class Outcome:
    """A played rehearsal; in order when `mismatches` is empty.

    `events` counts the file's events without its setup, `refusals` those that were refused.
    """

    title: str
    steps: list[Step] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)

    @property
    def events(self) -> int:
        """Return how many events were played."""
        return sum(not step.event.is_setup for step in self.steps)

    @property
    def refusals(self) -> int:
        """Return how many events were refused."""
        return sum(bool(step.refusals) and not step.event.is_setup for step in self.steps)


@dataclass(frozen=True)
class _Request:
    """What was sent, so that it can be sent again."""

    operation_id: str
    payload: dict[str, Json]
    actor: Actor
    key: str | None


def rehearse(path: str | Path, *, twice: bool = False) -> Outcome:
    """Play a rehearsal file in the current app's database and return what came of it.

    Requests carry keys made from the file, so a file that was played before only hears its
    answers again. `twice` plays it a second time at once and also compares every answer, every
    final figure and every table's number of rows. Raises BadFileError for a faulty file;
    differences are listed, not raised.
    """
    script = read(Path(path))
    first = _Run(script)
    first.play()
    if twice:
        rows = books.row_counts()
        second = _Run(script, heard=first.heard)
        second.play()
        first.outcome.mismatches += [
            replace(found, text=f"再次排演：{found.text}") for found in second.outcome.mismatches
        ]
        now = books.row_counts()
        for table in sorted(name for name in rows if rows[name] != now[name]):
            text = f"再次排演后表 {table} 由 {rows[table]} 行变为 {now[table]} 行"
            first.outcome.mismatches.append(first.mismatch(script.end_line, CHECKED_AS, text))
    return first.outcome


class _Run:
    """One playing of a script."""

    def __init__(self, script: Script, heard: dict[str, dict[str, Json]] | None = None) -> None:
        self.script = script
        self.names = Names()
        self.outcome = Outcome(script.title)
        self.sent: dict[tuple[str, str | None], _Request] = {}
        self.heard: dict[str, dict[str, Json]] = {}
        self.heard_before = heard
        # Figures at a checkpoint are only there to be seen while its events really happen.
        self.happening = True

    def play(self) -> None:
        """Play every event, then look at the final figures and run every check."""
        for event in self.script.events:
            with clock.frozen(event.at):
                self._event(event)
        with clock.frozen(self.script.events[-1].at):
            self._compare(self.script.final, CHECKED_AS)
            for check, finding in books.findings():
                text = f"检查“{check.name}”：{finding.where} 应为 {finding.expected}，"
                self._note(self.script.end_line, CHECKED_AS, f"{text}实为 {finding.found}")

    def mismatch(self, line: int, event: str, text: str) -> Mismatch:
        """Return a difference at a line of this script."""
        return Mismatch(self.script.path, line, event, text)

    def _note(self, line: int, event: str, text: str) -> None:
        self.outcome.mismatches.append(self.mismatch(line, event, text))

    def _event(self, event: Event) -> None:
        answers: list[Answer] = []
        for item in event.items or self._items_again(event):
            try:
                request = self._request(event, item)
                answers.append(self._send(event, item, request))
            except UnknownNameError as error:
                self._note(event.line, _called(event, item), f"没有找到“{error}”")
        codes = tuple(sorted({answer.body["code"] for answer in answers if answer.refused}))
        replayed = bool(answers) and all(answer.replayed for answer in answers)
        self.outcome.steps.append(Step(event, len(answers), codes, replayed))
        if event.again is None and answers:
            self.happening = not replayed
        if self.happening:
            self._compare(event.balances, event.id)

    def _items_again(self, event: Event) -> tuple[str | None, ...]:
        if event.again is None:
            return (None,)
        return tuple(item for sender, item in self.sent if sender == event.again)

    def _request(self, event: Event, item: str | None) -> _Request:
        if event.again is not None:
            if (event.again, item) not in self.sent:
                raise UnknownNameError(event.again)
            return self.sent[event.again, item]
        key = event.key if item is None else f"{event.key}/{item}"
        request = _Request(
            event.do,
            self.names.fill(event.fields, item),
            self._actor(event.by),
            None if registry().acts[event.do].reads else key,
        )
        self.sent[event.id, item] = request
        return request

    def _actor(self, name: str) -> Actor:
        """Return an actor with the roles in force now; raises UnknownNameError."""
        if name == SYSTEM:
            return access.system()
        wanted = self.names.fill(self.script.actors[name])
        with transaction(readonly=True):
            user = db.session.scalar(db.select(User).where(User.login == str(wanted["user"])))
            if user is None:
                raise UnknownNameError(wanted["user"])
            return Actor(
                user.id,
                user.name,
                access.grants_of(user.id),
                device_id=int(wanted["device"]) if "device" in wanted else None,
                resident_id=user.resident_id,
            )

    def _send(self, event: Event, item: str | None, request: _Request) -> Answer:
        before = books.mark(self.script.figures, self.names) if event.refused else None
        answer = perform(
            request.operation_id, request.payload, actor=request.actor, key=request.key
        )
        called = _called(event, item)
        for text in self._differences(event, item, answer):
            self._note(event.line, called, text)
        if before is not None and answer.refused:
            for text in self._traces(before, answer, request):
                self._note(event.line, called, text)
        if event.again is None:
            self._compare_hearing(event, item, answer, request)
        if not answer.refused:
            self.names.remember(event.remember, answer.body, item)
        return answer

    def _differences(self, event: Event, item: str | None, answer: Answer) -> Iterator[str]:
        """Find how an answer differs from what the event expects."""
        if event.again is not None:
            if answer.body != self.heard[_called_as(event.again, item)]:
                yield "重发的答复与第一次不同"
            if not answer.replayed and self.sent[event.again, item].key is not None:
                yield "重发的请求又办理了一次"
        elif answer.refused and answer.body["code"] != event.refused:
            wanted = f"以 {event.refused} 拒绝" if event.refused else "受理"
            told = f"{answer.body['code']}:{answer.body['detail']}{answer.body.get('errors', '')}"
            yield f"应{wanted}，实为拒绝 {told}"
        elif event.refused and not answer.refused:
            yield f"应以 {event.refused} 拒绝，实为受理"
        elif event.refused:
            yield from _lacking(self.names.fill(event.facts, item), answer.body["facts"], "facts")
        for path, wanted in event.answer.items():
            try:
                found = pick(answer.body, path)
            except UnknownNameError:
                yield f"答复中没有 {path}"
            else:
                yield from _lacking(self.names.fill(wanted, item), found, path)

    def _traces(self, before: Mark, answer: Answer, request: _Request) -> Iterator[str]:
        """Find what a refusal changed, and whether it left its one entry in the trail."""
        after = books.mark(self.script.figures, self.names)
        for name, amount in (before.figures | before.totals).items():
            now = (after.figures | after.totals)[name]
            if now != amount:
                yield f"拒绝改变了账面：{name} 由 {amount} 变为 {now}"
        entries = 0 if answer.replayed or request.key is None else 1
        if after.audited - before.audited != entries:
            yield f"拒绝应留痕 {entries} 条，实为 {after.audited - before.audited} 条"

    def _compare_hearing(
        self, event: Event, item: str | None, answer: Answer, request: _Request
    ) -> None:
        """Keep an answer; on a second playing, compare it with the first."""
        called = _called_as(event.id, item)
        self.heard[called] = answer.body
        if self.heard_before is None or request.key is None:
            return
        if not answer.replayed or answer.body != self.heard_before.get(called):
            self._note(event.line, called, "答复与第一次不同")

    def _compare(self, expected: list[Expected], event: str) -> None:
        for one in expected:
            found = books.figure(one, self.names)
            if found != one.amount:
                said = "没有这一户" if found is None else f"{found}"
                self._note(one.line, event, f"{one.figure} 应为 {one.amount}，实为 {said}")


def _called(event: Event, item: str | None) -> str:
    return _called_as(event.id, item)


def _called_as(event: str, item: str | None) -> str:
    return event if item is None else f"{event}/{item}"


def _lacking(wanted: Json, found: Json, where: str) -> Iterator[str]:
    """Find what expected data holds that the found data does not hold in the same place."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, part in wanted.items():
            yield from _lacking(part, found.get(key), f"{where}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, part in enumerate(wanted):
            yield from _lacking(part, found[index], f"{where}[{index}]")
    elif wanted != found:
        yield f"{where} 应为 {wanted!r}，实为 {found!r}"
