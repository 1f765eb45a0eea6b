"""KVM is used only where a guest really runs, with a QEMU of ours in the PATH."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_cna.core.timing import EMULATED, NATIVE
from pytest_cna.machines.providers.libvirt import accelerator
from pytest_cna.machines.providers.libvirt.accelerator import find_accelerator

KERNEL = Path("/vmlinuz")


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    device = tmp_path / "kvm"
    device.touch()
    monkeypatch.setattr(accelerator, "DEVICE", device)
    return device


def qemu(directory: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> Path:
    """A QEMU that says so; the file it counts its runs in."""
    program = directory / "bin" / accelerator.QEMU
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho run >>{directory}/runs\necho '{says}'\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return directory / "runs"


def test_a_kernel_that_gets_through_its_boot_shows_that_kvm_works(
    tmp_path: Path, device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = qemu(tmp_path, monkeypatch, "Kernel panic - not syncing: VFS")
    found = find_accelerator(KERNEL, tmp_path / "cache")
    assert (found.driver, found.emulated, found.timing) == ("kvm", False, NATIVE)
    find_accelerator(KERNEL, tmp_path / "cache")
    assert runs.read_text("utf-8").count("run") == 1


def test_a_kvm_on_which_no_guest_boots_is_not_used(
    tmp_path: Path, device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qemu(tmp_path, monkeypatch, "Booting from ROM")
    found = find_accelerator(KERNEL, tmp_path / "cache")
    assert (found.driver, found.timing) == ("qemu", EMULATED)
    assert "no guest boots" in str(found)


def test_without_a_device_nothing_is_tried(
    tmp_path: Path, device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = qemu(tmp_path, monkeypatch, "Kernel panic")
    device.unlink()
    assert "there is no" in find_accelerator(KERNEL, tmp_path / "cache").why
    assert not runs.exists()
