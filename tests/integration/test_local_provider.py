"""Machines as containers, on the real Docker."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import docker
import pytest

from pytest_cna.core.errors import CommandTimeout, MachineNotFound, TransportError
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.artefacts.rights import machine_rights
from pytest_cna.machines.ignition import machine_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.providers.local.provider import LocalProvider
    from pytest_cna.machines.spec import ClusterSpec

    MakeProvider = Callable[[], LocalProvider]
    MakeSpec = Callable[[LocalProvider, int], ClusterSpec]


def wait_until_up(machine: Machine) -> None:
    wait_for(
        lambda: machine.run("systemctl is-system-running", 10).stdout.strip(),
        lambda state: state == "running",
        waiting_for=f"systemd of {machine.name} to be running",
        timeout=60,
        transient=(TransportError,),
    )


def of_session(session: str) -> list[str]:
    """Names of everything in Docker that carries the session's label."""
    client = docker.from_env()
    filters: dict[str, str | list[str] | bool] = {"label": f"pytest_cna.session={session}"}
    found = [
        *(each.name for each in client.containers.list(all=True, filters=filters)),
        *(each.name for each in client.networks.list(filters=filters)),
        *(each.name for each in client.volumes.list(filters=filters)),
    ]
    client.close()
    return [str(name) for name in found]


def test_a_lost_machine_comes_back_as_itself(
    make_provider: MakeProvider, make_spec: MakeSpec
) -> None:
    provider = make_provider()
    (machine,) = provider.provision(make_spec(provider, 1))
    wait_until_up(machine)
    machine.check("echo kept > /var/lib/mark")
    identity = machine.check("cat /etc/machine-id")

    provider.kill(machine)
    assert not provider.running(machine)
    with pytest.raises(TransportError, match="core-1"):
        machine.run("true")

    provider.start(machine)
    wait_until_up(machine)
    assert machine.check("cat /etc/machine-id /var/lib/mark") == identity + "kept\n"
    assert provider.machines()[0].address == machine.address


def test_every_machine_is_who_its_ignition_config_says(
    make_provider: MakeProvider, make_spec: MakeSpec
) -> None:
    provider = make_provider()
    spec = make_spec(provider, 2)
    machines = provider.provision(spec)
    for machine, wanted in zip(machines, spec.machines, strict=True):
        wait_until_up(machine)
        assert machine.check("hostname").strip() == wanted.name
        assert f"COREOS_PRIVATE_IPV4={wanted.address}\n" in machine.check("cat /etc/environment")
        assert machine.host.service("etcd").is_running
        assert machine.host.file("/etc/.ignition-result.json").exists
    identities = {machine.check("cat /etc/machine-id") for machine in machines}
    assert len(identities) == 2


def test_the_real_validator_accepts_the_config(
    make_provider: MakeProvider, make_spec: MakeSpec, machine_image: str
) -> None:
    provider = make_provider()
    spec = make_spec(provider, 3)
    for wanted in spec.machines:
        validated = subprocess.run(
            ["docker", "run", "--rm", "-i", "--network=none", "--entrypoint=ignition-validate"]
            + [machine_image, "-"],
            input=json.dumps(machine_config(spec, wanted)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (validated.returncode, validated.stderr) == (0, "")


def test_commands_end_in_time_and_tell_their_status(
    make_provider: MakeProvider, make_spec: MakeSpec
) -> None:
    provider = make_provider()
    (machine,) = provider.provision(make_spec(provider, 1))
    result = machine.run("echo out; echo err >&2; exit 3")
    assert (result.exit_status, result.stdout, result.stderr) == (3, "out\n", "err\n")
    with pytest.raises(CommandTimeout, match="core-1"):
        machine.run("sleep 60", timeout=0.5)
    assert "sleep" not in machine.check("ps -A -o comm")


def test_a_stream_ends_with_its_context_and_with_its_machine(
    make_provider: MakeProvider, make_spec: MakeSpec
) -> None:
    provider = make_provider()
    (machine,) = provider.provision(make_spec(provider, 1))
    with machine.transport.stream("tail -f /etc/hostname") as lines:
        assert next(lines) == "core-1"
    assert "tail" not in machine.check("ps -A -o comm")
    with machine.transport.stream("tail -f /dev/null") as lines:
        provider.kill(machine)
        assert list(lines) == []


def test_two_sessions_live_side_by_side_and_leave_nothing(
    make_provider: MakeProvider, make_spec: MakeSpec
) -> None:
    one, other = make_provider(), make_provider()
    (mine,) = one.provision(make_spec(one, 1))
    (theirs,) = other.provision(make_spec(other, 1))
    assert mine.address != theirs.address
    with pytest.raises(MachineNotFound, match="known: core-1"):
        one.machine("core-9")

    one.destroy()
    one.destroy()
    assert of_session(one.session) == []
    assert other.running(theirs)


KILLED_RUN = """
import os, signal, sys
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.providers.local.provider import LocalProvider
from pytest_cna.machines.spec import ClusterSpec
from pytest_cna.core.timing import NATIVE
provider = LocalProvider(sys.argv[1], print)
machines = name_machines(provider.addresses(1), [])
provider.provision(ClusterSpec(sys.argv[1], machines, NATIVE, sys.argv[2], "f"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_removed_with_a_message(
    make_provider: MakeProvider, machine_image: str
) -> None:
    provider = make_provider()
    session = f"{provider.session}-killed"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_RUN, session, machine_image], env=os.environ, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert of_session(session) != []

    assert f"removed the remains of the interrupted run {session}" in provider.prepare()
    assert of_session(session) == []
    assert provider.prepare() == []


def test_finding_out_about_rights_leaves_no_container(
    docker_client: docker.DockerClient, machine_image: str
) -> None:
    label = f"pytest_cna.session=rights-{secrets.token_hex(3)}"
    machine_rights(docker_client, machine_image, dict([label.split("=")]))
    assert not docker_client.containers.list(all=True, filters={"label": label})
