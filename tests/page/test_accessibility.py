"""axe-core finds no serious violation: narrow and wide, light and dark, with everything open."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import pytest
from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("run", ["systemd", "green", "broken"])
def test_no_serious_violation(
    open_page: Callable[..., Page], run: str, width: int, scheme: str
) -> None:
    page = open_page(run, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.locator(".stage").last.wait_for()
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    serious = [
        f"{violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]
    assert serious == []
