"""A programme as a YAML file: read with every fault on its line, written so as to read the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from flask_babel import gettext as _
from marshmallow import Schema, fields, validate

from core.budget import BudgetLine
from core.db import db
from core.errors import InvalidInput, NotFound
from core.fields import Text, in_words, leaves, schema
from core.lines import BadFileError, Lines, Place, parse
from core.parties import Organisation
from plugins.voucher.models import Programme, Terms
from plugins.voucher.service.checking import faults
from plugins.voucher.service.programmes import as_stored
from plugins.voucher.terms_schema import TermsSchema

MOST_BYTES = 256_000
FAULTS_SHOWN = 20
PAPER = schema(
    "ProgrammeFile",
    code=Text(required=True, longest=20),
    name=Text(required=True, longest=120),
    organisation=fields.String(required=True, validate=validate.Length(equal=18)),
    terms=fields.Raw(required=True),
)


@dataclass(frozen=True)
class Paper:
    """A file that can be asked of an act: what it says, and whose programme it is."""

    code: str
    name: str
    organisation: Organisation
    terms: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """Return the terms as a programme of theirs would store them."""
        return as_stored(self.organisation.id, TermsSchema().load(self.terms))


def read(data: bytes, filename: str) -> Paper:
    """Read a file; raises InvalidInput whose `errors` are sentences with line and path."""
    if len(data) > MOST_BYTES:
        said = _("文件超过 %(kb)s KB，不像是项目文件。请核对后重新选择。", kb=MOST_BYTES // 1000)
        raise InvalidInput(said)
    try:
        said, lines = parse(data.decode("utf-8-sig"), filename)
    except UnicodeDecodeError as error:
        raise InvalidInput(_("文件不是 UTF-8 编码的文字，请另存为 UTF-8 后重新选择。")) from error
    except BadFileError as error:
        raise _wrong(error.faults) from error
    if not isinstance(said, dict):
        raise _wrong([lines.fault(_("须有 code、name、organisation、terms 四项。"))])
    found = list(_faults(said))
    if found:
        raise _wrong([_told(lines, place, sentence) for place, sentence in found])
    organisation = _organisation(said["organisation"])
    assert organisation is not None  # noqa: S101 - one that is unknown is a fault
    return Paper(said["code"].strip(), said["name"].strip(), organisation, said["terms"])


def _faults(said: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    plain = list(leaves(in_words(PAPER.validate(said))))
    yield from plain
    if plain:
        return
    organisation = _organisation(said["organisation"])
    if organisation is None:
        yield ("organisation",), _("没有统一社会信用代码为这一个的单位。")
        return
    for fault in faults(said["terms"], organisation.id):
        yield ("terms", *fault.path), fault.sentence


def _organisation(credit_code: str) -> Organisation | None:
    found: Organisation | None = db.session.scalar(
        db.select(Organisation).filter_by(credit_code=credit_code)
    )
    return found


def _told(lines: Lines, place: Place, sentence: str) -> str:
    where = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place)
    return lines.fault(f"{where.lstrip('.') or _('文件')}：{sentence}", *place)


def _wrong(found: list[str]) -> InvalidInput:
    return InvalidInput(
        _(
            "文件有 %(n)s 处错误：%(what)s。请改正后重新选择。",
            n=len(found),
            what="；".join(one.rstrip("。") for one in found[:FAULTS_SHOWN]),
        ),
        errors={"file": found},
    )


# --- writing -------------------------------------------------------------------------------------


def by_code(code: str) -> Programme:
    """Return a programme by its code; raises NotFound."""
    found: Programme | None = db.session.scalar(db.select(Programme).filter_by(code=code))
    if found is None:
        raise NotFound("NOT_FOUND", _("没有编号为“%(code)s”的项目，请核对。", code=code))
    return found


def written(programme: Programme, terms: Terms) -> str:
    """Return a version as a file that reads the same; what is as usual is left out."""
    organisation = db.session.get_one(Organisation, programme.organisation_id)
    document = _trimmed(TermsSchema(), terms.document)
    document["funding"] = [_by_line(programme, share) for share in document.get("funding", ())]
    paper = {
        "code": programme.code,
        "name": programme.name,
        "organisation": organisation.credit_code,
        "terms": document,
    }
    text: str = yaml.safe_dump(paper, allow_unicode=True, sort_keys=False, width=100)
    return text


def _trimmed(of: Schema, document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a schema would fill in by itself."""
    kept = {}
    for attribute, one in of.fields.items():
        name = one.attribute or attribute
        if name not in document:
            continue
        value = document[name]
        usual = one.load_default() if callable(one.load_default) else one.load_default
        if value == usual:
            continue
        inner = one.inner if isinstance(one, fields.List) else one
        if isinstance(inner, fields.Nested) and isinstance(value, list):
            value = [_trimmed(inner.schema, part) for part in value]
        elif isinstance(inner, fields.Nested) and value is not None:
            value = _trimmed(inner.schema, value)
        kept[one.data_key or attribute] = value
    return kept


def _by_line(programme: Programme, share: dict[str, Any]) -> dict[str, Any]:
    """Name a line by its code where that leads to the same line."""
    query = db.select(BudgetLine).filter_by(organisation_id=programme.organisation_id)
    line = db.session.get_one(BudgetLine, share["line_id"])
    newest = db.session.scalars(
        query.filter_by(code=line.code).order_by(BudgetLine.fiscal_year.desc())
    ).first()
    rest = {name: value for name, value in share.items() if name != "line_id"}
    if newest is line:
        return {"line": line.code} | rest
    return share
