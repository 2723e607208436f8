"""Rehearsals: dated acts from a file, played through the registered acts and held to account."""

from core.rehearsal.command import rehearse_command
from core.rehearsal.running import Mismatch, Outcome, rehearse

__all__ = ["Mismatch", "Outcome", "rehearse", "rehearse_command"]
