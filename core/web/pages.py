"""The core's own pages, one blueprint a file, in menu order."""

from __future__ import annotations

from flask import Blueprint

BLUEPRINTS: list[Blueprint] = []
