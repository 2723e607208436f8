"""What every page must be: sound to axe, no wider than the screen, easy to hit."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Where a rule is kept, one place is told instead of each: that halves the time axe takes.
ASKED = {"runOnly": RULES, "resultTypes": ["violations"]}
TARGET, LARGE_TARGET = 44, 60

# A target is what a finger can hit: a choice with its label, a photo button with its words. A
# link inside a running sentence is as high as its line (WCAG 2.2, 2.5.8, inline).
SMALL_TARGETS = """(least) => {
  const inline = (e) => e.matches("a") && e.parentElement.matches("p, li p, dd, td, span, .lead")
    && e.parentElement.textContent.trim().length > e.textContent.trim().length
    && getComputedStyle(e).display === "inline";
  const small = [];
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  for (const e of document.querySelectorAll(all)) {
    if (e.closest(".skip") || inline(e)) continue;
    const area = e.closest("label.choice") || e.closest("label.scan-still") || e;
    if (!area.checkVisibility({ visibilityProperty: true })) continue;
    const { width, height } = area.getBoundingClientRect();
    if (!width || (height >= least - 0.5 && width >= least - 0.5)) continue;
    const name = (e.textContent || e.name || "").trim().slice(0, 20);
    small.push(`${e.tagName} ${name} ${Math.round(width)}x${Math.round(height)}`);
  }
  return small;
}"""
TOO_WIDE = "() => Math.max(0, document.documentElement.scrollWidth - innerWidth)"
LARGE_TYPE = "(on) => { document.documentElement.dataset.type = on ? 'large' : 'normal'; }"


# Axe takes ten seconds for a long table, whose rows are all made alike.
SHORTER_TABLES = """() => {
  for (const row of document.querySelectorAll("tbody tr:nth-child(n + 7)")) row.remove();
}"""


def violations(page: Page) -> list[str]:
    """Return what axe finds on a page, rule and place; long tables are shortened for good."""
    page.evaluate(SHORTER_TABLES)
    found = Axe().run(page, options=ASKED).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"][:3]]


def measured(page: Page, size: dict[str, int]) -> list[str]:
    """Return what is too wide or too small on a page at a size; on a phone in both types."""
    page.wait_for_load_state()  # a slow machine may not have the styles yet
    page.set_viewport_size(size)
    found = _measured(page, TARGET, f"{size['width']} px")
    if size is PHONE:
        page.evaluate(LARGE_TYPE, arg=True)
        found += _measured(page, LARGE_TARGET, f"{size['width']} px, large type")
        page.evaluate(LARGE_TYPE, arg=False)
    return found


def _measured(page: Page, least: int, where: str) -> list[str]:
    wide: Any = page.evaluate(TOO_WIDE)
    found = [f"{where}: {wide} px too wide"] if wide else []
    return found + [f"{where}: {one}" for one in page.evaluate(SMALL_TARGETS, least)]
