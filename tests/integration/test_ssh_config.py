"""The ssh_config of machines, as OpenSSH itself reads it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_cna.machines.transports.ssh import SshAccess, SshConnections


def read(connections: SshConnections, name: str) -> dict[str, str]:
    listed = subprocess.run(
        ["ssh", "-G", "-F", str(connections.config), name],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(line.split(" ", 1) for line in listed.splitlines() if " " in line)


def test_each_machine_is_reached_its_own_way(tmp_path: Path) -> None:
    accesses = [
        SshAccess("core-1", "10.1.0.11", "core", tmp_path / "id", 2222),
        SshAccess("core-2", "10.1.0.12", options=["ProxyJump bastion"]),
    ]
    connections = SshConnections(accesses)
    try:
        first, second = read(connections, "core-1"), read(connections, "core-2")
    finally:
        connections.close()
    assert (first["hostname"], first["user"], first["port"]) == ("10.1.0.11", "core", "2222")
    assert first["identityfile"] == str(tmp_path / "id")
    assert (second["hostname"], second["user"]) == ("10.1.0.12", "root")
    assert second["proxyjump"] == "bastion"
    assert first["controlmaster"] == "auto"
    # OpenSSH refuses longer ones, and adds 17 characters while it binds
    assert len(first["controlpath"]) + 17 < 108


def test_host_keys_are_checked_only_against_what_the_user_gives(tmp_path: Path) -> None:
    for known, expected in ((None, "false"), (tmp_path / "known", "true")):
        connections = SshConnections([SshAccess("core-1", "10.1.0.11", known=known)])
        try:
            assert read(connections, "core-1")["stricthostkeychecking"] == expected
        finally:
            connections.close()


@pytest.mark.parametrize(
    "directory", ["keys", "my keys", "100% of %h", 'quo"te', "back\\slash", "ü"]
)
def test_a_path_is_taken_as_it_is(tmp_path: Path, directory: str) -> None:
    key, known = tmp_path / directory / "id", tmp_path / directory / "known"
    connections = SshConnections([SshAccess("core-1", "10.1.0.11", key=key, known=known)])
    try:
        found = read(connections, "core-1")
    finally:
        connections.close()
    # ssh -G shows a key's path before it expands it
    assert found["identityfile"].replace("%%", "%") == str(key)
    assert found["userknownhostsfile"] == str(known)


def test_closing_twice_is_closing_once() -> None:
    connections = SshConnections([SshAccess("core-1", "10.1.0.11")])
    connections.close()
    connections.close()
    assert not connections.config.exists()
