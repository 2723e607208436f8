"""How somebody of the demo county applies: draft, papers, handed in, in order, eligible."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from plugins.subsidy.demo.publishing import STEP, Office

if TYPE_CHECKING:
    from core.demo import World

# The smallest file that is a PDF by its content: who looks for a real paper finds an empty page.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def submitted(
    world: World, login: str, scheme: int, *, days: int, papers: list[str], **said: Any
) -> int:
    """Hand in an application so many days before the first full month; return its number."""
    at = world.before(days, "09:10")
    number: int = world.do(login, "application.draft", at=at, scheme_id=scheme, **said)["id"]
    content = base64.b64encode(PDF).decode()
    for place, code in enumerate(papers, start=1):
        file = {"name": f"{code}.pdf", "content": content}
        world.do(
            login, "application.add_paper", at=at + place * STEP, id=number, code=code, file=file
        )
    world.do(login, "application.submit", at=at + (len(papers) + 1) * STEP, id=number)
    return number


def eligible(world: World, office: Office, number: int, *, days: int) -> None:
    """Let the office find an application's papers in order and the applicant eligible."""
    at = world.before(days, "14:00")
    world.do(office.clerk, "application.complete", at=at, id=number)
    world.do(office.clerk, "application.judge", at=at + STEP, id=number)
