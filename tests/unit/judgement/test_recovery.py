"""Recovery, read from a timeline that was written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_cna.core.events.configuration import ConfigurationNamed
from pytest_cna.core.events.container import ContainerDied, ContainerEvent, ContainerStarted
from pytest_cna.core.events.discovery import EntryAnnounced, EntryEvent, EntryWithdrawn
from pytest_cna.core.events.event import Event
from pytest_cna.core.events.fault import FaultHealing, FaultInjecting
from pytest_cna.core.events.fleet import MachineGone, MachineJoined
from pytest_cna.core.events.routing import (
    ServerAdded,
    ServerEvent,
    ServerRemoved,
    ServerStatusChanged,
)
from pytest_cna.core.events.unit import UnitScheduled, UnitStateChanged
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.core.model import RequestRecord
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.recovery import Recovery, stages
from pytest_cna.judgement.terms import TimeTerms

SET = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
CONSTANTS = TimeTerms(SET, NATIVE, Measured(None, {}, 1.0))
FAULT = 100.0
CONTAINER = "zurmo_apache.8001"
UNIT = "zurmo_apache@8001.service"
OLD, NEW = "10.0.0.1", "10.0.0.2"


def recovery(kind: FaultKind, called: str = "web server") -> Recovery:
    unit = SET.main_units(SET.service(called))[0]
    return Recovery(kind, "it", unit, "core-1", FAULT, bounds(kind, unit, CONSTANTS))


class Story:
    """A timeline in which the web server 8001 was whole on core-1 before the fault."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.entry(-50, EntryAnnounced)
        self.server(-50, ServerAdded)

    def at(self, at: float, event: Event) -> None:
        """``event`` happens ``at`` seconds after the fault."""
        self.timeline.record(event, at=FAULT + at)

    def entry(self, at: float, kind: type[EntryEvent], ip: str = OLD, port: int = 8001) -> None:
        host = {OLD: "core-1", NEW: "core-2"}[ip]
        self.at(at, kind(f"/services/webserver/{ip}-{port}", "webserver", host, ip, port))

    def server(self, at: float, kind: type[ServerEvent], ip: str = OLD, status: str = "UP") -> None:
        self.at(at, kind(f"webserver_{ip}_8001", "webserver_nodes", status, ""))

    def container(self, at: float, kind: type[ContainerEvent], machine: str = "core-1") -> None:
        self.at(at, kind(CONTAINER, machine))


def request(at: float, served_by: str = "", error: str = "") -> RequestRecord:
    status = 0 if error else 200
    return RequestRecord(FAULT + at, 0.1, 0, "list", "GET", status, served_by, error)


def test_a_killed_web_server_stage_by_stage() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.entry(0.3, EntryWithdrawn)
    story.server(0.4, ServerRemoved)
    story.container(1.2, ContainerStarted)
    story.entry(1.5, EntryAnnounced)
    story.server(1.7, ServerAdded)
    records = [request(0.2, "zurmo_apache@8002 core-2"), request(1.8, "zurmo_apache@8001 core-1")]
    found = stages(recovery(CONTAINER_KILL), story.timeline, records)
    assert found == {
        "noticed": pytest.approx(0.1),
        "running": pytest.approx(1.2),
        "announced": pytest.approx(1.5),
        "routed": pytest.approx(1.7),
        "serving": pytest.approx(1.9),
    }


def test_nothing_happened_yet() -> None:
    found = stages(recovery(CONTAINER_KILL), Story().timeline, [])
    assert set(found.values()) == {None}


def test_a_container_that_dies_again_is_running_from_its_last_start() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(1.0, ContainerStarted)
    story.container(2.0, ContainerDied)
    story.container(3.0, ContainerStarted)
    found = stages(recovery(CONTAINER_KILL), story.timeline, [])
    assert found["noticed"] == pytest.approx(0.1)
    assert found["running"] == pytest.approx(3.0)


def test_an_entry_that_never_went_counts_from_when_it_tells_the_truth_again() -> None:
    story = Story()
    story.container(0.1, ContainerDied)
    story.container(0.6, ContainerStarted)
    found = stages(recovery(CONTAINER_KILL), story.timeline, [])
    assert found["announced"] == found["running"] == pytest.approx(0.6)
    assert found["routed"] == pytest.approx(0.6)


def test_an_entry_that_was_withdrawn_and_did_not_come_back() -> None:
    story = Story()
    story.container(0.6, ContainerStarted)
    story.entry(0.3, EntryWithdrawn)
    assert stages(recovery(CONTAINER_KILL), story.timeline, [])["announced"] is None


def test_a_server_that_is_down_again_is_not_routed() -> None:
    story = Story()
    story.container(0.6, ContainerStarted)
    story.server(0.8, ServerStatusChanged, status="DOWN")
    assert stages(recovery(CONTAINER_KILL), story.timeline, [])["routed"] is None


