"""Where the secrets of sealed bids are made and used: holders' keys, a tender's key, envelopes.

A tender's private key exists in memory only, twice: when it is made, split and sealed for the
three holders, and when two of them open. Neither it nor a passphrase is ever stored.
"""

from __future__ import annotations

import base64
import json
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.pwhash import argon2id
from sqlalchemy import delete

from core import audit, privacy
from core.access import Actor, fetch, is_one_of
from core.db import db
from core.errors import InvalidInput, NotPermitted, RuleBroken
from plugins.contract_outsourcing.models import KeyHolder, Tender
from plugins.contract_outsourcing.models import bids as b
from plugins.contract_outsourcing.rules import secrets as splitting
from plugins.contract_outsourcing.rules.methods import methods
from plugins.contract_outsourcing.service import steps

HOLD = "opening.hold"
# Who may hold which of the three parts.
PARTS: dict[str, tuple[str, ...]] = {
    b.OFFICER: ("purchaser_clerk", "purchaser_approver", "procurement_agent"),
    b.SUPERVISOR: ("supervisor",),
    b.FINANCE: ("finance_maker",),
}
PART_NAMES = {
    b.OFFICER: lazy_gettext("采购人或代理机构"),
    b.SUPERVISOR: lazy_gettext("财政监督"),
    b.FINANCE: lazy_gettext("财政经办"),
}
PASSPHRASE_MIN, PASSPHRASE_MAX = 12, 200
# argon2id: 64 MiB, 4 passes; about a fifth of a second, dear for who would try passphrases.
PASSES, MEMORY_KIB = 4, 65_536
ALGORITHM = b"X25519-XSalsa20-Poly1305/1\n"
# Envelopes are filled up with blanks, so that their length does not tell how long a price is.
FILL = 4096
SHARE, OFFERED = "contract_key_holder.share", "contract_key_holder.offered"
BASIS = "招标投标法第二十二条、第二十八条"


def hold_key(actor: Actor, *, id: int, part: str, passphrase: str) -> dict[str, Any]:  # noqa: A002 - the field
    """Take over a part of a tender's key behind an own passphrase, which nobody stores.

    Who held that part before gives it up, as long as the tender is not published. Refuses
    ROLE_NOT_ALLOWED and ONE_KEY_PART_EACH.
    """
    tender = fetch(Tender, id, actor, HOLD)
    steps.tender.require(tender, "tender.hold_key")
    _refuse_other_role(actor, part)
    if len(passphrase) < PASSPHRASE_MIN:
        raise InvalidInput(
            _("口令至少 %(least)s 个字符，请加长。", least=PASSPHRASE_MIN),
            errors={"passphrase": [_("至少 %(least)s 个字符", least=PASSPHRASE_MIN)]},
        )
    held = holders(tender.id)
    others = [one.user_id for one in held if one.part != part]
    if is_one_of(actor.user_id, *others):
        raise RuleBroken(
            "ONE_KEY_PART_EACH",
            _("每人只能保管一份开标密钥，您已保管另一份。请由另一人保管这一份。"),
            basis=BASIS,
        )
    salt = secrets.token_bytes(argon2id.SALTBYTES)
    db.session.execute(delete(KeyHolder).filter_by(tender_id=tender.id, part=part))
    db.session.add(
        KeyHolder(
            tender_id=tender.id,
            part=part,
            user_id=actor.user_id,
            salt=_text(salt),
            public_key=_text(bytes(_own_key(passphrase, salt).public_key)),
        )
    )
    audit.about(steps.TENDER, tender.id, str(PART_NAMES[part]))
    return {"id": tender.id, "part": part, "held": sorted({part, *(one.part for one in held)})}


