"""pytest-cna: proves a cloud-native application resilient.

What tests of your own, faults and providers name is here, and in ``pytest_cna.core.events`` the
classes of what happens on the timeline; everything else may change without notice. Names here are
imported when they are asked for: the plugin costs nothing until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.cluster.cluster import Cluster
    from pytest_cna.cluster.discovery import Discovery
    from pytest_cna.cluster.fleet import Fleet
    from pytest_cna.cluster.load_balancer import LoadBalancer
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.errors import (
        CapabilityMissing,
        CnaError,
        CommandFailed,
        ConfigurationError,
        DiscoveryError,
        FaultError,
        FleetError,
        HealFailed,
        InjectFailed,
        ProductFailed,
        ProviderError,
        RoutingError,
        TransportError,
        WaitTimeout,
    )
    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.core.machine import Machine, Transport
    from pytest_cna.core.model import CommandResult, DiscoveryEntry, RequestRecord, Server
    from pytest_cna.core.timeline import Timeline
    from pytest_cna.core.waiting import wait_for
    from pytest_cna.machines.providers.base import Provider
    from pytest_cna.scenario.customers import Customers
    from pytest_cna.scenario.expectations import Expect
    from pytest_cna.scenario.faults.base import Fault
    from pytest_cna.scenario.faults.injector import Faults
    from pytest_cna.scenario.scene import Scene

_HOMES = {
    "cluster.cluster": ("Cluster",),
    "cluster.discovery": ("Discovery",),
    "cluster.fleet": ("Fleet",),
    "cluster.load_balancer": ("LoadBalancer",),
    "cluster.running_deployment": ("RunningDeployment",),
    "core.errors": (
        "CapabilityMissing",
        "CnaError",
        "CommandFailed",
        "ConfigurationError",
        "DiscoveryError",
        "FaultError",
        "FleetError",
        "HealFailed",
        "InjectFailed",
        "ProductFailed",
        "ProviderError",
        "RoutingError",
        "TransportError",
        "WaitTimeout",
    ),
    "core.fault_kinds": ("FaultKind",),
    "core.machine": ("Machine", "Transport"),
    "core.model": ("CommandResult", "DiscoveryEntry", "RequestRecord", "Server"),
    "core.timeline": ("Timeline",),
    "core.waiting": ("wait_for",),
    "machines.providers.base": ("Provider",),
    "scenario.customers": ("Customers",),
    "scenario.expectations": ("Expect",),
    "scenario.faults.base": ("Fault",),
    "scenario.faults.injector": ("Faults",),
    "scenario.scene": ("Scene",),
}
__all__ = [
    "CapabilityMissing",
    "Cluster",
    "CnaError",
    "CommandFailed",
    "CommandResult",
    "ConfigurationError",
    "Customers",
    "Discovery",
    "DiscoveryEntry",
    "DiscoveryError",
    "Expect",
    "Fault",
    "FaultError",
    "FaultKind",
    "Faults",
    "Fleet",
    "FleetError",
    "HealFailed",
    "InjectFailed",
    "LoadBalancer",
    "Machine",
    "ProductFailed",
    "Provider",
    "ProviderError",
    "RequestRecord",
    "RoutingError",
    "RunningDeployment",
    "Scene",
    "Server",
    "Timeline",
    "Transport",
    "TransportError",
    "WaitTimeout",
    "wait_for",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"pytest_cna.{home}"), name)
    raise AttributeError(f"module 'pytest_cna' has no attribute '{name}'")
