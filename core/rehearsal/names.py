"""What a rehearsal remembers from answers, and the `${...}` with which it is used again."""

from __future__ import annotations

import re

from core.lines import Json

REFERENCE = re.compile(r"\$\{([^${}]+)\}")
PART = re.compile(r"\[([^\[\]]*)\]|([^.\[\]]+)")
RANGE = re.compile(r"(.*?)(\d+)\.\.(.*?)(\d+)")


class UnknownNameError(LookupError):
    """A `${...}` or a path leads to nothing."""


class Names:
    """Remembered values by name; `item` is the item an event runs for."""

    def __init__(self) -> None:
        self.values: dict[str, Json] = {}

    def fill(self, value: Json, item: str | None = None) -> Json:
        """Return data with every `${...}` replaced; a text that is one reference keeps the type.

        Inner references first: `${card[${item}]}`. Raises UnknownNameError.
        """
        if isinstance(value, dict):
            return {key: self.fill(part, item) for key, part in value.items()}
        if isinstance(value, list):
            return [self.fill(part, item) for part in value]
        return self._text(value, item) if isinstance(value, str) else value

    def remember(self, wanted: dict[str, Json], body: dict[str, Json], item: str | None) -> None:
        """Keep parts of an answer; raises UnknownNameError where the answer lacks them."""
        for name, source in wanted.items():
            if isinstance(source, dict):
                self.values.setdefault(name, {}).update(_members(source, body))
            elif item is None:
                self.values[name] = pick(body, source)
            else:
                self.values.setdefault(name, {})[item] = pick(body, source)

    def dimension(self, text: str) -> Json:
        """Return whom a figure is asked for: a remembered value, else the text itself.

        A text of several parts (`2026-01/Zhang`) has each part remembered apart.
        """
        if text in self.values or "/" not in text:
            return self.values.get(text, text)
        return "/".join(str(self.values.get(part, part)) for part in text.split("/"))

    def _text(self, text: str, item: str | None) -> Json:
        known = self.values if item is None else {**self.values, "item": item}
        while found := REFERENCE.search(text):
            value = pick(known, found[1])
            if found[0] == text:
                return value
            text = f"{text[: found.start()]}{value}{text[found.end() :]}"
        return text


def pick(value: Json, path: str) -> Json:
    """Return the part of data at a path like `lines[0].amount_fen`; raises UnknownNameError."""
    for bracketed, plain in PART.findall(path):
        key = bracketed or plain
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise UnknownNameError(path) from None
    return value


def items(each: str | list[str] | None) -> tuple[str, ...]:
    """Return the items of `each`, ranges counted out; raises ValueError for a broken range."""
    texts = [each] if isinstance(each, str) else each or []
    return tuple(item for text in texts for item in _counted(text))


def _counted(text: str) -> list[str]:
    found = RANGE.fullmatch(text)
    if found is None:
        return [text]
    prefix, first, again, last = found.groups()
    if again not in {"", prefix} or int(first) > int(last):
        message = f"“{text}”不是从小到大的范围"
        raise ValueError(message)
    return [f"{prefix}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]


def _members(source: dict[str, Json], body: dict[str, Json]) -> dict[str, Json]:
    """Return the elements of a list in an answer as a map from their names."""
    elements = pick(body, source["each"])
    if "as" in source:
        keys: list[Json] = list(items(source["as"]))
    else:
        keys = [pick(element, source.get("key", "id")) for element in elements]
    if len(keys) != len(elements):
        raise UnknownNameError(source["each"])
    picked = [pick(one, source["value"]) if "value" in source else one for one in elements]
    return dict(zip(map(str, keys), picked, strict=True))
