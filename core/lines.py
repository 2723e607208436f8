"""YAML as plain data that remembers the line of every part; hostile until it has been read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Place: TypeAlias = tuple[str | int, ...]
Json: TypeAlias = Any  # whatever JSON can hold

SCALARS: dict[str, tuple[str, list[str], Callable[[str], Json]]] = {
    "null": (r"~|null|", ["~", "n", ""], lambda _text: None),
    "bool": (r"true|false", ["t", "f"], lambda text: text == "true"),
    "int": (r"[-+]?(?:0|[1-9][0-9_]*)", list("-+0123456789"), int),
    "float": (r"[-+]?[0-9]+\.[0-9]+", list("-+0123456789"), float),
}


SCALAR_MAX = 40  # longer figures are text, and nobody's amount


class BadFileError(Exception):
    """A file that cannot be read; `faults` are sentences that name file and line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Loader(yaml.SafeLoader):
    """YAML without surprises: dates, times, `no` and 0123 stay text."""

    yaml_implicit_resolvers: dict[str, Any] = {}


class _Plain(_Loader):
    """The same without anchors, by which a small file could mean an endless one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse what stands for something else."""
        event = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML is untyped
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            problem = "不能使用锚点和引用（& 和 *），请把内容写全"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)


for _name, (_pattern, _first, _read) in SCALARS.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(rf"(?:{_pattern})$"), _first
    )


class Lines:
    """The lines of a file's parts, by their place: `("events", 3, "with", "code")`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[Place, int] = {(): 1}

    def of(self, *place: str | int) -> int:
        """Return the line of a part, or of the nearest part around it."""
        while place not in self.known:
            place = place[:-1]
        return self.known[place]

    def fault(self, text: str, *place: str | int) -> str:
        """Return a sentence about a part that begins with file and line."""
        return f"{self.path}:{self.of(*place)}: {text}"


def load(path: Path) -> tuple[Json, Lines]:
    """Read a YAML file of ours; raises BadFileError with the line of what cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFileError([f"{path}:1: 无法读取：{error}"]) from error
    return _parsed(text, Lines(path), _Loader)


def parse(text: str, name: str) -> tuple[Json, Lines]:
    """Read YAML that somebody gives; it may not use anchors. Raises BadFileError as `load` does."""
    return _parsed(text, Lines(Path(name)), _Plain)


def _parsed(text: str, lines: Lines, loader: type[yaml.SafeLoader]) -> tuple[Json, Lines]:
    path = lines.path
    try:
        node = yaml.compose(text, Loader=loader)
        if node is None:
            raise BadFileError([f"{path}:1: 文件是空的。"])
        return _value(node, (), lines), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadFileError([f"{path}:{line}: 不是合法的 YAML：{error.problem}"]) from error
    except yaml.YAMLError as error:
        raise BadFileError([f"{path}:1: 无法读取：{error}"]) from error
    except RecursionError as error:
        raise BadFileError([f"{path}:1: 套叠的层数太多，无法读取。"]) from error


def _value(node: yaml.Node, place: Place, lines: Lines) -> Json:
    lines.known.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(part, (*place, index), lines) for index, part in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, part in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value in found:
                raise BadFileError([f"{lines.path}:{line}: 同一层的项目名须是文字，且不得重复。"])
            lines.known[*place, key.value] = line
            found[key.value] = _value(part, (*place, key.value), lines)
        return found
    return _scalar(node)


def _scalar(node: yaml.Node) -> Json:
    """Return a scalar as its tag says, if it is written so; else as text."""
    pattern, _first, read = SCALARS.get(node.tag.rpartition(":")[2], ("", [], str))
    text = str(node.value)
    return read(text) if len(text) <= SCALAR_MAX and re.fullmatch(pattern, text) else text
