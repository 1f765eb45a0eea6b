"""Imports go one way, and each SDK has one home."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pytest_cna"

# from the ground up; a module may import what is in an earlier row, or in its own
LAYERS: list[set[str]] = [
    {"errors", "definitions", "progress", "go_toolchain", "redaction"},
    {"model", "timing"},
    {"waiting", "timeline", "machine", "ledger"},
    {"extension", "shared_daemons"},
    {"ignition", "application", "transports", "tools", "images", "docker_engine", "observer"},
    {"providers", "fleet.glob", "fleet.puzzle", "fleet.table", "fleet.unit_file", "fleet.api"},
    {"fleet.x_fleet"},
    {"fleet.deployment"},
    {"fleet.placement", "fleet.observer"},
    {"machine_image", "discovery", "load_balancer", "clocks", "containers", "traffic"},
    {"pace", "rendering"},
    {"constants"},
    {"bounds"},
    {"recovery", "checks", "diagnosis"},
    {"settings", "artefacts"},
    {"cluster", "by_hand", "kept"},
    {"faults", "launch"},
    {"arrangement", "customers", "evidence"},
    {"following"},
    {"configuration", "invariants"},
    {"scene", "report"},
    {"run"},
    {"fixtures", "steps"},
    {"plugin", "cli"},
]

HOMES = {
    "etcd3": {"discovery"},
    "vagrant": {"providers.vagrant"},
    "openstack": {"providers.openstack"},
    "keystoneauth1": {"providers.openstack"},
    "docker": {
        "providers.local",
        "providers.local_container",
        "providers.local_network",
        "providers.delivery",
        "providers.flatcar",
        "providers.image_store",
        "providers.machine_disk",
        "providers.rights",
        "transports.docker",
        "images",
        "docker_engine",
    },
    "testinfra": {"transports"},
    "requests": {"fleet.api", "load_balancer", "transports.docker"},
    "pytest_bdd": {"steps", "report.recorder"},
    "aiohttp": {"traffic"},
}


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
        if path.parent != PACKAGE or path.stem != "__init__"
    }


def layer(module: str) -> int | None:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        for index, row in enumerate(LAYERS):
            if ".".join(parts[:length]) in row:
                return index
    return None


def run_time_imports(path: Path) -> set[str]:
    """What is imported when the code runs; ``if TYPE_CHECKING:`` is for readers and mypy."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_go_down(module: str) -> None:
    own = layer(module)
    if own is None:
        # a package's face: nothing but the package's own
        assert module in {"fleet", "providers", "transports"}
        return
    for imported in run_time_imports(modules()[module]):
        name = imported.removeprefix("pytest_cna.")
        if name == imported:
            continue
        below = layer(name)
        assert below is not None, f"{imported} has no layer"
        assert below <= own, f"{module} imports {imported}, which is above it"


@pytest.mark.parametrize("module", sorted(modules()))
def test_each_sdk_has_one_home(module: str) -> None:
    for imported in run_time_imports(modules()[module]):
        homes = HOMES.get(imported.partition(".")[0])
        if homes is not None:
            at_home = any(module == home or module.startswith(home + ".") for home in homes)
            assert at_home, f"{module} imports {imported}, whose home is {', '.join(homes)}"


def test_files_are_short() -> None:
    lengths = sorted(
        len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values()
    )
    assert lengths[-1] <= 400
    assert lengths[len(lengths) // 2] <= 120
