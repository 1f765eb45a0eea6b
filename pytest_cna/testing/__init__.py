"""Fakes: a cluster in memory, on which scenarios run in no time, without Docker.

For tests of scenarios, faults and providers of your own. Nothing here ever stands in for a real
part in an acceptance run: a run on simulated machines says so in its header and in its report.
"""

from __future__ import annotations

from pytest_cna.testing.clock import FakeClock, Timer
from pytest_cna.testing.defect_kinds import DEFECTS, DefectKind
from pytest_cna.testing.defects import Defect
from pytest_cna.testing.delays import Delays
from pytest_cna.testing.etcd import FakeDiscovery
from pytest_cna.testing.fleet import FakeFleet
from pytest_cna.testing.launching import simulated_cluster, simulated_deployment
from pytest_cna.testing.provider import FakeProvider
from pytest_cna.testing.transport import FakeTransport, UnknownCommand
from pytest_cna.testing.truth import State, Truth
from pytest_cna.testing.world import FakeWorld

__all__ = [
    "DEFECTS",
    "Defect",
    "DefectKind",
    "Delays",
    "FakeClock",
    "FakeDiscovery",
    "FakeFleet",
    "FakeProvider",
    "FakeTransport",
    "FakeWorld",
    "State",
    "Timer",
    "Truth",
    "UnknownCommand",
    "simulated_cluster",
    "simulated_deployment",
]
