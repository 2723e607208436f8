"""How amounts, parts and values of facts are typed: yuan and per cent; never a float."""

from __future__ import annotations

import json
import re
from typing import Any

from flask_babel import gettext as _

from core.budget import PPM
from core.facts import Fact
from core.facts.declared import FEN, NUMBER, RATIO
from core.plugins import registry

LONGEST_FIGURE = 18
JSON_MAX = 20_000
BETWEEN = re.compile(r"[\s,，、;；]+")
PAIRS = re.compile(r"[\n;；]+")


class UnreadableError(ValueError):
    """What was typed cannot be read; the sentence says how to write it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def whole(text: str) -> int:
    """Read a whole number."""
    plain = _plain(text)
    if not re.fullmatch(r"[+-]?\d{1,18}", plain, re.ASCII):
        raise UnreadableError(_("请填写整数，例如 30。"))
    return int(plain)


def _scaled(text: str, places: int) -> int | None:
    """Read a decimal number as a whole one of so many more places; None for what is none."""
    found = re.fullmatch(r"([+-]?)(\d{1,15})(?:\.(\d*))?", _plain(text), re.ASCII)
    if not found or len(found[3] or "") > places:
        return None
    figure: int = int(found[2]) * 10**places + int((found[3] or "").ljust(places, "0") or 0)
    return -figure if found[1] == "-" else figure


def _plain(text: str) -> str:
    return text.strip()[: LONGEST_FIGURE * 2].replace(",", "").replace("，", "")


def _written(figure: int, places: int) -> str:
    sign, figure = ("-", -figure) if figure < 0 else ("", figure)
    text = f"{figure // 10**places}.{figure % 10**places:0{places}d}"
    return sign + text.rstrip("0").rstrip(".")


def yuan(text: str) -> int:
    """Read yuan as fen."""
    found = _scaled(text.removesuffix("元"), 2)
    if found is None:
        raise UnreadableError(_("请填写金额，例如 500 或 312.50。"))
    return found


def yuan_typed(fen: int) -> str:
    """Write fen as somebody would type yuan."""
    text = _written(fen, 2)
    return f"{text}0" if re.search(r"\.\d$", text) else text


def decimal(text: str, places: int, most: int) -> int:
    """Read a decimal number as a whole one of so many more places, from nothing to `most`."""
    found = _scaled(text.strip().removesuffix("%").removesuffix("％"), places)
    if found is None:
        raise UnreadableError(_("请填写数字，最多 %(n)s 位小数，例如 50 或 33.3。", n=places))
    if not 0 <= found <= most:
        raise UnreadableError(_("须在 0 至 %(most)s 之间。", most=_written(most, places)))
    return found


def decimal_typed(figure: int, places: int) -> str:
    """Write a whole number as a decimal one of so many fewer places."""
    return _written(figure, places)


def percent(text: str) -> int:
    """Read per cent as ppm."""
    found = _scaled(text.strip().removesuffix("%").removesuffix("％"), 4)
    if found is None:
        raise UnreadableError(_("请填写百分数，例如 50 或 33.3333。"))
    if not 0 <= found <= PPM:
        raise UnreadableError(_("须在 0 至 100 之间。"))
    return found


def percent_typed(ppm: int) -> str:
    """Write ppm as per cent."""
    return _written(ppm, 4)


def json_of(text: str) -> Any:
    """Read what was typed as JSON, the way out for what fields cannot hold."""
    if len(text) > JSON_MAX:
        raise UnreadableError(_("JSON 超过 %(most)s 个字符，请删减。", most=f"{JSON_MAX:,}"))
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError as error:
        raise UnreadableError(_("JSON 套叠的层数太多。")) from error
    except ValueError as error:
        where = getattr(error, "lineno", 1)
        raise UnreadableError(_("第 %(n)s 行不是合法的 JSON，请核对。", n=where)) from error


def _no_number(word: str) -> Any:
    raise ValueError(word)


def json_typed(value: Any) -> str:
    """Write a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def several(text: str) -> list[str]:
    """Read words with anything between them."""
    return [word for word in BETWEEN.split(text) if word]


# --- facts ---------------------------------------------------------------------------------------


def fact_value(fact: Fact, text: str) -> Any:
    """Read one value of a fact as rules and test cases have it; what is none stays text."""
    text = text.strip()
    try:
        if fact.kind == RATIO:
            fen, _sign, per = text.partition("÷")
            return {"fen": yuan(fen), "per": whole(per)} if per else yuan(fen)
        if fact.kind == NUMBER:
            return yuan(text) if fact.unit == FEN else whole(text)
    except UnreadableError:
        return text
    return text


def fact_typed(fact: Fact, value: Any) -> str:
    """Write one value of a fact as it is typed."""
    if isinstance(value, dict) and set(value) == {"fen", "per"}:
        return f"{fact_typed(fact, value['fen'])}÷{value['per']}"
    if isinstance(value, int) and not isinstance(value, bool):
        return yuan_typed(value) if fact.unit == FEN else str(value)
    return str(value)


def facts(text: str) -> dict[str, Any]:
    """Read pairs such as `年龄=65；失能等级=中度失能` as facts by code."""
    known = registry().facts
    codes = {_(fact.name): code for code, fact in known.items()} | {code: code for code in known}
    found: dict[str, Any] = {}
    for pair in PAIRS.split(text):
        if not pair.strip():
            continue
        name, sign, said = pair.replace("＝", "=").partition("=")
        code = codes.get(name.strip())
        if not sign or code is None:
            raise UnreadableError(
                _("“%(pair)s”看不懂。请写成“资料项=值”，多项用分号隔开。", pair=pair.strip()[:40])
            )
        fact, words = known[code], several(said)
        if fact.kind == "set" and len(words) > 1:
            found[code] = words
        else:
            found[code] = fact_value(fact, said)
    return found


def facts_typed(said: dict[str, Any]) -> str:
    """Write facts as pairs."""
    known = registry().facts
    pairs = []
    for code, value in said.items():
        if code not in known:
            return json_typed(said)
        values = value if isinstance(value, list) else [value]
        words = "、".join(fact_typed(known[code], one) for one in values)
        pairs.append(f"{_(known[code].name)}={words}")
    return "；".join(pairs)
