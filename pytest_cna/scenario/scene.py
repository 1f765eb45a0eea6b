"""One scenario: what is done to the deployment, and what has to follow. Each step is one call."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import CapabilityMissing, CnaError
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import MACHINE_LOSS
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario import faults  # noqa: F401 - makes the faults known
from pytest_cna.scenario.application_config import await_configuration
from pytest_cna.scenario.attachments import set_now
from pytest_cna.scenario.customers import Customers
from pytest_cna.scenario.faults.base import Fault, InjectedFaults
from pytest_cna.scenario.invariants import Invariants
from pytest_cna.scenario.preconditions import lead_where_most_runs, unit_apart
from pytest_cna.scenario.recoveries import Recoveries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.events.event import Event
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.deployment.application import Application
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.report.records import Attachment

STATE_TIMEOUT = 60.0
"""Seconds until fleet reports a state that systemd is known to be in; not a bound."""


class Scene:
    """Services go by the words of the deployment. ``heal`` has to be called whatever happened."""

    def __init__(
        self,
        running: RunningDeployment,
        application: Application | None,
        time_terms: TimeTerms,
        directory: Path,
        seed: int,
    ) -> None:
        self.running = running
        self.deployment = running.deployment
        self.cluster = running.cluster
        self.recoveries = Recoveries(running, time_terms, self.records)
        self.invariants = Invariants(running, self.recoveries, time_terms)
        self.customers: Customers | None = None
        self.before: list[Attachment] = []
        """What the deployment looked like before the first fault."""
        self._application = application
        self._directory = directory
        self._seed = seed
        self._random = random.Random(seed)
        self._faults = InjectedFaults(self.cluster)
        self._hit: dict[str, DeployedUnit] = {}
        self._last: tuple[Fault, DeployedUnit] | None = None
        self._displaced: list[Recovery] = []

    # given

    def ensure_steady(self) -> None:
        """The running deployment is in its steady state."""
        self.running.await_steady_state()

    def start_customers(self) -> Customers:
        """Returns once they are at work."""
        self.customers = Customers(self.running, self.application, self._directory, self._seed)
        self.customers.start()
        return self.customers

    def ensure_apart(self, called: str, others: Sequence[str]) -> None:
        """An instance runs on a machine without ``others``; it is the one that is hit next."""
        self._hit[called] = unit_apart(
            self.running, self.units(called), [u for other in others for u in self.units(other)]
        )

    def ensure_leader_apart(self, called: str) -> None:
        """The etcd leader runs on a machine without that service."""
        lead_where_most_runs(self.running, self.units(called))

    # when

    def inject(self, kind: FaultKind, called: str) -> None:
        """A fault of ``kind`` hits an instance of the service, or its machine; the same instance
        for the rest of the scenario. Returns when it is in effect. Raises CapabilityMissing when
        the provider cannot do it, InjectFailed when it failed."""
        unit = self._choose(called)
        self._inject(kind, unit, self.running.machine_of(unit))

    def lose_leader(self) -> None:
        """The machine of the etcd leader loses power."""
        self._inject(MACHINE_LOSS, None, self.running.leader().name)

    def inject_fault(self, fault: Fault) -> Event:
        """A fault of one's own, healed like any other; no recovery is followed."""
        if not self.before:
            self.before = set_now(self.running, "before")
        return self._faults.inject(fault)

    def undo(self, kind: FaultKind, called: str = "") -> None:
        """Undo the last fault, which has to be of ``kind`` and to have hit the service, if one is
        given; follow the recovery from that. Raises CnaError when there is no such fault."""
        fault, unit = self._to_undo()
        service = self.deployment.service(called) if called else None
        if fault.kind is not kind:
            raise CnaError(f"there is no {kind} to undo: the last fault was {fault}")
        if service not in {None, unit.service}:
            raise CnaError(f"there is no {kind} of {called} to undo: the last fault was {fault}")
        self.undo_last()

    def undo_last(self) -> None:
        """Undo the last fault. Raises CnaError when there is none, or when it is undone already."""
        fault, unit = self._to_undo()
        event = self._faults.heal(fault)
        undone = fault.kind.undone_as
        if undone is not None:
            subject = fault.machine if undone.of_machine else fault.subject
            self.recoveries.follow(undone, subject, unit, fault.machine, event)

    def _to_undo(self) -> tuple[Fault, DeployedUnit]:
        if self._last is None:
            raise CnaError("no fault was injected yet: there is none to undo")
        fault, unit = self._last
        if not self._faults.in_effect(fault):
            raise CnaError(
                f"the {fault} is undone already; inject a fault before you undo it again"
            )
        return fault, unit

    # then

    def await_stage(self, stage: str) -> None:
        """The last fault's recovery reaches ``stage`` within its bound, else AssertionError."""
        self.recoveries.expect(self.recoveries.last, stage)

    def await_all_placed(self) -> None:
        """Every unit of the lost machine is placed on another within its bound, else
        AssertionError."""
        for recovery in self._displaced:
            self.recoveries.expect(recovery, "scheduled")

    @property
    def at_work(self) -> Customers:
        """Raises CnaError when no customers were started."""
        if self.customers is None:
            raise CnaError("no customers are at work in this scenario")
        return self.customers

    def expect_no_request_failed(self) -> None:
        """Else AssertionError, with the first that failed."""
        recoveries = self.recoveries.all
        since = recoveries[-1].since if recoveries else clock.monotonic()
        self.at_work.expect_no_request_failed(since)

    def expect_routing_equals_discovery(self, balancer: str, called: str) -> None:
        """``balancer`` has every announced instance of the service as a server that is up, and no
        other, else AssertionError. Raises CnaError when it does not route to that service."""
        service = self.deployment.service(called)
        if self.deployment.service(balancer) != self.deployment.balancer or not service.backend:
            raise CnaError(f"{self.deployment.path}: no {balancer} routes to a {service.called}")
        self.invariants.expect_routing_equals_discovery()

    def expect_metadata(self, key: str, value: str) -> None:
        """The machine that the followed unit was placed on has the metadata ``key=value``."""
        name = self.recoveries.last.unit.name
        placed = self.running.timeline.events(UnitScheduled, name)[-1]
        machine = self.cluster.machine(placed.machine)
        assert machine.metadata.get(key) == value, (
            f"{name} was placed on {machine.name}, whose metadata are "
            f"{dict(machine.metadata)}, not {key}={value}"
        )

    def await_configuration(self, *, names: bool) -> None:
        """The application's configuration, in every container that has it, follows discovery."""
        await_configuration(self.running, self.recoveries, self.application, names=names)

    # afterwards

    def heal(self) -> None:
        """Undo every fault and send the customers home. Raises HealFailed, after all was tried."""
        try:
            self._faults.heal_all()
        finally:
            if self.customers is not None:
                self.customers.stop()

    def records(self) -> list[RequestRecord]:
        """What customers got so far."""
        return self.customers.records() if self.customers else []

    @property
    def application(self) -> Application:
        """Raises CnaError when the deployment names none."""
        if self._application is None:
            raise CnaError(
                f"{self.deployment.path} names no application: there is nothing customers could use"
            )
        return self._application

    def units(self, called: str) -> list[DeployedUnit]:
        """The main units of the service with that word. Raises ConfigurationError."""
        return self.deployment.main_units(self.deployment.service(called))

    def _choose(self, called: str) -> DeployedUnit:
        if called not in self._hit:
            self._hit[called] = self._random.choice(self.units(called))
        return self._hit[called]

    def _inject(self, kind: FaultKind, unit: DeployedUnit | None, machine: str) -> None:
        if kind not in Fault.known:
            raise CapabilityMissing(f"no fault is known that is a {kind}")
        displaced = self._mains_on(machine) if kind.moves else [unit] if unit else []
        leader_lost = kind.moves and self.running.leader().name == machine
        hit = unit or next(iter(displaced), self.deployment.units[0])
        subject = {"unit": hit.name, "container": hit.container, "machine": machine}[kind.hits]
        fault = Fault.known[kind](self.cluster, subject, machine)
        event = self.inject_fault(fault)
        self._last = (fault, hit)
        self._displaced = [
            self.recoveries.recovery(
                kind,
                subject,
                each,
                machine,
                event,
                leader_lost=leader_lost,
                together=len(displaced),
            )
            for each in displaced
        ]
        self.recoveries.all += [r for r in self._displaced if unit is None or r.unit == unit]
        if kind.gone and "noticed" in kind.stages:
            self._await_noticed(self.recoveries.last)

    def _mains_on(self, machine: str) -> list[DeployedUnit]:
        return [each for each in self.running.units_on(machine) if each.role == "main"]

    def _await_noticed(self, recovery: Recovery) -> None:
        wait_for(
            lambda: self.recoveries.stages(recovery)["noticed"] is not None,
            waiting_for=f"the end of {recovery.unit.name} to be on the timeline",
            timeout=STATE_TIMEOUT,
            alive=self.running.alive,
        )
