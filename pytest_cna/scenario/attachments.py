"""What the cluster looked like, for the report: journals, containers, units, discovery, routing.

Gathered through ``Machine.run`` and the APIs that the cluster has anyway, so the same with every
provider. Never raises: what cannot be read says so, for an attachment must not hide the failure
that it is about.
"""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_cna.cluster.engine.docker import Docker
from pytest_cna.core.errors import CnaError
from pytest_cna.deployment.load_balancer_image import configuration_path
from pytest_cna.report.records import Attachment
from pytest_cna.scenario.shortening import around, beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.machine import Machine
    from pytest_cna.report.records import Kind

JOURNAL_BYTES = 32_000
OTHER_BYTES = 8_000
JOURNAL_LINES = 5_000
"""Of one machine, the latest, that are looked at."""
TIMEOUT = 5.0
CONTAINERS = "docker ps -a --format 'table {{.Names}}\t{{.Image}}\t{{.Status}}\t{{.Ports}}'"
FIELDS = "MESSAGE,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER"

VERSIONS = {
    "etcd": "etcd --version | sed -n 's/^etcd Version: //p'",
    "Docker": "docker version --format '{{.Server.Version}}'",
    "systemd": "systemctl --version | sed -n '1s/^systemd \\([^ ]*\\).*/\\1/p'",
}
HAPROXY = "haproxy -v | sed -n '1s/.*version \\([^ -]*\\).*/\\1/p'"


def set_now(running: RunningDeployment, when: str = "") -> list[Attachment]:
    """Routing and discovery as they are, called ``when`` ("before")."""
    return [configuration(running, when), discovery(running, when)]


def machines_now(cluster: Cluster) -> list[Attachment]:
    """What fleet wants and what runs, when there may be no set."""
    return [units(cluster), containers(cluster)]


def cluster_now(running: RunningDeployment, when: str = "") -> list[Attachment]:
    """All of it, called ``when`` ("after"); takes about half a second."""
    return [*set_now(running, when), *machines_now(running.cluster)]


def configuration(running: RunningDeployment, when: str = "") -> Attachment:
    """What confd rendered for the load balancer."""

    def read() -> str:
        unit = running.deployment.balancer_unit
        if unit is None:
            raise CnaError("the deployment has no load balancer")
        docker = Docker(running.cluster.machine(running.machine_of(unit)))
        path = configuration_path(running.deployment)
        return docker.check(unit.container, f"cat {shlex.quote(path)}", TIMEOUT)

    return _attachment(_called("haproxy.cfg", when), "configuration", read)


def discovery(running: RunningDeployment, when: str = "") -> Attachment:
    """The tree as its readers find it: complete entries."""

    def read() -> str:
        entries = sorted(running.discovery.entries(), key=lambda entry: entry.path)
        lines = [
            f"{entry.path}/{key} = {value}"
            for entry in entries
            for key, value in (("host", entry.host), ("ip", entry.ip), ("port", entry.port))
        ]
        return "\n".join(lines) or "nothing is announced"

    return _attachment(_called("discovery", when), "discovery", read)


def containers(cluster: Cluster) -> Attachment:
    texts = _ask_all(cluster, lambda machine: machine.check(CONTAINERS, TIMEOUT).rstrip())
    text = "\n\n".join(f"{name}:\n{words}" for name, words in texts)
    return _attachment("docker ps", "containers", lambda: text)


def units(cluster: Cluster) -> Attachment:
    """Like fleetctl list-units, with what fleet wants."""

    def read() -> str:
        machines = cluster.joined()
        states = {(state.name, state.machine_id): state for state in cluster.fleet.states()}
        rows = [("UNIT", "MACHINE", "WANTED", "IS", "LOAD", "ACTIVE", "SUB")]
        for unit in sorted(cluster.fleet.units(), key=lambda unit: unit.name):
            state = states.pop((unit.name, unit.machine_id), None)
            systemd = (state.load, state.active, state.sub) if state else ("-", "-", "-")
            where = machines.get(unit.machine_id, unit.machine_id[:8] or "-")
            rows.append((unit.name, where, unit.desired_state, unit.current_state, *systemd))
        for state in states.values():
            where = machines.get(state.machine_id, state.machine_id[:8])
            rows.append((state.name, where, "-", "-", state.load, state.active, state.sub))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    return _attachment("fleet units", "units", read)


def journal(cluster: Cluster, since: float, faults: Sequence[float]) -> Attachment:
    """Of all machines since ``since``, in one; when it is too long, what is nearest to
    ``faults``. Unix time."""
    command = (
        f"journalctl --since=@{since:.3f} -n {JOURNAL_LINES} --no-pager -o json "
        f"--output-fields={FIELDS}"
    )
    lines: list[tuple[float, str]] = []

    def ask(machine: Machine) -> str:
        lines.extend(_journal_lines(machine.check(command, TIMEOUT), machine.name))
        return ""

    unread = [f"[{name}: {words}]" for name, words in _ask_all(cluster, ask) if words]
    text, truncated = around(sorted(lines), faults, JOURNAL_BYTES)
    whole = "\n".join([*unread, *([text] if text else [])])
    return Attachment("journals of the cluster", "journal", whole, truncated=truncated)


def _journal_lines(text: str, machine: str) -> Iterator[tuple[float, str]]:
    for line in text.split("\n"):
        try:
            row = json.loads(line)
            at = int(row["__REALTIME_TIMESTAMP"]) / 1e6
        except (ValueError, KeyError, TypeError):
            continue
        words = row.get("MESSAGE")
        if isinstance(words, list):  # bytes that are no text
            words = bytes(words).decode(errors="replace")
        unit = row.get("_SYSTEMD_UNIT") or row.get("SYSLOG_IDENTIFIER") or "kernel"
        when = datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
        stamp = when.removesuffix("+00:00")
        message = " ".join(str(words or "").split("\n"))
        yield at, f"{stamp} {machine} {unit}: {message}"


def _ask_all(cluster: Cluster, ask: Callable[[Machine], str]) -> list[tuple[str, str]]:
    """Every machine: its name and what it says, or why it does not."""

    def asked(machine: Machine) -> tuple[str, str]:
        try:
            if not cluster.provider.running(machine):
                return machine.name, "has no power"
            return machine.name, ask(machine)
        except CnaError as error:
            return machine.name, _unread(error)

    # one after the other: a transport need not bear two commands at once
    return [asked(machine) for machine in cluster.machines]


def _attachment(name: str, kind: Kind, read: Callable[[], str]) -> Attachment:
    try:
        text, truncated = beginning(read(), OTHER_BYTES)
    except CnaError as error:
        text, truncated = _unread(error), 0
    return Attachment(name, kind, text, truncated=truncated)


def _unread(error: CnaError) -> str:
    return f"cannot be read: {str(error).partition(chr(10))[0]}"


def _called(name: str, when: str) -> str:
    return f"{name} {when}".rstrip()


def cluster_versions(running: RunningDeployment) -> dict[str, str]:
    """Of what the machines run, as they say it; what does not answer is left out."""
    first = running.cluster.machines[0]
    questions = [(name, first, command) for name, command in VERSIONS.items()]
    versions = {}
    try:
        unit = running.deployment.balancer_unit
        if unit is not None:
            machine = running.cluster.machine(running.machine_of(unit))
            questions.append(("HAProxy", machine, f"docker exec {unit.container} {HAPROXY}"))
        for name, machine, command in questions:
            said = machine.run(command, TIMEOUT).stdout.strip()
            if said:
                versions[name] = said
    except CnaError:
        pass
    return versions
