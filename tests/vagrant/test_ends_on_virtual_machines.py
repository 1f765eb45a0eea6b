"""However a run on virtual machines ends, nothing of it is left but the cached box."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from pytest_run import PytestRun

from pytest_cna.machines.providers.libvirt.virsh import virsh
from pytest_cna.machines.providers.vagrant.session import vagrant_directory

pytestmark = pytest.mark.usefixtures("engines")
CAPABILITIES = Path("/var/cache/libvirt/qemu/capabilities")
PATIENCE = 900.0
"""Seconds; the box has to be made and added, and the machine is emulated."""


def run(directory: Path, *options: str) -> PytestRun:
    return PytestRun(directory, *options, provider="vagrant", patience=PATIENCE)


def left(run: PytestRun) -> list[str]:
    """Everything of its session: what libvirt and Docker have, processes, files."""
    found = run.left()
    for listing in (
        ("list", "--all", "--name"),
        ("net-list", "--all", "--name"),
        ("pool-list", "--all", "--name"),
    ):
        found += [name for name in virsh(*listing).split() if name.startswith(("cna-", "pytest"))]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"cna-{run.session}" in words:
            found.append(words[:200])
    directory = vagrant_directory()
    found += [path.name for path in (directory / "sessions").glob("*")]
    return found + [path.name for path in (directory / "pool").glob("cna-*")]


def test_libvirtd_keeps_what_it_found_out_about_qemu() -> None:
    """As user of KVM's device it has to find the same as QEMU does, else it asks at every call."""

    def known() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in CAPABILITIES.glob("*.xml")}

    virsh("domcapabilities")
    before = known()
    assert before
    virsh("domcapabilities")
    assert known() == before


def test_after_a_failing_and_a_passing_test(tmp_path: Path) -> None:
    both = run(tmp_path, "-k", "fails or passes")
    assert both.await_end() == pytest.ExitCode.TESTS_FAILED, both.output()
    assert "1 failed, 1 passed" in both.output()
    assert left(both) == []


def test_ctrl_c_while_vagrant_brings_machines_up(tmp_path: Path) -> None:
    interrupted = run(tmp_path, "-k", "waits", "-s")
    interrupted.await_condition(
        lambda: interrupted.session and f"cna-{interrupted.session}-core-1" in virsh("list"),
        "a machine has power",
    )
    assert left(interrupted)
    interrupted.process.send_signal(signal.SIGINT)
    assert interrupted.await_end() == pytest.ExitCode.INTERRUPTED, interrupted.output()
    assert left(interrupted) == []


def test_sigterm_in_a_test(tmp_path: Path) -> None:
    interrupted = run(tmp_path, "-k", "waits")
    interrupted.await_condition((tmp_path / "ready").exists, "the test runs")
    assert left(interrupted)
    interrupted.process.send_signal(signal.SIGTERM)
    assert interrupted.await_end() == pytest.ExitCode.INTERRUPTED, interrupted.output()
    assert left(interrupted) == []
