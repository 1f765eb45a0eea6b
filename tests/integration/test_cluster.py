"""The cluster of the run: machines that found each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster


def test_every_machine_is_in_etcd_and_in_fleet(cluster: Cluster) -> None:
    assert [machine.name for machine in cluster.machines] == ["core-1", "core-2", "core-3"]
    joined = {machine.address for machine in cluster.fleet.machines()}
    assert joined == {machine.address for machine in cluster.machines}
    for machine in cluster.machines:
        health = machine.check("ETCDCTL_API=3 etcdctl endpoint health --cluster 2>&1")
        assert health.count("is healthy") == 3
