"""The subsidy's tables."""

from __future__ import annotations

from plugins.subsidy.models.schemes import Scheme, SchemeTerms

__all__ = ["Scheme", "SchemeTerms"]
