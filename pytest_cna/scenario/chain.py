"""Evidence: every link of the chain is asked about one instance. Never raises: what cannot be asked
says so, for a diagnosis must not hide the failure it explains."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError
from pytest_cna.core.events.container import ContainerStarted
from pytest_cna.core.model import server_name
from pytest_cna.deployment.load_balancer_image import configuration_path
from pytest_cna.judgement.diagnosis import Evidence, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.machine import Machine
    from pytest_cna.deployment.deployment import DeployedUnit

JOURNAL_LINES = 12
ASK_TIMEOUT = 5.0


def collect(running: RunningDeployment, unit: DeployedUnit) -> Evidence:
    """About ``unit`` as it is now; takes a second or two."""
    asking = _Asking(running, unit)
    questions: dict[str, Callable[[], Link]] = {"fleet": asking.fleet, "systemd": asking.systemd}
    if unit.container:
        questions["Docker"] = asking.container
    if unit.service.announced:
        questions |= {"application": asking.application, "etcd": asking.etcd}
    if unit.service.backend:
        questions |= {"confd": asking.confd, "HAProxy": asking.haproxy}
    links = {}
    for name, question in questions.items():
        try:
            links[name] = question()
        except CnaError as error:
            links[name] = Link(None, f"cannot be asked: {str(error).partition(chr(10))[0]}")
    return Evidence(unit.name, links, asking.journal())


class _Asking:
    def __init__(self, running: RunningDeployment, unit: DeployedUnit) -> None:
        self._running = running
        self._unit = unit
        self._where: Machine | None = None

    def fleet(self) -> Link:
        fleet = self._running.cluster.fleet
        known = fleet.unit(self._unit.name)
        if known is None:
            return Link(False, "does not know the unit")
        addresses = {machine.id: machine.address for machine in fleet.machines()}
        if known.machine_id not in addresses:
            return Link(False, f"wants it {known.desired_state}, placed it on no living machine")
        self._where = self._running.cluster.machine(addresses[known.machine_id])
        words = f"wants it {known.desired_state}, placed it on {self._where.name}"
        return Link(known.desired_state == "launched", words)

    def systemd(self) -> Link:
        shown = self._run(f"systemctl show -p ActiveState,SubState,Result {self._unit.name}")
        state = dict(line.partition("=")[::2] for line in shown.splitlines())
        words = f"{state.get('ActiveState')}/{state.get('SubState')}, {state.get('Result')}"
        return Link(state.get("ActiveState") == "active", f"{words} on {self._machine.name}")

    def container(self) -> Link:
        name = self._unit.container
        shown = self._run(f"docker ps -a --filter name=^/{name}$ --format '{{{{.Status}}}}'")
        wanted = "Up" if self._unit.up_with is ContainerStarted else "Created"
        return Link(shown.startswith(wanted), f"{name}: {shown.strip() or 'there is none'}")

    def application(self) -> Link:
        service, port = self._unit.service, self._unit.instance
        if service.health:
            command = (
                f"curl -s -m 2 -o /dev/null -w '%{{http_code}}' "
                f"http://{self._machine.address}:{port}{service.health}"
            )
            status = self._run(command)
            return Link(status == "200", f"{service.health} answers {status}")
        connect = f"timeout 2 bash -c '</dev/tcp/{self._machine.address}/{port}' && echo open"
        opened = "open" in self._run(connect)
        return Link(opened, f"port {port} {'is open' if opened else 'takes no connection'}")

    def etcd(self) -> Link:
        service = self._unit.service.name
        entries = [
            entry
            for entry in self._running.discovery.entries(service)
            if str(entry.port) == self._unit.instance
        ]
        if not entries:
            return Link(False, f"has no entry of port {self._unit.instance} in /services/{service}")
        return Link(True, ", ".join(f"{entry.path} = {entry.endpoint}" for entry in entries))

    def confd(self) -> Link:
        balancer = self._balancer()
        machine = self._running.cluster.machine(self._running.machine_of(balancer))
        server = self._server()
        path = shlex.quote(configuration_path(self._running.deployment))
        found = machine.run(
            f"docker exec {balancer.container} grep -hF {shlex.quote(server)} {path}", ASK_TIMEOUT
        ).stdout
        return Link(bool(found), f"rendered: {found.strip()}" if found else f"rendered no {server}")

    def haproxy(self) -> Link:
        servers = self._running.load_balancer().servers(self._unit.service.backend)
        row = next((each for each in servers if each.name == self._server()), None)
        if row is None:
            return Link(False, f"has no server {self._server()}")
        return Link(row.up, f"{row.name} is {row.status} ({row.check})")

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
            raise CnaError("fleet placed the unit on no machine")
        return self._where

    def _run(self, command: str) -> str:
        return self._machine.run(command, ASK_TIMEOUT).stdout

    def _balancer(self) -> DeployedUnit:
        service = self._running.balancer
        if service is None:
            raise CnaError("the deployment has no load balancer")
        return self._running.deployment.main_units(service)[0]

    def _server(self) -> str:
        return server_name(self._unit.service.name, self._machine.address, self._unit.instance)
