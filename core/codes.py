"""The shape of the codes a holder shows: what they look like, how they are made and recognised.

Whether a code was ever issued, to whom, and whether it is still good is not known here. No code
carries personal data, and a stored code is only ever a keyed hash. QR payloads keep to the QR
alphanumeric set (upper case), which gives 25 x 25 modules: readable by old phones and from paper.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from flask_babel import gettext as _

from core.errors import InvalidInput
from core.formats import code_groups

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGITS = "0123456789"
CARD_PREFIX = "HG1:C"
PHONE_PREFIX = "HG1:P"
CARD_LENGTH = 26  # 130 bits: cannot be guessed, however many cards are out
PUBLIC_ID_LENGTH = 10
MAC_BYTES = 5  # 40 bits, 8 characters: it lives for three minutes and each try needs a till
MAC_LENGTH = 8
TYPED_LENGTH = 12
STEP_SECONDS = 60
LONGEST_INPUT = 64

# A totally anti-symmetric quasigroup of order 10 (H. M. Damm, 2004): no single wrong digit and
# no swap of neighbours keeps the check digit.
DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)

group_digits = code_groups


class Hasher(Protocol):
    """What this module needs of the keyring."""

    def mac(self, purpose: str, text: str) -> str:
        """Return a keyed hash of text under the key that writes."""
        ...

    def macs(self, purpose: str, text: str) -> list[str]:
        """Return the keyed hashes of text under every key that reads."""
        ...


@dataclass(frozen=True, slots=True)
class Static:
    """A printed card: the same code until the card is blocked. Look it up by `lookup_hash`."""

    lookup: str
    kind: Literal["card"] = "card"


@dataclass(frozen=True, slots=True)
class Rotating:
    """A phone's code: the credential's public id and a MAC that changes every minute."""

    public_id: str
    mac: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A code read aloud or typed: 12 digits. Look it up by `lookup_hash`."""

    lookup: str


Code = Static | Rotating | Typed


def parse(text: str) -> Code:
    """Recognise a scanned or typed code; a code recognised here may still never have been issued.

    Blanks, hyphens, full-width forms and small letters are forgiven. Raises InvalidInput with
    CODE_MISTYPED for digits that cannot be a code (wrong count, wrong check digit), with
    CODE_UNKNOWN for anything else.
    """
    plain = _tidied(text) if len(text) <= LONGEST_INPUT else ""
    if _made_of(plain, DIGITS):
        return _typed(plain)
    body = plain[len(CARD_PREFIX) :]
    if _made_of(body, CROCKFORD):
        if plain.startswith(CARD_PREFIX) and len(body) == CARD_LENGTH:
            return Static(plain)
        if plain.startswith(PHONE_PREFIX) and len(body) == PUBLIC_ID_LENGTH + MAC_LENGTH:
            return Rotating(body[:PUBLIC_ID_LENGTH], body[PUBLIC_ID_LENGTH:])
    raise InvalidInput(
        _(
            "这不是本系统的凭证码。请让持券人打开凭证码页面或出示凭证卡重新扫描，"
            "也可手工输入 12 位编号。"
        ),
        code="CODE_UNKNOWN",
    )


def new_card_code() -> str:
    """Return a fresh payload for a printed card: 130 random bits."""
    return CARD_PREFIX + _random(CROCKFORD, CARD_LENGTH)


def new_public_id() -> str:
    """Return a fresh public id of a rotating credential: 50 random bits, not a secret."""
    return _random(CROCKFORD, PUBLIC_ID_LENGTH)


def new_typed_code() -> str:
    """Return a fresh typed code: 11 random digits and a check digit, never sequential."""
    digits = _random(DIGITS, TYPED_LENGTH - 1)
    return digits + _damm(digits)


def lookup_hash(keyring: Hasher, lookup: str) -> str:
    """Return the hash under which a static or typed code is stored."""
    return keyring.mac("credential.lookup", lookup)


def lookup_hashes(keyring: Hasher, lookup: str) -> list[str]:
    """Return every hash under which a static or typed code may be stored, after key rotation."""
    return keyring.macs("credential.lookup", lookup)


def rotating_code(key: bytes, public_id: str, now: datetime) -> str:
    """Return the payload a phone shows in the minute of `now`."""
    return PHONE_PREFIX + public_id + _step_mac(key, public_id, step_of(now))


def rotating_step(key: bytes, public_id: str, mac: str, now: datetime) -> int | None:
    """Return the step whose MAC this is, or None: this minute's, the last one's or the next one's.

    The caller keeps the step, so that one code can be spent once only.
    """
    present = step_of(now)
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(_step_mac(key, public_id, step).encode(), mac.encode()):
            return step
    return None


def step_of(now: datetime) -> int:
    """Return the number of the minute (since 1970, UTC) in which an instant falls."""
    return int(now.timestamp()) // STEP_SECONDS


def _typed(digits: str) -> Typed:
    if len(digits) != TYPED_LENGTH:
        raise InvalidInput(
            _(
                "凭证编号应为 12 位数字，现在是 %(length)s 位，请对照卡面逐组补正。",
                length=len(digits),
            ),
            code="CODE_MISTYPED",
        )
    if _damm(digits) != "0":
        raise InvalidInput(
            _("编号输错了一位或相邻两位颠倒了，请对照卡面四位一组重新输入。"), code="CODE_MISTYPED"
        )
    return Typed(digits)


def _step_mac(key: bytes, public_id: str, step: int) -> str:
    digest = hmac.digest(key, f"{PHONE_PREFIX}{public_id}:{step}".encode(), "sha256")
    bits = int.from_bytes(digest[:MAC_BYTES])
    places = reversed(range(MAC_LENGTH))
    return "".join(CROCKFORD[bits >> 5 * place & 31] for place in places)


def _damm(digits: str) -> str:
    interim = "0"
    for digit in digits:
        interim = DAMM[int(interim)][int(digit)]
    return interim


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _place in range(length))


def _tidied(text: str) -> str:
    if text.isascii():
        # What scanners send, and so worth the shorter way.
        return "".join(text.upper().replace("-", "").split())
    plain = unicodedata.normalize("NFKC", text).upper()
    # Dashes of every kind: a phone keyboard turns "-" into one of the longer ones.
    return "".join(c for c in plain if not c.isspace() and unicodedata.category(c) != "Pd")


def _made_of(text: str, alphabet: str) -> bool:
    return text != "" and not text.strip(alphabet)
