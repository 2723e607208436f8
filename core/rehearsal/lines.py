"""YAML as plain data that remembers the line of every part of it."""

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


class BadFileError(Exception):
    """A rehearsal file that cannot be read; `faults` are sentences that name file and line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Loader(yaml.SafeLoader):
    """YAML without surprises: dates, times, `no` and 0123 stay text."""

    yaml_implicit_resolvers: dict[str, Any] = {}


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
    """Read a YAML file; raises BadFileError with the line of what cannot be read."""
    lines = Lines(path)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadFileError([f"{path}:{line}: 不是合法的 YAML:{error.problem}"]) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadFileError([f"{path}:1: 无法读取：{error}"]) from error
    if node is None:
        raise BadFileError([f"{path}:1: 文件是空的。"])
    return _value(node, (), lines), lines


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
    kind = node.tag.rpartition(":")[2]
    return SCALARS[kind][2](node.value) if kind in SCALARS else str(node.value)
