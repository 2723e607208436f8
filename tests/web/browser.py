"""A browser without JavaScript: opens pages, fills in the forms it finds there, and sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient


@dataclass
class Form:
    """A form as the page offers it: where it goes and what it sends if nothing is changed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects a page's forms and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"script", "style"}:
            self._skipped += 1
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None:
            self._read_field(tag, given)

    def _read_field(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        name = given.get("name", "")
        if tag == "input" and name:
            chosen = given.get("type") not in {"radio", "checkbox"} or "checked" in given
            if chosen and given.get("type") != "file":
                self._form.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self._form.fields[name] = ""
        elif tag == "select":
            self._select = name
            self._form.fields[name] = ""
        elif tag == "option" and self._select and "selected" in given:
            self._form.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._skipped -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if not self._skipped and data.strip():
            self.words.append(data.strip())


class Page:
    """An answer: status, address, text as people read it, forms."""

    def __init__(self, browser: Browser, response: Any) -> None:
        self._browser = browser
        self.status = response.status_code
        self.path = response.request.path
        self.html = response.get_data(as_text=True) if response.mimetype == "text/html" else ""
        self.response = response

    @cached_property
    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader

    @property
    def forms(self) -> list[Form]:
        """The page's forms."""
        return self._read.forms

    @property
    def text(self) -> str:
        """The page's words, as people read them."""
        return " ".join(self._read.words)

    def form(self, action: str) -> Form:
        """Return the page's form that goes to an address."""
        found = [form for form in self.forms if form.action == action]
        assert found, f"no form to {action}; there are {[form.action for form in self.forms]}"
        return found[0]

    def send(self, action: str, **fields: str) -> Page:
        """Fill in the form that goes to an address, send it, and follow where it leads."""
        return self._browser.post(action, self.form(action).fields | fields)


class Browser:
    """One person's browser; it keeps cookies."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def open(self, path: str) -> Page:
        """Open an address and follow redirects."""
        return Page(self, self._client.get(path, follow_redirects=True))

    def post(self, path: str, fields: dict[str, str]) -> Page:
        """Send fields to an address and follow redirects."""
        return Page(self, self._client.post(path, data=fields, follow_redirects=True))
