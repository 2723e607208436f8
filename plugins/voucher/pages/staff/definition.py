"""The form that defines a programme: rows of classes and services as typed, and what they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from core.web.forms import fen_of
from plugins.voucher.rules import Terms

FIRST_ROWS = 3
MORE_ROWS = 3
ROWS_MAX = 50
PLAIN = (
    "code",
    "name",
    "organisation_id",
    "line_id",
    "kind",
    "valid_from",
    "valid_through",
    "void_window",
    "confirm_days",
    "close",
)
ROWS = {
    "classes": ("code", "name", "face", "provider_tag", "services"),
    "services": ("code", "name", "unit", "maximum_price"),
}
SINGLE, BALANCE = "single", "balance"
# What the act calls a field, where the form calls it otherwise.
AS_TYPED = {
    "face_fen": "face",
    "maximum_price_fen": "maximum_price",
    "funding": "line_id",
    "single_use": "kind",
    "remainder": "kind",
}
AMOUNTS = ("face", "maximum_price")
LABELS = {
    "code": lazy_gettext("编号"),
    "name": lazy_gettext("名称"),
    "organisation_id": lazy_gettext("购买主体"),
    "line_id": lazy_gettext("指标"),
    "kind": lazy_gettext("种类"),
    "valid_from": lazy_gettext("从哪一天起可用"),
    "valid_through": lazy_gettext("最后一天"),
    "void_window": lazy_gettext("撤销"),
    "confirm_days": lazy_gettext("确认天数"),
    "close": lazy_gettext("退回指标"),
    "classes": lazy_gettext("凭单种类"),
    "services": lazy_gettext("服务"),
    "face": lazy_gettext("面额"),
    "provider_tag": lazy_gettext("只限类别"),
    "unit": lazy_gettext("单位"),
    "maximum_price": lazy_gettext("限价"),
}


@dataclass
class Definition:
    """A programme as typed: plain fields, and rows in which nothing but blanks means no row."""

    values: dict[str, str]
    classes: list[dict[str, str]] = field(default_factory=list)
    services: list[dict[str, str]] = field(default_factory=list)

    def more(self, table: str) -> None:
        """Add some empty rows to a table."""
        rows: list[dict[str, str]] = getattr(self, table)
        fresh = min(MORE_ROWS, ROWS_MAX - len(rows))
        rows.extend(dict.fromkeys(ROWS[table], "") for _place in range(fresh))

    def typed(self) -> Iterator[tuple[str, str]]:
        """Return every field as it was typed, to carry it to the next page."""
        yield from self.values.items()
        for table in ROWS:
            for place, row in enumerate(getattr(self, table)):
                for name, value in row.items():
                    yield f"{table}-{place}-{name}", value

    def payload(self) -> dict[str, Any]:
        """Return what the act is asked; what cannot be read goes on as text and is refused."""
        values = self.values
        terms = {
            "classes": [_class(row) for _place, row in self.filled("classes")],
            "services": [_service(row) for _place, row in self.filled("services")],
            "allotments": [
                {
                    "code": "face",
                    "name": _("面额"),
                    "amounts": [
                        {"classes": [row["code"]], "quantity": fen_of(row["face"])}
                        for _place, row in self.filled("classes")
                    ],
                }
            ],
            "single_use": values["kind"] == SINGLE,
            "beyond": "self_pay" if values["kind"] == SINGLE else "refuse",
            "remainder": "forfeit" if values["kind"] == SINGLE else "keep",
            "confirm_days": _whole(values["confirm_days"]),
            "funding": [{"line_id": _whole(values["line_id"])}] if values["line_id"] else [],
        } | {
            name: values[name]
            for name in ("valid_from", "valid_through", "void_window", "close")
            if values[name]
        }
        plain = {name: values[name] for name in ("code", "name") if values[name]}
        return plain | {"organisation_id": _whole(values["organisation_id"]), "terms": terms}

    def numbered(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, each with its place in the form."""
        rows: list[dict[str, str]] = getattr(self, table)
        return [{"place": place, "row": place + 1, **row} for place, row in enumerate(rows)]

    def filled(self, table: str) -> list[tuple[int, dict[str, str]]]:
        """Return the rows of a table that say anything, each with its place in the form."""
        rows: list[dict[str, str]] = getattr(self, table)
        return [(place, row) for place, row in enumerate(rows) if any(row.values())]

    def field_errors(self, errors: Mapping[Any, Any]) -> dict[str, str]:
        """Return the act's errors under the names the form's fields have."""
        found: dict[str, str] = {}
        for path, sentence in _leaves(errors):
            steps = [step for step in path if step != "terms"]
            name = self._name(steps)
            found.setdefault(name, self._sentence(name, sentence))
        return found

    def _name(self, steps: list[Any]) -> str:
        last = AS_TYPED.get(str(steps[-1]), str(steps[-1]))
        if len(steps) > 1 and str(steps[0]) in ROWS:
            places = [place for place, _row in self.filled(str(steps[0]))]
            column = AS_TYPED.get(str(steps[2]), str(steps[2])) if len(steps) > 2 else "code"  # noqa: PLR2004 - table, place, column
            return f"{steps[0]}-{places[int(steps[1])]}-{column}"
        return AS_TYPED.get(str(steps[0]), last)

    def _sentence(self, name: str, sentence: str) -> str:
        """Say what is wrong, and of what, because the summary stands far from the field."""
        value, label = dict(self.typed()).get(name), _label(name)
        if value == "":
            return _("%(what)s：还没有填。", what=label)
        if name.endswith(AMOUNTS) and isinstance(fen_of(value or ""), str):
            return _("%(what)s：请填写金额，例如 500 或 312.50。", what=label)
        return f"{label}：{sentence}"


