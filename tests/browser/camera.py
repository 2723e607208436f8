"""A fake camera: pictures of codes, as Chromium plays them to a page that asks for the camera."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import zxingcpp
from PIL import Image

WIDTH, HEIGHT = 1280, 720
CODE_EDGE = 340  # a code held at arm's length fills about half the picture
TABLE = (150, 146, 138)


class Camera:
    """The file that Chromium reads whenever a page opens the camera; it plays in a loop."""

    def __init__(self, file: Path) -> None:
        """Begin with nothing in view."""
        self.file = file
        self.show(None)

    def show(self, picture: Image.Image | None) -> None:
        """Put a picture in view after a moment of nothing; None is an empty table."""
        # 30 pictures a second, whatever the file holds.
        frames = [_jpeg(None)] * 10 + [_jpeg(picture)] * (150 if picture else 1)
        self.file.write_bytes(b"".join(frames))


def photograph(picture: Image.Image | None) -> bytes:
    """Return a picture as a phone's photo of it."""
    return _jpeg(picture)


def _jpeg(picture: Image.Image | None) -> bytes:
    frame = Image.new("RGB", (WIDTH, HEIGHT), TABLE)
    if picture is not None:
        scaled = picture.convert("RGB")
        scaled.thumbnail((WIDTH, HEIGHT - 40))
        frame.paste(scaled, ((WIDTH - scaled.width) // 2, (HEIGHT - scaled.height) // 2))
    target = io.BytesIO()
    frame.save(target, "JPEG", quality=85)
    return target.getvalue()


def on_screen(png: bytes) -> Image.Image:
    """Return the picture of a phone's screen that shows a code."""
    screen = Image.open(io.BytesIO(png)).convert("RGB")
    return screen.resize((CODE_EDGE, CODE_EDGE * screen.height // screen.width))


def cards_of(pdf: bytes, folder: Path) -> list[Image.Image]:
    """Return the printed cards of a sheet, each as a picture of the card around its code."""
    sheet = folder / "sheet.pdf"
    sheet.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "150", "-png", sheet, folder / "page"], check=True)
    found = []
    for page in sorted(folder.glob("page*.png")):
        paper = Image.open(page).convert("RGB")
        for code in zxingcpp.read_barcodes(paper):
            corner, edge = code.position.top_left, code.position.bottom_right.x
            size = edge - corner.x
            box = (corner.x - size, corner.y - size // 2, edge + 2 * size, corner.y + 2 * size)
            found.append(paper.crop(box))
    return found
