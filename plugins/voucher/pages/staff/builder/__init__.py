"""The form that builds a programme: a table of every parameter, and its way to and from terms."""

from __future__ import annotations

from plugins.voucher.pages.staff.builder import conditions
from plugins.voucher.pages.staff.builder.described import changes, told
from plugins.voucher.pages.staff.builder.models import MODELS, model
from plugins.voucher.pages.staff.builder.sections import SECTIONS
from plugins.voucher.pages.staff.builder.typed import Typed

__all__ = ["MODELS", "SECTIONS", "Typed", "changes", "conditions", "model", "told"]
