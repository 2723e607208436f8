"""How somebody applies for a subsidy: drafted, sent back, judged, revoked; withdrawn; rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.generated.leaks import ID_NUMBER
from tests.generated.procurement_walk import APPROVER, CLERK, MANAGER, on
from tests.generated.steps import Step, Told, Walk
from tests.subsidy import applying_world as world

if TYPE_CHECKING:
    from tests.generated.walk import Life


def applying(life: Life, plan: int, line: int) -> Walk:
    """Yield every step of applications in a scheme that carries a plan out of a line."""
    with life.app.app_context():
        funding = [{"line_id": line, "share_ppm": 1_000_000}]
        scheme = world.open_scheme(life.county, plan=plan, funding=funding)
        pensions = world.open_residents_scheme(life.county, plan=plan, funding=funding)
    yield from on(world.APPLIED, _applied(life, scheme))
    yield from on(world.APPLIED, _for_a_resident(life, pensions))
    yield from on(world.CHECKED, _checked(life, scheme))


def _applied(life: Life, scheme: int) -> Walk:
    said = {"scheme_id": scheme, "declared": world.DECLARED, "separate_accounts": True}
    bad = said | {"words": f"店主 {ID_NUMBER}"}
    yield Step("application.draft", MANAGER, bad, refused=True)
    yield Step("application.draft", MANAGER, said)
    one = {"id": life.said["id"]}
    yield from _papers(life, MANAGER, one)
    yield Step("application.submit", MANAGER, one)
    yield Step("application.send_back", CLERK, one | {"reason": "租赁合同缺页"})
    yield Step("application.submit", MANAGER, one)
    yield Step("application.withdraw", MANAGER, one)


def _checked(life: Life, scheme: int) -> Walk:
    said = {"scheme_id": scheme, "declared": world.DECLARED, "separate_accounts": True}
    yield Step("application.draft", MANAGER, said)
    one = {"id": life.said["id"]}
    yield from _papers(life, MANAGER, one)
    paper = {"id": life.said["paper_id"]}
    yield Step("application.submit", MANAGER, one)
    yield Step("application.complete", CLERK, one)
    yield Step("application.judge", CLERK, one)
    yield Step("application.revoke", APPROVER, one | {"reason": "申报不实"})
    yield Step("application.draft", CLERK, said | {"applicant_id": life.county.provider})
    desk = {"id": life.said["id"]}
    yield from _papers(life, CLERK, desk)
    yield Step("application.submit", CLERK, desk)
    yield Step("application.reject", APPROVER, desk | {"reason": "现场不符"})
    yield Step("application.list", "auditor", {"state": "rejected"})
    yield Step("application.show", "auditor", one)
    yield Step("application.mine", MANAGER)
    yield Step("application.paper", CLERK, paper)
    # Begun and never handed in: its form can be opened even after the last day.
    yield Step("application.draft", MANAGER, said)
    asked = {"id": (one["id"],), "scheme": (scheme,), "party": (life.county.provider,)}
    life.pages |= {
        "subsidy_applications": asked | {"step": ("complete",)},
        "subsidy_applying": asked,
        "subsidy_applying.paper": {"id": (paper["id"],)},
    }


def _for_a_resident(life: Life, scheme: int) -> Walk:
    """Let the clerk write at the desk for the resident whose data are planted."""
    said = {"scheme_id": scheme, "applicant_id": life.county.residents[1]}
    yield Step("application.draft", CLERK, said)
    yield Step("application.submit", CLERK, {"id": life.said["id"]})


def _papers(life: Life, who: str, one: Told) -> Walk:
    for asked in world.EVIDENCE:
        yield Step("application.add_paper", who, one | world.paper(asked["code"]))
