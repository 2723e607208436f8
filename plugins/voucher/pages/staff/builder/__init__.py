"""The form that builds a programme: a table of every parameter of its terms."""

from __future__ import annotations

from core.web.builder import Builder
from plugins.voucher.pages.staff.builder.models import MODELS, model
from plugins.voucher.pages.staff.builder.sections import SECTIONS

__all__ = ["BUILDER", "MODELS", "SECTIONS", "model"]

BUILDER = Builder(SECTIONS)
