"""Personal data at rest: sealed with a rotating key, found by blind index, shown only masked."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Dialect, Text
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator

SECRET_BYTES = 32
SECRET_VARIETY = 10  # different characters; less is a pattern typed by hand, not a secret
NONCE_BYTES = 12
SHORTEST_ACCOUNT = 8
SEAL_VERSION = "1"
KEYS_VARIABLE = "HUIGOU_SECRET_KEYS"
KEYS_FILE_VARIABLE = "HUIGOU_SECRET_KEYS_FILE"
KEYS_FILE_NAME = "secret.keys"
EXTENSION = "huigou.keyring"


class UnusableSecretsError(RuntimeError):
    """The secrets are missing, too weak or badly kept; nothing may start without them."""


class BrokenSealError(RuntimeError):
    """A sealed text cannot be opened: its key is not configured, or somebody changed it."""


class Keyring:
    """Every key of this installation, derived from its secrets; the first writes, all read.

    Sub-keys are derived per purpose by HKDF-SHA-256 (RFC 5869), so that no key serves two ends.
    """

    def __init__(self, secret_texts: Sequence[str]) -> None:
        """Derive the keys. Raises UnusableSecretsError for no secret or a weak one."""
        if not secret_texts:
            raise UnusableSecretsError(_("没有配置密钥，系统不能启动。"))
        for place, text in enumerate(secret_texts, start=1):
            if len(text.encode()) < SECRET_BYTES or len(set(text)) < SECRET_VARIETY:
                raise UnusableSecretsError(
                    _(
                        "第 %(place)s 个密钥太弱：至少 32 个字符且不可有规律。请用 "
                        'python -c "import secrets; print(secrets.token_urlsafe(32))" 生成。',
                        place=place,
                    )
                )
        self._roots = [text.encode() for text in secret_texts]
        self._ciphers = {
            _hkdf(root, "key-id")[:4].hex(): AESGCM(_hkdf(root, "seal")) for root in self._roots
        }
        self.write_key_id = next(iter(self._ciphers))
        self._derived: dict[tuple[bytes, str], bytes] = {}

    def seal(self, text: str, context: str) -> str:
        """Encrypt text (AES-256-GCM) so that it opens only in the same context.

        The context names table and column ("resident.id_number"): a sealed text moved into
        another column is refused.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        header = f"{SEAL_VERSION}.{self.write_key_id}"
        cipher = self._ciphers[self.write_key_id]
        box = nonce + cipher.encrypt(nonce, text.encode(), _bound(header, context))
        return f"{header}.{base64.urlsafe_b64encode(box).decode()}"

    def open(self, sealed: str, context: str) -> str:
        """Decrypt what `seal` made. Raises BrokenSealError."""
        header, _dot, body = sealed.rpartition(".")
        version, _dot, key_id = header.partition(".")
        cipher = self._ciphers.get(key_id)
        if version != SEAL_VERSION or cipher is None:
            raise BrokenSealError(
                _(
                    "“%(context)s”的密文所用的密钥（编号 %(key_id)s）未配置，"
                    "请把旧密钥加回密钥列表。",
                    context=context,
                    key_id=key_id[:8] or "?",
                )
            )
        try:
            box = base64.b64decode(body, altchars=b"-_", validate=True)
            nonce, secret = box[:NONCE_BYTES], box[NONCE_BYTES:]
            return cipher.decrypt(nonce, secret, _bound(header, context)).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise BrokenSealError(
                _("“%(context)s”的密文已损坏或被改动，无法解密。", context=context)
            ) from error

    def blind_index(self, value: str, context: str) -> str:
        """Return the keyed hash (HMAC-SHA-256, hex) by which a sealed value is stored for finding.

        The value is normalised first (full-width forms, blanks, case), so that one person typed
        in two ways is one person.
        """
        return self.mac(f"blind-index.{context}", _normal(value))

    def blind_indexes(self, value: str, context: str) -> list[str]:
        """Return the blind index under every key, the writing key's first, for reading."""
        return self.macs(f"blind-index.{context}", _normal(value))

    def mac(self, purpose: str, text: str) -> str:
        """Return a keyed hash (HMAC-SHA-256, hex) of text under the writing key."""
        return self._mac(self._roots[0], purpose, text)

    def macs(self, purpose: str, text: str) -> list[str]:
        """Return the keyed hash under every key, the writing key's first, for reading."""
        return [self._mac(root, purpose, text) for root in self._roots]

    def derive(self, purpose: str, *parts: str) -> bytes:
        """Return 32 key bytes for a purpose and a thing, from the writing key."""
        return _hkdf(self._roots[0], f"derive.{purpose}", *parts)

    def _mac(self, root: bytes, purpose: str, text: str) -> str:
        # A redemption hashes a code on its hot path; the derivation need not be repeated there.
        key = self._derived.get((root, purpose))
        if key is None:
            key = self._derived[root, purpose] = _hkdf(root, f"mac.{purpose}")
        return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def use(app: Flask, keyring: Keyring) -> None:
    """Make a keyring the one that an app, its acts and its `Encrypted` columns work with."""
    app.extensions[EXTENSION] = keyring


