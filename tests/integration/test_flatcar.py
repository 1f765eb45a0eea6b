"""What Flatcar lacks of a machine, on a system that lacks the same.

The descendant is our machine image without fleet, etcd and sidekick. The real Ignition fetches them
from the real web server, the real systemd-sysext puts them over /usr.
"""

from __future__ import annotations

import io
import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_cna.cluster.fleet import Fleet
from pytest_cna.core.errors import FleetError
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.flatcar.file_server import FileServer
from pytest_cna.machines.flatcar.programs import PROGRAMS, as_flatcar, gather_programs
from pytest_cna.machines.ignition import FLEET_PORT, machine_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import docker

    from pytest_cna.machines.providers.local.provider import LocalProvider
    from pytest_cna.machines.spec import ClusterSpec

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHlbL8sUYpl1YTiLqIWPpXj0PhJgTg0yKBg2L4XxfjlS"
DESCENDANT = """\
FROM {machine_image}
RUN rm -r {programs} /lib/systemd/system/etcd.service \\
      /etc/systemd/system/etcd.service.d /etc/systemd/system/fleet.* \\
 && useradd --create-home core \\
 # a container has its network before Ignition; and who has a machine-id is not preset again
 && sed -i -e s/fetch-offline/fetch/ \\
      -e '/^exec/i systemctl preset etcd.service fleet.socket fleet.service systemd-sysext' \\
      /usr/lib/cna/boot
"""


@pytest.fixture
def programs(machine_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CNA_STORE", str(tmp_path / "store"))
    return gather_programs(machine_image, {})


@pytest.fixture
def descendant(docker_client: docker.DockerClient, machine_image: str) -> Iterator[str]:
    text = DESCENDANT.format(machine_image=machine_image, programs=" ".join(PROGRAMS))
    image, _ = docker_client.images.build(fileobj=io.BytesIO(text.encode()), rm=True)
    yield str(image.id)
    docker_client.images.remove(str(image.id))


def test_the_real_validator_takes_the_config(
    make_provider: Callable[[], LocalProvider],
    make_spec: Callable[..., ClusterSpec],
    machine_image: str,
    programs: Path,
) -> None:
    spec = as_flatcar(make_spec(make_provider(), 2), KEY, programs, "http://172.31.0.1:8000")
    for machine in spec.machines:
        config = json.dumps(machine_config(spec, machine))
        validated = subprocess.run(
            ["docker", "run", "--rm", "-i", "--network=none", "--entrypoint=ignition-validate"]
            + [machine_image, "-"],
            input=config,
            capture_output=True,
            text=True,
        )
        assert validated.returncode == 0, validated.stderr + validated.stdout
        # nova takes 65,535 bytes of user_data, in base64
        assert len(config) < 65535 * 3 / 4


def test_a_system_without_fleet_fetches_it_and_joins(
    descendant: str,  # first, to be removed last
    make_provider: Callable[[], LocalProvider],
    make_spec: Callable[..., ClusterSpec],
    docker_client: docker.DockerClient,
    programs: Path,
) -> None:
    bridge = docker_client.networks.get("bridge").attrs["IPAM"]["Config"][0]["Gateway"]
    server = FileServer(programs, bridge)
    provider = make_provider()
    try:
        spec = as_flatcar(
            make_spec(provider, 1, machine_image=descendant), KEY, programs, server.url
        )
        # a container is given its address from outside
        (machine,) = provider.provision(replace(spec, interface=""))
        fleet = Fleet([f"http://{machine.address}:{FLEET_PORT}"])
        wait_for(
            lambda: len(fleet.machines()) == 1,
            waiting_for="fleet to list the machine",
            timeout=90,
            transient=(FleetError,),
        )
        assert "/usr/bin/fleetd" in machine.check("systemctl show -p ExecStart fleet.service")
        assert "cna" in machine.check("systemd-sysext status")
        assert machine.run("/usr/lib/cna/sidekick --help").exit_status != 127
    finally:
        server.close()
