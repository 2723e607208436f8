"""Every sentence people read has its English, with the same figures in it."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "core/translations/en/LC_MESSAGES/messages.po"
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
DECLARED = (
    "Role",
    "Permission",
    "AccountKind",
    "EntryKind",
    "Act",
    "Deed",
    "Reasoned",
    "Fact",
    "Figure",
    "Form",
    "DeadlineKind",
)
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None} | dict.fromkeys(
    DECLARED, (2,)
)
METHODS = [
    ("core/**.py", "python"),
    ("plugins/**.py", "python"),
    ("core/templates/**.html", "jinja2"),
    ("plugins/**/templates/**.html", "jinja2"),
]


def texts() -> set[str]:
    """Every Chinese sentence that code and templates mark for people."""
    found = extract_from_dir(str(ROOT), METHODS, keywords=KEYWORDS)
    return {
        text
        for _file, _line, message, _comments, _context in found
        for text in ([message] if isinstance(message, str) else message)
        if text and CHINESE.search(text)
    }


def test_every_sentence_has_its_english() -> None:
    """`make texts` adds what is new; somebody then translates what is empty."""
    with CATALOGUE.open("rb") as file:
        english = {message.id: message.string for message in read_po(file) if message.id}
    assert sorted(text for text in texts() if not english.get(text)) == []


def test_the_english_has_the_same_figures_and_no_chinese() -> None:
    """A lost placeholder would lose the figure that tells people what to do."""
    with CATALOGUE.open("rb") as file:
        pairs = [(str(message.id), str(message.string)) for message in read_po(file) if message.id]
    faults = [
        one
        for one, other in pairs
        if set(PLACEHOLDER.findall(one)) != set(PLACEHOLDER.findall(other)) or CHINESE.search(other)
    ]
    assert faults == []


def test_the_catalogue_compiles(tmp_path: Path) -> None:
    """What `make assets` makes of it can be read by the app."""
    with CATALOGUE.open("rb") as file, (tmp_path / "messages.mo").open("wb") as compiled:
        write_mo(compiled, read_po(file, locale="en"))
    assert (tmp_path / "messages.mo").stat().st_size > 10_000
