"""Machines reached by ssh, and a cluster that is there already: containers with a key."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_cna.cluster.fleet import Fleet
from pytest_cna.core.errors import (
    CommandTimeout,
    ConfigurationError,
    FleetError,
    TransportError,
)
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.ignition import FLEET_PORT
from pytest_cna.machines.providers.existing.inventory import read_inventory
from pytest_cna.machines.providers.existing.options import ExistingOptions
from pytest_cna.machines.providers.existing.provider import ExistingProvider
from pytest_cna.machines.spec import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import docker

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.providers.local.provider import LocalProvider
    from pytest_cna.machines.spec import ClusterSpec

TAG = "there"
IMAGE = "cna-existing-test:1"


@pytest.fixture
def spec(
    make_provider: Callable[[], LocalProvider],
    make_spec: Callable[..., ClusterSpec],
    tmp_path: Path,
) -> ClusterSpec:
    """Two machines that are up, one etcd and one fleet, with a key for root."""
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    access = Access("root", key.with_suffix(".pub").read_text(encoding="utf-8").strip())
    provider = make_provider()
    spec = make_spec(provider, 2, access=access, image_tag=TAG)
    machines = provider.provision(spec)
    fleet = Fleet([f"http://{machine.address}:{FLEET_PORT}" for machine in machines])
    wait_for(
        lambda: len(fleet.machines()) == 2,
        waiting_for="fleet to list both",
        timeout=60,
        transient=(FleetError,),
    )
    return spec


@pytest.fixture
def existing(spec: ClusterSpec, tmp_path: Path) -> Iterator[ExistingProvider]:
    rows = [f'key = "{tmp_path / "id"}"']
    for machine in spec.machines:
        container = f"cna-{spec.session}-{machine.name}"
        rows += [
            "[[machine]]",
            f'name = "{machine.name}"',
            f'address = "{machine.address}"',
            f'power_cut = "docker kill {container}"',
            f'start = "docker start {container}"',
        ]
    inventory = tmp_path / "inventory.toml"
    inventory.write_text("\n".join(rows), encoding="utf-8")
    provider = ExistingProvider(
        "there", lambda line: None, ExistingOptions(read_inventory(inventory))
    )
    provider.prepare()
    provider.make_ready("", ())
    yield provider
    provider.destroy()


@pytest.fixture
def machine(existing: ExistingProvider, spec: ClusterSpec) -> Machine:
    return existing.provision(spec)[0]


@pytest.fixture
def image(docker_client: docker.DockerClient) -> Iterator[str]:
    """One that the machines do not have, an empty one but for its name."""
    name, _, tag = IMAGE.partition(":")
    docker_client.api.import_image_from_data(bytes(10240), repository=name, tag=tag)
    yield IMAGE
    docker_client.images.remove(IMAGE, force=True)


def test_a_command_over_ssh(machine: Machine) -> None:
    result = machine.run("echo out; echo 'it''s' >&2; exit 7")
    assert (result.exit_status, result.stdout, result.stderr) == (7, "out\n", "its\n")
    assert machine.host.service("fleet").is_running


def test_a_command_that_takes_too_long_is_ended_there(machine: Machine) -> None:
    with pytest.raises(CommandTimeout, match="core-1"):
        machine.run("sleep 77", timeout=1)
    assert "sleep 77" not in machine.check("ps -eo args")


def test_lines_come_as_they_are_written_and_the_command_ends_with_its_reader(
    machine: Machine,
) -> None:
    with machine.transport.stream("sh -c 'echo one; echo two; exec sleep 78'") as lines:
        assert [next(lines), next(lines)] == ["one", "two"]
    wait_for(
        lambda: "sleep 78" not in machine.check("ps -eo args"),
        waiting_for="the command to end",
        timeout=10,
    )


def test_a_machine_is_what_its_own_files_say(machine: Machine) -> None:
    assert machine.name == machine.check("hostname").strip()
    assert dict(machine.metadata) == {"public": "true"}


def test_its_last_boot_tells_how_long_a_machine_takes_to_return(
    existing: ExistingProvider, spec: ClusterSpec
) -> None:
    existing.provision(spec)
    assert 0.1 < time.monotonic() - existing.powered < 60


def test_power_is_cut_and_given_by_the_inventory(
    existing: ExistingProvider, machine: Machine
) -> None:
    existing.kill(machine)
    assert not existing.running(machine)
    with pytest.raises(TransportError, match="core-1"):
        machine.run("true")
    existing.start(machine)
    wait_for(
        lambda: machine.run("true").succeeded,
        waiting_for="ssh",
        timeout=60,
        transient=(TransportError,),
    )


def test_images_are_brought_and_taken_away_again_with_what_was_made_of_them(
    existing: ExistingProvider,
    spec: ClusterSpec,
    image: str,
) -> None:
    machines = existing.provision(replace(spec, images=(image,)))
    name = f"{image.partition(':')[0]}:{TAG}"
    for each in machines:
        assert each.run(f"docker image inspect {name}").succeeded
    machines[0].check(f"docker create {name} true")
    existing.destroy()
    # asked past the provider, whose connections are closed
    for wanted in spec.machines:
        container = f"cna-{spec.session}-{wanted.name}"
        listing = "docker ps --all --quiet; docker images --quiet"
        left = subprocess.run(
            ["docker", "exec", container, "sh", "-c", listing],
            capture_output=True,
            text=True,
            check=True,
        )
        assert left.stdout == ""


def test_another_agent_ttl_than_fleets_is_refused(
    existing: ExistingProvider, spec: ClusterSpec
) -> None:
    with pytest.raises(ConfigurationError, match=r"agent_ttl=10, .*--cna-agent-ttl=10"):
        existing.provision(replace(spec, timing=replace(spec.timing, agent_ttl=30.0)))


def test_a_cluster_of_machines_that_are_there(
    existing: ExistingProvider, spec: ClusterSpec
) -> None:
    """The machines outlast what was done with them."""
    existing.provision(spec)
    existing.destroy()
    fleet = Fleet([f"http://{each.address}:{FLEET_PORT}" for each in spec.machines])
    assert len(fleet.machines()) == 2
