"""Printed matter: what is on the paper can be read by a person and by a scanner."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image

from core.clock import instant
from core.codes import group_digits, new_card_code, new_typed_code, parse, rotating_code
from core.documents import pdf, qr_png, qr_svg

TEMPLATES = Path(__file__).parents[2] / "plugins" / "voucher" / "templates" / "voucher"
HOSTILE = '#panic("x") $x$ *粗* <b> \\ \u4dae"\u202e'

CARDS = [
    {"holder": "张*红", "value": "面值 500.00 元", "code": new_typed_code(), "qr": new_card_code()}
    for _place in range(20)
]
SHEET = {
    "programme": "2026 年长者居家服务凭单",
    "issuer": "望江县民政局",
    "helpline": "0731-8888 1234",
    "cards": [
        card
        | {
            "usable": "可用至 2026-12-31（含当日）",
            "code": group_digits(card["code"]),
            "qr": qr_svg(card["qr"]),
        }
        for card in CARDS
    ],
}
STATEMENT = {
    "title": "凭单核销对账单",
    "number": "DZ-2026-09-0003",
    "printed_on": "2026-09-21",
    "facts": [
        {"label": "承接主体", "value": "春晖职业培训学校"},
        {"label": "结算期", "value": "2026-09-01 至 2026-09-20"},
    ],
    "lines": [
        {
            "date": "2026-09-01",
            "receipt": f"SJ26090100{place:02}",
            "service": "学前教育学费",
            "amount": "500.00",
        }
        for place in range(70)
    ],
    "totals": [
        {"label": "核销 70 笔", "amount": "35,000.00"},
        {"label": "应结算金额", "amount": "34,500.00"},
    ],
    "note": "请在 5 个工作日内逐笔核对。",
    "signatures": ["承接主体（盖章）", "财政部门（盖章）"],
}
RECEIPT = {
    "title": "凭单核销凭条",
    "provider": "春晖居家养老服务中心",
    "amount_label": "本次扣减",
    "amount": "87.50 元",
    "facts": [{"label": "凭单余额", "value": "312.50 元"}],
    "footer": "如有疑问请拨 0731-8888 1234",
}


@pytest.fixture(scope="module")
def sheet(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("cards") / "cards.pdf"
    path.write_bytes(pdf(TEMPLATES / "cards.typ", SHEET))
    return path


def test_every_code_of_a_card_sheet_is_scanned_back_from_paper(sheet: Path) -> None:
    scanned = [found for page in _pages(sheet, dpi=150) for found in zxingcpp.read_barcodes(page)]
    assert sorted(found.text for found in scanned) == sorted(card["qr"] for card in CARDS)
    assert all(parse(found.text) for found in scanned)


def test_the_code_on_a_card_measures_thirty_millimetres(sheet: Path) -> None:
    found = zxingcpp.read_barcodes(_pages(sheet, dpi=254)[0])[0].position
    assert found.top_right.x - found.top_left.x >= 300
    assert found.bottom_left.y - found.top_left.y >= 300


def test_a_card_says_in_words_whose_it_is_and_until_when(sheet: Path) -> None:
    text = _text(sheet)
    assert text.count("\f") == 2
    for words in ("2026 年长者居家服务凭单", "张*红", "面值 500.00 元", "0731-8888 1234"):
        assert text.count(words) == 20, words
    assert text.count("可用至 2026-12-31（含当日）") == 20
    printed = {re.sub(r"\s", "", code) for code in re.findall(r"\d{4}\s+\d{4}\s+\d{4}", text)}
    assert {card["code"] for card in CARDS} <= printed


def test_long_words_on_a_card_stay_beside_the_code(tmp_path: Path) -> None:
    long = SHEET | {
        "programme": "二〇二六年度经济困难失能老年人居家上门养老服务消费补贴凭单",
        "cards": [
            card | {"value": "每月 4 次上门服务，每次 2 小时", "holder": "阿****************提"}
            for card in SHEET["cards"][:10]
        ],
    }
    path = tmp_path / "cards.pdf"
    path.write_bytes(pdf(TEMPLATES / "cards.typ", long))
    (page,) = _pages(path, dpi=150)
    assert len(zxingcpp.read_barcodes(page)) == 10
    assert _text(path).count("消费补贴凭单") == 10


def test_a_statement_repeats_its_header_and_counts_its_pages(tmp_path: Path) -> None:
    path = tmp_path / "statement.pdf"
    path.write_bytes(pdf(TEMPLATES / "statement.typ", STATEMENT))
    text = _text(path)
    pages = text.count("\f")
    assert pages > 1
    assert text.count("服务项目") == pages
    assert f"第1页/共{pages}页" in re.sub(r" ", "", text)
    assert text.count("学前教育学费") == 70
    assert all(words in text for words in ("DZ-2026-09-0003", "34,500.00", "财政部门（盖章）"))


def test_a_receipt_is_as_wide_as_the_till_paper(tmp_path: Path) -> None:
    path = tmp_path / "receipt.pdf"
    path.write_bytes(pdf(TEMPLATES / "receipt.typ", RECEIPT))
    (page,) = _pages(path, dpi=254)
    assert abs(page.width - 800) <= 1
    assert "312.50 元" in _text(path)


@pytest.mark.parametrize(
    ("name", "data"), [("cards", SHEET), ("statement", STATEMENT), ("receipt", RECEIPT)]
)
def test_data_are_never_markup(name: str, data: dict[str, object], tmp_path: Path) -> None:
    shown = {"programme", "issuer", "provider", "note", "footer", "label", "title"}
    hostile = json.loads(
        json.dumps(data),
        object_hook=lambda found: found | dict.fromkeys(shown & found.keys(), HOSTILE),
    )
    path = tmp_path / "hostile.pdf"
    path.write_bytes(pdf(TEMPLATES / f"{name}.typ", hostile))
    assert '#panic("x") $x$ *粗* <b> \\ \u4dae' in _text(path)


def test_a_qr_image_carries_its_text_and_stays_small() -> None:
    for payload in (new_card_code(), rotating_code(b"k" * 32, "0123456789", instant("2026-09-01"))):
        image = Image.open(io.BytesIO(qr_png(payload)))
        (found,) = zxingcpp.read_barcodes(image)
        assert (found.text, found.ec_level) == (payload, "M")
        assert image.width == (25 + 2 * 4) * 8


def test_a_qr_drawing_is_the_same_code_and_names_itself() -> None:
    drawing = ET.fromstring(qr_svg("HG1:C0", scale=3, label='"A" & <B>'))  # noqa: S314 - ours
    assert drawing.attrib["aria-label"] == '"A" & <B>'
    assert drawing.attrib["width"] == str((21 + 2 * 4) * 3)
    assert "aria-hidden" in qr_svg("HG1:C0")
    assert "style" not in qr_svg("HG1:C0")


def _text(path: Path) -> str:
    run = ["pdftotext", "-layout", str(path), "-"]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout


def _pages(path: Path, *, dpi: int) -> list[Image.Image]:
    run = ["pdftoppm", "-r", str(dpi), "-gray", "-png", str(path), str(path.with_suffix(""))]
    subprocess.run(run, check=True)
    return [
        Image.open(io.BytesIO(page.read_bytes()))
        for page in sorted(path.parent.glob(f"{path.stem}-*.png"))
    ]
