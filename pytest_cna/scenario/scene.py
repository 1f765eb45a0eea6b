"""One scenario: what is done to the deployment, and what has to follow. Each step is one call."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, ConfigurationError
from pytest_cna.core.events.container import ContainerCreated
from pytest_cna.core.events.unit import UnitScheduled
from pytest_cna.core.fault_kinds import MACHINE_LOSS
from pytest_cna.core.stages import SCHEDULED
from pytest_cna.judgement.failed_requests import NO_FAILURE
from pytest_cna.judgement.hits import kept_away
from pytest_cna.scenario.attachments import set_now
from pytest_cna.scenario.awaiting import await_stage
from pytest_cna.scenario.conclusion import Conclusion
from pytest_cna.scenario.customers import Customers
from pytest_cna.scenario.explaining import explaining
from pytest_cna.scenario.faults.catalogue import fault_of
from pytest_cna.scenario.faults.injected import InjectedFaults
from pytest_cna.scenario.faults.target import Target, target_of
from pytest_cna.scenario.invariants import Invariants
from pytest_cna.scenario.preconditions import lead_where_most_runs, unit_apart
from pytest_cna.scenario.recoveries import Recoveries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.events.fault import FaultEvent
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.model import RequestRecord
    from pytest_cna.core.stages import Stage
    from pytest_cna.deployment.application import Application
    from pytest_cna.deployment.deployment import DeployedUnit
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.terms import TimeTerms
    from pytest_cna.judgement.verdicts import StageVerdict, Verdict
    from pytest_cna.report.records import Attachment
    from pytest_cna.scenario.faults.base import Fault


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
        self.invariants = Invariants(running, self.recoveries, time_terms, self.away)
        self.customers: Customers | None = None
        self.before: list[Attachment] = []
        """What the deployment looked like before the first fault."""
        self._faults = InjectedFaults(self.cluster)
        self.conclusion = Conclusion(
            running,
            self.recoveries,
            self.invariants,
            lambda: self.customers,
            self._faults.note_guards,
        )
        self._began = clock.monotonic()
        self._application = application
        self._directory = directory
        self._seed = seed
        self._random = random.Random(seed)
        self._hit: dict[str, DeployedUnit] = {}
        self._last: Fault | None = None
        self._displaced: list[Recovery] = []

    # given

    def ensure_steady(self) -> None:
        """The running deployment is in its steady state, else ProductFailed, with the first broken
        link."""
        with explaining(self.running):
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
        for the rest of the scenario.

        Returns when it is in effect. Before anything is done it raises CapabilityMissing when the
        provider cannot do it, ConfigurationError for a kind that is not in the catalogue or cannot
        hit that service. Raises ProductFailed when the product keeps it from taking effect,
        InjectFailed when it failed otherwise.
        """
        unit = self.choose(called)
        made = fault_of(kind)
        if kind.hits == "container" and unit.up_with is ContainerCreated:
            raise ConfigurationError(
                f"a {kind} cannot hit a {called}: its container {unit.container} is created and "
                "never started"
            )
        self._inject(made(self.cluster, target_of(unit, self.running.placed_on(unit))))

    def lose_leader(self) -> None:
        """The machine of the etcd leader loses power."""
        machine = self.running.leader().name
        units = self.running.mains_on(machine)
        self._inject(fault_of(MACHINE_LOSS)(self.cluster, Target((machine,), tuple(units))))

    def inject_fault(self, fault: Fault) -> FaultEvent:
        """A fault of your own, healed like any other. The stages of its kind are followed, for the
        units of its target; a kind without stages has no recovery that is judged."""
        return self._inject(fault)

    def undo(self, kind: FaultKind, called: str = "") -> None:
        """Undo the last fault, which has to be of ``kind`` and to have hit the service, if one is
        given; follow the recovery from that. Raises CnaError when there is no such fault."""
        fault = self._to_undo()
        service = self.deployment.service(called) if called else None
        if fault.kind is not kind:
            raise CnaError(f"there is no {kind} to undo: the last fault was {fault}")
        if service is not None and service not in {unit.service for unit in fault.target.units[:1]}:
            raise CnaError(f"there is no {kind} of {called} to undo: the last fault was {fault}")
        self.undo_last()

    def undo_last(self) -> None:
        """Undo the last fault. Raises CnaError when there is none, or when it is undone already."""
        fault = self._to_undo()
        self._check_clocks()
        undone = fault.kind.undone_as
        if undone is None:
            self._faults.heal(fault)
            return
        of_machine = undone.of_machine
        units: Sequence[DeployedUnit | None] = [None] if of_machine else fault.target.units[:1]
        subject = fault.machine if of_machine else fault.subject
        given = self.recoveries.circumstances()
        self.recoveries.plan(undone, units, given)
        begun = self._faults.heal(fault)
        self.recoveries.follow(undone, subject, units, fault.machine, begun, given)

    def _to_undo(self) -> Fault:
        if self._last is None:
            raise CnaError("no fault was injected yet: there is none to undo")
        if not self._faults.in_effect(self._last):
            raise CnaError(
                f"the {self._last} is undone already; inject a fault before you undo it again"
            )
        return self._last

    # then

    def await_stage(self, stage: Stage) -> StageVerdict:
        """The last fault's recovery reaches ``stage`` within its bound, else ProductFailed."""
        self._faults.note_guards()
        return await_stage(self.recoveries, self.recoveries.last, stage)

    def await_all_placed(self) -> None:
        """Every unit of the lost machine is placed on another within its bound, else
        ProductFailed."""
        for recovery in self._displaced:
            await_stage(self.recoveries, recovery, SCHEDULED)

    @property
    def at_work(self) -> Customers:
        """Raises CnaError when no customers were started."""
        if self.customers is None:
            raise CnaError("no customers are at work in this scenario")
        return self.customers

    def expect_no_request_failed(self) -> None:
        """No request has failed so far, and none does to the end of the scenario, else
        ProductFailed with the first that failed."""
        self.conclusion.promise(NO_FAILURE, self._failed_requests)
        self.at_work.expect_no_request_failed(self._since)

    def _failed_requests(self) -> Verdict:
        return self.at_work.failed_requests(self._since)

    @property
    def _since(self) -> float | None:
        """The last fault (monotonic seconds); None without one."""
        recoveries = self.recoveries.all
        return recoveries[-1].since if recoveries else None

    def expect_no_record_lost(self, record: str = "") -> None:
        """No acknowledged record is lost now, nor at the end of the scenario, else
        ProductFailed."""
        self.conclusion.promise("no record is lost", self.at_work.lost_records)
        self.at_work.expect_no_record_lost(record)

    def expect_routing_equals_discovery(self, balancer: str, called: str) -> None:
        """``balancer`` has every announced instance of the service as a server that is up, and no
        other, else ProductFailed. Raises CnaError when it does not route to that service."""
        service = self.deployment.service(called)
        if self.deployment.service(balancer) != self.deployment.balancer or not service.backend:
            raise CnaError(f"{self.deployment.path}: no {balancer} routes to a {service.called}")
        self.invariants.expect_routing_equals_discovery()

    def expect_metadata(self, key: str, value: str) -> None:
        """The machine that the followed unit was placed on has the metadata ``key=value``."""
        name = self.recoveries.last.name
        placed = self.running.timeline.events(UnitScheduled, name)[-1]
        machine = self.cluster.machine(placed.machine)
        assert machine.metadata.get(key) == value, (
            f"{name} was placed on {machine.name}, whose metadata are "
            f"{dict(machine.metadata)}, not {key}={value}"
        )

    # afterwards

    def conclude(self, *, wait: bool = True) -> list[Verdict | StageVerdict]:
        """Judge everything again, over the whole record: see Conclusion."""
        return self.conclusion.draw(wait=wait)

    @property
    def verdicts(self) -> list[Verdict]:
        """The checks at the end of the scenario; empty before."""
        return self.conclusion.checks

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

    def choose(self, called: str) -> DeployedUnit:
        """The instance of that service that faults of this scenario hit."""
        if called not in self._hit:
            self._hit[called] = self._random.choice(self.units(called))
        return self._hit[called]

    def away(self) -> frozenset[str]:
        """Names of the units that faults keep away now."""
        self._faults.note_guards()
        return kept_away(self.deployment, self.running.timeline, self._began, self._faults.kinds)

    def _inject(self, fault: Fault) -> FaultEvent:
        """Plan (what cannot be done is refused before anything is), guard, do, follow."""
        kind = fault.kind
        self._faults.check(fault)
        units = self._followed(fault)
        leader_lost = kind.moves and self.running.leader().name == fault.machine
        given = self.recoveries.circumstances(leader_lost=leader_lost, together=len(units))
        limit = self.recoveries.plan(kind, units, given)
        if not self.before:
            self.before = set_now(self.running, "before")
        self._check_clocks()
        begun = self._faults.inject(fault, limit)
        self._last = fault
        followed = self.recoveries.follow(kind, fault.subject, units, fault.machine, begun, given)
        if kind.moves:
            self._displaced = followed
        return begun

    def _check_clocks(self) -> None:
        """What follows has to be after the fault by its machine's clock too."""
        self.running.clocks.check(self.cluster.powered)

    def _followed(self, fault: Fault) -> list[DeployedUnit]:
        """The main units whose recovery is followed: those of the target, the first of which steps
        speak of; of a machine that is lost, every other one on it too."""
        kind, target = fault.kind, fault.target
        if not kind.stages:
            return []
        found = list(target.units[:1]) or [
            unit for unit in self.deployment.mains if target.name in unit.names
        ]
        if kind.moves:
            on_it = self.running.mains_on(fault.machine)
            return [*found, *(unit for unit in on_it if unit not in found)]
        if not found:
            raise ConfigurationError(
                f"{fault}: its kind has stages ({', '.join(map(str, kind.stages))}), but its "
                "target is no main unit of the deployment whose recovery could be followed"
            )
        return found
