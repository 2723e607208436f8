"""Files on pages: taken from a form as acts take them, given out never to be run by a browser."""

from __future__ import annotations

import base64

from flask import Response, request


def sent(field: str = "files") -> list[dict[str, str]]:
    """Return the files of the form as an act takes them; those left empty are left out."""
    return [
        {"name": one.filename, "content": base64.b64encode(one.read()).decode()}
        for one in request.files.getlist(field)
        if one.filename
    ]


def download(content: bytes, *, name: str, kind: str = "application/octet-stream") -> Response:
    """Give out a file to be saved under its name."""
    response = Response(content, mimetype=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
