"""The document: all parts of the page in one self-contained file."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pytest_cna.report.page import budget, wording
from pytest_cna.report.page.budget import PAGE
from pytest_cna.report.page.chains import Chains
from pytest_cna.report.page.chapter import bounded, chapters
from pytest_cna.report.page.coverage import matrix
from pytest_cna.report.page.exhibits import exhibits
from pytest_cna.report.page.lanes import lanes
from pytest_cna.report.page.outage import rows
from pytest_cna.report.page.overview import overview
from pytest_cna.report.page.recording import read_recording
from pytest_cna.report.page.scenario_payload import scenario_payload
from pytest_cna.report.page.status_style import icons, status_style
from pytest_cna.report.page.trend import trend
from pytest_cna.report.status import WORST_FIRST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_cna.report.history import HistoryEntry
    from pytest_cna.report.page.budget import Payload
    from pytest_cna.report.page.recording import Recording
    from pytest_cna.report.page.scenario_payload import ScenarioPayload

STYLES = ("uplot/uPlot.min.css", "page.css", "story.css", "figures.css")
LICENCES = ("uplot/LICENSE",)
"""Licences of third-party code, which are included with it."""
SCRIPTS = (
    "uplot/uPlot.iife.min.js",
    *(
        f"{name}.js"
        for name in ("payload", "lanes", "plots", "timeline", "listing", "exhibits", "page")
    ),
)


def render(directory: Path, history: Sequence[HistoryEntry] = ()) -> str:
    """The page of the run in ``directory``: HTML of at most 1.5 MB for a run of ordinary size.

    Reads ``report.json`` and each worker's ``timeline.jsonl`` and ``requests.jsonl``; lines that
    cannot be read are skipped and counted. Raises OSError without a ``report.json``, ValueError for
    a file that is not a report or of another version.
    """
    recording = read_recording(directory)
    report = recording.report
    story = chapters(report)
    environment = _environment()
    style = f"{_assets(STYLES)}\n{status_style()}"
    script = f"/*\n{_assets(LICENCES)}\n*/\n{_assets(SCRIPTS)}"
    seen = overview(report)
    values = {
        "report": report,
        "overview": seen,
        "chapters": story,
        "customers": rows(report.scenarios),
        "matrix": matrix(report),
        "trend": trend(report, history),
        "unreadable": sum(track.unreadable for track in recording.tracks.values()),
    }
    body = environment.get_template("body.html").render(values)
    room = PAGE - len((body + style + script).encode("utf-8", "replace")) - 10_000
    page = environment.get_template("page.html").render(
        title=f"{seen.headline.sentence}: {seen.sentence}",
        body=Markup(body),
        style=Markup(style),
        script=Markup(script),
        style_hash=_hash(style),
        script_hash=_hash(script),
        payloads=_payloads(recording, room),
    )
    # output of programs may hold characters that UTF-8 cannot encode
    return page.encode("utf-8", "replace").decode("utf-8")


def _payloads(recording: Recording, room: int) -> list[Payload]:
    scenarios = recording.report.scenarios
    order = [each for found in recording.report.features.values() for each in found]
    numbers = {id(scenario): number for number, scenario in enumerate(order)}
    names = [f"timeline-{numbers[id(each)]}" for each in scenarios]
    found = budget.scenarios(_scenario_payloads(recording), names, room)
    room -= sum(len(payload.text) for payload in found)
    # those that need attention first
    with_attachments = sorted(
        (each for each in scenarios if each.attachments),
        key=lambda scenario: WORST_FIRST.index(scenario.status),
    )
    for index, scenario in enumerate(with_attachments):
        share = room // (len(with_attachments) - index)
        # each of these may use half of the remaining room
        if scenario.status.bad:
            share = max(share, room // 2)
        name = f"exhibits-{numbers[id(scenario)]}"
        payload = budget.exhibits(exhibits(scenario.attachments), name, share)
        if payload is not None:
            found.append(payload)
            room -= len(payload.text)
    return found


def _scenario_payloads(recording: Recording) -> list[ScenarioPayload]:
    chains = Chains(recording.report.units, recording.report.environment.machines)
    drawn = {worker: lanes(track.events, chains) for worker, track in recording.tracks.items()}
    return [
        scenario_payload(each, recording.track(each), drawn[each.worker], *recording.window(each))
        for each in recording.report.scenarios
    ]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pytest_cna.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "seconds": wording.seconds,
        "count": wording.count,
        "capitalised": wording.capitalised,
        "moment": wording.moment,
        "short_unit": wording.short_unit,
        "unwrapped": wording.unwrapped,
        "bounded": bounded,
        "slug": lambda name: wording.slug(str(name)),
    }
    environment.globals |= {"statuses": WORST_FIRST, "icons": icons()}
    return environment


@cache
def _assets(names: tuple[str, ...]) -> str:
    place = files("pytest_cna.report.page") / "assets"
    return "\n".join(place.joinpath(name).read_text("utf-8").strip() for name in names)


def _hash(text: str) -> str:
    """The hash of an inline script or style for the content security policy."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
