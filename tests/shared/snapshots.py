"""Snapshots of the whole repository's deployment, as it should be, and without some of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytest_cna.core.model import DiscoveryEntry, Server, UnitState
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.checks import Snapshot

SET = read_deployment(Path(__file__).parents[2] / "units" / "deployment.toml")
ADDRESSES = {"core-1": "10.0.0.1", "core-2": "10.0.0.2", "core-3": "10.0.0.3"}
WHERE = {"80": "core-1", "8001": "core-1", "8002": "core-2", "3306": "core-3"}
WEB, CACHE = "zurmo_apache@8001.service", "zurmo_memcache@11211.service"
BALANCER = "zurmo_haproxy@80.service"


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
        servers={
            ADDRESSES["core-1"]: tuple(
                Server("webserver_nodes", f"webserver_{ADDRESSES[machine(i)]}_{i}", "UP", "L7OK", 0)
                for i in web
            )
        },
    )


def without(look: Snapshot, *names: str) -> Snapshot:
    """The same with no state of those units."""
    return replace(look, states=tuple(state for state in look.states if state.name not in names))
