"""Which rows of docs/requirements.yaml the tests show: tags read from their source, never run.

`python -m tests.requirements` writes docs/requirements.md; tests/test_requirements.py checks both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
DATA = ROOT / "docs" / "requirements.yaml"
PAGE = ROOT / "docs" / "requirements.md"
SCENARIOS = "scenarios"
KINDS = ("feature", "rule", "report")
SHOWN, IN_PART, OPEN = "shown", "in part", "open"

ROW = re.compile(r"\bR\d{3}-\d{2}\b")
PART = re.compile(r"part of ((?:R\d{3}-\d{2}(?:, | and )?)+)")
CODE = re.compile(r"[A-Z]+(_[A-Z]+)+")
MARK = "pytest.mark.requirement"
# Calls that ask the ledger: of the core, and of the tests' worlds that pass the question on.
LEDGER = {"balance", "balances", "rooms", "pool_totals", "reserved", "fin", "books"}


@dataclass(frozen=True)
class Row:
    """A row: its id, what kind it is, what it asks for, and the code of its refusal if fixed."""

    id: str
    kind: str
    title: str
    refused: str | None
    source: str


@dataclass(frozen=True)
class Shown:
    """A test with its tags: rows it shows whole, rows it shows in part, what it speaks of.

    `codes` are the codes of refusals, `asks_ledger` says that it compares a figure of the ledger.
    """

    rows: tuple[str, ...]
    parts: tuple[str, ...]
    path: str
    sentence: str
    codes: frozenset[str]
    asks_ledger: bool


def rows() -> list[Row]:
    """Return every row in the order of the papers."""
    papers = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return [
        _row(name, told, paper["source"])
        for paper in papers.values()
        for name, told in paper["rows"].items()
    ]


def _row(name: str, told: dict[str, str], source: str) -> Row:
    kinds = [kind for kind in KINDS if kind in told]
    unknown = set(told) - {*KINDS, "refused"}
    if len(kinds) != 1 or unknown or ("refused" in told and kinds != ["rule"]):
        raise ValueError(f"{name}: one of {', '.join(KINDS)}; a rule may have `refused`.")
    return Row(name, kinds[0], told[kinds[0]], told.get("refused"), source)


# --- tags --------------------------------------------------------------------------------------


def shown(root: Path = ROOT) -> list[Shown]:
    """Return every tagged test and scenario, by path.

    A test is tagged by the mark `requirement` on itself, on one of its parameters, on its class or
    on its module, with `in_part=True` where it shows only a part of its rows; a scenario by the
    rows that its opening comment names, "part of R000-01" for a part.
    """
    tests = [
        one
        for path in sorted((root / "tests").rglob("test_*.py"))
        for one in _Module(path, path.relative_to(root).as_posix()).tests()
    ]
    scenarios = [
        _scenario(path, path.relative_to(root).as_posix())
        for path in sorted((root / "tests" / SCENARIOS).glob("*.yaml"))
    ]
    return [one for one in tests + scenarios if one.rows or one.parts]


def _scenario(path: Path, name: str) -> Shown:
    text = path.read_text(encoding="utf-8")
    # Its lines as one, so that "part of" counts where it ends a line, too.
    opening = text[: text.index("\nrehearsal:")].replace("\n# ", " ")
    played = yaml.safe_load(text)
    codes = {
        step["expect"]["refused"]
        for step in played["events"]
        if "refused" in step.get("expect", {})
    }
    figures = "final" in played or any("balances" in step for step in played["events"])
    tags = Tags(
        ROW.findall(PART.sub("", opening)),
        [row for part in PART.findall(opening) for row in ROW.findall(part)],
    )
    return Shown(*tags.once(), name, played["rehearsal"]["title"], frozenset(codes), figures)


@dataclass(frozen=True)
class Tags:
    """The rows that marks name: shown whole, and in part."""

    whole: list[str] = field(default_factory=list)
    part: list[str] = field(default_factory=list)

    def __add__(self, other: Tags) -> Tags:
        """Return both together."""
        return Tags(self.whole + other.whole, self.part + other.part)

    def once(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return each row once, in order."""
        return tuple(dict.fromkeys(self.whole)), tuple(dict.fromkeys(self.part))


