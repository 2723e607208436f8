"""A plugin from outside: installed, used, paid, uninstalled, and upgraded to its next version."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.deployment import Deployment

SOURCE = Path(__file__).parent / "huigou_legalaid"
PACKAGE = "huigou_legalaid"
PATH = "/api/v1/legalaid/cases"
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "legalaid_0002"
down_revision = "legalaid_0001"


def upgrade():
    op.add_column("legalaid_case", sa.Column("court", sa.Text()))
"""

# What a plugin pays is core.settlement's; that it comes, goes and grows hangs on no engine.
pytestmark = [pytest.mark.slow, pytest.mark.one_engine]


def pip(*arguments):
    """Run pip without a network."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def build(source, folder):
    """Build a wheel as the plugin's author does, its English compiled, and return its file."""
    catalogue = source / PACKAGE / "translations/en/LC_MESSAGES/messages.po"
    with catalogue.open("rb") as file, catalogue.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, read_po(file, locale="en"))
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    pip("wheel", *offline, "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def versions(tmp_path_factory):
    """Return the wheels of the plugin's first version, and of one that adds a column."""
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    for folder in (first, second):
        shutil.copytree(SOURCE, folder / "source")
    replace(second / "source/pyproject.toml", 'version = "1.0"', 'version = "2.0"')
    replace(
        second / "source" / PACKAGE / "models.py",
        "    settled_journal_id:",
        "    court: Mapped[str | None] = mapped_column(Text)\n    settled_journal_id:",
    )
    (second / "source" / PACKAGE / "migrations/legalaid_0002_court.py").write_text(REVISION)
    return [build(folder / "source", folder / "wheel") for folder in (first, second)]


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def python(tmp_path):
    """Return the interpreter of an environment of its own that sees what is installed here."""
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    site = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    here = [path for path in sys.path if path.endswith("-packages")]
    (Path(site) / "here.pth").write_text("\n".join(here))
    return str(home / "bin/python")


def test_a_plugin_from_outside_lives_leaves_and_comes_back(empty_url, versions, python):
    first, second = versions
    deployment = Deployment(empty_url, python=python)
    story = "tests.third_party.story"

    pip("--python", python, "install", "--no-index", "--no-deps", str(first))
    told = deployment.tell(story, "pay")
    assert told["refused"] == ["CASE_EXISTS", "ROLE_NOT_ALLOWED", "FOUR_EYES_REQUIRED"]
    assert (told["fee_fen"], told["paid_fen"]) == (150_000, 630_000)
    assert (told["own"], told["paid"], told["english"]) == (200, 4, True)
    assert (told["front"], told["forth"]) == (True, True)
    assert PATH in told["paths"]
    assert told["views"] == ["hv_legalaid_case"]
    assert_whole(told)

    pip("--python", python, "uninstall", "--yes", PACKAGE)
    told = deployment.tell(story)
    assert (told["own"], told["front"], told["forth"]) == (404, False, False)
    assert PATH not in told["paths"]
    assert "未启用的组件：legalaid" in told["audit"]
    assert_whole(told)

    pip("--python", python, "install", "--no-index", "--no-deps", str(second))
    told = deployment.tell(story)
    assert (told["own"], told["paid"], told["last"]) == (200, 4, "court")
    assert "未启用" not in told["audit"]
    assert PATH in told["paths"]
    assert told["views"] == ["hv_legalaid_case"]
    assert_whole(told)


def assert_whole(told):
    """The books are in order, the cases there, and the core shows what was paid."""
    assert told["faults"] == []
    assert told["cases"] == 4
    assert told["core"] == [200, 200, 200, 200]
    assert told["batch"]
    assert told["back"]
