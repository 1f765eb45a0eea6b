"""The cluster file and the box's version: what the Vagrantfile and Vagrant read."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.timing import Timing
from pytest_cna.machines.artefacts.machine_disk import MachineDisk
from pytest_cna.machines.owner import this_owner
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.providers.libvirt.description import Description, read_description
from pytest_cna.machines.providers.vagrant.box import NAME, Box, box_version, flatcar_box
from pytest_cna.machines.providers.vagrant.cluster_file import INTERFACE, cluster_file
from pytest_cna.machines.providers.vagrant.options import VagrantOptions
from pytest_cna.machines.spec import Access, ClusterSpec

MACHINES = name_machines(["172.31.7.11", "172.31.7.12"], [{"public": "true"}])
SPEC = ClusterSpec(
    session="s1",
    machines=MACHINES,
    timing=Timing(agent_ttl=10.0, engine_interval=1.0, election=5.0, lease=15.0, patience=3.0),
    machine_image="cna-machine:1",
    fingerprint="f",
    access=Access("root", "ssh-ed25519 AAAA"),
    interface=INTERFACE,
)


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, str]]:
    box = Box(NAME, "1.0.7", "opt/com.coreos/config")
    written = cluster_file(SPEC, VagrantOptions(), tmp_path, box, "qemu", "pool")
    rows: list[dict[str, str]] = written["machines"]
    return rows


def files(row: dict[str, str]) -> dict[str, str]:
    config = json.loads(row["ignition"])
    return {
        file["path"]: unquote(file["contents"]["source"].removeprefix("data:,"))
        for file in config["storage"]["files"]
    }


def test_a_machine_has_its_own_address_and_one_that_its_hypervisor_finds_it_by(
    rows: list[dict[str, str]],
) -> None:
    network = files(rows[1])["/etc/systemd/network/10-private.network"]
    assert "Name=eth0\n" in network
    assert "Address=172.31.7.12/24\nDHCP=ipv4\n" in network
    assert files(rows[1])["/etc/hostname"] == "core-2\n"


def test_root_gets_in_with_the_runs_key(rows: list[dict[str, str]]) -> None:
    (user,) = json.loads(rows[0]["ignition"])["passwd"]["users"]
    assert user == {"name": "root", "sshAuthorizedKeys": ["ssh-ed25519 AAAA"]}


def test_slow_members_give_each_other_longer(rows: list[dict[str, str]]) -> None:
    etcd = files(rows[0])["/etc/default/etcd"]
    assert "ETCD_HEARTBEAT_INTERVAL=500\nETCD_ELECTION_TIMEOUT=5000\n" in etcd
    assert "etcd_request_timeout=7.5\n" in files(rows[0])["/etc/fleet/fleet.conf"]


def test_a_domain_says_whose_it_is(rows: list[dict[str, str]]) -> None:
    said = read_description(rows[0]["description"])
    assert said == Description("s1", this_owner(), MACHINES[0], "f", keep=False)


def test_another_content_is_another_version_and_vagrant_takes_it(tmp_path: Path) -> None:
    first = box_version(MachineDisk("0123456789ab", tmp_path))
    assert first == box_version(MachineDisk("0123456789ab", tmp_path / "elsewhere"))
    assert first != box_version(MachineDisk("0123456789ac", tmp_path))
    assert all(part.isdigit() for part in first.split("."))


def test_flatcars_box_is_the_users_and_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no box 'flatcar'.*docs/vagrant.md"):
        flatcar_box(tmp_path)
    (tmp_path / "boxes/flatcar/0/libvirt").mkdir(parents=True)
    box = flatcar_box(tmp_path)
    assert (box.name, box.firmware) == ("flatcar", "opt/org.flatcar-linux/config")
