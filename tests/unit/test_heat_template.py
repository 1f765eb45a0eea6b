"""The Heat template opens what our deployment uses; whether Heat takes it: tests/openstack."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pytest_cna.machines.ignition import ETCD_CLIENT_PORT, ETCD_PEER_PORT, FLEET_PORT

ROOT = Path(__file__).parents[2]


def test_the_default_ports_are_those_of_our_deployment() -> None:
    deployment = tomllib.loads((ROOT / "units/deployment.toml").read_text())
    ports = {
        service["name"]: {int(instance) for instance in service["instances"]}
        for service in deployment["service"]
    }
    template = (ROOT / "infra/openstack/stack.yaml").read_text()
    clients, members = (
        {int(port) for port in text.split(",")}
        for text in re.findall(r"default: \[([\d, ]+)\]", template)
    )
    balancer = next(each for each in deployment["service"] if "stats_port" in each)
    assert clients == {22, ETCD_CLIENT_PORT, FLEET_PORT, balancer["stats_port"]} | (
        ports["loadbalancer"] | ports["webserver"]
    )
    assert members == {ETCD_CLIENT_PORT, ETCD_PEER_PORT} | (
        ports["webserver"] | ports["cache"] | ports["database"]
    )
