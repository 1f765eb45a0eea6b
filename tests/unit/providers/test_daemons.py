"""KVM's device is opened to QEMU's user while libvirtd is ours, and then as it was."""

from __future__ import annotations

import grp
import os
import stat
import types
from pathlib import Path

import pytest

from pytest_cna.providers.libvirt import daemons


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    device = tmp_path / "kvm"
    device.touch(0o600)
    monkeypatch.setattr(daemons, "DEVICE", device)
    group = types.SimpleNamespace(gr_gid=os.getgid())
    monkeypatch.setattr(grp, "getgrnam", lambda name: group)
    return device


def mode(device: Path) -> int:
    return stat.S_IMODE(device.stat().st_mode)


def test_the_device_is_opened_and_closed_again(device: Path) -> None:
    libvirt = daemons.LibvirtDaemons(print)
    libvirt._open_device()
    assert mode(device) == 0o660
    libvirt._close_device()
    libvirt._close_device()
    assert mode(device) == 0o600


def test_a_device_that_udev_has_opened_is_left_alone(device: Path) -> None:
    device.chmod(0o666)
    libvirt = daemons.LibvirtDaemons(print)
    libvirt._open_device()
    libvirt._close_device()
    assert mode(device) == 0o666
