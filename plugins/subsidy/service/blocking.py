"""Until when somebody may not apply again, because an award's result was below every tier."""

from __future__ import annotations

from datetime import date

from plugins.subsidy.models import Scheme


def blocked_until(scheme: Scheme, applicant_id: int) -> date | None:  # noqa: ARG001 - awards tell
    """Return the last day on which an applicant may not apply in a scheme; None: it may."""
    return None
