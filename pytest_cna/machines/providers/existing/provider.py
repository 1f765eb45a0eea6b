"""The provider for an existing cluster: only the run's units and images are created and removed."""

from __future__ import annotations

import logging
import re
import shlex
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pytest_cna.core.errors import (
    CapabilityMissing,
    ConfigurationError,
    ProviderError,
    TransportError,
)
from pytest_cna.core.fault_kinds import POWER_CUT
from pytest_cna.core.machine import Machine
from pytest_cna.core.timing import NATIVE
from pytest_cna.machines.providers.existing.options import ExistingOptions
from pytest_cna.machines.providers.ssh.base import SshProvider, save_journal
from pytest_cna.machines.transports.ssh import SshConnections, SshTransport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_cna.machines.providers.ssh.delivery import Delivery
    from pytest_cna.machines.spec import ClusterSpec

log = logging.getLogger(__name__)

COMMAND_TIMEOUT = 120.0
BOOT_TIMEOUT = 300.0
NEEDED = ("/usr/bin/docker", "/usr/lib/cna/sidekick", "/etc/fleet/fleet.conf", "/etc/environment")


class ExistingProvider(SshProvider):
    """Machines of an inventory, whose commands cut and give power; without them, neither works."""

    name: ClassVar[str] = "existing"
    owns: ClassVar[bool] = False
    takes = ExistingOptions
    options: ExistingOptions

    def set_up(self) -> None:
        super().set_up()
        self._listed = {each.name: each for each in self.options.inventory.machines}
        self._off: set[str] = set()
        self._deliveries: list[Delivery] = []

    def prepare(self) -> list[str]:
        if all(each.power_cut for each in self._listed.values()):
            self.capabilities = frozenset({POWER_CUT})
        return []

    def versions(self) -> dict[str, str]:
        return {"machines": "there already"}

    def adopt(self, fingerprint: str) -> bool:
        return False

    def addresses(self, count: int) -> list[str]:
        return [each.address for each in self._listed.values()]

    def make_ready(self, machine_image: str, images: Sequence[str]) -> None:
        """Connect to the machines and read etcd's election timeout and the sidekicks' settings
        on them; nothing is built.

        Raises TransportError, ConfigurationError.
        """
        self._disconnect()
        accesses = self.options.inventory.accesses()
        self._connections = connections = SshConnections(accesses)
        self._machines = [
            Machine(each.name, each.address, {}, SshTransport(connections, access), each.member)
            for each, access in zip(self._listed.values(), accesses, strict=True)
        ]
        texts = [each.run("cat /etc/default/etcd").stdout for each in self._machines if each.member]
        elections = [
            float(_setting(text, "ETCD_ELECTION_TIMEOUT") or 1000) / 1000 for text in texts
        ]
        leases, patiences = zip(*map(_sidekicks, self._machines), strict=True)
        self.timing = replace(
            self.timing,
            election=max(elections, default=NATIVE.election),
            lease=max(leases),
            patience=max(patiences),
        )

    def provision(self, spec: ClusterSpec) -> list[Machine]:
        with ThreadPoolExecutor(len(self._machines)) as pool:
            self._machines = list(pool.map(lambda each: _inspect(each, spec), self._machines))
            for delivered in pool.map(lambda machine: self._bring(machine, spec), self._machines):
                self._deliveries.append(delivered)
        # as if the machines had got power now: bounds for a return start there
        self.powered = time.monotonic() - max(map(_boot_seconds, self._machines))
        return self.machines()

    def _bring(self, machine: Machine, spec: ClusterSpec) -> Delivery:
        tag = _setting(machine.check("cat /etc/environment"), "DOCKER_IMAGE_TAG")
        return self._deliver(machine, spec.images, tag)

    def running(self, machine: Machine) -> bool:
        """Whether this run left it with power; a change from outside is not noticed."""
        return machine.name not in self._off

    def kill(self, machine: Machine) -> None:
        self._command(machine, "power_cut")
        self._off.add(machine.name)
        self._forget(machine)

    def start(self, machine: Machine) -> None:
        if machine.name in self._off:
            self._command(machine, "start")
            self._off.discard(machine.name)

    def _command(self, machine: Machine, which: str) -> None:
        command: str = getattr(self._listed[machine.name], which)
        if not command:
            raise CapabilityMissing(
                f"the inventory {self.options.inventory.path} has no {which} for machine "
                f"{machine.name}"
            )
        try:
            done = subprocess.run(
                shlex.split(command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=COMMAND_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ProviderError(f"{which} of machine {machine.name}: {error}") from error
        if done.returncode:
            raise ProviderError(
                f"{which} of machine {machine.name}, '{command}', ended with {done.returncode}: "
                f"{(done.stderr or done.stdout).strip()[-500:]}"
            )

    def stop(self, machine: Machine) -> None:
        raise CapabilityMissing("provider existing does not shut machines down")

    def console(self, machine: Machine) -> str:
        return "(provider existing has no access to consoles)"

    def _collect(self, machine: Machine, directory: Path) -> None:
        save_journal(machine, directory, COMMAND_TIMEOUT)

    def destroy(self) -> None:
        for machine in self._machines:
            try:
                self.start(machine)
            except ProviderError as error:
                log.warning("machine %s is left without power: %s", machine.name, error)
        for delivery in self._deliveries:
            try:
                delivery.take_back()
            except TransportError as error:
                log.warning("images are left on %s: %s", delivery.machine.name, error)
        self._deliveries = []
        self._machines = []
        self._disconnect()


def _inspect(machine: Machine, spec: ClusterSpec) -> Machine:
    """The machine as its own files describe it.

    Raises ConfigurationError with what it lacks or which setting differs from the run's.
    """
    missing = machine.run(f"for f in {' '.join(NEEDED)}; do [ -e $f ] || echo $f; done").stdout
    if missing:
        raise ConfigurationError(
            f"machine {machine.name} has no {missing.split()[0]}; docs/existing.md lists what a "
            "machine needs"
        )
    environment = machine.check("cat /etc/environment")
    for key in ("COREOS_PRIVATE_IPV4", "ETCD_ENDPOINTS", "DOCKER_IMAGE_TAG"):
        if not _setting(environment, key):
            raise ConfigurationError(
                f"machine {machine.name}: /etc/environment does not set {key}, which units read; "
                "see docs/existing.md"
            )
    fleet = machine.check("cat /etc/fleet/fleet.conf")
    for option, key, wanted, default in (
        ("agent-ttl", "agent_ttl", spec.timing.agent_ttl, 30.0),
        ("engine-interval", "engine_reconcile_interval", spec.timing.engine_interval, 2.0),
    ):
        set_to = float(_setting(fleet, key).rstrip("s") or default)
        if set_to != wanted:
            raise ConfigurationError(
                f"fleet on {machine.name} has {key}={set_to:g}, but the run assumes {wanted:g}, so "
                f"that bounds would be wrong; run with --cna-{option}={set_to:g}"
            )
    pairs = (pair.split("=", 1) for pair in _setting(fleet, "metadata").split(",") if "=" in pair)
    return replace(machine, metadata=dict(pairs))


def _sidekicks(machine: Machine) -> tuple[float, float]:
    """Lease and patience of sidekicks on the machine whose units do not say, in seconds."""
    environment = machine.run("cat /etc/environment").stdout

    def seconds(key: str, default: float) -> float:
        text = _setting(environment, key)
        if not re.fullmatch(r"(\d+s)?", text):
            raise ConfigurationError(
                f"machine {machine.name}: /etc/environment sets {key}={text}, which is not a "
                "number of seconds such as 15s"
            )
        return float(text.rstrip("s") or default)

    return seconds("SIDEKICK_TTL", NATIVE.lease), seconds("SIDEKICK_PATIENCE", NATIVE.patience)


def _boot_seconds(machine: Machine) -> float:
    """Seconds of the last boot according to systemd, until all units were started.

    A machine with its own kernel counts from the kernel's start. 0 when the boot has not finished
    within BOOT_TIMEOUT.
    """
    waiting = f"timeout {BOOT_TIMEOUT:.0f} systemctl is-system-running --wait"
    machine.run(waiting, COMMAND_TIMEOUT + BOOT_TIMEOUT)
    names = "UserspaceTimestampMonotonic", "FinishTimestampMonotonic"
    shown = machine.check(f"systemctl show --property={','.join(names)}")
    userspace, finished = (float(_setting(shown, name) or 0) / 1e6 for name in names)
    shares_kernel = machine.run("systemd-detect-virt --quiet --container").succeeded
    return max(0.0, finished - userspace if shares_kernel else finished)


def _setting(text: str, key: str) -> str:
    """The value in ``key=value`` or ``key = "value"``, empty without such a line."""
    found = re.search(rf"^\s*{key}\s*=\s*\"?([^\"\n]*)\"?\s*$", text, re.MULTILINE)
    return found[1].strip() if found else ""
