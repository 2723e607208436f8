"""Papers that people take out of the house: the sheet of cards, bank files, tables."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Download, Page, expect


def printed(page: Page, vouchers: list[int]) -> bytes:
    """Let the purchaser's clerk print cards of some vouchers; return the sheet."""
    page.goto("/voucher/vouchers")
    for number in vouchers:
        page.locator(f"input[name=voucher][value='{number}']").check()
    page.get_by_role("button", name="为勾选的制卡").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"制卡 {len(vouchers)} 张")
    with page.expect_download() as told:
        page.get_by_role("button", name="制卡并下载 PDF").click()
    return content(told.value)


def content(download: Download) -> bytes:
    """Return what was downloaded."""
    return Path(download.path()).read_bytes()