def prepare(tender: Tender) -> None:
    """Make the tender's key as it is published: its public part stays, the private one is split.

    Each share is sealed for its holder, and once more under the installation's key. Does nothing
    where the method takes no bids. Refuses KEY_HOLDERS_MISSING.
    """
    if not methods()[tender.method].envelopes:
        return
    held = {one.part: one for one in holders(tender.id)}
    missing = [str(name) for part, name in PART_NAMES.items() if part not in held]
    if missing:
        raise RuleBroken(
            "KEY_HOLDERS_MISSING",
            _(
                "开标密钥还缺 %(count)s 位保管人：%(missing)s。请他们各自设置口令后再发布。",
                count=len(missing),
                missing="、".join(missing),
            ),
            basis=BASIS,
            missing=[part for part in PART_NAMES if part not in held],
        )
    key = PrivateKey.generate()
    shares = splitting.split(bytes(key), secrets.randbelow(splitting.PRIME))
    for part, (holder, share) in zip(PART_NAMES, shares.items(), strict=True):
        box = SealedBox(PublicKey(base64.b64decode(held[part].public_key)))
        sealed = _text(box.encrypt(f"{holder} {share}".encode()))
        held[part].share = privacy.keyring().seal(sealed, SHARE)
    tender.public_key = _text(bytes(key.public_key))


def holders(tender_id: int) -> Sequence[KeyHolder]:
    """Return who holds a part of a tender's key, in the order of the parts."""
    rows = db.session.scalars(db.select(KeyHolder).filter_by(tender_id=tender_id))
    return sorted(rows, key=lambda one: list(PART_NAMES).index(one.part))


def hand_in(holder: KeyHolder, passphrase: str) -> None:
    """Open a holder's share with the passphrase and keep it for the opening; PASSPHRASE_WRONG."""
    key = _own_key(passphrase, base64.b64decode(holder.salt))
    if _text(bytes(key.public_key)) != holder.public_key or holder.share is None:
        raise RuleBroken("PASSPHRASE_WRONG", _("口令不对。请核对后重新输入，注意大小写和空格。"))
    sealed = base64.b64decode(privacy.keyring().open(holder.share, SHARE))
    share = SealedBox(key).decrypt(sealed).decode()
    holder.offered = privacy.keyring().seal(share, OFFERED)


def key_of(tender: Tender, offering: Sequence[KeyHolder]) -> PrivateKey:
    """Put a tender's private key together from two of the shares handed in; SHARES_DO_NOT_FIT."""
    for pair in combinations(offering, 2):
        key = splitting.join(dict(_offered(holder) for holder in pair))
        if key is not None and _text(bytes(PrivateKey(key).public_key)) == tender.public_key:
            return PrivateKey(key)
    raise RuleBroken(
        "SHARES_DO_NOT_FIT",
        _("两份密钥合不成本项目的私钥，可能有人改动过数据。请第三位保管人交份额，并报告审计。"),
    )


def seal(tender: Tender, content: Mapping[str, Any]) -> bytes:
    """Return content as an envelope that only the tender's key opens."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    filled = text + b" " * (-len(text) % FILL)
    return ALGORITHM + SealedBox(PublicKey(base64.b64decode(tender.public_key or ""))).encrypt(
        filled
    )


def unseal(key: PrivateKey, envelope: bytes) -> dict[str, Any] | None:
    """Return what an envelope holds, None where it was not sealed for this key or was changed."""
    if not envelope.startswith(ALGORITHM):
        return None
    try:
        content: dict[str, Any] = json.loads(
            SealedBox(key).decrypt(envelope.removeprefix(ALGORITHM))
        )
    except (CryptoError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _offered(holder: KeyHolder) -> tuple[int, int]:
    number, share = privacy.keyring().open(holder.offered or "", OFFERED).split()
    return int(number), int(share)


def _own_key(passphrase: str, salt: bytes) -> PrivateKey:
    # The same passphrase typed on another keyboard is the same passphrase.
    typed = unicodedata.normalize("NFKC", passphrase).encode()
    # Tests take a cheaper cost from the config, as passwords do.
    memory = current_app.config.get("PASSWORD_MEMORY_KIB", MEMORY_KIB) * 1024
    return PrivateKey(argon2id.kdf(PrivateKey.SIZE, typed, salt, opslimit=PASSES, memlimit=memory))


def _refuse_other_role(actor: Actor, part: str) -> None:
    if any(grant.role in (*PARTS[part], "system") for grant in actor.holding(HOLD)):
        return
    raise NotPermitted(
        "ROLE_NOT_ALLOWED",
        _(
            "“%(part)s”这一份密钥须由相应岗位的人员保管，您的岗位不能保管。",
            part=str(PART_NAMES[part]),
        ),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
