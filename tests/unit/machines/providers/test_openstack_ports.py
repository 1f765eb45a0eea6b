"""A machine whose port is switched off gets its network back, whatever becomes of the run."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_cna.core.errors import ProviderError
from pytest_cna.core.machine import Machine
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.ledger import Ledger
from pytest_cna.machines.owner import owner_is_alive
from pytest_cna.machines.providers.openstack import network, rejoiner
from pytest_cna.machines.providers.openstack import ports as ports_module
from pytest_cna.machines.providers.openstack.cloud import Cloud
from pytest_cna.machines.providers.openstack.ports import Ports
from pytest_cna.machines.providers.openstack.removal import remove_session
from pytest_cna.testing import FakeTransport

if TYPE_CHECKING:
    from small_cloud import SmallCloud

NAME = "cna-s1"
MACHINE = Machine("core-1", "127.0.0.101", {}, FakeTransport())
KILLED = """
import os, signal, sys
from pathlib import Path
from pytest_cna.core.machine import Machine
from pytest_cna.machines.providers.openstack import network
from pytest_cna.machines.providers.openstack.cloud import connect
from pytest_cna.machines.providers.openstack.ports import Ports
from pytest_cna.testing import FakeTransport

network.answers = lambda address: False
machine = Machine("core-1", "127.0.0.101", {}, FakeTransport())
Ports(connect("small"), "s1", "cna-s1", Path(sys.argv[1])).switch_off(machine, 2.0)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def port(small: SmallCloud) -> dict[str, Any]:
    name = f"{NAME}-core-1"
    small.ports["p"] = {"id": "p", "name": name, "fixed_ips": [], "admin_state_up": True}
    return small.ports["p"]


@pytest.fixture
def ports(
    cloud: Cloud, port: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ports]:
    """Those of the session s1; what rejoins its machines only waits."""
    monkeypatch.setattr(network, "answers", lambda _: port["admin_state_up"])
    waiting = ["sh", "-c", "echo ready; exec sleep 600"]
    monkeypatch.setattr(rejoiner, "command", lambda: waiting)
    yield Ports(cloud, "s1", NAME, tmp_path)
    rejoiner.end_rejoiners(Ledger("s1"))


def rejoiners() -> list[bool]:
    """Whether each process that was started still runs, in their order."""
    rows = Ledger("s1").names(rejoiner.ROW)
    return [owner_is_alive(row.partition(" ")[2]) for row in rows]


def test_a_killed_run_leaves_no_machine_cut_off(
    port: dict[str, Any], small: SmallCloud, tmp_path: Path
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False)
    assert done.returncode == -signal.SIGKILL
    wait_for(
        lambda: port["admin_state_up"],
        waiting_for="the port to be switched on",
        timeout=30.0,
    )
    assert len([each for each in small.asked if each.startswith("PUT /network")]) == 2
    wait_for(lambda: rejoiners() == [False], waiting_for="its process to end", timeout=30.0)


def test_whoever_switches_it_on_ends_the_process(ports: Ports, port: dict[str, Any]) -> None:
    ports.switch_off(MACHINE, 60.0)
    assert not port["admin_state_up"]
    assert rejoiners() == [True]
    ports.switch_on(MACHINE)
    ports.switch_on(MACHINE)
    assert port["admin_state_up"]
    assert rejoiners() == [False]


def test_it_counts_as_off_once_it_does_not_answer(
    ports: Ports, port: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def answers(address: str) -> bool:
        """Two looks after the API has said so."""
        looks.append(address)
        return bool(port["admin_state_up"]) == (len(looks) > 2)

    monkeypatch.setattr(network, "answers", answers)
    ports.switch_off(MACHINE, 60.0)
    assert looks == [MACHINE.address] * (2 + ports_module.UNANSWERED)
    looks.clear()
    ports.switch_on(MACHINE)
    assert looks == [MACHINE.address] * 3


def test_the_time_begins_again(ports: Ports) -> None:
    ports.switch_off(MACHINE, 60.0)
    ports.switch_off(MACHINE, 60.0)
    assert rejoiners() == [False, True]


def test_removal_ends_the_process(ports: Ports, cloud: Cloud) -> None:
    ports.switch_off(MACHINE, 60.0)
    (row,) = Ledger("s1").names(rejoiner.ROW)
    remove_session(cloud, "s1")
    assert not owner_is_alive(row.partition(" ")[2])


def test_who_takes_a_cluster_over_rejoins_its_machines(ports: Ports, port: dict[str, Any]) -> None:
    ports.switch_off(MACHINE, 60.0)
    ports.take_over([MACHINE, Machine("core-2", "127.0.0.102", {}, FakeTransport())])
    assert port["admin_state_up"]
    assert rejoiners() == [False]


def test_nothing_is_cut_that_nothing_would_give_back(
    ports: Ports, port: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejoiner, "command", lambda: ["sh", "-c", "echo the login fails; exit 3"])
    with pytest.raises(ProviderError, match=r"core-1 is not cut.*exit status 3\): the login fails"):
        ports.switch_off(MACHINE, 60.0)
    monkeypatch.setattr(rejoiner, "command", lambda: ["sh", "-c", "exec sleep 600"])
    monkeypatch.setattr(rejoiner, "START_TIMEOUT", 0.3)
    with pytest.raises(ProviderError, match=r"to be ready.*: it printed nothing"):
        ports.switch_off(MACHINE, 60.0)
    assert port["admin_state_up"]
    assert rejoiners() == [False, False]


def test_a_cut_that_comes_too_late_is_undone_at_once(
    ports: Ports, port: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejoiner, "command", lambda: ["sh", "-c", "echo ready; exec sleep 0.2"])

    def answers(_: str) -> bool:
        wait_for(lambda: rejoiners() == [False], waiting_for="the time to pass", timeout=10.0)
        return bool(port["admin_state_up"])

    monkeypatch.setattr(network, "answers", answers)
    with pytest.raises(ProviderError, match=r"could not be cut off within the 0\.5 s"):
        ports.switch_off(MACHINE, 0.5)
    assert port["admin_state_up"]


def test_a_port_that_was_deleted(ports: Ports, small: SmallCloud) -> None:
    small.ports.clear()
    with pytest.raises(ProviderError, match=f"cloud 'small' has no port {NAME}-core-1"):
        ports.switch_on(MACHINE)