def keyring() -> Keyring:
    """Return the keyring of the app in whose context this runs."""
    found: Keyring = current_app.extensions[EXTENSION]
    return found


class _NeverCompared(Text.Comparator[str]):
    """Refuses comparing and ordering sealed text: it would silently find nothing."""

    def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        if op in {operators.is_, operators.is_not}:
            return super().operate(op, *other, **kwargs)
        message = f"{op.__name__}: a sealed column is found by its blind index, not compared"
        raise TypeError(message)


class _SealedText(Text):
    comparator_factory = _NeverCompared


class Encrypted(TypeDecorator[str]):
    """A text column that the database only ever sees sealed; it cannot be compared or ordered."""

    impl = _SealedText
    cache_ok = True

    def __init__(self, context: str) -> None:
        """Bind the column to its context, such as "resident.id_number"."""
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal on the way in."""
        del dialect
        return None if value is None else keyring().seal(value, self.context)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open on the way out."""
        del dialect
        return None if value is None else keyring().open(value, self.context)


def load_secrets(environ: Mapping[str, str], instance_path: str | Path) -> list[str]:
    """Return the configured secrets, the writing one first.

    From HUIGOU_SECRET_KEYS (comma separated), or the file named by HUIGOU_SECRET_KEYS_FILE (one
    a line), or secret.keys in the instance folder, which is made with a fresh secret on first
    use. Raises UnusableSecretsError rather than guess.
    """
    if KEYS_VARIABLE in environ and KEYS_FILE_VARIABLE in environ:
        raise UnusableSecretsError(
            _(
                "%(one)s 与 %(other)s 只能设置其中一个。",
                one=KEYS_VARIABLE,
                other=KEYS_FILE_VARIABLE,
            )
        )
    if KEYS_VARIABLE in environ:
        return _some(environ[KEYS_VARIABLE].split(","), KEYS_VARIABLE)
    if KEYS_FILE_VARIABLE in environ:
        return _read_keys(Path(environ[KEYS_FILE_VARIABLE]))
    path = Path(instance_path) / KEYS_FILE_NAME
    _make_keys_once(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise UnusableSecretsError(
            _("密钥文件 %(path)s 可被他人读取，请执行 chmod 600 后再启动。", path=path)
        )
    return _read_keys(path)


def mask_name(name: str) -> str:
    """Mask a name for showing: 张小红 -> 张*红, 张红 -> 张*."""
    match list(name):
        case [first, *middle, last] if middle:
            return first + "*" * len(middle) + last
        case [first, _hidden]:
            return first + "*"
        case hidden:
            return "*" * len(hidden)


def mask_id(number: str) -> str:
    """Mask an identity number for showing: first three, last four."""
    return _masked(number, first=3, last=4)


def mask_phone(number: str) -> str:
    """Mask a phone number for showing: first three, last four."""
    return _masked(number, first=3, last=4)


def mask_account(number: str) -> str:
    """Mask a bank account for showing: last four, without telling its length."""
    return "****" + (number[-4:] if len(number) >= SHORTEST_ACCOUNT else "")


def _masked(text: str, *, first: int, last: int) -> str:
    hidden = len(text) - first - last
    if hidden <= 1:
        return "*" * len(text)
    return text[:first] + "*" * hidden + text[-last:]


def _make_keys_once(path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Several workers may start at once: each writes its own file whole, and the first link wins.
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _read_keys(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableSecretsError(
            _("密钥文件 %(path)s 读不出来：%(why)s。", path=path, why=type(error).__name__)
        ) from error
    return _some(text.splitlines(), str(path))


def _some(texts: Sequence[str], source: str) -> list[str]:
    found = [text.strip() for text in texts if text.strip()]
    if not found:
        raise UnusableSecretsError(
            _("%(source)s 中没有密钥，系统不能启动；请填入至少一个密钥。", source=source)
        )
    return found


def _hkdf(root: bytes, *labels: str) -> bytes:
    # Each label is preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
    info = b"huigou" + b"".join(
        len(label.encode()).to_bytes(4) + label.encode() for label in labels
    )
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root)


def _bound(header: str, context: str) -> bytes:
    return f"{header}|{context}".encode()


def _normal(value: str) -> str:
    plain = unicodedata.normalize("NFKC", value).upper()
    return "".join(character for character in plain if not character.isspace())
