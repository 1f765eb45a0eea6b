"""One scenario: what is done to the set, and what has to follow. Each step is one call."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from pytest_cna import bounds as kinds
from pytest_cna.arrangement import lead_where_most_runs, unit_apart
from pytest_cna.bounds import bounds
from pytest_cna.checks import (
    no_unit_twice,
    one_entry_per_instance,
    routing_equals_discovery,
)
from pytest_cna.configuration import rendered
from pytest_cna.customers import Customers
from pytest_cna.diagnosis import BrokenChain
from pytest_cna.errors import CnaError, DiscoveryError, FleetError, TransportError, WaitTimeout
from pytest_cna.evidence import collect
from pytest_cna.faults.base import Faults
from pytest_cna.faults.container import ContainerKill
from pytest_cna.faults.machine import MachineLoss
from pytest_cna.faults.service import ServiceStop
from pytest_cna.recovery import Recovery, stages
from pytest_cna.report.gathering import set_now
from pytest_cna.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_cna.application import Application
    from pytest_cna.checks import Snapshot, Verdict
    from pytest_cna.configuration import Rendered
    from pytest_cna.constants import Constants
    from pytest_cna.faults.base import Fault
    from pytest_cna.fleet.deployment import DeployedUnit
    from pytest_cna.launch import LaunchedSet
    from pytest_cna.model import RequestRecord
    from pytest_cna.report.findings import Attachment
    from pytest_cna.timeline import Event

T = TypeVar("T")

OBSERVED = 1.0
"""Seconds after a bound until what happened within it is surely on the timeline."""
STATE_TIMEOUT = 10.0
"""Seconds until fleet tells of a state that systemd is known to be in."""
GONE = frozenset({"withdrawn", "unrouted", "dropped"})
"""Stages of an instance that should be gone."""


class Scene:
    """``heal`` has to be called whatever happened."""

    def __init__(
        self,
        launched: LaunchedSet,
        application: Application | None,
        constants: Constants,
        directory: Path,
        seed: int,
    ) -> None:
        self.launched = launched
        self.deployment = launched.deployment
        self.cluster = launched.cluster
        self.recoveries: list[Recovery] = []
        self.customers: Customers | None = None
        self.before: list[Attachment] = []
        """What the set looked like before the first fault."""
        self._application = application
        self._constants = constants
        self._directory = directory
        self._seed = seed
        self._random = random.Random(seed)
        self._faults = Faults(self.cluster)
        self._hit: dict[str, DeployedUnit] = {}
        self._fault: Fault | None = None
        self._displaced: list[Recovery] = []
        self._frozen: dict[tuple[float, str], dict[str, float | None]] = {}

    # given

    def ensure_steady(self) -> None:
        """The launched set is in its steady state."""
        self.launched.await_steady_state()

    def start_customers(self) -> None:
        self.customers = Customers(self.launched, self._tested(), self._directory, self._seed)
        self.customers.start()

    def ensure_apart(self, called: str, others: Sequence[str]) -> None:
        self._hit[called] = unit_apart(
            self.launched, self.units(called), [u for other in others for u in self.units(other)]
        )

    def ensure_leader_apart(self, called: str) -> None:
        lead_where_most_runs(self.launched, self.units(called))

    # when

    def stop(self, called: str) -> None:
        unit = self._choose(called)
        machine = self.launched.machine_of(unit)
        event = self._inject(ServiceStop(self.cluster, unit.name, machine))
        self._follow(kinds.SERVICE_STOP, unit.name, unit, machine, event)
        recovery = self.recoveries[-1]
        wait_for(
            lambda: self.stages(recovery)["noticed"] is not None,
            waiting_for=f"the end of {unit.name} to be on the timeline",
            timeout=STATE_TIMEOUT,
            alive=self.launched.alive,
        )

    def start_again(self, called: str) -> None:
        fault, unit = self._injected(), self._choose(called)
        self._freeze()
        event = self._faults.heal(fault)
        self._follow(kinds.SERVICE_START, unit.name, unit, fault.machine, event)

    def kill_container(self, called: str) -> None:
        unit = self._choose(called)
        machine = self.launched.machine_of(unit)
        event = self._inject(ContainerKill(self.cluster, unit.container, machine))
        self._follow(kinds.CONTAINER_KILL, unit.container, unit, machine, event)

    def lose_machine_of(self, called: str) -> None:
        unit = self._choose(called)
        self._lose(self.launched.machine_of(unit), unit)

    def lose_leader(self) -> None:
        self._lose(self.launched.leader().name, None)

    def _lose(self, machine: str, unit: DeployedUnit | None) -> None:
        leader_lost = self.launched.leader().name == machine
        mains = [each for each in self.deployment.units if each.role == "main"]
        where = self.launched.machines_of(mains)
        displaced = [each for each, at in zip(mains, where, strict=True) if at == machine]
        event = self._inject(MachineLoss(self.cluster, machine, machine))
        self._displaced = [
            Recovery(
                kinds.MACHINE_LOSS,
                machine,
                each,
                machine,
                event.monotonic,
                bounds(
                    kinds.MACHINE_LOSS,
                    each,
                    self._constants,
                    leader_lost=leader_lost,
                    together=len(displaced),
                ),
                self.launched.since,
            )
            for each in displaced
        ]
        self.recoveries += [r for r in self._displaced if unit is None or r.unit == unit]

    def return_machine(self) -> None:
        fault = self._injected()
        self._freeze()
        event = self._faults.heal(fault)
        unit = self.deployment.units[0]
        self._follow(kinds.MACHINE_RETURN, fault.machine, unit, fault.machine, event)

    # then

    def await_stage(self, stage: str) -> None:
        """The last fault's recovery reaches ``stage`` within its bound, else AssertionError."""
        if not self.recoveries:
            raise CnaError("nothing was done yet that could be recovered from")
        self._await(self.recoveries[-1], stage)

    def await_all_placed(self) -> None:
        for recovery in self._displaced:
            self._await(recovery, "scheduled")

    @property
    def at_work(self) -> Customers:
        """Raises CnaError when no step sent customers to work."""
        if self.customers is None:
            raise CnaError("no customers are at work in this scenario")
        return self.customers

    def expect_no_request_failed(self) -> None:
        since = self.recoveries[-1].since if self.recoveries else time.monotonic()
        self.at_work.expect_no_request_failed(since)

    def expect_metadata(self, key: str, value: str) -> None:
        """The machine the followed unit was placed on says ``key=value``."""
        name = self.recoveries[-1].unit.name
        placed = self.launched.timeline.events("unit", "scheduled", name)[-1]
        machine = self.cluster.machine(str(placed.data["machine"]))
        assert machine.metadata.get(key) == value, (
            f"{name} was placed on {machine.name}, whose metadata are "
            f"{dict(machine.metadata)}, not {key}={value}"
        )

    def expect_one_entry_per_instance(self) -> None:
        self._expect(lambda look: one_entry_per_instance(self.deployment, look))

    def expect_routing_equals_discovery(self) -> None:
        self._expect(lambda look: routing_equals_discovery(self.deployment, look))

    def expect_no_unit_runs_twice(self) -> None:
        verdict = no_unit_twice(self.launched.snapshot())
        assert verdict.passed, str(verdict)

    def expect_quorum(self) -> None:
        """etcd answers linearizable reads, at the latest when a new leader can be elected."""
        try:
            wait_for(
                self.launched.discovery.has_quorum,
                waiting_for="etcd to answer with a quorum",
                timeout=self._constants.election.seconds + OBSERVED,
            )
        except WaitTimeout as error:
            raise AssertionError(str(error)) from error

    def await_configuration(self, *, names: bool) -> None:
        """The application's configuration, in every web server, follows discovery."""
        recovery = self.recoveries[-1]
        stage = "named" if names else "dropped"
        ip, port = self._endpoint(recovery)
        application = self._tested()
        last: list[Rendered] = []

        def naming() -> dict[str, bool]:
            last[:] = rendered(self.launched, application)
            return {each.container: each.names(ip, port) for each in last}

        self._wait_within(recovery, stage, naming, lambda named: set(named.values()) == {names})
        at = time.monotonic() - (time.time() - max(each.at for each in last))
        self.launched.timeline.record(
            "configuration", stage, recovery.unit.name, at=at, endpoint=f"{ip}:{port}"
        )
        self._await(recovery, stage)

    def _endpoint(self, recovery: Recovery) -> tuple[str, str]:
        unit = recovery.unit
        announced = self.launched.timeline.events(
            "discovery", "announced", service=unit.service.name
        )
        mine = [event for event in announced if str(event.data["port"]) == unit.instance]
        return str(mine[-1].data["ip"]), unit.instance

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

    def stages(self, recovery: Recovery) -> dict[str, float | None]:
        """Stage → seconds after the fault; of a fault that another followed, as it was then."""
        frozen = self._frozen.get((recovery.since, recovery.unit.name))
        return frozen or stages(recovery, self.launched.timeline, self.records())

    def _freeze(self) -> None:
        """What comes next changes the same units: remember how far each recovery has come."""
        for recovery in self.recoveries:
            self._frozen.setdefault((recovery.since, recovery.unit.name), self.stages(recovery))

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
        self._freeze()
        if self._fault is None:
            self.before = set_now(self.launched, "before")
        self._fault = fault
        return self._faults.inject(fault)

    def _injected(self) -> Fault:
        if self._fault is None:
            raise CnaError("nothing was stopped or lost yet that could come back")
        return self._fault

    def _follow(
        self, kind: str, subject: str, unit: DeployedUnit, machine: str, event: Event
    ) -> None:
        limits = bounds(kind, unit, self._constants)
        self.recoveries.append(
            Recovery(kind, subject, unit, machine, event.monotonic, limits, self.launched.since)
        )

    def _await(self, recovery: Recovery, stage: str) -> None:
        reached = self._wait_within(
            recovery, stage, lambda: self.stages(recovery), lambda seen: seen[stage] is not None
        )
        after, bound = reached[stage], recovery.bounds[stage]
        assert after is not None
        earlier = [reached[each] for each in recovery.bounds][: list(reached).index(stage)]
        known = [time for time in earlier if time is not None]
        # what fleet tells of a stage may come later than the stage after it is seen
        allowed = bound.after(max(known, default=0.0)) if known == earlier else bound.seconds
        own = " + ".join(f"{term.name} {term.seconds:.1f}" for term in bound.own)
        assert after <= allowed, (
            f"{recovery.unit.name} was {stage} {after:.2f} s after the {recovery.kind} of "
            f"{recovery.subject}; its bound is {allowed:.2f} s: {own} after the stage before, and "
            f"in all {bound}"
        )

    def _wait_within(
        self, recovery: Recovery, stage: str, look: Callable[[], T], until: Callable[[T], bool]
    ) -> T:
        """As long as the bound of ``stage`` allows; not reached is a failure of the product, unless
        nothing could be asked: then it cannot be judged (WaitTimeout)."""
        bound = recovery.bounds[stage]
        left = recovery.since + bound.seconds + OBSERVED - time.monotonic()
        try:
            return wait_for(
                look,
                until,
                waiting_for=f"{recovery.unit.name} to be {stage}",
                timeout=max(0.0, left),
                transient=(FleetError, TransportError),
                alive=self.launched.alive,
            )
        except WaitTimeout as error:
            sentence = (
                f"{recovery.unit.name} was not {stage} within its bound after the "
                f"{recovery.kind} of {recovery.subject}: {bound}\nlast seen: {error.last_seen}"
            )
            if stage == "joined":
                console = self._console(recovery.machine)
                raise AssertionError(
                    f"{sentence}\nconsole of {recovery.machine}:\n{console}"
                ) from error
            evidence = collect(self.launched, recovery.unit)
            if evidence.silent:
                raise
            raise BrokenChain(sentence, evidence, gone=stage in GONE) from error

    def _console(self, machine: str) -> str:
        provider = self.cluster.provider
        return provider.console(provider.machine(machine))

    def _expect(self, check: Callable[[Snapshot], Verdict]) -> None:
        """At the latest when every fault so far may have been recovered from and every lease that
        nobody renews has expired."""
        ends = [
            r.since + r.bound.seconds + self._constants.longest_lease.seconds
            for r in self.recoveries
        ]
        try:
            wait_for(
                lambda: check(self.launched.snapshot()),
                lambda verdict: verdict.passed,
                waiting_for="the set to be whole again",
                timeout=max(0.0, max(ends, default=0.0) + OBSERVED - time.monotonic()),
                transient=(FleetError, DiscoveryError),
                alive=self.launched.alive,
                show=str,
            )
        except WaitTimeout as error:
            if error.unable:
                raise
            raise AssertionError(error.last_seen) from error
