"""Planted personal markers, and the places where they may never turn up."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect

from core.db import db
from core.identifiers import citizen_id_with_check

NAME = "欧阳慕晓容"
PHONE = "13977755533"
ID_NUMBER = citizen_id_with_check("43010019480203777")
# Nobody's: a mistyped number is somebody's nearly right number.
WRONG_ID = ID_NUMBER[:-1] + ("0" if ID_NUMBER[-1] != "0" else "1")
STAFF_ID = citizen_id_with_check("43010019780203555")
ACCOUNT = "6222029988776655441"
PASSWORD = "Wolken-über-dem-Fluss-77"

# Never in the clear on any page, in any answer, table, log or address.
PERSONAL = {
    "phone": PHONE,
    "ID number": ID_NUMBER,
    "mistyped ID number": WRONG_ID,
    "staff's ID number": STAFF_ID,
    "bank account": ACCOUNT,
    "password": PASSWORD,
}
# In clear text only here: the register that the purchaser's clerk and the person read.
NAME_COLUMNS = {("resident", "name")}
READS_NAMES = {"purchaser_clerk", "resident"}
ADDRESSES = re.compile(r"""(?:href|action|src|data-[a-z-]+)="([^"]*)"|<title>([^<]*)</title>""")
TYPED_BACK = re.compile(r"""<input[^>]*>""")


@dataclass
class Watch:
    """Everything that left the app while somebody used it, and what was wrong with it."""

    secrets: dict[str, str] = field(default_factory=dict)
    found: dict[str, set[str]] = field(default_factory=dict)

    def secret(self, what: str, value: str) -> None:
        """Take note of a one-time secret, which may be told once and written nowhere."""
        self.secrets[f"{what} {len(self.secrets)}"] = value

    def _note(self, where: str, text: str, markers: dict[str, str]) -> None:
        for what, marker in markers.items():
            if marker in text:
                self.found.setdefault(where, set()).add(what)

    def answer(self, who: str, response: Any, *, own_typing: bool = False) -> None:
        """Look through an answer's addresses, and its text for what this person may not read.

        With `own_typing` the values of fields are the person's own and are left out.
        """
        where = f"{response.request.method} {response.request.path} ({who})"
        self.address(where, response.request.full_path)
        self.address(where, response.headers.get("Location", ""))
        self.address(where, response.headers.get("Content-Disposition", ""))
        text = response.get_data().decode("utf-8", "replace")
        if response.mimetype == "text/html":
            if own_typing:
                text = TYPED_BACK.sub("", text)
            text = html.unescape(text)
            for match in ADDRESSES.finditer(text):
                self.address(f"{where}, address or title", match.group(1) or match.group(2) or "")
        elif text.startswith("{"):
            text = json.dumps(json.loads(text), ensure_ascii=False)
        self.text(where, text, who)
        response.close()

    def text(self, where: str, text: str, who: str) -> None:
        """Look through what somebody reads."""
        names = {} if who in READS_NAMES else {"name": NAME}
        self._note(where, text, PERSONAL | names)

    def address(self, where: str, text: str) -> None:
        """Look through what browsers keep and servers log."""
        self._note(where, text, PERSONAL | self.secrets | {"name": NAME})

    def log(self, text: str) -> None:
        """Look through the logs."""
        self._note("the log", text, PERSONAL | self.secrets | {"name": NAME})

    def database(self) -> None:
        """Look through every column of every table and view."""
        everything = PERSONAL | self.secrets
        with db.engine.connect() as connection:
            known = inspect(connection)
            for table in [*known.get_table_names(), *known.get_view_names()]:
                rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()  # noqa: S608 - our own tables
                for row in rows:
                    for column, value in row.items():
                        names = {} if (table, column) in NAME_COLUMNS else {"name": NAME}
                        self._note(f"{table}.{column}", _plain(value), everything | names)


def _plain(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
