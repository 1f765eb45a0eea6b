"""Imports go one way, and each SDK has one home."""

from __future__ import annotations

from collections import Counter

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


def test_imports_go_down() -> None:
    upward = [
        f"{module} imports {imported}: {room(module)} may not import {below}"
        for module, path in modules().items()
        for imported in sorted(imports(path))
        if imported.startswith("pytest_cna.")
        and (below := room(imported.removeprefix("pytest_cna."))) != room(module)
        and not allowed(room(module), below)
    ]
    assert not upward, "\n".join(upward)


def test_rooms_are_few_and_low() -> None:
    """At most 13 rooms on at most 8 floors; ``floors`` raises CycleError for a circle."""
    assert len(ROWS) <= 13
    assert len(floors()) <= 8


def test_no_modules_import_each_other() -> None:
    assert not circle(), " → ".join(circle())


def test_infra_stands_alone() -> None:
    ours = [
        f"{path.relative_to(INFRA)} imports {imported}"
        for path in sorted(INFRA.rglob("*.py"))
        for imported in sorted(imports(path))
        if within(imported, "pytest_cna")
    ]
    assert not ours, "\n".join(ours)


def test_each_sdk_has_one_home() -> None:
    away = [
        f"{module} imports {imported}, whose home is {', '.join(sorted(homes))}"
        for module, path in modules().items()
        for imported in sorted(imports(path))
        for sdk, homes in HOMES.items()
        if within(imported, sdk) and not any(within(module, home) for home in homes)
    ]
    assert not away, "\n".join(away)


def within(module: str, package: str) -> bool:
    """Whether a module is the package or in it."""
    return module == package or module.startswith(f"{package}.")


def test_pure_rooms_ask_nothing() -> None:
    asking = [
        f"{module} imports {imported}: it judges what it is given"
        for module, path in modules().items()
        if room(module) in PURE
        for imported in sorted(imports(path))
        if imported.partition(".")[0] in ASKING
    ]
    assert not asking, "\n".join(asking)


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
