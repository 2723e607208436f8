"""Every refusal the code can raise, found by reading the code rather than by running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.docs.declared import table as markdown

PACKAGES = ("core", "plugins")
ROOT_CLASS = "Refusal"
GAP = "…"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@dataclass(frozen=True)
class Found:
    """One place that refuses: the code, the sentence with gaps for its figures, the basis."""

    code: str
    status: int
    sentence: str
    basis: str
    module: str


@dataclass(frozen=True)
class _Kind:
    """A class of the family: where its status and its code come from."""

    bases: tuple[str, ...]
    status: int | None
    default_code: str | None


@cache
def scan(root: Path) -> list[Found]:
    """Return every refusal with a code written in the code, in order of code and module."""
    trees = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
    }
    # To go through all of the code takes seconds, so once is enough.
    calls: list[tuple[str, ast.Call]] = []
    classes: list[ast.ClassDef] = []
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                calls.append((module, node))
            elif isinstance(node, ast.ClassDef):
                classes.append(node)
    reader = _Reader(trees, classes)
    found = {refusal for module, call in calls for refusal in reader.refusals(call, module)}
    return sorted(found, key=lambda one: (one.code, one.module, one.sentence))


def table_rows(found: list[Found]) -> Iterator[tuple[str, ...]]:
    """Return one row per code: its status, its sentences, their bases, where it is raised."""
    for code in dict.fromkeys(one.code for one in found):
        same = [one for one in found if one.code == code]
        yield (
            f"`{code}`",
            _joined(str(one.status) for one in same),
            _joined(one.sentence for one in same),
            _joined(one.basis for one in same),
            _joined(f"`{one.module}`" for one in same),
        )


def table(root: Path) -> str:
    """Return the table of all refusals."""
    return markdown(("code", "HTTP", "says", "basis", "raised in"), table_rows(scan(root)))


def _joined(texts: Iterator[str]) -> str:
    return "<br>".join(dict.fromkeys(text for text in texts if text)) or "—"


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Return each name that is assigned, with its value: `A, B = 1, 2` has two."""
    match node.targets[0], node.value:
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            yield from zip(names, values, strict=False)
        case name, value:
            yield name, value


class _Reader:
    """What the modules say together: the family of refusals and the sentences kept in names."""

    def __init__(self, trees: dict[str, ast.Module], classes: list[ast.ClassDef]) -> None:
        # By module and name: the sentences kept there, and where an imported name comes from.
        self.sentences = {
            (module, ast.unparse(name)): value
            for module, tree in trees.items()
            for node in tree.body
            if isinstance(node, ast.Assign)
            for name, value in _pairs(node)
        }
        self.imported = {
            (module, one.asname or one.name): (node.module or "", one.name)
            for module, tree in trees.items()
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for one in node.names
        }
        self.family = self._family(classes)

    def refusals(self, node: ast.Call, module: str) -> Iterator[Found]:
        """Return the refusal a call makes, none for other calls and for codes not written out."""
        name = ast.unparse(node.func).rpartition(".")[2]
        if name not in self.family:
            return
        words = {keyword.arg: keyword.value for keyword in node.keywords}
        code = self.family[name].default_code
        texts = [self._text(argument, module) for argument in node.args]
        if code is None:
            code, *texts = texts or [""]
        elif "code" in words:
            code = self._text(words["code"], module)
        if code:
            sentence = texts[0] if texts else ""
            basis = self._text(words.get("basis"), module)
            yield Found(code, self._status(name), sentence, basis, module)

    def _family(self, written: list[ast.ClassDef]) -> dict[str, _Kind]:
        """Return the classes that descend from Refusal, by name."""
        classes = {node.name: self._kind(node) for node in written}
        family = {ROOT_CLASS}
        while more := {
            name
            for name, kind in classes.items()
            if name not in family and family & set(kind.bases)
        }:
            family |= more
        return {name: classes[name] for name in family}

    def _kind(self, node: ast.ClassDef) -> _Kind:
        status = default = None
        for part in node.body:
            if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "status":
                status = int(self._text(part.value))
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                names = [argument.arg for argument in part.args.kwonlyargs]
                if "code" in names:
                    default = self._text(part.args.kw_defaults[names.index("code")])
        return _Kind(tuple(ast.unparse(base) for base in node.bases), status, default)

    def _status(self, name: str) -> int:
        kind = self.family[name]
        if kind.status is not None:
            return kind.status
        return self._status(next(base for base in kind.bases if base in self.family))

    def _text(self, node: ast.expr | None, module: str = "") -> str:
        """Return a module's literal as text, with gaps for what is only known when it runs."""
        parts: list[ast.expr] = []
        match node:
            case ast.Constant(value=value):
                return PLACEHOLDER.sub(GAP, str(value))
            case ast.FormattedValue():
                return GAP
            case ast.JoinedStr(values=written) | ast.List(elts=written):
                parts = written
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                parts = [left, right]
            case ast.Call(func=ast.Name("_") | ast.Attribute(attr="join"), args=[text, *_rest]):
                parts = [text]
            case ast.Name(id=name) | ast.Attribute(attr=name) if name.strip("_").isupper():
                module, name = self._home(node, module)
                if found := self.sentences.get((module, name)):
                    parts = [found]
        return "".join(self._text(part, module) for part in parts)

    def _home(self, node: ast.expr, module: str) -> tuple[str, str]:
        """Return the module that keeps a name, and its name there."""
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return ".".join(self.imported.get((module, owner), (owner,))), name
            case ast.Name(id=name):
                return self.imported.get((module, name), (module, name))
        return module, ""
