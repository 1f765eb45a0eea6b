"""A deployment that fleet runs on a cluster, with its observers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.cluster.clocks import Clocks
from pytest_cna.cluster.configuration_observer import ConfigurationObserver
from pytest_cna.cluster.discovery_observer import DiscoveryObserver
from pytest_cna.cluster.etcd import TIMEOUT
from pytest_cna.cluster.fleet_observer import FleetObserver
from pytest_cna.cluster.snapshot import states_by_name, take_snapshot
from pytest_cna.core import clock
from pytest_cna.core.errors import (
    CnaError,
    ConfigurationError,
    DiscoveryError,
    FleetError,
    FleetUnable,
    ProductFailed,
    RoutingError,
    WaitTimeout,
)
from pytest_cna.core.events.session import SessionLaunched, SessionLaunching
from pytest_cna.core.waiting import answered, wait_for
from pytest_cna.deployment.placement import groups_of
from pytest_cna.judgement.checks import steady_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.cluster.load_balancer import LoadBalancer
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.model import DiscoveryEntry
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.deployment.deployment import DeployedUnit, Deployment
    from pytest_cna.judgement.checks import Snapshot
    from pytest_cna.judgement.verdicts import Verdict

LAUNCH_TIMEOUT = 600.0
"""Seconds from the first submitted unit to the steady state; long enough for emulated machines."""
SETTLE_TIMEOUT = 60.0
"""Seconds to reach the steady state after a scenario, in addition to RETURNS."""
RETURNS = 3
"""Multiple of a machine's boot time that is added to SETTLE_TIMEOUT."""
REMOVE_TIMEOUT = 120.0
SUBMIT_TIMEOUT = 180.0
"""Seconds for fleet to accept one unit: etcd may hold an election, and fleet may be busy."""


