"""HAProxy takes every change, also one that comes while it is still taking the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment

SERVICE = "/services/webserver"


@pytest.mark.parametrize("gap", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_two_changes_in_a_row(deployment: RunningDeployment, gap: float) -> None:
    machine = deployment.cluster.machines[0]

    def etcdctl(*commands: str) -> None:
        machine.check(f"export ETCDCTL_API=3; {f'; sleep {gap}; '.join(commands)}")

    def routing_follows() -> None:
        wait_for(
            lambda: (
                {s.name for s in deployment.load_balancer().servers("webserver_nodes")},
                {f"webserver_{e.ip}_{e.port}" for e in deployment.discovery.entries("webserver")},
            ),
            lambda both: both[0] == both[1],
            waiting_for="routing to equal discovery",
            timeout=5,
        )

    try:
        etcdctl(*(_announce(f"extra-{n}", 9000 + n) for n in range(3)))
        routing_follows()
    finally:
        etcdctl(*(f"etcdctl del --prefix {SERVICE}/extra-{n}/" for n in range(3)))
    routing_follows()


def _announce(uuid: str, port: int) -> str:
    values = {"host": "nowhere", "ip": "127.0.0.9", "port": str(port)}
    puts = "\\n".join(f"put {SERVICE}/{uuid}/{key} {value}" for key, value in values.items())
    return f"printf '\\n{puts}\\n\\n\\n' | etcdctl txn"
