"""A process that gives a machine its network back in time, also when the run was killed.

It is started before the network is cut, in a session of its own: neither Ctrl-C nor the end of the
run reaches it. It logs in to the cloud, prints READY, lets the time pass, switches the machine's
port on and ends; SIGTERM ends it earlier. It does not outlast this computer, or the container that
the run is in.

    python -m pytest_cna.machines.providers.openstack.rejoiner CLOUD PORT SECONDS
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import ProviderError, WaitTimeout
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.owner import end_owner, owner_is_alive, owner_of
from pytest_cna.machines.providers.openstack.cloud import CloudError, connect

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.machines.ledger import Ledger
    from pytest_cna.machines.providers.openstack.cloud import Cloud

READY = "ready"
START_TIMEOUT = 60.0
"""Seconds until the process is ready; it imports openstacksdk and logs in."""
END_TIMEOUT = 10.0
CLOUD_TIMEOUT = 600.0
"""Seconds that it goes on asking a cloud that answers with errors."""
ROW = "rejoiner"
"""Kind of the ledger's rows: the machine's name, a blank, the process's id."""

_STARTED: list[subprocess.Popen[bytes]] = []
"""Python warns when the ``Popen`` of a running process is deleted."""


def start_rejoiner(
    ledger: Ledger, machine: str, cloud: str, port: str, seconds: float, log: Path
) -> str:
    """Start a process that switches ``port`` on in ``seconds``; earlier ones of the machine are
    ended, so that the time begins again.

    Returns its id when its time runs; it is in the ledger then. Raises ProviderError, with what it
    printed, when it does not get that far.
    """
    earlier = _of(ledger, machine)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command(), cloud, port, f"{seconds:g}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _STARTED.append(process)
    owner = owner_of(process.pid)
    ledger.write(ROW, f"{machine} {owner}")

    def alive() -> None:
        if process.poll() is not None:
            raise ProviderError(_failure(machine, log, f"exit status {process.returncode}"))

    try:
        wait_for(
            lambda: log.read_text("utf-8", errors="replace").startswith(READY),
            waiting_for=f"the process that rejoins {machine} to be ready",
            timeout=START_TIMEOUT,
            alive=alive,
        )
    except WaitTimeout as error:
        end_owner(owner, END_TIMEOUT)
        raise ProviderError(_failure(machine, log, f"{error}")) from error
    _end(earlier)
    return owner


def command() -> list[str]:
    """The command line of the process, without its arguments."""
    return [sys.executable, "-m", __spec__.name]


def end_rejoiners(ledger: Ledger, machine: str = "") -> None:
    """End the processes of one machine, or of all; also those of an earlier run. Idempotent."""
    _end(_of(ledger, machine))


def _of(ledger: Ledger, machine: str) -> list[str]:
    rows = (name.split(" ", 1) for name in ledger.names(ROW))
    return [owner for name, owner in rows if machine in {"", name} and owner_is_alive(owner)]


def _end(owners: list[str]) -> None:
    for owner in owners:
        end_owner(owner, END_TIMEOUT)
    for process in _STARTED.copy():
        if process.poll() is not None:
            _STARTED.remove(process)


def _failure(machine: str, log: Path, why: str) -> str:
    tail = " ".join(log.read_text("utf-8", errors="replace").split()[-60:])
    return (
        f"the network of {machine} is not cut, because nothing would give it back if this run were "
        f"killed: the process for that could not be started ({why}): {tail or 'it printed nothing'}"
    )


def rejoin_later(cloud_name: str, port: str, seconds: float) -> None:
    """Log in, let ``seconds`` pass, and switch the port on; nothing is left to do for a port that
    is gone. Raises CnaError when the cloud cannot be asked."""
    cloud = connect(cloud_name)
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    clock.sleep(seconds)
    wait_for(
        lambda: set_port(cloud, port, on=True) or True,
        waiting_for=f"cloud '{cloud.name}' to switch port {port} on",
        timeout=CLOUD_TIMEOUT,
        interval=5.0,
        transient=(CloudError,),
    )


def set_port(cloud: Cloud, name: str, *, on: bool) -> bool:
    """Have all traffic at a port let through, or none. Idempotent; agents do it some time later.

    Returns whether there is such a port. Raises CloudError.
    """
    with cloud.explaining(f"port {name} cannot be switched") as connection:
        port = connection.network.find_port(name)
        if port is None:
            return False
        connection.network.update_port(port.id, is_admin_state_up=on)
    return True


if __name__ == "__main__":
    rejoin_later(sys.argv[1], sys.argv[2], float(sys.argv[3]))
