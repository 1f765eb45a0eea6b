"""Timelines written by hand: what became of one web server of the repository's deployment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_cna.core.events.container import ContainerDied, ContainerEvent, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent, EntryWithdrawn
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.routing import ServerAdded, ServerEvent, ServerRemoved
from pytest_cna.core.events.unit import UnitStateChanged
from pytest_cna.core.fault_kinds import FaultKind
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.stages import Stage
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import DeployedUnit, read_deployment
from pytest_cna.judgement.bounds import Bound, bounds
from pytest_cna.judgement.history import History
from pytest_cna.judgement.measured import ContainerTimes, Measured
from pytest_cna.judgement.reached import stage_times
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.stage_times import StageTimes
from pytest_cna.judgement.terms import TimeTerms

SET = read_deployment(Path(__file__).parents[2] / "units" / "deployment.toml")
MEASURED = Measured(
    ContainerTimes(start=1.0, end=0.25, machine="core-2"),
    answering={"webserver": 0.6, "cache": 0.1},
    boot=1.5,
)
TERMS = TimeTerms(SET, NATIVE, MEASURED)
FAULT = 100.0
"""When the fault hits (monotonic seconds); everything else is told in seconds after it."""
ADDRESSES = {"core-1": "10.0.0.1", "core-2": "10.0.0.2", "core-3": "10.0.0.3"}
BALANCER, SECOND = ADDRESSES["core-3"], ADDRESSES["core-2"]
BOTH = (BALANCER, SECOND)
"""Load balancers, by their addresses."""


def main_unit(called: str, number: int = 0) -> DeployedUnit:
    """Of the service that the features call so."""
    return SET.main_units(SET.service(called))[number]


WEB = main_unit("web server")
OTHER_WEB = main_unit("web server", 1)


def recovery(
    kind: FaultKind,
    called: str = "web server",
    limits: Mapping[Stage, Bound] | None = None,
    at: float = 0.0,
) -> Recovery:
    """Of the first instance of a service, on core-1."""
    unit = None if kind.of_machine else main_unit(called)
    sidekick = SET.sidekick_of(unit) if unit else None
    parts = {unit.name, unit.container, sidekick.name if sidekick else ""} if unit else set()
    found = bounds(kind, unit, TERMS) if limits is None else limits
    return Recovery(kind, "it", unit, "core-1", FAULT + at, found, parts=frozenset(parts - {""}))


def request(at: float, served_by: str = "", error: str = "", took: float = 0.1) -> RequestRecord:
    """One that was sent ``at`` seconds after the fault."""
    status = 0 if error else 200
    return RequestRecord(FAULT + at, took, 0, "list", "GET", status, served_by, error)


class Story:
    """A timeline. Before the fault the web server 8001 is on core-1, announced, and routed by each
    load balancer in ``balancers`` (addresses)."""

    def __init__(self, balancers: Sequence[str] = (BALANCER,)) -> None:
        self.timeline = Timeline()
        self.container(-51, ContainerStarted)
        self.entry(-50, EntryAnnounced)
        for balancer in balancers:
            self.server(-50, ServerAdded, balancer=balancer)

    def at(self, at: float, event: Event) -> Event:
        """``event`` happens ``at`` seconds after the fault."""
        return self.timeline.record(event, at=FAULT + at)

    def entry(
        self,
        at: float,
        made: type[EntryEvent],
        machine: str = "core-1",
        *,
        unit: DeployedUnit = WEB,
        uuid: str = "",
    ) -> None:
        service, ip, port = unit.service.name, ADDRESSES[machine], int(unit.instance)
        path = f"/services/{service}/{uuid or f'{ip}-{port}'}"
        self.at(at, made(path, service, machine, ip, port))

    def server(
        self,
        at: float,
        made: type[ServerEvent],
        machine: str = "core-1",
        *,
        unit: DeployedUnit = WEB,
        status: str = "UP",
        balancer: str = BALANCER,
    ) -> None:
        name = f"{unit.service.name}_{ADDRESSES[machine]}_{unit.instance}"
        self.at(at, made(name, unit.service.backend, status, "", balancer))

    def container(
        self,
        at: float,
        made: type[ContainerEvent],
        machine: str = "core-1",
        unit: DeployedUnit = WEB,
    ) -> None:
        self.at(at, made(unit.container, machine))

    def state(self, at: float, active: str, machine: str = "core-1") -> None:
        """systemd's state of the unit, as fleet reports it."""
        self.at(at, UnitStateChanged(WEB.name, machine, "loaded", active, ""))

    def history(
        self,
        of: Recovery,
        requests: Sequence[RequestRecord] = (),
        end: float = math.inf,
    ) -> History:
        """``end``: when the scenario ended."""
        return History(of, self.timeline, requests, FAULT + end)

    def times(
        self, of: Recovery, requests: Sequence[RequestRecord] = (), end: float = math.inf
    ) -> StageTimes:
        return stage_times(self.history(of, requests, end))

    def after(
        self, of: Recovery, requests: Sequence[RequestRecord] = (), end: float = math.inf
    ) -> dict[str, float | None]:
        """Stage → seconds after the fault, rounded to a millisecond."""
        times = self.times(of, requests, end)
        found = {stage.name: times.after(stage) for stage in of.bounds}
        return {stage: after and round(after, 3) for stage, after in found.items()}


def lost(times: StageTimes, stage: Stage) -> float | None:
    """Seconds after the fault; None when the stage was not lost."""
    at = times.of(stage).lost
    return None if at is None else at - FAULT


def killed(running: float = 1.2) -> Story:
    """Its container has died and runs again; its entry and its server had gone."""
    story = Story()
    story.container(0.1, ContainerDied)
    story.entry(0.3, EntryWithdrawn)
    story.server(0.4, ServerRemoved)
    story.container(running, ContainerStarted)
    return story


def announced_again(balancers: tuple[str, ...] = BOTH) -> Story:
    """A killed web server that is announced again, and was removed from each load balancer."""
    story = Story(balancers)
    story.container(0.1, ContainerDied)
    story.entry(0.3, EntryWithdrawn)
    for balancer in balancers:
        story.server(0.5, ServerRemoved, balancer=balancer)
    story.container(1.0, ContainerStarted)
    story.entry(1.5, EntryAnnounced)
    return story
