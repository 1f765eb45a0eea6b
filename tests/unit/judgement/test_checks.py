"""Checks over one look at the cluster, on the set of this repository."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_cna.core.model import DiscoveryEntry, Server, UnitState
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.checks import (
    Snapshot,
    every_unit_runs,
    machines_joined,
    no_unit_twice,
    one_entry_per_instance,
    routing_equals_discovery,
    steady_state,
)

SET = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
ADDRESSES = {"core-1": "10.0.0.1", "core-2": "10.0.0.2", "core-3": "10.0.0.3"}
WHERE = {"80": "core-1", "8001": "core-1", "8002": "core-2", "3306": "core-3"}
WEB = "zurmo_apache@8001.service"


def machine(instance: str) -> str:
    return WHERE.get(instance, "core-2")


def entry(service: str, instance: str, uuid: str = "") -> DiscoveryEntry:
    name = machine(instance)
    return DiscoveryEntry(service, uuid or instance, name, ADDRESSES[name], int(instance))


def whole() -> Snapshot:
    mains = [unit for unit in SET.units if unit.role == "main" and unit.service.announced]
    web = [unit.instance for unit in mains if unit.service.name == "webserver"]
    return Snapshot(
        expected=ADDRESSES,
        joined=frozenset(ADDRESSES),
        states=tuple(
            UnitState(unit.name, machine(unit.instance), "loaded", "active", "running")
            for unit in SET.units
        ),
        entries=tuple(entry(unit.service.name, unit.instance) for unit in mains),
        servers=tuple(
            Server("webserver_nodes", f"webserver_{ADDRESSES[machine(i)]}_{i}", "UP", "L7OK", 0)
            for i in web
        ),
    )


def test_a_whole_set_passes() -> None:
    verdict = steady_state(SET, whole())
    assert verdict.passed, str(verdict)


def test_a_machine_that_is_missing_is_named() -> None:
    look = replace(whole(), joined=frozenset({"core-1", "core-3"}))
    assert machines_joined(look).evidence == ("core-2",)
    assert not steady_state(SET, look).passed


def test_a_unit_that_is_not_active_is_named_with_its_state() -> None:
    states = [replace(s, active="failed") if s.name == WEB else s for s in whole().states]
    verdict = every_unit_runs(SET, replace(whole(), states=tuple(states)))
    assert verdict.evidence == (f"{WEB}: failed/running on core-1",)


def test_a_unit_on_no_machine_is_named() -> None:
    states = tuple(state for state in whole().states if state.name != WEB)
    verdict = every_unit_runs(SET, replace(whole(), states=states))
    assert verdict.evidence == (f"{WEB}: on no machine",)


@pytest.mark.parametrize("active", ["active", "activating", "deactivating"])
def test_a_unit_on_two_machines(active: str) -> None:
    second = UnitState(WEB, "core-3", "loaded", active, "running")
    verdict = no_unit_twice(replace(whole(), states=(*whole().states, second)))
    assert len(verdict.evidence) == 2


def test_what_has_ended_on_another_machine_is_no_second() -> None:
    second = UnitState(WEB, "core-3", "loaded", "inactive", "dead")
    assert no_unit_twice(replace(whole(), states=(*whole().states, second))).passed


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        (lambda e: e[:-1], "missing: loadbalancer 10.0.0.1:80"),
        (lambda e: (*e, entry("cache", "11211", "old")), "twice: /services/cache/old"),
        (
            lambda e: (*e, DiscoveryEntry("cache", "g", "core-1", "10.0.0.1", 11211)),
            "ghost: /services/cache/g = 10.0.0.1:11211 (core-1)",
        ),
    ],
)
def test_discovery_that_does_not_tell_what_runs(change, evidence: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    verdict = one_entry_per_instance(SET, replace(whole(), entries=change(whole().entries)))
    assert verdict.outcome == "failed"
    assert any(evidence in line for line in verdict.evidence), verdict.evidence


def test_a_server_that_is_down_and_one_too_many() -> None:
    down, other = whole().servers
    down = replace(down, status="DOWN", check="L4CON")
    ghost = replace(other, name="webserver_10.0.0.9_8009")
    verdict = routing_equals_discovery(SET, replace(whole(), servers=(down, other, ghost)))
    assert verdict.evidence == (
        "announced, DOWN (L4CON): webserver_10.0.0.1_8001",
        "routed, not announced: webserver_10.0.0.9_8009",
    )


def test_a_load_balancer_without_servers() -> None:
    verdict = routing_equals_discovery(SET, replace(whole(), servers=()))
    assert verdict.evidence[0] == "announced, not routed: webserver_10.0.0.1_8001"
