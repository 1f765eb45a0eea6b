"""axe-core finds no serious violation: narrow and wide, light and dark, with everything open."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from runs import RUNS

from pytest_cna.report.history import entry
from pytest_cna.report.page import render
from pytest_cna.report.report import Report

Open = Callable[..., Page]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("run", ["systemd", "green", "broken"])
def test_no_serious_violation(open_page: Open, run: str, width: int, scheme: str) -> None:
    page = open_page(run, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    page.locator(".stage").last.wait_for()
    assert serious(page) == []


def test_no_serious_violation_in_a_trend(open_page: Open, tmp_path: Path) -> None:
    report = Report.from_json(json.loads((RUNS / "green" / "report.json").read_text("utf-8")))
    now = entry(report)
    before = replace(
        now,
        session="before",
        started=now.started - 86400,
        statuses=dict.fromkeys(now.statuses, "failed"),
    )
    path = tmp_path / "report.html"
    path.write_text(render(RUNS / "green", [before]), "utf-8")
    page = open_page(path)
    assert page.locator("#trend tbody tr").count() == 2
    expect(page.locator("#trend p")).to_contain_text("cured: ")
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]
