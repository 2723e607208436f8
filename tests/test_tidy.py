"""Style and architecture as tests, the way a good accountant's books are."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import Huigou
from core.db import db
from core.plugins import FORMS

ROOT = Path(__file__).parent.parent
FUNCTION_LINES = 60
FILE_LINES = 500
IDENTIFIER = 63
PLUGIN_FILES = {
    "__init__.py",
    "models",
    "models.py",
    "parameters.py",
    "parameters.yaml",
    "programmes",
    "rules",
    "rules.py",
    "service",
    "schemas.py",
    "terms_schema.py",
    "pages",
    "api",
    "api.py",
    "commands.py",
    "demo",
    "demo.py",
    "migrations",
    "templates",
    "README.md",
}


def sources() -> Iterator[Path]:
    """Every Python file of the product, and of the plugin that others are to copy.

    Migrations are written once and left.
    """
    for folder in ("core", "plugins", "tests/third_party/huigou_legalaid"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and "__pycache__" not in path.parts:
                yield path


def functions() -> Iterator[tuple[Path, ast.FunctionDef]]:
    """Every function of the product."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def test_a_function_fits_a_screen() -> None:
    """Nobody should have to scroll to see what a function does."""
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path, node in functions()
        if (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_a_file_has_one_secret_and_tells_it_first() -> None:
    """Each module begins with one sentence and stays readable in one sitting."""
    faults = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if not ast.get_docstring(ast.parse(text)):
            faults.append(f"{path.relative_to(ROOT)}: no docstring")
        if text.count("\n") > FILE_LINES:
            faults.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
    assert faults == []


def test_a_transaction_begins_and_ends_in_one_file() -> None:
    """Only core/db.py commits; the schema upgrade has the one exception it explains."""
    pattern = re.compile(r"\.(commit|rollback|begin_nested)\(\)|\"(BEGIN|COMMIT|ROLLBACK)")
    faults = [
        str(path.relative_to(ROOT))
        for path in sources()
        if pattern.search(path.read_text(encoding="utf-8"))
        and path.relative_to(ROOT).as_posix() not in {"core/db.py", "core/schema.py"}
    ]
    assert faults == []


def test_only_the_clock_knows_the_time() -> None:
    """A rehearsal can set the date of everything."""
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(")
    faults = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.name != "clock.py" and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert faults == []


def test_money_is_never_a_binary_fraction() -> None:
    """No float() comes near an amount."""
    faults = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "float"
    ]
    assert faults == []


def test_no_name_in_the_database_is_cut_short(app_kept: Huigou) -> None:
    """PostgreSQL would truncate what SQLite keeps."""
    assert app_kept.name
    names = [
        str(item.name)
        for table in db.metadata.tables.values()
        for item in (table, *table.constraints, *table.indexes)
        if item.name
    ]
    assert [name for name in names if len(name) > IDENTIFIER] == []


@pytest.mark.parametrize("package", FORMS.values())
def test_a_plugin_has_the_agreed_file_names(package: str) -> None:
    """Who knows one plugin knows all."""
    folder = ROOT / package.replace(".", "/")
    found = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    assert {name for name in found if name not in PLUGIN_FILES} == set()


def test_nothing_left_undone_is_committed() -> None:
    """No notes to self, no skipped tests, no swallowed exceptions."""
    marks = (
        "TO" + "DO",
        "FIX" + "ME",
        "X" * 3,
        "except Excep" + "tion",
        "pytest.sk" + "ip",
        "xf" + "ail(",
    )
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.html", "*.js"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    faults = [
        f"{name}: {mark}"
        for name in listed
        if (ROOT / name).exists() and name != "tests/test_tidy.py"
        for mark in marks
        if mark in (ROOT / name).read_text(encoding="utf-8")
    ]
    assert faults == []
