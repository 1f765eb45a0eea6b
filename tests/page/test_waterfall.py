"""The recovery waterfall shows the times that the events and requests of the run give."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from runs import events, requests, scenarios

Open = Callable[..., Page]


def said(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def test_stages_of_a_container_kill(open_page: Open) -> None:
    scenario = next(s for s in scenarios("green") if "container of a web server" in s["name"])
    fault = events("green", scenario, source="fault", kind="injecting")[0]
    container = fault["subject"]
    port = container.rpartition(".")[2]

    def after(source: str, kind: str, last: bool = False) -> float:
        seen = [
            event["after"] - fault["after"]
            for event in events("green", scenario, source=source, kind=kind)
            if event["after"] >= fault["after"]
            and (event["subject"] == container or str(event["data"].get("port")) == port)
        ]
        return float(seen[-1 if last else 0])

    up = [
        event["after"] - fault["after"]
        for event in events("green", scenario, source="routing")
        if event["subject"].endswith(f"_{port}") and event["after"] > fault["after"]
    ]
    running = after("container", "start", last=True)
    me = container.replace(".", "@")
    served = min(
        r["start"] + r["duration"] - fault["monotonic"]
        for r in requests("green", scenario)
        if r["served_by"].startswith(f"{me} ") and r["start"] - fault["monotonic"] >= running
    )
    expected = {
        "noticed": after("container", "die"),
        "running": running,
        "announced": after("discovery", "announced", last=True),
        "routed": up[-1],
        "serving": served,
    }
    page = open_page("green")
    section = page.locator("details.section", has_text=scenario["name"])
    section.evaluate("section => section.open = true")
    rows = section.locator(".waterfall tbody tr")
    assert [row.get_attribute("data-stage") for row in rows.all()] == list(expected)
    for row, seconds in zip(rows.all(), expected.values(), strict=True):
        expect(row.locator("td").nth(1)).to_have_text(said(seconds))
    bounds = [stage["bound"] for stage in scenario["faults"][0]["stages"]]
    for row, stage, seconds in zip(rows.all(), bounds, expected.values(), strict=True):
        expect(row.locator("td").nth(2)).to_have_text(said(stage))
        # as long as they say, on the scale of the last bound
        bar = row.locator("rect.took")
        end = float(bar.get_attribute("x") or 0) + float(bar.get_attribute("width") or 0)
        assert end == pytest.approx(seconds / max(bounds) * 1000, abs=4)


def test_the_ruling_constant_and_all_terms_are_named(open_page: Open) -> None:
    scenario = scenarios("green")[0]
    fault = scenario["faults"][0]
    page = open_page("green")
    section = page.locator("details.section", has_text=scenario["name"])
    section.evaluate("section => section.open = true")
    advice = section.locator(".advice").first.inner_text()
    assert advice.lower().startswith(fault["dominated_by"].lower())
    section.locator(".terms summary").first.click()
    terms = [term for stage in fault["stages"] for term in stage["terms"]]
    rows = section.locator(".terms").first.locator("tbody tr")
    assert rows.count() == len(terms)
    assert said(max(term["seconds"] for term in terms)) in rows.first.inner_text()


def test_a_stage_that_never_came_is_shown(open_page: Open) -> None:
    page = open_page("systemd")
    stages = {s["name"]: s["after"] for s in scenarios("systemd")[0]["faults"][0]["stages"]}
    for name, after in stages.items():
        row = page.locator(f".waterfall tr[data-stage={name}]")
        expect(row.locator("td").nth(1)).to_have_text("never" if after is None else said(after))
    assert None in stages.values()


def test_customers_are_counted(open_page: Open) -> None:
    page = open_page("green")
    rows = page.locator("#customers tbody tr")
    measured = [scenario for scenario in scenarios("green") if scenario["traffic"]]
    assert rows.count() == len(measured)
    for row, scenario in zip(rows.all(), measured, strict=True):
        traffic = scenario["traffic"]
        cells = row.locator("td").all_inner_texts()
        assert cells[0] == f"{traffic['requests']:,}"
        assert cells[1] == f"{traffic['failed']:,}"
        assert cells[3] == said(traffic["longest_gap"])


def test_coverage_is_a_matrix(open_page: Open) -> None:
    page = open_page("green")
    cell = page.locator("#coverage tbody tr", has_text="Web server").locator("td")
    heads = page.locator("#coverage thead th").all_inner_texts()
    expect(cell.nth(heads.index("Container kill"))).to_contain_text("proven")
    row = page.locator("#coverage tbody tr", has_text="Database").locator("td")
    expect(row.nth(heads.index("Machine loss"))).to_contain_text("not tried")
