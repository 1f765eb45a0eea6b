"""One scenario: what is done to the set, and what has to follow. Each step is one call."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core import fault_kinds as kinds
from pytest_cna.core.errors import CnaError
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario.application_config import await_configuration
from pytest_cna.scenario.attachments import set_now
from pytest_cna.scenario.customers import Customers
from pytest_cna.scenario.faults.base import Faults
from pytest_cna.scenario.faults.container import ContainerKill
from pytest_cna.scenario.faults.machine import MachineLoss
from pytest_cna.scenario.faults.service import ServiceStop
from pytest_cna.scenario.invariants import Invariants
from pytest_cna.scenario.preconditions import lead_where_most_runs, unit_apart
from pytest_cna.scenario.recoveries import Recoveries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.timeline import Event
    from pytest_cna.deployment.application import Application
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.report.records import Attachment
    from pytest_cna.scenario.faults.base import Fault

STATE_TIMEOUT = 60.0
"""Seconds until fleet tells of a state that systemd is known to be in; not a bound."""


class Scene:
    """``heal`` has to be called whatever happened."""

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
        """What the set looked like before the first fault."""
        self._application = application
        self._directory = directory
        self._seed = seed
        self._random = random.Random(seed)
        self._faults = Faults(self.cluster)
        self._hit: dict[str, DeployedUnit] = {}
        self._fault: Fault | None = None
        self._displaced: list[Recovery] = []

    # given

    def ensure_steady(self) -> None:
        """The launched set is in its steady state."""
        self.running.await_steady_state()

    def start_customers(self) -> None:
        self.customers = Customers(self.running, self._tested(), self._directory, self._seed)
        self.customers.start()

    def ensure_apart(self, called: str, others: Sequence[str]) -> None:
        self._hit[called] = unit_apart(
            self.running, self.units(called), [u for other in others for u in self.units(other)]
        )

    def ensure_leader_apart(self, called: str) -> None:
        lead_where_most_runs(self.running, self.units(called))

    # when

    def stop(self, called: str) -> None:
        unit = self._choose(called)
        machine = self.running.machine_of(unit)
        event = self._inject(ServiceStop(self.cluster, unit.name, machine))
        recovery = self.recoveries.follow(kinds.SERVICE_STOP, unit.name, unit, machine, event)
        wait_for(
            lambda: self.recoveries.stages(recovery)["noticed"] is not None,
            waiting_for=f"the end of {unit.name} to be on the timeline",
            timeout=STATE_TIMEOUT,
            alive=self.running.alive,
        )

    def start_again(self, called: str) -> None:
        fault, unit = self._injected(), self._choose(called)
        self.recoveries.freeze()
        event = self._faults.heal(fault)
        self.recoveries.follow(kinds.SERVICE_START, unit.name, unit, fault.machine, event)

    def kill_container(self, called: str) -> None:
        unit = self._choose(called)
        machine = self.running.machine_of(unit)
        event = self._inject(ContainerKill(self.cluster, unit.container, machine))
        self.recoveries.follow(kinds.CONTAINER_KILL, unit.container, unit, machine, event)

    def lose_machine_of(self, called: str) -> None:
        unit = self._choose(called)
        self._lose(self.running.machine_of(unit), unit)

    def lose_leader(self) -> None:
        self._lose(self.running.leader().name, None)

    def _lose(self, machine: str, unit: DeployedUnit | None) -> None:
        leader_lost = self.running.leader().name == machine
        mains = [each for each in self.deployment.units if each.role == "main"]
        where = self.running.machines_of(mains)
        displaced = [each for each, at in zip(mains, where, strict=True) if at == machine]
        event = self._inject(MachineLoss(self.cluster, machine, machine))
        self._displaced = [
            self.recoveries.recovery(
                kinds.MACHINE_LOSS,
                machine,
                each,
                machine,
                event,
                leader_lost=leader_lost,
                together=len(displaced),
            )
            for each in displaced
        ]
        self.recoveries.all += [r for r in self._displaced if unit is None or r.unit == unit]

    def return_machine(self) -> None:
        fault = self._injected()
        self.recoveries.freeze()
        event = self._faults.heal(fault)
        unit = self.deployment.units[0]
        self.recoveries.follow(kinds.MACHINE_RETURN, fault.machine, unit, fault.machine, event)

    # then

    def await_stage(self, stage: str) -> None:
        """The last fault's recovery reaches ``stage`` within its bound, else AssertionError."""
        self.recoveries.expect(self.recoveries.last, stage)

    def await_all_placed(self) -> None:
        for recovery in self._displaced:
            self.recoveries.expect(recovery, "scheduled")

    @property
    def at_work(self) -> Customers:
        """Raises CnaError when no step sent customers to work."""
        if self.customers is None:
            raise CnaError("no customers are at work in this scenario")
        return self.customers

    def expect_no_request_failed(self) -> None:
        recoveries = self.recoveries.all
        since = recoveries[-1].since if recoveries else clock.monotonic()
        self.at_work.expect_no_request_failed(since)

    def expect_metadata(self, key: str, value: str) -> None:
        """The machine the followed unit was placed on says ``key=value``."""
        name = self.recoveries.last.unit.name
        placed = self.running.timeline.events("unit", "scheduled", name)[-1]
        machine = self.cluster.machine(str(placed.data["machine"]))
        assert machine.metadata.get(key) == value, (
            f"{name} was placed on {machine.name}, whose metadata are "
            f"{dict(machine.metadata)}, not {key}={value}"
        )

    def await_configuration(self, *, names: bool) -> None:
        """The application's configuration, in every web server, follows discovery."""
        await_configuration(self.running, self.recoveries, self._tested(), names=names)

    # afterwards

    def heal(self) -> None:
        """Undo every fault and send the customers home. Raises HealFailed, after all was tried."""
        try:
            self._faults.heal_all()
        finally:
            if self.customers is not None:
                self.customers.stop()

    def records(self) -> list[RequestRecord]:
        return self.customers.records() if self.customers else []

    def _tested(self) -> Application:
        if self._application is None:
            raise CnaError(
                f"{self.deployment.path} names no application: nothing to be customer of"
            )
        return self._application

    def units(self, called: str) -> list[DeployedUnit]:
        """The main units of the service that the features call so."""
        return self.deployment.main_units(self.deployment.service(called))

    def _choose(self, called: str) -> DeployedUnit:
        if called not in self._hit:
            self._hit[called] = self._random.choice(self.units(called))
        return self._hit[called]

    def _inject(self, fault: Fault) -> Event:
        self.recoveries.freeze()
        if self._fault is None:
            self.before = set_now(self.running, "before")
        self._fault = fault
        return self._faults.inject(fault)

    def _injected(self) -> Fault:
        if self._fault is None:
            raise CnaError("nothing was stopped or lost yet that could come back")
        return self._fault
