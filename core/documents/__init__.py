"""Printed matter: PDF files from typst templates, and QR images; the layout lives in templates.

A template imports the house style with `#import "@local/huigou:1.0.0": *` and gets its data as
`data`. Data go in as JSON and never become markup, so that no name or note can change a document.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
import qrcode
import typst
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage

PACKAGES = Path(__file__).parent / "packages"
QUIET_ZONE = 4  # modules of white on every side (ISO/IEC 18004)


def pdf(template_path: Path, data: Mapping[str, object]) -> bytes:
    """Return the PDF (tagged for screen readers, PDF/UA-1) of a typst template filled with data.

    The template sees its own folder, the house style and nothing else; it works offline.
    """
    return typst.compile(
        template_path,
        root=template_path.parent,
        font_paths=_typefaces(),
        format="pdf",
        pdf_standards="ua-1",
        package_path=PACKAGES,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )


def qr_svg(text: str, *, scale: int = 4, label: str | None = None) -> str:
    """Return a QR code (level M, quiet zone included) as SVG of `scale` pixels a module.

    `label` is what a screen reader says of it; without one the image counts as decoration.
    """
    matrix = _qr(text).get_matrix()
    size = len(matrix)
    path = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, modules in enumerate(matrix)
        for column, dark in enumerate(modules)
        if dark
    )
    naming = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        f'width="{size * scale}" height="{size * scale}" {naming} shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>'
    )


def qr_png(text: str, *, scale: int = 8) -> bytes:
    """Return a QR code (level M, quiet zone included) as PNG of `scale` pixels a module."""
    target = io.BytesIO()
    _qr(text, scale=scale).make_image(PilImage).save(target)
    return target.getvalue()


def _qr(text: str, *, scale: int = 1) -> qrcode.QRCode[PilImage]:
    # One segment (optimize=0): upper-case payloads then stay in the dense alphanumeric mode.
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M,
        box_size=scale,
        border=QUIET_ZONE,
        image_factory=PilImage,
    )
    code.add_data(text, optimize=0)
    code.make(fit=True)
    return code


@cache
def _typefaces() -> typst.Fonts:
    """Read the fonts once (20 MB); system fonts stay out, so that every machine prints the same."""
    return typst.Fonts(include_system_fonts=False, font_paths=[fonts.sans_path().parent])