def test_after_a_machine_loss_only_another_machine_counts() -> None:
    story = Story()
    story.at(8, MachineGone("core-1", OLD, "id1"))
    story.at(8.5, UnitScheduled(UNIT, ""))
    story.at(9, UnitScheduled(UNIT, "core-2"))
    story.container(10, ContainerStarted, "core-2")
    found = stages(recovery(MACHINE_LOSS), story.timeline, [])
    assert found["noticed"] == pytest.approx(8)
    assert found["scheduled"] == pytest.approx(9)
    assert found["running"] == pytest.approx(10)
    # the old entry still stands: it is the lost machine's
    assert found["announced"] is None
    story.entry(11, EntryAnnounced, NEW)
    story.server(12, ServerAdded, NEW)
    served = [request(12.5, "zurmo_apache@8001 core-2")]
    found = stages(recovery(MACHINE_LOSS), story.timeline, served)
    assert found["announced"] == pytest.approx(11)
    assert found["routed"] == pytest.approx(12)
    assert found["serving"] == pytest.approx(12.6)


def test_an_answer_of_another_instance_is_not_serving() -> None:
    story = Story()
    story.container(1.0, ContainerStarted)
    records = [request(2, "zurmo_apache@8002 core-1"), request(2, "zurmo_apache@8001 core-3")]
    assert stages(recovery(CONTAINER_KILL), story.timeline, records)["serving"] is None


def test_a_database_serves_again_when_no_request_fails_any_more() -> None:
    timeline = Timeline()
    kill = recovery(CONTAINER_KILL, "database")
    timeline.record(ContainerStarted(kill.unit.container, "core-1"), at=FAULT + 1)
    records = [request(0.5, error="HTTP 503"), request(1.2), request(2.0, error="HTTP 503")]
    assert stages(kill, timeline, records)["serving"] is None
    found = stages(kill, timeline, [*records, request(2.5)])
    assert found["serving"] == pytest.approx(2.6)


def test_a_stop_and_what_follows_it() -> None:
    story = Story()
    story.at(1, UnitStateChanged(UNIT, "core-1", "loaded", "deactivating", ""))
    assert stages(recovery(SERVICE_STOP), story.timeline, [])["withdrawn"] is None
    story.entry(1.1, EntryWithdrawn)
    found = stages(recovery(SERVICE_STOP), story.timeline, [])
    assert found["noticed"] == pytest.approx(1)
    assert found["withdrawn"] == pytest.approx(1.1)
    assert found["unrouted"] is None
    story.server(1.3, ServerRemoved)
    found = stages(recovery(SERVICE_STOP), story.timeline, [])
    assert found["unrouted"] == pytest.approx(1.3)


def test_another_instance_is_not_mistaken_for_this_one() -> None:
    story = Story()
    story.entry(1, EntryWithdrawn, port=8002)
    assert stages(recovery(SERVICE_STOP), story.timeline, [])["withdrawn"] is None


def test_the_configuration_names_a_cache_again() -> None:
    timeline = Timeline()
    start = recovery(SERVICE_START, "cache")
    timeline.record(ConfigurationNamed(start.unit.name, "10.0.0.1:11211"), at=FAULT + 3)
    assert stages(start, timeline, [])["named"] == pytest.approx(3)


def test_a_machine_that_joins_again() -> None:
    timeline = Timeline()
    timeline.record(MachineJoined("core-1", OLD, "id1"), at=FAULT - 20)
    assert stages(recovery(MACHINE_RETURN), timeline, []) == {"joined": None}
    timeline.record(MachineJoined("core-1", OLD, "id1"), at=FAULT + 2)
    assert stages(recovery(MACHINE_RETURN), timeline, [])["joined"] == pytest.approx(2)


def test_what_came_after_the_next_fault_is_not_of_this_recovery() -> None:
    story = Story()
    story.container(1, ContainerDied)
    story.container(2, ContainerStarted)
    story.at(3, FaultInjecting(CONTAINER, "container kill", "core-1"))
    story.container(4, ContainerDied)
    story.container(5, ContainerStarted)
    found = stages(recovery(CONTAINER_KILL), story.timeline, [])
    assert found["noticed"] == pytest.approx(1)
    assert found["running"] == pytest.approx(2)


def test_what_an_undoing_gave_back_is_not_of_the_fault() -> None:
    story = Story()
    story.entry(1, EntryWithdrawn)
    story.at(5, FaultHealing(UNIT, "service stop", "core-1"))
    story.entry(6, EntryAnnounced)
    assert stages(recovery(SERVICE_STOP), story.timeline, [])["withdrawn"] == pytest.approx(1)


def test_of_one_instant_what_was_recorded_first_came_first() -> None:
    story = Story()
    story.entry(5, EntryWithdrawn)
    story.at(5, FaultHealing(UNIT, "service stop", "core-1"))
    story.entry(5, EntryAnnounced)
    assert stages(recovery(SERVICE_STOP), story.timeline, [])["withdrawn"] == pytest.approx(5)


def test_a_resumed_container_is_back_with_its_entry_its_server_and_an_answer() -> None:
    story = Story()
    story.entry(-3, EntryWithdrawn)
    story.server(-2.5, ServerRemoved)
    back = recovery(CONTAINER_RESUME)
    assert set(stages(back, story.timeline, []).values()) == {None}
    story.entry(0.5, EntryAnnounced)
    story.server(1.0, ServerAdded)
    served = [request(0.2, "zurmo_apache@8002 core-1"), request(1.2, "zurmo_apache@8001 core-1")]
    found = stages(back, story.timeline, served)
    assert found["announced"] == pytest.approx(0.5)
    assert found["routed"] == pytest.approx(1.0)
    assert found["serving"] == pytest.approx(served[1].end - FAULT)
