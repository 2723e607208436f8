"""Where test databases lie: in memory if there is enough, for they are copied by the thousand."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108 - what is made there has a random name
ENOUGH = 4 * 2**30  # bytes; a worker uses a quarter of them at most


def place() -> str | None:
    """Return the folder in which to make temporary folders, None being the machine's usual one.

    Programs are started from such folders, too, which some machines forbid in shared memory.
    """
    if not os.access(SHARED, os.W_OK) or os.statvfs(SHARED).f_flag & os.ST_NOEXEC:
        return None
    return str(SHARED) if shutil.disk_usage(SHARED).free >= ENOUGH else None


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder for databases; it goes with whoever asked for it."""
    with tempfile.TemporaryDirectory(prefix="huigou-", dir=place()) as made:
        yield Path(made)
