"""What a machine says of the daemons by which it joins the cluster: etcd's member, then fleet.

Never raises a CnaError: a diagnosis must not hide the failure that it explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.cluster.systemd import properties
from pytest_cna.core.errors import CnaError
from pytest_cna.core.links import REGISTRY, SCHEDULER
from pytest_cna.judgement.diagnosis import Answer, Evidence

if TYPE_CHECKING:
    from pytest_cna.core.machine import Machine

JOURNAL_LINES = 12
ASK_TIMEOUT = 5.0
ETCD, FLEET = "etcd.service", "fleet.service"


def probe_machine(machine: Machine) -> Evidence:
    """About a machine that fleet does not list."""
    etcd, fleet = _daemon(machine, ETCD) if machine.member else None, _daemon(machine, FLEET)
    links = {SCHEDULER: fleet}
    if etcd is not None:
        links[REGISTRY] = etcd
        if etcd.holds is False:
            # fleet starts after etcd and keeps its registry there
            links[SCHEDULER] = Answer(None, f"{fleet.words}; it needs etcd")
    if links[SCHEDULER].holds and (etcd is None or etcd.holds):
        links[SCHEDULER] = Answer(False, f"{fleet.words}, and fleet does not list {machine.name}")
    return Evidence(machine.name, links, _journal(machine))


def _daemon(machine: Machine, unit: str) -> Answer:
    command = f"systemctl show -p LoadState,ActiveState,SubState,Result {unit}"
    try:
        shown = machine.run(command, ASK_TIMEOUT).stdout
    except CnaError as error:
        return Answer(None, f"cannot be asked: {str(error).partition(chr(10))[0]}")
    state = properties(shown)
    if state.get("LoadState", "loaded") != "loaded":
        return Answer(None, f"{unit} is {state['LoadState']}")
    words = f"{unit} is {state.get('ActiveState')}/{state.get('SubState')}, {state.get('Result')}"
    return Answer(state.get("ActiveState") == "active", words)


def _journal(machine: Machine) -> tuple[str, ...]:
    command = f"journalctl -u {ETCD} -u {FLEET} -n {JOURNAL_LINES} --no-pager -o short-precise"
    try:
        return tuple(machine.run(command, ASK_TIMEOUT).stdout.splitlines())
    except CnaError as error:
        return (f"cannot be read: {str(error).partition(chr(10))[0]}",)
