"""The product as an operator runs it: processes of its own, plugins chosen from outside.

What a plugin that is away leaves behind shows only in a process that never imported it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NOW = "2026-11-23T10:00"
SECRET = "9hT2-vWq7LxZ0cRb5NfKd8YpSj3Gm6Ua"


@dataclass(frozen=True)
class Deployment:
    """An installation on a database: an interpreter, and which plugins are left out."""

    url: str
    python: str = sys.executable
    disabled: str = ""

    def flask(self, *arguments: str) -> str:
        """Run one of the operators' verbs, which must succeed, and return what it printed."""
        return self._run("-m", "flask", "--app", "wsgi", *arguments)

    def tell(self, module: str, *arguments: str) -> Any:
        """Run a module of the tests there and return the JSON in its last line."""
        return json.loads(self._run("-m", module, *arguments).splitlines()[-1])

    def _run(self, *command: str) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.url,
            "HUIGOU_DEMO": "8",  # an eighth of the people will do
            "HUIGOU_DISABLED": self.disabled,
            "HUIGOU_INSTANCE": os.environ["HUIGOU_INSTANCE"],
            "HUIGOU_NOW": NOW,
            "HUIGOU_SECRET_KEYS": SECRET,
            "PYTHONWARNINGS": "error",
        }
        done = subprocess.run(
            [self.python, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout
