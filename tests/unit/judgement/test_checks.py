"""Checks over one look at the cluster, on the set of this repository."""

from __future__ import annotations

from dataclasses import replace

import pytest
from snapshots import ADDRESSES, CACHE, SET, WEB, entry, whole, without

from pytest_cna.core.model import DiscoveryEntry, UnitState
from pytest_cna.judgement.checks import (
    Snapshot,
    every_unit_runs,
    machines_joined,
    no_container_twice,
    no_unit_twice,
    one_entry_per_instance,
    steady_state,
)


def test_a_whole_set_passes() -> None:
    verdict = steady_state(SET, whole())
    assert verdict.passed, str(verdict)


DARK = {name: at for name, at in ADDRESSES.items() if name != "core-3"}


@pytest.mark.parametrize(
    ("look", "sentence"),
    [
        (
            replace(whole(), joined=frozenset({"core-1", "core-3"})),
            "machines are missing in fleet's list",
        ),
        # its entry has gone with it, and it is on no machine with power
        (
            replace(
                whole(),
                expected=DARK,
                entries=tuple(e for e in whole().entries if e.host != "core-3"),
                last_known=dict.fromkeys((state.name for state in whole().states), "core-3"),
            ),
            "units are not active",
        ),
        (
            replace(
                whole(),
                states=(*whole().states, UnitState(WEB, "core-9", "loaded", "active", "running")),
            ),
            "a unit runs on two machines",
        ),
        (
            replace(whole(), entries=whole().entries[:-1]),
            "the discovery entries are not those of what runs",
        ),
        (
            replace(whole(), servers={ADDRESSES["core-1"]: None}),
            "routing differs from discovery",
        ),
    ],
)
def test_each_part_of_the_steady_state_has_to_hold(look: Snapshot, sentence: str) -> None:
    verdict = steady_state(SET, look)
    assert (verdict.outcome, verdict.sentence) == ("failed", sentence)
    # the first is named, and of each what was seen
    both = steady_state(SET, replace(look, servers={ADDRESSES["core-1"]: None}))
    assert both.sentence == sentence
    assert "the load balancer at 10.0.0.1 does not answer" in both.evidence


def test_a_machine_that_is_missing_is_named() -> None:
    look = replace(whole(), joined=frozenset({"core-1", "core-3"}))
    assert machines_joined(look).evidence == ("core-2",)
    assert not steady_state(SET, look).passed


def test_a_unit_that_is_not_active_is_named_with_its_state() -> None:
    states = [replace(s, active="failed") if s.name == WEB else s for s in whole().states]
    verdict = every_unit_runs(SET, replace(whole(), states=tuple(states)))
    assert verdict.evidence == (f"{WEB}: failed/running on core-1",)


def test_a_unit_on_no_machine_is_named() -> None:
    verdict = every_unit_runs(SET, without(whole(), WEB))
    assert verdict.evidence == (f"{WEB}: on no machine",)


def test_an_active_unit_without_its_container_does_not_run() -> None:
    ended = replace(whole(), ended=frozenset({("zurmo_apache.8001", "core-1")}))
    verdict = every_unit_runs(SET, ended)
    assert verdict.evidence == (f"{WEB}: active/running on core-1 without its container",)
    elsewhere = replace(whole(), ended=frozenset({("zurmo_apache.8001", "core-3")}))
    assert every_unit_runs(SET, elsewhere).passed


def test_a_unit_on_a_machine_without_power_does_not_run() -> None:
    dark = {name: at for name, at in ADDRESSES.items() if name != "core-3"}
    verdict = every_unit_runs(SET, replace(whole(), expected=dark))
    assert "zurmo_mysql@3306.service: active/running on core-3" in verdict.evidence


@pytest.mark.parametrize("active", ["active", "activating", "deactivating"])
def test_a_unit_on_two_machines(active: str) -> None:
    second = UnitState(WEB, "core-3", "loaded", active, "running")
    verdict = no_unit_twice(replace(whole(), states=(*whole().states, second)))
    assert len(verdict.evidence) == 2


def test_what_runs_twice_is_named_by_name() -> None:
    more = (
        UnitState(CACHE, "core-3", "loaded", "active", "running"),
        UnitState(WEB, "core-3", "loaded", "active", "running"),
    )
    verdict = no_unit_twice(replace(whole(), states=(*more, *whole().states)))
    assert verdict.evidence == (
        f"{WEB}: active/running on core-1",
        f"{WEB}: active/running on core-3",
        f"{CACHE}: active/running on core-2",
        f"{CACHE}: active/running on core-3",
    )


def test_the_last_that_is_known_of_a_unit_is_named() -> None:
    states = (
        UnitState(WEB, "core-1", "loaded", "failed", "failed"),
        UnitState(WEB, "core-3", "loaded", "inactive", "dead"),
    )
    look = without(whole(), WEB)
    verdict = every_unit_runs(SET, replace(look, states=(*look.states, *states)))
    assert verdict.evidence == (f"{WEB}: inactive/dead on core-3",)


