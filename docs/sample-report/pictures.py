"""``pictures.py REPORT.html``: keep the page here, with pictures of it for the README."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

HERE = Path(__file__).parent
SHOWN = "machine of a web server is lost"
"""The scenario whose timeline is shown."""
PATIENCE = 180_000
"""Milliseconds: the computer has just run a cluster, and may have other work."""


def opened(browser: Browser, width: int, scheme: str) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 860 if width > 600 else 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1 if width > 600 else 2,
    )
    page.set_default_timeout(PATIENCE)
    page.goto((HERE / "report.html").as_uri())
    page.locator("html[data-prepared]").wait_for(state="attached")
    return page


def timeline(page: Page) -> Locator:
    section = page.locator("details.section", has_text=SHOWN).first
    section.evaluate("section => section.open = true")
    section.locator(".stage").wait_for()
    # the bar at the top would be in the picture
    page.locator("header.bar").evaluate("bar => bar.style.position = 'static'")
    return section.locator(".timeline")


def main(report: Path) -> None:
    shutil.copy(report, HERE / "report.html")
    chromium = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = opened(browser, 1280, scheme)
            page.screenshot(path=HERE / f"summary-{scheme}.png")
            timeline(page).screenshot(path=HERE / f"timeline-{scheme}.png")
        opened(browser, 390, "light").screenshot(path=HERE / "summary-narrow.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
