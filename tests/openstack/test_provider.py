"""The provider's contract on a real cloud: real machines, whose power is really cut."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from the_lab import TheLab

from pytest_cna.cluster.fleet import Fleet
from pytest_cna.core.errors import FleetError, TransportError
from pytest_cna.core.machine import Machine
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.artefacts.build import build_artefacts
from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.ignition import FLEET_PORT
from pytest_cna.machines.ledger import ledger_directory
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.providers.openstack import network, stack
from pytest_cna.machines.providers.openstack.options import OpenStackOptions
from pytest_cna.machines.providers.openstack.provider import OpenStackProvider
from pytest_cna.machines.spec import ClusterSpec

GOODBYE = "Journal stopped"
"""In the journal of a machine that was shut down."""
IN_EFFECT = 3.0
"""Seconds from asking for a power cut until the machine is silent."""


@pytest.fixture(scope="module")
def machine_image() -> Iterator[str]:
    """The tag of the machine image, built if need be."""
    engine = DockerEngine(print)
    yield build_artefacts(engine.client, None, None, print).machine_image
    engine.stop()


@pytest.fixture(scope="module")
def make_provider(lab: TheLab) -> Iterator[Callable[[], OpenStackProvider]]:
    """Providers on the lab, prepared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(lab.state / "clouds.yaml"))
        made: list[OpenStackProvider] = []

        def make() -> OpenStackProvider:
            options = OpenStackOptions(cloud="cna-lab")
            made.append(OpenStackProvider(f"test-{secrets.token_hex(3)}", print, options))
            made[-1].prepare()
            return made[-1]

        yield make
        for provider in made:
            provider.destroy()
            provider.close()


@pytest.fixture(scope="module")
def provider(make_provider: Callable[[], OpenStackProvider]) -> OpenStackProvider:
    return make_provider()


def spec_of(provider: OpenStackProvider, machine_image: str) -> ClusterSpec:
    return ClusterSpec(
        session=provider.session,
        machines=name_machines(provider.addresses(2), [{"public": "true"}, {"storage": "true"}]),
        timing=provider.timing,
        machine_image=machine_image,
        fingerprint="f",
    )


@pytest.fixture(scope="module")
def machines(provider: OpenStackProvider, machine_image: str) -> list[Machine]:
    """Two that found each other."""
    machines = provider.provision(spec_of(provider, machine_image))
    joined(machines)
    return machines


def joined(machines: list[Machine]) -> dict[str, str]:
    """Machine ids by address, once fleet lists them all."""
    fleet = Fleet([f"http://{each.address}:{FLEET_PORT}" for each in machines], timeout=20)
    listed = wait_for(
        fleet.machines,
        lambda found: len(found) == len(machines),
        waiting_for="fleet to list all machines",
        timeout=300,
        transient=(FleetError,),
    )
    return {each.address: each.id for each in listed}


def await_back(machine: Machine) -> None:
    wait_for(
        lambda: machine.run("true").succeeded,
        waiting_for=f"{machine.name} to be back",
        timeout=300,
        transient=(TransportError,),
    )


def test_the_openstack_command_shows_the_same_machines(
    lab: TheLab, provider: OpenStackProvider, machines: list[Machine]
) -> None:
    name = f"cna-{provider.session}"
    assert sorted(lab.named(name)) == sorted(
        [f"stack {name}", f"security group {name}"]
        + [f"{kind} {name}-core-{n}" for kind in ("server", "port") for n in (1, 2)]
    )
    server = lab.openstack("server", "show", f"{name}-core-2", "-f", "json")
    assert machines[1].address in str(server["addresses"])
    assert server["properties"]["pytest_cna.session"] == provider.session


def test_a_machine_has_the_identity_it_was_given(machines: list[Machine]) -> None:
    for machine in machines:
        assert machine.check("hostname").strip() == machine.name
        addresses = machine.check("ip -4 -o address show dev eth0")
        assert addresses.count(" inet ") == 1
        assert f"inet {machine.address}/24" in addresses


def test_power_is_cut_at_once_and_comes_back_to_the_same_machine(
    provider: OpenStackProvider, machines: list[Machine]
) -> None:
    before = joined(machines)
    machine = machines[0]
    silent: list[float] = []
    asked = time.monotonic()

    def listen() -> None:
        wait_for(
            lambda: network.answers(machine.address),
            lambda answers: not answers,
            waiting_for="silence",
            timeout=60,
            interval=0.05,
        )
        silent.append(time.monotonic() - asked)

    listener = threading.Thread(target=listen)
    listener.start()
    provider.kill(machine)
    listener.join()
    assert silent[0] <= IN_EFFECT
    assert not network.answers(machine.address)
    assert not provider.running(machine)
    assert provider.running(machines[1])
    assert "core-1 starts" in provider._files.kept_console("core-1")

    provider.start(machine)
    assert provider.running(machine)
    await_back(machine)
    assert joined(machines) == before, "it came back as another"
    assert GOODBYE not in machine.check("journalctl --no-pager -b -1 -o cat", 60)


def test_a_machine_that_is_cut_off_runs_on_and_comes_back(
    provider: OpenStackProvider, machines: list[Machine]
) -> None:
    machine = machines[0]
    booted = machine.check("cat /proc/sys/kernel/random/boot_id")
    provider.isolate(machine, for_at_most=300.0)
    assert not network.answers(machine.address)
    assert provider.running(machine)
    provider.rejoin(machine)
    await_back(machine)
    assert machine.check("cat /proc/sys/kernel/random/boot_id") == booted


def test_a_machine_that_is_shut_down_says_goodbye(
    provider: OpenStackProvider, machines: list[Machine], tmp_path: Path
) -> None:
    machine = machines[1]
    provider.stop(machine)
    assert not provider.running(machine)
    provider.start(machine)
    await_back(machine)
    provider.collect(machine, tmp_path)
    assert "core-2 starts" in (tmp_path / "console.log").read_text()
    assert GOODBYE in (tmp_path / "journal.log").read_text()


@pytest.mark.usefixtures("machines")
def test_destroy_leaves_nothing_but_the_image(lab: TheLab, provider: OpenStackProvider) -> None:
    provider.destroy()
    assert lab.named(f"cna-{provider.session}") == []
    assert not (ledger_directory() / f"{provider.session}.jsonl").exists()
    images = lab.openstack("image", "list", "-f", "json")
    ours = [image for image in images if image["Name"].startswith("cna-machine-")]
    assert [image["Status"] for image in ours] == ["active"] * 3
    provider.destroy()


def test_an_interrupted_creation_leaves_nothing(
    lab: TheLab,
    make_provider: Callable[[], OpenStackProvider],
    machine_image: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider = make_provider()

    def interrupted(*_: object) -> None:
        wait_for(
            lambda: f"cna-{provider.session}-core" in lab.openstack("port", "list"),
            waiting_for="something in the stack",
            timeout=60,
        )
        raise KeyboardInterrupt

    monkeypatch.setattr(stack, "await_created", interrupted)
    with pytest.raises(KeyboardInterrupt):
        provider.provision(spec_of(provider, machine_image))
    provider.destroy()
    assert lab.named(f"cna-{provider.session}") == []
