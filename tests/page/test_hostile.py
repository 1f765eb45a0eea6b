"""What a run recorded is text to the page's program too, whatever it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from runs import RUNS

from pytest_cna.report.page import render

HOSTILE = "</script></style><img src=x onerror=alert(1)><svg onload=alert(2)>"
KEPT = {"source", "kind", "media_type", "status", "state", "role", "worker", "fault"}
"""Words with a meaning, which the page would not understand otherwise."""


def poisoned(value: object, key: str = "") -> object:
    """The same, with hostile words behind every text."""
    if isinstance(value, dict):
        return {name: poisoned(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, key) for each in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) and key not in KEPT else value


def test_hostile_text_stays_text(open_page: Callable[..., Page], tmp_path: Path) -> None:
    report = json.loads((RUNS / "systemd" / "report.json").read_text("utf-8"))
    (tmp_path / "report.json").write_text(json.dumps(poisoned(report)), "utf-8")
    for name in ("timeline.jsonl", "requests.jsonl"):
        written = map(json.loads, (RUNS / "systemd" / name).read_text("utf-8").splitlines())
        lines = [json.dumps(poisoned(row)) + "\n" for row in written]
        (tmp_path / name).write_text("".join(lines), "utf-8")
    path = tmp_path / "report.html"
    path.write_text(render(tmp_path), "utf-8")
    page = open_page(path)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    rows = page.locator(".text-list tbody tr")
    expect(rows.first).to_contain_text(HOSTILE)
    expect(page.locator(".attachment pre").first).to_contain_text(HOSTILE)
    stage = page.locator(".stage")
    expect(stage.locator(".group-title").first).to_contain_text("<img")
    stage.hover(position={"x": 400, "y": 70})
    expect(page.locator("#hint")).to_be_visible()
    assert page.locator("img, [onerror], [onload]").count() == 0
