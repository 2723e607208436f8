"""Pages find the built scripts and styles, and say what to run when there are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from core import assets


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = Flask("pages", static_folder=str(tmp_path), static_url_path="/static")
    assets.register(app)
    return app


def build(app: Flask, hashed: str) -> None:
    manifest = Path(str(app.static_folder)) / assets.MANIFEST
    manifest.parent.mkdir(parents=True, exist_ok=True)
    chunk = {"file": f"app-{hashed}.js", "css": [f"app-{hashed}.css"], "isEntry": True}
    manifest.write_text(json.dumps({"assets/app.js": chunk}), encoding="utf-8")


def test_pages_name_the_hashed_files(app: Flask) -> None:
    build(app, "abc")
    with app.test_request_context():
        page = render_template_string("{{ asset_url('app') }} {{ asset_styles('app')[0] }}")
    assert page == "/static/dist/app-abc.js /static/dist/app-abc.css"


def test_a_rebuild_is_seen_without_a_restart(app: Flask) -> None:
    with app.test_request_context():
        build(app, "abc")
        assert assets.asset_url("app").endswith("app-abc.js")
        build(app, "longer")
        assert assets.asset_url("app").endswith("app-longer.js")


def test_a_page_without_built_assets_says_what_to_run(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(assets.AssetsMissingError, match="make assets"):
        assets.asset_url("app")


def test_unit_tests_render_pages_without_a_build(app: Flask) -> None:
    app.config["TESTING"] = True
    with app.test_request_context():
        assert assets.asset_url("scan") == "/static/dist/scan.js"
        assert assets.asset_styles("app") == []