class _Module:
    """One file of tests: what its tests are tagged with, and what they name in the same file."""

    def __init__(self, path: Path, name: str) -> None:
        """Read the file and find what it defines."""
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.name = name
        self.defined: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            match node:
                case ast.FunctionDef() | ast.ClassDef():
                    self.defined[node.name] = node
                case (
                    ast.Assign(targets=[ast.Name(id=target)])
                    | ast.AnnAssign(target=ast.Name(id=target))
                ):
                    self.defined[target] = node

    def tests(self) -> Iterator[Shown]:
        """Return the tests with their tags."""
        yield from self._tests(self.tree.body, _own_marks(self.tree.body, self.name))

    def _tests(self, body: list[ast.stmt], outer: Tags) -> Iterator[Shown]:
        for node in body:
            if isinstance(node, ast.ClassDef):
                inner = _tags(node.decorator_list, self.name) + _own_marks(node.body, self.name)
                yield from self._tests(node.body, outer + inner)
            elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                tags = outer + _tags(node.decorator_list, self.name)
                if tags != Tags():
                    yield self._shown(node, tags)

    def _shown(self, node: ast.FunctionDef, tags: Tags) -> Shown:
        sentence = node.name.removeprefix("test_").replace("_", " ")
        data = self._reach(node, (ast.Assign, ast.AnnAssign))
        every = self._reach(node, (ast.stmt,))
        codes = {
            part.value
            for one in data
            for part in ast.walk(one)
            if isinstance(part, ast.Constant)
            and isinstance(part.value, str)
            and CODE.fullmatch(part.value)
        }
        asks = any(_asks_ledger(part) for one in every for part in ast.walk(one))
        asserts = any(isinstance(part, ast.Assert) for part in ast.walk(node))
        return Shown(*tags.once(), self.name, sentence, frozenset(codes), asks and asserts)

    def _reach(self, node: ast.stmt, kinds: tuple[type[ast.stmt], ...]) -> list[ast.stmt]:
        """Return a test with everything of some kinds that it names in its file, near and far."""
        found, ahead = [node], [node]
        while ahead:
            for name in _names(ahead.pop()):
                one = self.defined.get(name)
                if isinstance(one, kinds) and one not in found:
                    found.append(one)
                    ahead.append(one)
        return found


def _names(node: ast.stmt) -> Iterator[str]:
    """Return the names a statement uses, fixtures among them."""
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name) | ast.arg(arg=name):
                yield name


def _asks_ledger(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func).rpartition(".")[2]
    return called in LEDGER or "ledger" in called


def _own_marks(body: list[ast.stmt], place: str) -> Tags:
    """Return the tags that `pytestmark` gives to everything in a module or a class."""
    marks = [
        node.value
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    return _tags(marks, place)


def _tags(nodes: Iterable[ast.expr], place: str) -> Tags:
    """Return the rows that marks name, also those on single parameters.

    Raises ValueError for a row that is not written out.
    """
    found = Tags()
    for call in (part for node in nodes for part in ast.walk(node)):
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != MARK:
            continue
        named = [getattr(argument, "value", None) for argument in call.args]
        words = [ast.unparse(keyword) for keyword in call.keywords]
        if not all(isinstance(row, str) for row in named) or words not in ([], ["in_part=True"]):
            raise ValueError(f'{place}: {MARK}("R000-18"), rows written out, or in_part=True.')
        found += Tags([], named) if words else Tags(named)
    return found


# --- the page ----------------------------------------------------------------------------------

OPENING = """\
# Requirements

What five papers on the purchase of services ask of this software, row by row, and which test
shows it. Written by `make docs` from `requirements.yaml` and from the tests: a row is **shown**
when all it asks for is there and a test is tagged with it (`@pytest.mark.requirement("R000-18")`;
a scenario names its rows in its opening comment); **in part** when only something of it is
(`in_part=True`); else it is open.

- A **feature** is shown by a story: somebody does it, and it works.
- A **rule** is shown by a test that asserts the code of the [refusal](errors.md): the one that
  stands beside it, where one does.
- A **report** is shown by a test that compares the figure with the [ledger](ledger.md).
"""


def page(found: list[Shown] | None = None) -> str:
    """Return the text of docs/requirements.md."""
    told = rows()
    by_row: dict[str, list[Shown]] = {row.id: [] for row in told}
    for one in shown() if found is None else found:
        for tag in (*one.rows, *one.parts):
            by_row.setdefault(tag, []).append(one)
    sources = list(dict.fromkeys(row.source for row in told))
    parts = [OPENING, _counts(told, by_row)]
    for source in sources:
        parts.append(f"\n## {source}\n")
        parts.append(_table((row for row in told if row.source == source), by_row))
    return "\n".join(parts) + "\n"


def _counts(told: list[Row], by_row: dict[str, list[Shown]]) -> str:
    def cell(some: list[Row]) -> str:
        return f"{sum(_state(row, by_row[row.id]) == SHOWN for row in some)} of {len(some)}"

    lines = ["| shown | " + " | ".join(KINDS) + " | all |", "| --- " * 5 + "|"]
    for source in dict.fromkeys(row.source for row in told):
        own = [row for row in told if row.source == source]
        kinds = [cell([row for row in own if row.kind == kind]) for kind in KINDS]
        lines.append(f"| {source} | {' | '.join(kinds)} | {cell(own)} |")
    kinds = [cell([row for row in told if row.kind == kind]) for kind in KINDS]
    lines.append(f"| all | {' | '.join(kinds)} | {cell(told)} |")
    return "\n".join(lines)


def _state(row: Row, tests: list[Shown]) -> str:
    if any(row.id in one.rows for one in tests):
        return SHOWN
    return IN_PART if tests else OPEN


def _table(told: Iterable[Row], by_row: dict[str, list[Shown]]) -> str:
    lines = ["| row | kind | asks for | state | shown by |", "| --- " * 5 + "|"]
    for row in told:
        tests = by_row[row.id]
        kind = f"{row.kind} `{row.refused}`" if row.refused else row.kind
        state = _state(row, tests)
        links = "<br>".join(f"[{one.sentence}](../{one.path})" for one in tests)
        lines.append(f"| {row.id} | {kind} | {row.title} | {state} | {links} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
