"""The chain from fleet to the customer, asked link by link about one instance.

Never raises a CnaError: a link that cannot be asked says so, because a diagnosis must not hide the
failure that it explains.
"""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.cluster.engine.docker import Docker
from pytest_cna.cluster.systemd import properties
from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.configuration import ConfigurationEvent, ConfigurationNamed
from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.core.instance import Instance
from pytest_cna.core.links import (
    APPLICATION,
    CONFIGURATION,
    CUSTOMERS,
    ENGINE,
    REGISTRY,
    RENDERER,
    ROUTER,
    SCHEDULER,
    SUPERVISOR,
    Link,
)
from pytest_cna.core.model import server_name
from pytest_cna.deployment.load_balancer_image import configuration_path
from pytest_cna.judgement.diagnosis import Answer, Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_cna.cluster.load_balancer import LoadBalancer
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.machine import Machine
    from pytest_cna.core.model import DiscoveryEntry, RequestRecord, Unit
    from pytest_cna.deployment.deployment import DeployedUnit

T = TypeVar("T")

JOURNAL_LINES = 12
ASK_TIMEOUT = 5.0
RECENT = 2.0
"""Seconds of customers' requests that tell what customers get now."""


def probe_chain(
    running: RunningDeployment,
    unit: DeployedUnit,
    records: Sequence[RequestRecord] = (),
    *,
    gone: frozenset[Link] | None = None,
) -> Evidence:
    """About ``unit`` as it is now; takes a second or two. ``records``: what customers got;
    ``gone``: it should be out of service, and these links have to have dropped it, so that one load
    balancer that has it is one too many."""
    probe = ChainProbe(running, unit, records, all if gone is None else any)
    links = {}
    for link, question in probe.questions():
        try:
            answer = question()
        except CnaError as error:
            answer = Answer(None, f"cannot be asked: {str(error).partition(chr(10))[0]}")
        if answer is not None:
            links[link] = answer
    return Evidence(unit.name, links, probe.journal(), gone=gone)


