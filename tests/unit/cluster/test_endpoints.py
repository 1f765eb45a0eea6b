"""Where a cluster is reached, from its machines alone."""

from __future__ import annotations

from pytest_cna.cluster.endpoints import Endpoints, names_by_id
from pytest_cna.core.machine import Machine
from pytest_cna.core.model import FleetMachine
from pytest_cna.testing import FakeTransport


def machine(number: int, *, member: bool = True) -> Machine:
    return Machine(f"core-{number}", f"10.0.0.{number}", {}, FakeTransport(), member)


def test_each_machine_has_a_fleet_and_each_member_an_etcd() -> None:
    endpoints = Endpoints((machine(1), machine(2, member=False)))
    assert endpoints.fleet == ["http://10.0.0.1:49153", "http://10.0.0.2:49153"]
    assert endpoints.etcd == ["10.0.0.1:2379"]
    assert endpoints.names == {"10.0.0.1": "core-1", "10.0.0.2": "core-2"}


def test_fleets_ids_become_names_where_the_machine_is_known() -> None:
    listed = [FleetMachine("a", "10.0.0.1", {}), FleetMachine("b", "10.9.9.9", {})]
    assert names_by_id(listed, Endpoints((machine(1),)).names) == {"a": "core-1", "b": "10.9.9.9"}
