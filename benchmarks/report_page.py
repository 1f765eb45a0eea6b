"""The report's page of a large run: 100,000 requests and 20,000 events.

Rendered in a process of its own (time, memory, size), then opened in Chromium: until it can be
used, and how long a zoom takes until it is painted. Medians of five.
"""

from __future__ import annotations

import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import sync_playwright

from pytest_cna.core.events.container import ContainerDied, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryWithdrawn
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.fault import FaultHealed, FaultInjecting
from pytest_cna.core.events.line import line_of
from pytest_cna.core.events.routing import ServerStatusChanged
from pytest_cna.core.events.unit import UnitStateChanged
from pytest_cna.core.model import RequestRecord
from pytest_cna.report.records import FaultRecord, Stage, TrafficRecord
from pytest_cna.report.report import Environment, MachineRecord, Pair, Report
from pytest_cna.report.scenario import Scenario, Step
from pytest_cna.report.status import PASSED
from pytest_cna.scenario.traffic.records import to_line

SCENARIOS, EVENTS, REQUESTS = 20, 20_000, 100_000
LENGTH = 100.0
"""Seconds of a scenario."""
LIMITS = {
    "render (s)": 5.0,
    "memory (MiB)": 300.0,
    "page (bytes)": 1_500_000.0,
    "load (s)": 1.0,
    "zoom (ms)": 100.0,
}
RENDER = """
import resource, sys, time
from pathlib import Path
from pytest_cna.report.page import render
since = time.monotonic()
page = render(Path(sys.argv[1]))
took = time.monotonic() - since
Path(sys.argv[2]).write_text(page, encoding="utf-8")
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
ZOOM = """
() => new Promise(done => {
  const button = document.querySelector("details[open] [aria-label='Zoom in']");
  const since = performance.now();
  button.click();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - since)));
})
"""
UNITS = [f"{name}@{n}.service" for name in ("web", "cache", "db", "lb") for n in range(8001, 8006)]


def make(directory: Path) -> None:
    chance = random.Random(1)
    scenarios: list[Scenario] = []
    events: list[Event] = []
    requests: list[RequestRecord] = []
    for number in range(SCENARIOS):
        began = number * LENGTH
        scenarios.append(scenario(number, began))
        events.append(replace(FaultInjecting(*FAULT), monotonic=began + 20, wall=began + 20))
        events.append(replace(FaultHealed(*FAULT), monotonic=began + 60, wall=began + 60))
        times = (began + chance.uniform(0, LENGTH - 1) for _ in range(EVENTS // SCENARIOS - 2))
        events += [event(chance, at) for at in times]
        times = (began + chance.uniform(0, LENGTH - 1) for _ in range(REQUESTS // SCENARIOS))
        requests += [request(chance, at) for at in times]
    run = Environment("bench", "local", 1, 0.0, machines=(MachineRecord("core-1", "10.0.0.1"),))
    pairs = (Pair("container kill", "web server", tuple(UNITS[:5])),)
    report = Report(run, tuple(scenarios), SCENARIOS * LENGTH, pairs)
    (directory / "report.json").write_text(json.dumps(report.to_json()), "utf-8")
    lines = "".join(map(line_of, events))
    (directory / "timeline.jsonl").write_text(lines, "utf-8")
    (directory / "requests.jsonl").write_text("".join(map(to_line, requests)), "utf-8")


FAULT = ("web.8001", "container kill", "core-1")


def scenario(number: int, began: float) -> Scenario:
    stages = tuple(Stage(name, n + 1.0, n + 5.0) for n, name in enumerate(("noticed", "running")))
    fault = FaultRecord(
        "container kill",
        "web.8001",
        "core-1",
        "web server",
        UNITS[0],
        began + 20,
        6,
        "x",
        2,
        stages,
    )
    traffic = TrafficRecord(REQUESTS // SCENARIOS, 9, 0.3, 0.1, 0.2, 0.3, {"web@8001": 1}, {"T": 9})
    return replace(
        Scenario(f"Feature {number // 4}", f"Scenario {number}", [], began),
        began=began,
        ended=began + LENGTH - 1,
        steps=[Step("When", f"step {n}", PASSED, 9, began=began + n * 9) for n in range(10)],
        faults=[fault],
        traffic=traffic,
    )


def event(chance: random.Random, at: float) -> Event:
    unit = chance.choice(UNITS)
    machine = f"core-{chance.randint(1, 3)}"
    port = int(unit[-12:-8])
    changed = chance.choice((EntryAnnounced, EntryWithdrawn))
    happened = chance.choice((ContainerStarted, ContainerDied))
    found: Event = chance.choice(
        [
            UnitStateChanged(unit, machine, "loaded", chance.choice(ACTIVE), "running"),
            happened(unit[:-8].replace("@", "."), machine),
            changed(f"/services/{unit}", unit[:-13], machine, "10.0.0.1", port),
            ServerStatusChanged(f"web_10.0.0.1_{port}", "web", chance.choice(UP), ""),
        ]
    )
    return replace(found, monotonic=at, wall=at)


ACTIVE = ("active", "activating", "failed")
UP = ("UP", "DOWN", "UP 1/2")


def request(chance: random.Random, at: float) -> RequestRecord:
    error = "Timeout" if chance.random() < 0.002 else ""
    took = chance.lognormvariate(-1.2, 0.4)
    return RequestRecord(at, took, 1, "list", "GET", 200, chance.choice(UNITS), error)


def main() -> int:
    figures: dict[str, list[float]] = {name: [] for name in LIMITS}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        directory = Path(place)
        make(directory)
        page_file = directory / "report.html"
        for _ in range(5):
            command = [sys.executable, "-c", RENDER, place, str(page_file)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            for name, figure in zip(("render (s)", "memory (MiB)"), said.split(), strict=True):
                figures[name].append(float(figure))
        figures["page (bytes)"].append(page_file.stat().st_size)
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(5):
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            since = time.monotonic()
            page.goto(page_file.as_uri())
            page.locator("details.section summary").first.click()
            page.locator("details[open] .stage").wait_for()
            figures["load (s)"].append(time.monotonic() - since)
            page.locator("html[data-prepared]").wait_for(state="attached")
            figures["zoom (ms)"] += [page.evaluate(ZOOM) for _ in range(5)]
            page.close()
        chromium.close()
    missed = 0
    for name, seen in figures.items():
        median = statistics.median(seen)
        missed += median > LIMITS[name]
        print(f"{name:<14} {median:>12,.2f} of at most {LIMITS[name]:,.0f}")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