class ChainProbe:
    """Asks each link that an instance has. Every question raises CnaError when it cannot be asked;
    None says that there is nothing to ask."""

    def __init__(
        self,
        running: RunningDeployment,
        unit: DeployedUnit,
        records: Sequence[RequestRecord],
        together: Callable[[list[bool]], bool] = all,
    ) -> None:
        self._running = running
        self._unit = unit
        self._together = together
        """Whether a link holds by the answers of its parts."""
        since = clock.monotonic() - RECENT
        self._recent = [record for record in records if record.end >= since]
        self._signed = any(record.served_by for record in records)
        """Whether instances sign their answers."""
        self._where: Machine | None = None

    def questions(self) -> Iterator[tuple[Link, Callable[[], Answer | None]]]:
        """From the cause to the customer; the first has to be asked first."""
        service = self._unit.service
        yield SCHEDULER, self.scheduler
        yield SUPERVISOR, self.supervisor
        if self._unit.container:
            yield ENGINE, self.engine
        if not service.announced:
            return
        yield APPLICATION, self.application
        yield REGISTRY, self.registry
        if service.backend:
            yield RENDERER, self.renderer
            yield ROUTER, self.router
        elif not service.stats_port:
            yield CONFIGURATION, self.configuration
        yield CUSTOMERS, self.customers

    def scheduler(self) -> Answer:
        known = self._running.cluster.fleet.unit(self._unit.name)
        if known is None:
            return Answer(False, "does not know the unit")
        where = self._placed(known)
        if where is None:
            return Answer(False, f"wants it {known.desired_state}, placed it on no living machine")
        words = f"wants it {known.desired_state}, placed it on {where.name}"
        if not self._running.cluster.provider.running(where):
            return Answer(False, f"{words}, which has no power")
        self._where = where
        return Answer(known.desired_state == "launched", words)

    def _placed(self, known: Unit) -> Machine | None:
        """The living machine that fleet placed a unit on; None without one."""
        cluster = self._running.cluster
        addresses = {machine.id: machine.address for machine in cluster.fleet.machines()}
        address = addresses.get(known.machine_id)
        return None if address is None else cluster.machine(address)

    def supervisor(self) -> Answer:
        shown = self._run(f"systemctl show -p ActiveState,SubState,Result {self._unit.name}")
        state = properties(shown)
        words = f"{state.get('ActiveState')}/{state.get('SubState')}, {state.get('Result')}"
        return Answer(state.get("ActiveState") == "active", f"{words} on {self._machine.name}")

    def engine(self) -> Answer:
        name = self._unit.container
        status = Docker(self._machine).status(name)
        wanted = "Up" if self._unit.up_with is ContainerStarted else "Created"
        return Answer(status.startswith(wanted), f"{name}: {status or 'there is none'}")

    def application(self) -> Answer:
        """Its health, and what customers get from it."""
        service, port = self._unit.service, self._unit.instance
        mine = Instance(self._unit.name, self._machine.name).served_by
        got = [record for record in self._recent if record.served_by == mine]
        if got and all(record.failed for record in got):
            return Answer(False, f"customers get from it: {_errors(got)}")
        if service.health:
            command = (
                f"curl -s -m 2 -o /dev/null -w '%{{http_code}}' "
                f"http://{self._machine.address}:{port}{service.health}"
            )
            status = self._run(command)
            return Answer(status == "200", f"{service.health} answers {status}")
        connect = f"timeout 2 bash -c '</dev/tcp/{self._machine.address}/{port}' && echo open"
        opened = "open" in self._run(connect)
        return Answer(opened, f"port {port} {'is open' if opened else 'takes no connection'}")

    def registry(self) -> Answer:
        service, port = self._unit.service.name, self._unit.instance
        entries = self._running.discovery.entries(service)
        found = [entry for entry in entries if self._unit.announces(service, entry.port)]
        if not found:
            words = f"has no entry of port {port} in /services/{service}"
            return Answer(False, words + self._stray_sidekick())
        words = ", ".join(f"{entry.path} = {entry.endpoint}" for entry in found)
        here = [entry for entry in found if self._where and entry.host == self._where.name]
        if self._where and not here:
            words = f"{words}, and none on {self._where.name}"
            return Answer(False, words + self._stray_sidekick())
        return Answer(True, words)

    def _stray_sidekick(self) -> str:
        """Where fleet placed its sidekick, if that is not where it placed the unit; else empty."""
        sidekick = self._running.deployment.sidekick_of(self._unit)
        if sidekick is None or self._where is None:
            return ""
        try:
            known = self._running.cluster.fleet.unit(sidekick.name)
            where = self._placed(known) if known else None
        except CnaError:
            return ""
        if where is None or where.name == self._where.name:
            return ""
        return f"; its sidekick {sidekick.name} is on {where.name}, not on {self._where.name}"

    def renderer(self) -> Answer:
        """Every load balancer's configuration."""
        path = shlex.quote(configuration_path(self._running.deployment))
        server = self._server()

        def ask(balancer: DeployedUnit) -> tuple[bool, str]:
            machine = self._running.cluster.machine(self._running.machine_of(balancer))
            command = f"grep -hF {shlex.quote(server)} {path}"
            found = Docker(machine).execute(balancer.container, command, ASK_TIMEOUT).stdout
            words = f"rendered: {found.strip()}" if found else f"rendered no {server}"
            return bool(found), words

        return self._of_all(ask, self._balancers())

    def router(self) -> Answer:
        """Every announced load balancer's own word, and what customers get from load balancers
        instead of an instance's answer."""
        own = [r for r in self._recent if r.failed and r.status and not r.served_by]
        if self._signed and own and len(own) == len(self._recent):
            return Answer(False, f"answers customers in the place of instances: {_errors(own)}")

        def ask(client: LoadBalancer) -> tuple[bool, str]:
            rows = client.servers(self._unit.service.backend)
            row = next((each for each in rows if each.name == self._server()), None)
            if row is None:
                return False, f"{client.address} has no server {self._server()}"
            words = f"{client.address}: {row.name} is {row.status}"
            return row.up, f"{words} ({row.check})" if row.check else words

        return self._of_all(ask, self._running.load_balancers())

    def _of_all(self, ask: Callable[[T], tuple[bool, str]], parts: Sequence[T]) -> Answer:
        """One answer for several parts that are asked the same; those that do not answer say
        nothing. Raises the last CnaError when none does."""
        said: list[tuple[bool, str]] = []
        error = CnaError("no load balancer is announced")
        for part in parts:
            try:
                said.append(ask(part))
            except CnaError as raised:
                error = raised
        if not said:
            raise error
        holds = self._together([answer for answer, _ in said])
        return Answer(holds, "; ".join(words for answer, words in said if answer is holds))

    def configuration(self) -> Answer | None:
        """What the copies of the application's configuration said last."""
        observer = self._running.configuration
        if not observer.sees:
            return None
        observer.watch(clock.monotonic() + ASK_TIMEOUT)
        observer.look()
        events = self._running.timeline.events(ConfigurationEvent, self._unit.name)
        if not events:
            raise CnaError("no copy of the application's configuration could be read")
        last = events[-1]
        return Answer(isinstance(last, ConfigurationNamed), f"{last.endpoint} is {last.kind}")

    def customers(self) -> Answer | None:
        """What customers get in general."""
        if not self._recent:
            return None
        failed = [record for record in self._recent if record.failed]
        if len(failed) < len(self._recent):
            return Answer(True, f"{len(failed)} of the last {len(self._recent)} requests failed")
        return Answer(False, f"get: {_errors(failed)}")

    def journal(self) -> tuple[str, ...]:
        sidekick = self._running.deployment.sidekick_of(self._unit)
        units = [self._unit.name, *([sidekick.name] if sidekick else [])]
        flags = " ".join(f"-u {shlex.quote(unit)}" for unit in units)
        try:
            text = self._run(f"journalctl {flags} -n {JOURNAL_LINES} --no-pager -o short-precise")
        except CnaError as error:
            return (f"cannot be read: {str(error).partition(chr(10))[0]}",)
        return tuple(text.splitlines())

    @property
    def _machine(self) -> Machine:
        if self._where is None:
            raise CnaError("fleet placed the unit on no machine that has power")
        return self._where

    def _run(self, command: str) -> str:
        return self._machine.run(command, ASK_TIMEOUT).stdout

    def _balancers(self) -> list[DeployedUnit]:
        service = self._running.balancer
        if service is None:
            raise CnaError("the deployment has no load balancer")
        return self._running.deployment.main_units(service)

    def _server(self) -> str:
        service, port = self._unit.service.name, self._unit.instance
        if self._where is not None:
            return server_name(service, self._where.address, port)
        # it is on no machine: by its last entry
        entries: list[DiscoveryEntry] = self._running.discovery.entries(service)
        mine = [entry for entry in entries if self._unit.announces(service, entry.port)]
        if not mine:
            raise CnaError("it has no machine and no entry, so its server has no name")
        return mine[-1].server


def _errors(records: Sequence[RequestRecord]) -> str:
    count = Counter(record.error for record in records)
    return ", ".join(f"{error} {number} times" for error, number in count.most_common())
