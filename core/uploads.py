"""Files that people send in: few, small, under harmless names, of a kind that their content proves.

Whoever keeps them has a table of its own; what is judged of a file is judged here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields, validate

from core.errors import InvalidInput
from core.fields import Text, schema

FILES_MOST, BYTES_MOST = 5, 10_000_000
NAME_LONGEST = 120
# Base64 makes three bytes four; the words sent beside files fit the rest.
BODY_MAX = BYTES_MOST * 4 // 3 + 1024 * 1024
# How a file of each kind begins, its media type and the ending its name gets.
KINDS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
)


@dataclass(frozen=True)
class Upload:
    """A file that may be kept: its clean name, the media type its content has, its SHA-256."""

    name: str
    kind: str
    sha256: str
    content: bytes


def field(name: str, *, most: int = FILES_MOST, **options: Any) -> fields.List[Any]:
    """Return the field of an act that takes files; `name` is one file's name in the documents.

    Its act needs `body_max=BODY_MAX`. Without `required=True` no file is sent.
    """
    content = fields.String(required=True, validate=validate.Length(max=BODY_MAX))
    one = schema(name, name=Text(required=True, longest=300), content=content)
    if not options.get("required"):
        options.setdefault("load_default", list)
    least = 1 if options.get("required") else None
    return fields.List(fields.Nested(one), validate=validate.Length(min=least, max=most), **options)


def checked(files: Sequence[Mapping[str, str]], *, bytes_most: int = BYTES_MOST) -> list[Upload]:
    """Return files as they may be kept, each under a name that its content bears out.

    Refuses FILE_TOO_LARGE above what all may have together, FILE_KIND_NOT_ALLOWED for what is not
    PDF, JPEG or PNG, whatever it is called, INVALID_INPUT for what is no base64.
    """
    room = bytes_most
    found: dict[str, Upload] = {}
    for place, one in enumerate(files, start=1):
        content = decode(one["content"])
        room -= len(content)
        if room < 0:
            raise InvalidInput(
                _("文件合计超过 %(mb)s MB，请压缩或删减。", mb=bytes_most // 10**6),
                errors={"files": [_("合计最多 %(mb)s MB", mb=bytes_most // 10**6)]},
                code="FILE_TOO_LARGE",
            )
        kind, ending = _kind(content, place)
        plain = clean_name(one["name"], place, found.keys())
        name = f"{plain.rpartition('.')[0] or plain}.{ending}"
        if name in found:
            name = f"{place}-{name}"
        found[name] = Upload(name, kind, hashlib.sha256(content).hexdigest(), content)
    return list(found.values())


def clean_name(name: str, place: int, taken: AbstractSet[str]) -> str:
    """Return a file's name without folders, hidden or odd characters; a second one is numbered."""
    last = PurePosixPath(unicodedata.normalize("NFKC", name).replace("\\", "/")).name
    kept = "".join(c for c in last if unicodedata.category(c)[0] in "LN" or c in " ._-（）()")
    kept = re.sub(r"\.{2,}", ".", kept).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    stem, ending = (stem, ending[:10]) if dot and stem else (kept, "")
    stem = stem[:NAME_LONGEST] or _("文件")
    plain = f"{stem}.{ending}" if ending else stem
    return plain if plain not in taken else f"{place}-{plain}"


def decode(content: str) -> bytes:
    """Return a file's bytes from base64; refuses INVALID_INPUT."""
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(_("文件内容不是 base64 编码，请重新上传。")) from error


def _kind(content: bytes, place: int) -> tuple[str, str]:
    """Return the media type and ending of a file by what it begins with."""
    for begins, kind, ending in KINDS:
        if content.startswith(begins):
            return kind, ending
    raise InvalidInput(
        _("第 %(place)s 个文件不是 PDF、JPEG 或 PNG，请换一种格式重新选择。", place=place),
        errors={"files": [_("只收 PDF、JPEG、PNG")]},
        code="FILE_KIND_NOT_ALLOWED",
    )
