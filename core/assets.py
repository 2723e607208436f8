"""Where the built styles and scripts are: reads the bundler's manifest, so names carry a hash."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, url_for

FOLDER = "dist"
MANIFEST = Path(FOLDER, ".vite", "manifest.json")


class AssetsMissingError(RuntimeError):
    """The styles and scripts were never built on this machine."""


def register(app: Flask) -> None:
    """Give templates `asset_url` and `asset_styles`."""
    app.jinja_env.globals.update(asset_url=asset_url, asset_styles=asset_styles)


def asset_url(entry: str) -> str:
    """Return the URL of an entry's script ("app", "scan", "charts").

    Raises AssetsMissingError when nothing is built; under TESTING a plain path serves instead, so
    that unit tests render pages without a bundler.
    """
    manifest = _manifest()
    if manifest is None:
        return _url(f"{entry}.js")
    return _url(_chunk(manifest, entry)["file"])


def asset_styles(entry: str) -> list[str]:
    """Return the URLs of an entry's style sheets; none under TESTING without a build.

    Raises AssetsMissingError when nothing is built.
    """
    manifest = _manifest()
    if manifest is None:
        return []
    return [_url(name) for name in _chunk(manifest, entry).get("css", [])]


def _chunk(manifest: dict[str, Any], entry: str) -> dict[str, Any]:
    chunk: dict[str, Any] = manifest[f"assets/{entry}.js"]
    return chunk


def _url(name: str) -> str:
    return url_for("static", filename=f"{FOLDER}/{name}")


def _manifest() -> dict[str, Any] | None:
    path = Path(current_app.static_folder or "static") / MANIFEST
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        if current_app.testing:
            return None
        message = f"{path} is missing: run `make assets`"
        raise AssetsMissingError(message) from None
    return _read(path, stamp)


@lru_cache(maxsize=1)
def _read(path: Path, stamp: int) -> dict[str, Any]:  # noqa: ARG001 - the stamp is in the key, so a rebuild is seen
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest
