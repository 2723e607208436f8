"""How somebody of the demo county becomes eligible for a scheme: drafted, with papers, judged."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.demo import World

PDF = base64.b64encode(b"%PDF-1.7\n%%EOF").decode()
CLERK = "care-clerk"


def eligible(
    world: World,
    login: str,
    scheme: int,
    papers: dict[str, str],
    *,
    words: str,
    **declared: Any,
) -> int:
    """Apply with papers (names of files by their codes) and be judged; return the application."""
    at = world.before(30, "10:00")
    number: int = world.do(
        login,
        "application.draft",
        at=at,
        scheme_id=scheme,
        declared={f"org.{name}": value for name, value in declared.items()},
        words=words,
        separate_accounts=True,
    )["id"]
    for code, name in papers.items():
        file = {"name": name, "content": PDF}
        world.do(login, "application.add_paper", at=at, id=number, code=code, file=file)
    world.do(login, "application.submit", at=at + timedelta(minutes=30), id=number)
    world.do(CLERK, "application.complete", at=world.before(27, "09:00"), id=number)
    world.do(CLERK, "application.judge", at=world.before(24, "09:00"), id=number)
    return number
