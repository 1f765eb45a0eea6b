"""Machines of a run that are reached by ssh, from what was written down of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_cna.machine import Machine
from pytest_cna.transports.ssh import SshAccess, SshConnections, SshTransport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def ssh_machines(
    rows: Sequence[Mapping[str, Any]], key: Path
) -> tuple[SshConnections, list[Machine]]:
    """In order of their names, ``core-<number>``. A row has ``machine`` (the name), ``address``,
    ``metadata`` and ``member``. ``key`` opens root's door to all of them."""
    accesses = {row["machine"]: SshAccess(row["machine"], row["address"], key=key) for row in rows}
    connections = SshConnections(list(accesses.values()))
    return connections, [
        Machine(
            name=row["machine"],
            address=row["address"],
            metadata=row["metadata"],
            transport=SshTransport(connections, accesses[row["machine"]]),
            member=row["member"],
        )
        for row in sorted(rows, key=lambda row: int(row["machine"].split("-")[1]))
    ]
