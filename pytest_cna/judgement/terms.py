"""Time terms: the time constants of a deployment, each with the place it was read from."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_cna.deployment.load_balancer_image import balancer_files
from pytest_cna.deployment.unit_file import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.timing import Timing
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment
    from pytest_cna.deployment.deployment_file import Service
    from pytest_cna.judgement.measured import ContainerTimes, Measured

DURATION = r"(\d+(?:us|ms|s|m|h)?)"
VARIATION = 2.0
"""What was measured once may take that many times as long when customers are at work."""
DEFAULT_TIMEOUT_STOP = 90.0
"""Seconds: systemd's ``DefaultTimeoutStopSec``."""
UNANSWERED = 1.0
"""Seconds that the observer of HAProxy waits for a load balancer that does not answer."""
LEAST = 1.0
"""Seconds: a shorter measured time may be chance and is raised to this."""


@dataclass(frozen=True, slots=True)
class Term:
    """One reason why a stage takes time: at most ``seconds``, by ``source``."""

    name: str
    seconds: float
    source: str


@dataclass(frozen=True)
class TimeTerms:
    """The time terms of one deployment on one cluster."""

    deployment: Deployment
    timing: Timing
    measured: Measured

    # fleet

    @property
    def agent_ttl(self) -> Term:
        return Term("fleet's agent_ttl", self.timing.agent_ttl, "--cna-agent-ttl")

    @property
    def expiry(self) -> Term:
        return Term("etcd's pass over expired keys", 0.5, "etcd 3.4, v2 store: every 500 ms")

    @property
    def fleet_poll(self) -> Term:
        return Term("fleet is polled", self.measured.look, "interval of observation, measured")

    @property
    def engine_pass(self) -> Term:
        return Term(
            "a pass of fleet's engine", self.timing.engine_interval, "--cna-engine-interval"
        )

    @property
    def engine_lease(self) -> Term:
        """How long no engine schedules when the machine of the one that did is lost."""
        lease = 5 * self.timing.engine_interval
        return Term("lease of fleet's engine", lease, "fleet 1.0.0: five engine intervals")

    @property
    def agent_pass(self) -> Term:
        return Term(
            "a pass of fleet's agent", 5.0, "fleet 1.0.0: agents reconcile every 5 s at the latest"
        )

    @property
    def election(self) -> Term:
        timeout = self.timing.election
        return Term(
            "etcd's election",
            2 * timeout,
            f"etcd: ETCD_ELECTION_TIMEOUT {timeout:g} s, up to twice that",
        )

    # systemd

    def restart(self, unit: DeployedUnit) -> Term:
        return self._option(unit, "RestartSec", 0.1)

    def stopping(self, unit: DeployedUnit) -> Term:
        """Until systemd has stopped it, or has killed what does not stop: each ``ExecStop`` and
        then the process itself have the same time."""
        value = unit.file.value("Service", "TimeoutStopSec")
        each = seconds(value) if value else DEFAULT_TIMEOUT_STOP
        times = 1 + len(unit.file.values("Service", "ExecStop"))
        where = unit.file.path.name
        return Term(
            f"TimeoutStopSec of {unit.service.called}",
            times * each,
            f"{where}: {each:g} s for each of {times - 1} ExecStop and for the process"
            if value
            else f"systemd's default, {where} does not set it",
        )

    @property
    def run_ends(self) -> Term:
        """Until ``docker run`` has returned after its container's death, which systemd sees."""
        times = self.measured.containers
        if times is None:
            return Term("docker run ends", 1.0, "not measured: taken as 1 s")
        return self._steady("docker run ends", times.end, times)

    def _option(self, unit: DeployedUnit, option: str, default: float) -> Term:
        value = unit.file.value("Service", option)
        where = unit.file.path.name
        name = f"{option} of {unit.service.called}" + " sidekick" * (unit.role == "sidekick")
        if not value:
            return Term(name, default, f"systemd's default, {where} does not set it")
        return Term(name, seconds(value), where)

    # what was measured

    def start(self, service: Service) -> Term:
        times = self.measured.containers
        if times is None:
            return self._measured("start", service.called, None)
        return self._steady(f"start of {service.called}", times.start, times)

    def answer(self, service: Service) -> Term:
        measured = self.measured.answering.get(service.name)
        return self._measured("first answer", service.called, measured)

    def _steady(self, name: str, seconds: float, times: ContainerTimes) -> Term:
        return Term(
            name,
            max(LEAST, seconds * VARIATION),
            f"measured {seconds:.2f} s in the steady state on {times.machine}, times "
            f"{VARIATION:g}, {LEAST:g} s at the least",
        )

    @property
    def boot(self) -> Term:
        return self._measured("boot", "machine", self.measured.boot)

    def _measured(self, what: str, of: str, measured: float | None) -> Term:
        if measured is None:
            return Term(f"{what} of {of}", 10.0, "not measured at launch: taken as 10 s")
        return Term(
            f"{what} of {of}",
            measured * VARIATION,
            f"measured {measured:.2f} s at launch, times {VARIATION:g}",
        )

    # sidekick, confd, HAProxy

    def lease(self, sidekick: DeployedUnit) -> Term:
        asked = self._flag(sidekick, "ttl", self.timing.lease, "lease")
        least = math.ceil(1.5 * self.timing.election)
        if asked.seconds >= least:
            return asked
        return Term(asked.name, least, "etcd: a lease has 1.5 ETCD_ELECTION_TIMEOUT at least")

    def probe(self, sidekick: DeployedUnit) -> Term:
        return self._flag(sidekick, "interval", 0.5, "probe interval")

    def patience(self, sidekick: DeployedUnit) -> Term:
        return self._flag(sidekick, "patience", self.timing.patience, "patience")

    def probe_failures(self, sidekick: DeployedUnit) -> Term:
        """Until a sidekick withdraws an instance that no longer answers."""
        interval, timeout = self.probe(sidekick).seconds, self.patience(sidekick).seconds
        return Term(
            f"probes of {sidekick.service.called} fail",
            3 * interval + 2 * timeout,
            f"sidekick: two probes in a row of {timeout:g} s, each {interval:g} s after the one "
            "before",
        )

    @property
    def announcement(self) -> Term:
        return self._call("sidekick announces entry")

    @property
    def withdrawal(self) -> Term:
        return self._call("sidekick withdraws entry")

    @staticmethod
    def _call(name: str) -> Term:
        return Term(name, 2.0, "sidekick: a call to etcd is given 2 s")

    @property
    def longest_lease(self) -> Term:
        """When an entry that is no longer renewed is gone at the latest."""
        sidekicks = [unit for unit in self.deployment.units if unit.role == "sidekick"]
        leases = [self.lease(each) for each in sidekicks]
        return max(
            leases, key=lambda term: term.seconds, default=Term("no lease", 0.0, "no sidekick")
        )

    def _flag(self, sidekick: DeployedUnit, flag: str, default: float, what: str) -> Term:
        name = f"{what} of {sidekick.service.called}"
        command = sidekick.file.value("Service", "ExecStart")
        found = re.search(rf"-{flag}[= ]{DURATION}", command)
        if found is None:
            return Term(name, default, f"sidekick's default, {sidekick.file.path.name}")
        return Term(name, seconds(found[1]), sidekick.file.path.name)

    @property
    def rendering(self) -> Term:
        """confd: from a change in etcd to the new configuration in use."""
        for file, text in self._balancer_files:
            if "confd" in text and re.search(r"(^|\s)-watch\b", text):
                return self._followed("confd -watch", 0.0, f"{file.name}: at once")
        for file, text in self._balancer_files:
            found = re.search(rf"confd.*\s-interval[= ]{DURATION}", text)
            if found:
                return self._followed("confd -interval", seconds(found[1]), file.name)
        return self._followed("confd -interval", 600.0, "confd's default: every 600 s")

    def _followed(self, name: str, interval: float, source: str) -> Term:
        """After the interval it reads, checks and reloads."""
        measured = self.measured.reload
        if measured is None:
            return Term(
                name, interval + LEAST, f"{source}; read, check, reload: taken as {LEAST:g} s"
            )
        return Term(
            name,
            interval + max(LEAST, measured * VARIATION),
            f"{source}; check and reload measured {measured:.2f} s while a container starts, "
            f"times {VARIATION:g}, {LEAST:g} s at the least",
        )

    @property
    def checked_up(self) -> Term:
        """HAProxy: until a server that answers again counts as up."""
        for file, text in self._balancer_files:
            line = re.search(r"^\s*default-server\s.*$", text, re.MULTILINE)
            if line is None:
                continue
            values: dict[str, str] = dict(re.findall(r"\b(inter|downinter|rise)\s+(\w+)", line[0]))
            interval = seconds(_milliseconds(values.get("downinter") or values.get("inter", "2s")))
            timeout = re.search(rf"^\s*timeout check\s+{DURATION}", text, re.MULTILINE)
            one = interval + (seconds(_milliseconds(str(timeout[1]))) if timeout else interval)
            rise = int(values.get("rise", "2"))
            return Term("HAProxy's checks", rise * one, f"{file.name}: {line[0].strip()}")
        return Term("HAProxy's checks", 2 * 4.0, "HAProxy's defaults: inter 2s rise 2")

    @property
    def routing_poll(self) -> Term:
        """As often as the observer of HAProxy asks; it waits for each other load balancer that does
        not answer."""
        balancer = self.deployment.balancer
        others = len(self.deployment.main_units(balancer)) - 1 if balancer else 0
        waits = f", and {UNANSWERED:g} s for each that does not answer" if others else ""
        return Term(
            "HAProxy is polled",
            self.measured.look + UNANSWERED * others,
            f"interval of observation, measured{waits}",
        )

    @property
    def configuration_poll(self) -> Term:
        return Term(
            "configuration is polled", self.measured.look, "interval of observation, measured"
        )

    @property
    def next_request(self) -> Term:
        return Term("a customer's next request", 2.0, "traffic: connect timeout")

    def slowest_answer(self, slowest: float) -> Term:
        return Term(
            "its answer",
            slowest * VARIATION,
            f"measured {slowest:.2f} s at worst before the fault, times {VARIATION:g}",
        )

    def injection(self, kind: FaultKind, taken: float) -> Term:
        return Term(f"{kind} itself", taken, "measured: until its command had returned")

    @cached_property
    def _balancer_files(self) -> list[tuple[Path, str]]:
        return balancer_files(self.deployment)


def _milliseconds(value: str) -> str:
    """HAProxy takes a bare number for milliseconds."""
    return f"{value}ms" if value.isdigit() else value