@pytest.mark.parametrize("active", ["inactive", "failed"])
def test_what_has_ended_on_another_machine_is_no_second(active: str) -> None:
    second = UnitState(WEB, "core-3", "loaded", active, "dead")
    assert no_unit_twice(replace(whole(), states=(*whole().states, second))).passed


# containers, by Docker's own word

APACHE = "zurmo_apache.8001"


def test_a_container_that_runs_on_two_machines() -> None:
    verdict = no_container_twice(
        SET, {"core-1": frozenset({APACHE}), "core-2": frozenset({APACHE, "other"})}
    )
    assert verdict.outcome == "failed"
    assert verdict.evidence == (f"{APACHE} runs on core-1 and core-2",)


def test_containers_that_run_twice_are_named_by_name() -> None:
    names = [unit.container for unit in SET.units if unit.container]
    there = frozenset(names)
    verdict = no_container_twice(SET, {"core-2": there, "core-1": there})
    assert verdict.evidence == tuple(f"{name} runs on core-1 and core-2" for name in sorted(names))
    silent = no_container_twice(SET, {"core-3": None, "core-1": None, "core-2": there})
    assert silent.sentence.startswith("Docker does not answer on core-1, core-3:")


def test_containers_that_are_not_of_the_deployment_may_run_anywhere() -> None:
    there = frozenset({"registry", APACHE})
    assert no_container_twice(SET, {"core-1": there, "core-2": frozenset({"registry"})}).passed


def test_a_machine_that_does_not_answer_may_run_anything() -> None:
    silent = {"core-1": frozenset({APACHE}), "core-2": frozenset[str](), "core-3": None}
    verdict = no_container_twice(SET, silent)
    assert verdict.outcome == "unknown"
    assert verdict.sentence == "Docker does not answer on core-3: what runs there is not known"
    # what is known already is wrong whatever it says
    twice = {"core-1": frozenset({APACHE}), "core-2": frozenset({APACHE}), "core-3": None}
    assert no_container_twice(SET, twice).outcome == "failed"


# discovery


def _entries(*more: DiscoveryEntry) -> Snapshot:
    return replace(whole(), entries=(*whole().entries, *more))


@pytest.mark.parametrize(
    ("look", "evidence"),
    [
        (replace(whole(), entries=whole().entries[:-1]), "missing: loadbalancer 10.0.0.1:80"),
        (_entries(entry("cache", "11211", "old")), "twice: /services/cache/old"),
        (
            _entries(DiscoveryEntry("cache", "g", "core-1", "10.0.0.1", 11211)),
            "ghost: /services/cache/g = 10.0.0.1:11211 (core-1)",
        ),
        (without(whole(), CACHE), "ghost: /services/cache/11211 = 10.0.0.2:11211 (core-2)"),
        (without(whole(), CACHE), "missing: cache nowhere:11211"),
    ],
)
def test_discovery_that_does_not_tell_what_runs(look: Snapshot, evidence: str) -> None:
    verdict = one_entry_per_instance(SET, look)
    assert verdict.outcome == "failed"
    assert any(evidence in line for line in verdict.evidence), verdict.evidence


def test_what_is_missing_is_named_in_order() -> None:
    evidence = one_entry_per_instance(SET, replace(whole(), entries=())).evidence
    assert evidence == tuple(sorted(evidence))
    assert len(evidence) > 4
    assert machines_joined(replace(whole(), joined=frozenset())).evidence == tuple(ADDRESSES)


def test_the_entry_of_a_container_that_has_ended_is_a_ghost() -> None:
    look = replace(whole(), ended=frozenset({("zurmo_memcache.11211", "core-2")}))
    verdict = one_entry_per_instance(SET, look)
    assert verdict.evidence[-1].startswith("ghost: /services/cache/11211 = 10.0.0.2:11211")


def test_what_a_fault_keeps_away_is_not_demanded() -> None:
    gone = without(whole(), CACHE)
    gone = replace(gone, entries=tuple(e for e in gone.entries if e.uuid != "11211"))
    assert one_entry_per_instance(SET, gone).evidence == ("missing: cache nowhere:11211",)
    assert one_entry_per_instance(SET, gone, {CACHE}).passed


def test_what_a_fault_keeps_away_is_not_announced_either() -> None:
    verdict = one_entry_per_instance(SET, whole(), {CACHE})
    assert verdict.evidence == ("ghost: /services/cache/11211 = 10.0.0.2:11211 (core-2)",)


def test_what_fleet_placed_on_a_machine_without_power_last_is_not_demanded() -> None:
    """It has no other place to go: the database stays where its storage is."""
    database = "zurmo_mysql@3306.service"
    dark = without(whole(), database)
    dark = replace(
        dark,
        expected={name: at for name, at in ADDRESSES.items() if name != "core-3"},
        entries=tuple(e for e in dark.entries if e.host != "core-3"),
        last_known={database: "core-3"},
    )
    assert one_entry_per_instance(SET, dark).passed
    placed = replace(dark, last_known={database: "core-2"})
    assert one_entry_per_instance(SET, placed).evidence == ("missing: database nowhere:3306",)
