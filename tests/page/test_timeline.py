"""Lanes, marks and plots show what ``timeline.jsonl`` and ``requests.jsonl`` say."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from runs import events, requests, scenarios

Open = Callable[..., Page]
LABEL, RIGHT = 78, 14  # of lanes.js


class Drawn:
    """The timeline of the first scenario whose name has ``words``, looked at as a whole."""

    def __init__(self, page: Page, run: str, words: str) -> None:
        self.page = page
        self.scenario = next(each for each in scenarios(run) if words in each["name"])
        self.section = page.locator("details.section", has_text=self.scenario["name"]).first
        self.section.evaluate("section => section.open = true")
        self.button("Whole").click()
        self.stage = self.section.locator(".stage")
        self.length: float = self.scenario["ended"] - self.scenario["began"]

    def button(self, name: str) -> Locator:
        return self.section.get_by_role("button", name=name, exact=True)

    def x(self, seconds: float) -> float:
        """Where a time is, from the left of the stage."""
        width = float(self.stage.evaluate("stage => stage.clientWidth"))
        return LABEL + seconds / self.length * (width - LABEL - RIGHT)

    def y(self, group: str, lane: str) -> float:
        """The middle of a lane, from the top of the stage."""
        title = self.stage.locator(".group-title", has_text=group)
        below = float(title.get_attribute("y") or 0)
        labels = self.stage.locator(".lane-label", has_text=re.compile(f"^{lane}$")).all()
        heights = [float(label.get_attribute("y") or 0) for label in labels]
        return min(height for height in heights if height > below) - 4

    def hint(self, seconds: float, y: float) -> str:
        self.stage.scroll_into_view_if_needed()
        self.stage.hover(position={"x": self.x(seconds), "y": y})
        return self.page.locator("#hint").inner_text()


@pytest.fixture
def kill(open_page: Open) -> Drawn:
    return Drawn(open_page("green"), "green", "container of a web server comes back")


def _fault(drawn: Drawn) -> dict[str, Any]:
    return events("green", drawn.scenario, source="fault", kind="injecting")[0]


def test_the_fault_is_marked_where_it_was(kill: Drawn) -> None:
    fault = _fault(kill)
    line = kill.stage.locator(".fault-line").first
    assert float(line.get_attribute("x1") or 0) == pytest.approx(kill.x(fault["after"]), abs=1)
    expect(kill.stage.locator(".fault-name").first).to_have_text(
        f"container kill: {fault['subject']}"
    )


def test_a_container_is_what_docker_said(kill: Drawn) -> None:
    container = _fault(kill)["subject"]
    seen = events("green", kill.scenario, source="container", subject=container)
    words = {"die": "ended", "start": "running", "create": "created", "destroy": "removed"}
    listed = [event for event in seen if event["kind"] in words]
    y = kill.y(container.replace(".", "@"), "container")
    checked = 0
    for event, following in pairwise(listed):
        if following["after"] - event["after"] < 0.05:
            continue  # less than the pointer can tell
        hint = kill.hint((event["after"] + following["after"]) / 2, y)
        assert words[event["kind"]] in hint
        assert f"from {event['after']:.2f} s to {following['after']:.2f} s" in hint
        checked += 1
    assert checked >= 2


def test_an_entry_and_a_server_are_what_etcd_and_haproxy_said(kill: Drawn) -> None:
    port = _fault(kill)["subject"].rpartition(".")[2]
    group = f"web server {port}"
    listed = [
        event
        for event in events("green", kill.scenario, source="discovery")
        if str(event["data"].get("port")) == port and event["after"] > _fault(kill)["after"]
    ]
    assert [event["kind"] for event in listed] == ["withdrawn", "announced"]
    gone = (listed[0]["after"] + listed[1]["after"]) / 2
    assert "no entry" in kill.hint(gone, kill.y(group, "entry"))
    back = (listed[1]["after"] + kill.length) / 2
    host = listed[1]["data"]["host"]
    assert f"announced by {host}" in kill.hint(back, kill.y(group, "entry"))
    status = [
        event
        for event in events("green", kill.scenario, source="routing")
        if event["subject"].endswith(f"_{port}")
    ]
    assert status[-1]["data"]["status"] in kill.hint(kill.length - 0.01, kill.y(group, "HAProxy"))


def test_a_lost_machine_has_no_power(open_page: Open) -> None:
    drawn = Drawn(open_page("green"), "green", "machine of a web server")
    lost = events("green", drawn.scenario, source="machine", kind="lost")[0]
    back = events("green", drawn.scenario, source="machine", kind="started")[0]
    gone = events("green", drawn.scenario, source="fleet", kind="machine-gone")[0]
    y = drawn.y(lost["subject"], "machine")
    hint = drawn.hint((lost["after"] + gone["after"]) / 2, y)
    assert "without power, still in fleet's list" in hint
    assert f"from {lost['after']:.2f} s to {gone['after']:.2f} s" in hint
    hint = drawn.hint((gone["after"] + back["after"]) / 2, y)
    assert "without power" in hint
    assert f"from {gone['after']:.2f} s to {back['after']:.2f} s" in hint


def test_steps_are_bars(kill: Drawn) -> None:
    steps = [step for step in kill.scenario["steps"] if step["began"] is not None]
    bars = kill.stage.locator(".step-bar")
    assert bars.count() == len(steps)
    for bar, step in zip(bars.all(), steps, strict=True):
        at = kill.x(step["began"] - kill.scenario["began"])
        assert float(bar.get_attribute("x") or 0) == pytest.approx(at, abs=1)


def test_requests_are_counted(kill: Drawn) -> None:
    """The rate under the pointer is that of the requests that began in its quarter second."""
    begun = [r["start"] - kill.scenario["began"] for r in requests("green", kill.scenario)]
    quarter = int((max(begun) - 1) / 0.25)
    count = sum(quarter <= at / 0.25 < quarter + 1 for at in begun)
    below = float(kill.stage.locator("svg.lanes").get_attribute("height") or 0) + 60
    assert f"{count * 4} good and 0 failed" in kill.hint((quarter + 0.5) * 0.25, below)
    assert kill.section.locator(".uplot").count() == 2


def test_zoom_by_buttons_keys_and_drag(kill: Drawn) -> None:
    seen = kill.section.locator(".range")
    whole = seen.inner_text()
    kill.button("Zoom in").click()
    expect(seen).not_to_have_text(whole)
    kill.stage.focus()
    kill.page.keyboard.press("0")
    expect(seen).to_have_text(whole)
    kill.page.keyboard.press("+")
    expect(seen).not_to_have_text(whole)
    kill.page.keyboard.press("ArrowLeft")
    expect(kill.page.locator("#said")).to_have_text(seen.inner_text())
    kill.button("Whole").click()
    fault = _fault(kill)["after"]
    kill.stage.scroll_into_view_if_needed()
    box = kill.stage.bounding_box()
    assert box
    kill.page.mouse.move(box["x"] + kill.x(fault - 1), box["y"] + 60)
    kill.page.mouse.down()
    kill.page.mouse.move(box["x"] + kill.x(fault + 1), box["y"] + 60, steps=3)
    kill.page.mouse.up()
    start, end = map(float, re.findall(r"([\d.]+) s", seen.inner_text())[:2])
    assert start == pytest.approx(fault - 1, abs=0.1)
    assert end == pytest.approx(fault + 1, abs=0.1)


def test_every_event_is_there_as_text(kill: Drawn) -> None:
    expected = events("green", kill.scenario)
    kill.section.locator(".text-list summary", has_text="Every event").click()
    rows = kill.section.locator(".text-list table.events tbody tr")
    expect(rows).to_have_count(min(100, len(expected)))
    first = expected[0]
    expect(rows.first).to_contain_text(f"{first['after']:.3f} s{first['source']}{first['kind']}")
    seen = rows.all_inner_texts()
    while kill.button("Next").is_enabled():
        kill.button("Next").click()
        seen += rows.all_inner_texts()
    assert len(seen) == len(expected)
    kill.section.get_by_label("Filter events").fill("injecting")
    expect(rows).to_have_count(1)
    kill.section.get_by_label("Filter events").fill("")
    kill.section.get_by_label("Source of events").select_option("container")
    containers = [event for event in expected if event["source"] == "container"]
    expect(kill.section.locator(".text-list .toolbar .quiet")).to_contain_text(
        f"of {len(containers)} events"
    )


def test_failed_requests_are_listed(open_page: Open) -> None:
    drawn = Drawn(open_page("green"), "green", "load balancer is stopped")
    failed = [each for each in requests("green", drawn.scenario) if each["error"]]
    assert failed
    drawn.section.locator(".text-list summary", has_text="Failed requests").click()
    rows = drawn.section.locator(".text-list", has_text="Failed requests").locator("tbody tr")
    expect(rows).to_have_count(min(200, len(failed)))
