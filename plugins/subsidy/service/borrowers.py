"""Who borrows: found by the number on a certificate, as banks know people and firms."""

from __future__ import annotations

from flask_babel import gettext as _

from core import privacy
from core.db import db
from core.errors import InvalidInput, NotFound
from core.identifiers import check_citizen_id, check_credit_code
from core.parties import Organisation, Party, Resident, add_resident
from core.privacy import mask_name
from plugins.subsidy.service.handling_banks import Place


def borrower_of(place: Place, number: str, name: str) -> int:
    """Return the party behind a certificate's number; a person who is new is taken in.

    Refuses BORROWER_NUMBER_WRONG, BORROWER_NAME_WRONG where the register has another name for it,
    BORROWER_UNKNOWN for a firm that is not registered.
    """
    try:
        citizen = check_citizen_id(number)
    except InvalidInput:
        return _firm(number, name)
    index = privacy.keyring().blind_index(citizen.number, "person")
    found: Resident | None = db.session.scalar(
        db.select(Resident).where(Resident.id_number_index == index)
    )
    if found is None:
        found, _new = add_resident(
            name=name,
            id_number=citizen.number,
            phone=None,
            division_code=place.scheme.division_code,
        )
    _refuse_other_name(found.name, name)
    return found.id


def _firm(number: str, name: str) -> int:
    try:
        code = check_credit_code(number)
    except InvalidInput as error:
        raise InvalidInput(
            _("证件号码既不是有效的居民身份证号，也不是有效的统一社会信用代码。请对照证件改正。"),
            code="BORROWER_NUMBER_WRONG",
            errors={"borrower_number": [_("号码不对，请核对")]},
        ) from error
    firm = db.session.scalar(db.select(Organisation).filter_by(credit_code=code))
    if firm is None:
        raise NotFound(
            "BORROWER_UNKNOWN", _("借款单位 %(code)s 还没有登记。请先由购买主体登记。", code=code)
        )
    _refuse_other_name(firm.name, name)
    return int(firm.id)


def _refuse_other_name(known: str, name: str) -> None:
    if known != name.strip():
        raise InvalidInput(
            _("借款人名称与登记的不一致。请对照证件核对名称和号码。"),
            code="BORROWER_NAME_WRONG",
            errors={"borrower_name": [_("与登记的不一致")]},
        )


def lock(borrower_ids: set[int]) -> None:
    """Keep others from lending to these meanwhile, so that counts and ceilings hold."""
    db.session.execute(
        db.select(Party.id).where(Party.id.in_(borrower_ids)).order_by(Party.id).with_for_update()
    )


def names_of(ids: set[int]) -> dict[int, str]:
    """Return what parties are called on lists: firms by their name, people masked."""
    firms = db.session.execute(
        db.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    )
    people = db.session.execute(db.select(Resident.id, Resident.name).where(Resident.id.in_(ids)))
    return {row.id: row.name for row in firms} | {row.id: mask_name(row.name) for row in people}
