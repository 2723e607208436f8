"""Two-step import of residents: a dry run with an error per row, then commit by token."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core import access, audit, clock, privacy
from core.access import Actor
from core.db import Id, Instant, db
from core.divisions import Division, within
from core.errors import InvalidInput, NotFound, Refusal
from core.files import read_table
from core.identifiers import check_citizen_id, check_phone
from core.parties import Resident, add_resident
from core.uploads import decode

NAME, ID_NUMBER, PHONE, DIVISION = "姓名", "身份证号", "手机号", "区划代码"
COLUMNS = (NAME, ID_NUMBER, PHONE, DIVISION)
SHOWN_ERRORS = 200


class ResidentImport(db.Model):  # type: ignore[name-defined,misc] # Flask-SQLAlchemy builds the base
    """A checked file waiting to be committed; its rows are sealed, for they are personal data."""

    __tablename__ = "resident_import"
    __scope__ = {"purchaser": "organisation_id"}
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    token: Mapped[str] = mapped_column(Text, unique=True)
    filename: Mapped[str] = mapped_column(Text)
    rows: Mapped[str] = mapped_column(privacy.Encrypted("resident_import.rows"))
    checked_at: Mapped[datetime] = mapped_column(Instant)
    checked_by: Mapped[int | None] = mapped_column(Id)
    committed_at: Mapped[datetime | None] = mapped_column(Instant)
    added: Mapped[int | None]


def check_residents(actor: Actor, *, filename: str, content: str) -> dict[str, Any]:
    """Check a file (base64) row by row without adding anyone; return counts, errors, a token.

    The token names exactly this file: the same file again gets the same token and, once
    committed, changes nothing.
    """
    data = decode(content)
    grant = actor.holding("resident.import")[0]
    token = hashlib.sha256(f"{grant.organisation_id}:".encode() + data).hexdigest()[:40]
    table = read_table(data, filename)
    allowed = set(
        db.session.scalars(
            db.select(Division.code).where(within(Division.code, grant.division_code))
        )
    )
    good, errors = [], []
    seen: dict[str, int] = {}
    for row in table:
        try:
            person = _checked(row.values, allowed)
        except Refusal as refusal:
            errors.append({"line": row.line, "message": refusal.message})
            continue
        if first := seen.get(person[1]):
            message = _("与第 %(line)s 行是同一人，请删去一行。", line=first)
            errors.append({"line": row.line, "message": message})
            continue
        seen[person[1]] = row.line
        good.append(person)
    known = _known([person[1] for person in good])
    found = db.session.scalar(db.select(ResidentImport).filter_by(token=token))
    if found is None:
        found = ResidentImport(
            organisation_id=grant.organisation_id,
            token=token,
            filename=filename,
            rows=json.dumps(good, ensure_ascii=False),
            checked_at=clock.now(),
            checked_by=actor.user_id,
        )
        db.session.add(found)
        db.session.flush()
    audit.about("resident_import", found.id)
    return {
        "id": found.id,
        "token": token,
        "rows": len(table),
        "new": len(good) - known,
        "known": known,
        "error_count": len(errors),
        "errors": errors[:SHOWN_ERRORS],
        "committed": found.committed_at is not None,
    }


def commit_residents(actor: Actor, *, token: str) -> dict[str, Any]:
    """Add the people of a checked file; the same token again changes nothing.

    Returns how many were new and the resident numbers in the file's order.
    """
    query = access.scoped(ResidentImport, actor, "resident.import").filter_by(token=token)
    found = db.session.scalar(query.with_for_update(of=ResidentImport))
    if found is None:
        raise NotFound("NOT_FOUND", _("没有这次试导入的记录，请重新上传文件试导入。"))
    people = json.loads(found.rows)
    if not people:
        raise InvalidInput(_("文件里没有可以导入的行，请先改正错误。"))
    added, ids = 0, []
    for name, id_number, phone, division_code in people:
        resident, new = add_resident(
            name=name, id_number=id_number, phone=phone, division_code=division_code
        )
        added += new
        ids.append(resident.id)
    if found.committed_at is None:
        found.committed_at, found.added = clock.now(), added
    audit.about("resident_import", found.id)
    return {"id": found.id, "added": added, "resident_ids": ids}


def _checked(values: dict[str, str], allowed: set[str]) -> tuple[str, str, str | None, str]:
    missing = [column for column in COLUMNS if column not in values]
    if missing:
        raise InvalidInput(_("缺少列：%(columns)s。", columns="、".join(missing)))
    name = values[NAME].strip()
    if not name:
        raise InvalidInput(_("姓名为空，请补填。"))
    citizen = check_citizen_id(values[ID_NUMBER])
    phone = check_phone(values[PHONE]) if values[PHONE].strip() else None
    division = values[DIVISION].strip()
    if division not in allowed:
        raise InvalidInput(_("区划代码 %(code)s 不存在或不在本单位辖区内。", code=division))
    return name, citizen.number, phone, division


def _known(numbers: list[str]) -> int:
    indexes = [privacy.keyring().blind_index(number, "person") for number in numbers]
    known = 0
    for start in range(0, len(indexes), 500):
        chunk = indexes[start : start + 500]
        query = db.select(db.func.count()).where(Resident.id_number_index.in_(chunk))
        known += int(db.session.scalar(query) or 0)
    return known
