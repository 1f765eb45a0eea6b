"""Imports go one way, and each SDK has one home."""

from __future__ import annotations

from collections import Counter

import pytest
from imports import PACKAGE, ROWS, allowed, circle, floors, imports, modules, room

INFRA = PACKAGE.parent / "infra"

HOMES = {
    "etcd3": {"cluster.etcd"},
    "vagrant": {"machines.providers.vagrant"},
    "openstack": {"machines.providers.openstack"},
    "keystoneauth1": {"machines.providers.openstack"},
    "docker": {
        "machines.providers.local",
        "machines.providers.ssh.delivery",
        "machines.artefacts",
        "machines.flatcar.programs",
        "machines.transports.docker",
    },
    "testinfra": {"machines.transports", "core.machine", "testing.transport"},
    "requests": {"cluster.fleet", "cluster.load_balancer", "machines.transports.docker"},
    "pytest": {"plugin"},
    "_pytest": {"plugin.compat"},
    "pytest_bdd": {"plugin"},
    "pytest_bdd.parser": {"plugin.compat"},
    "pytest_bdd.scenario": {"plugin.compat"},
    "pytest_bdd.utils": {"plugin.compat"},
    "aiohttp": {"scenario.traffic"},
}
"""SDK → the only modules, or packages, that import it."""

PURE = {"deployment", "judgement", "report"}
"""Rooms that work on what they are given: no commands, no network, no threads, no clock."""
ASKING = {
    "asyncio",
    "concurrent",
    "http",
    "multiprocessing",
    "select",
    "signal",
    "socket",
    "subprocess",
    "threading",
    "time",
    "urllib",
}
"""Modules that only those need who ask others or wait for them; SDKs have homes elsewhere."""


def test_every_module_is_in_a_room() -> None:
    assert {room(module) for module in modules()} == set(ROWS)


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_go_down(module: str) -> None:
    for imported in imports(modules()[module]):
        if imported.startswith("pytest_cna."):
            below = room(imported.removeprefix("pytest_cna."))
            assert below == room(module) or allowed(room(module), below), (
                f"{module} imports {imported}: {room(module)} may not import {below}"
            )


def test_rooms_are_few_and_low() -> None:
    """At most 13 rooms on at most 8 floors; ``floors`` raises CycleError for a circle."""
    assert len(ROWS) <= 13
    assert len(floors()) <= 8


def test_no_modules_import_each_other() -> None:
    assert not circle(), " → ".join(circle())


def test_infra_stands_alone() -> None:
    for path in sorted(INFRA.rglob("*.py")):
        ours = [name for name in imports(path) if name.partition(".")[0] == "pytest_cna"]
        assert not ours, f"{path.relative_to(INFRA)} imports {', '.join(ours)}"


@pytest.mark.parametrize("module", sorted(modules()))
def test_each_sdk_has_one_home(module: str) -> None:
    for imported in imports(modules()[module]):
        for sdk, homes in HOMES.items():
            if imported != sdk and not imported.startswith(sdk + "."):
                continue
            at_home = any(module == home or module.startswith(home + ".") for home in homes)
            assert at_home, f"{module} imports {imported}, whose home is {', '.join(homes)}"


@pytest.mark.parametrize("module", sorted(name for name in modules() if room(name) in PURE))
def test_pure_rooms_ask_nothing(module: str) -> None:
    asked = sorted(
        imported for imported in imports(modules()[module]) if imported.partition(".")[0] in ASKING
    )
    assert not asked, f"{module} imports {', '.join(asked)}: it judges what it is given"


def test_files_are_short() -> None:
    lengths = sorted(
        len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values()
    )
    assert lengths[-1] <= 400
    assert lengths[len(lengths) // 2] <= 120


def test_names_of_test_files_are_unique() -> None:
    """pytest imports them by their name alone."""
    names = Counter(path.name for path in (PACKAGE.parent / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