def blank(organisation_id: int | None) -> Definition:
    """Return the empty form, with the choices most programmes make."""
    values = dict.fromkeys(PLAIN, "") | {
        "organisation_id": str(organisation_id or ""),
        "kind": SINGLE,
        "void_window": "same_day",
        "confirm_days": "5",
        "close": "on_last_day",
    }
    made = Definition(values)
    for table in ROWS:
        made.more(table)
    return made


def typed_in(form: Mapping[str, str]) -> Definition:
    """Return the form as somebody filled it in."""
    made = Definition({name: form.get(name, "").strip() for name in PLAIN})
    for table, columns in ROWS.items():
        pattern = re.compile(rf"{table}-(\d+)-")
        places = {int(match[1]) for name in form if (match := pattern.match(name))}
        rows = min(max(places, default=FIRST_ROWS - 1) + 1, ROWS_MAX)
        getattr(made, table).extend(
            {name: form.get(f"{table}-{place}-{name}", "").strip() for name in columns}
            for place in range(rows)
        )
    return made


def like(terms: Terms, *, name: str, organisation_id: int) -> Definition:
    """Return the form filled in like an existing programme; code and dates are left open."""
    made = blank(organisation_id)
    made.values |= {
        "name": name,
        "kind": SINGLE if terms.single_use else BALANCE,
        "void_window": terms.void_window,
        "confirm_days": str(terms.confirm_days),
        "close": terms.close,
        "line_id": str(terms.funding[0][0]) if terms.funding else "",
    }
    every = tuple(terms.services)
    made.classes = [
        {
            "code": item.code,
            "name": item.name,
            "face": _yuan(_face(terms, item.code)),
            "provider_tag": item.provider_tag or "",
            "services": "" if item.services == every else " ".join(item.services),
        }
        for item in terms.classes.values()
    ]
    made.services = [
        {
            "code": item.code,
            "name": item.name,
            "unit": item.unit,
            "maximum_price": _yuan(item.maximum_price_fen),
        }
        for item in terms.services.values()
    ]
    return made


def _label(name: str) -> str:
    """Return what the form calls a field."""
    table, _dash, rest = name.partition("-")
    place, _dash, column = rest.partition("-")
    if table not in ROWS or not place:
        return str(LABELS.get(name, name))
    row = _("第 %(n)s 种凭单", n=int(place) + 1)
    if table == "services":
        row = _("第 %(n)s 项服务", n=int(place) + 1)
    return f"{row} {LABELS.get(column, column)}"


def _class(row: dict[str, str]) -> dict[str, Any]:
    chosen = [code for code in re.split(r"[\s,，、;；]+", row["services"]) if code]
    asked: dict[str, Any] = {name: row[name] for name in ("code", "name") if row[name]}
    if row["provider_tag"]:
        asked["provider_tag"] = row["provider_tag"]
    if chosen:
        asked["services"] = chosen
    return asked


def _face(terms: Terms, class_code: str) -> int | None:
    for allotment in terms.allotments.values():
        for amount in allotment.amounts:
            if not amount.classes or class_code in amount.classes:
                return amount.quantity
    return None


def _service(row: dict[str, str]) -> dict[str, Any]:
    asked: dict[str, Any] = {name: row[name] for name in ("code", "name", "unit") if row[name]}
    if row["maximum_price"]:
        asked["maximum_price_fen"] = fen_of(row["maximum_price"])
    return asked


def _whole(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def _leaves(errors: Mapping[Any, Any], path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, str]]:
    for key, value in errors.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*path, key))
        else:
            sentences = [value] if isinstance(value, str) else value
            yield (*path, key), " ".join(str(sentence) for sentence in sentences)