class RunningDeployment:
    """All units of one deployment on one cluster, and observers of them."""

    def __init__(
        self,
        cluster: Cluster,
        deployment: Deployment,
        timeline: Timeline,
        progress: Callable[[str], None],
        configuration: str = "",
    ) -> None:
        """``configuration``: path of the application's configuration below its code."""
        self.cluster = cluster
        self.deployment = deployment
        self.timeline = timeline
        self.progress = progress
        self.since = clock.monotonic()
        """Monotonic start of this deployment; earlier events belong to another cluster."""
        # members with a longer election timeout need longer to answer
        self.discovery = cluster.clients.discovery(
            cluster.endpoints.etcd, TIMEOUT * cluster.timing.election
        )
        self.clocks = Clocks(timeline)
        self.balancer = deployment.balancer
        self.observers = cluster.clients.observers(
            cluster.endpoints, deployment, timeline, self.clocks, configuration
        )
        self.announced = self.observers.get(DiscoveryObserver)
        self.units = self.observers.get(FleetObserver)
        self.configuration = self.observers.get(ConfigurationObserver)

    def endpoints(self) -> list[str]:
        """``ip:port`` of the announced load balancers, to which customers send requests."""
        return sorted(entry.endpoint for entry in self._announced_balancers())

    def load_balancer(self) -> LoadBalancer:
        """A client of the first announced load balancer. Raises RoutingError when none is
        announced."""
        announced = self._announced_balancers()
        if self.balancer is None or not announced:
            raise RoutingError("no load balancer is announced")
        return self.cluster.clients.load_balancer(announced[0].ip, self.balancer.stats_port)

    def load_balancers(self) -> list[LoadBalancer]:
        """A client of each announced load balancer."""
        if self.balancer is None:
            return []
        client, port = self.cluster.clients.load_balancer, self.balancer.stats_port
        return [client(entry.ip, port) for entry in self._announced_balancers()]

    def _announced_balancers(self) -> list[DiscoveryEntry]:
        return self.announced.entries(self.balancer.name) if self.balancer else []

    def launch(self, *, beside_others: bool = False) -> None:
        """Launch every unit through fleet and wait for the steady state.

        A cluster that runs other units is used only if ``beside_others``. Raises ConfigurationError
        when it runs others, FleetError with fleet's own message, ProductFailed with what is
        missing, or WaitTimeout when that cannot be asked.
        """
        self.observers.start()
        fleet = self.cluster.fleet
        foreign = {unit.name for unit in fleet.units()} - {u.name for u in self.deployment.units}
        if foreign and not beside_others:
            raise ConfigurationError(
                f"the cluster runs units that {self.deployment.path} does not have: "
                f"{', '.join(sorted(foreign))}; destroy them, or the cluster, or give "
                "--cna-foreign-units"
            )
        self.progress(f"launching {len(self.deployment.units)} units of {self.deployment.name}")
        self.timeline.record(SessionLaunching(self.deployment.name))
        for unit in self.deployment.units:
            self._submit(unit)
        self.await_steady_state(LAUNCH_TIMEOUT)
        self.timeline.record(SessionLaunched(self.deployment.name))
        self.progress("every unit runs, is announced and routed")

    def _submit(self, unit: DeployedUnit) -> None:
        def attempt() -> bool:
            self.cluster.fleet.submit(unit.name, unit.file, "launched")
            return True

        wait_for(
            attempt,
            waiting_for=f"fleet to accept {unit.name}",
            timeout=SUBMIT_TIMEOUT,
            transient=(FleetUnable,),
        )

    def await_steady_state(self, timeout: float | None = None) -> None:
        """Wait for the steady state, at most ``timeout`` seconds; by default as long as lost
        machines need to come back and units to settle. Raises ProductFailed with all that is
        missing, and WaitTimeout when fleet or etcd could not be asked.
        """
        if timeout is None:
            timeout = SETTLE_TIMEOUT + RETURNS * self.cluster.boot_seconds
        try:
            self.await_verdict(
                lambda look: steady_state(self.deployment, look),
                waiting_for=f"the steady state of {self.deployment.name}",
                timeout=timeout,
            )
        except WaitTimeout as error:
            if error.unable:
                raise
            raise ProductFailed(
                f"{self.deployment.name} did not reach its steady state within {timeout:.0f} s: "
                f"{error.last_seen}"
            ) from error

    def await_verdict(
        self,
        check: Callable[[Snapshot], Verdict],
        until: Callable[[Verdict], bool] = lambda verdict: verdict.passed,
        *,
        waiting_for: str,
        timeout: float,
    ) -> Verdict:
        """Take snapshots until ``until`` accepts the verdict of one, and return that verdict.
        Raises WaitTimeout with the last verdict, or with the error that prevented one."""
        return wait_for(
            lambda: check(self.snapshot()),
            until,
            waiting_for=waiting_for,
            timeout=timeout,
            transient=(FleetError, DiscoveryError),
            alive=self.alive,
            show=str,
        )

    def snapshot(self) -> Snapshot:
        """Read the state of the cluster now. Raises FleetError or DiscoveryError when fleet or etcd
        does not answer."""
        return take_snapshot(
            self.cluster, self.deployment, self.discovery, self.timeline, self.since
        )

    def _names_asked(self) -> dict[str, str]:
        """fleet's id → name of each machine in fleet's list, asked again while fleet does not
        answer."""
        return answered(
            self.cluster.joined, waiting_for="fleet to list its machines", transient=(FleetUnable,)
        )

    def _active(self) -> dict[str, str]:
        """Name of each active unit → name of its machine."""
        states = states_by_name(self.cluster, self.cluster.joined())
        return {state.name: state.machine_id for state in states if state.active == "active"}

    def machines_of(self, units: Sequence[DeployedUnit]) -> list[str]:
        """The names of the machines that ``units`` are active on, read together. Raises CnaError
        when a unit is active on none."""
        active = self._active()
        for unit in units:
            if unit.name not in active:
                raise CnaError(f"{unit.name} is active on no machine")
        return [active[unit.name] for unit in units]

    def placed_on(self, unit: DeployedUnit) -> str:
        """The name of the machine that fleet placed ``unit`` on, whether it runs there or not.
        Raises CnaError when it is placed on none."""
        known = answered(
            lambda: self.cluster.fleet.unit(unit.name),
            waiting_for=f"fleet to say where {unit.name} is",
            transient=(FleetUnable,),
        )
        names = self._names_asked()
        machine = names.get(known.machine_id, "") if known else ""
        if not machine:
            raise CnaError(f"fleet has {unit.name} on no machine")
        return machine

    def mains_on(self, machine: str) -> list[DeployedUnit]:
        """The main units that fleet placed on the machine of that name, in start order."""
        names = self._names_asked()
        units = answered(
            self.cluster.fleet.units,
            waiting_for=f"fleet to say what is on {machine}",
            transient=(FleetUnable,),
        )
        placed = {unit.name: names.get(unit.machine_id) for unit in units}
        return [unit for unit in self.deployment.mains if placed.get(unit.name) == machine]

    def units_on(self, machine: str) -> list[DeployedUnit]:
        """The units that are active on the machine of that name, in start order."""
        active = self._active()
        return [unit for unit in self.deployment.units if active.get(unit.name) == machine]

    def machine_of(self, unit: DeployedUnit) -> str:
        """The name of the machine that ``unit`` is active on. Raises CnaError without one."""
        return self.machines_of([unit])[0]

    def leader(self) -> Machine:
        """The machine that runs etcd's leader. Raises WaitTimeout when it has none for a while."""
        leader = answered(
            self.discovery.leader,
            waiting_for="etcd to name its leader",
            transient=(DiscoveryError,),
        )
        return self.cluster.machine(leader.rpartition(":")[0])

    def companions(self, unit: DeployedUnit) -> list[DeployedUnit]:
        """``unit`` and all units that fleet keeps on the same machine, in start order."""
        units = self.deployment.units
        group = next(group for group in groups_of(units) if unit in group.units)
        return sorted(group.units, key=units.index)

    def alive(self) -> None:
        """Raise the error of an observer that has ended: without it nothing can be judged."""
        self.observers.alive()

    def remove(self) -> None:
        """Destroy the deployment's units and wait until they are gone, on a cluster that stays.
        Never raises; units that are left are reported as progress."""
        names = {unit.name for unit in self.deployment.units}
        fleet = self.cluster.fleet
        try:
            for name in names & {unit.name for unit in fleet.units()}:
                fleet.destroy(name)
            wait_for(
                lambda: names & {state.name for state in fleet.states()},
                lambda left: not left,
                waiting_for=f"the units of {self.deployment.name} to be gone",
                timeout=REMOVE_TIMEOUT,
                transient=(FleetError,),
            )
        except CnaError as error:
            self.progress(f"units may be left on the cluster: {error}")

    def stop(self) -> None:
        """Stop all observers. Idempotent."""
        self.observers.stop()
        self.discovery.close()
