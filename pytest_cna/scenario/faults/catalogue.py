"""The catalogue: which fault a kind of the table is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    MACHINE_LOSS,
    SERVICE_STOP,
    FaultKind,
)
from pytest_cna.scenario.faults.container import ContainerKill, ContainerPause
from pytest_cna.scenario.faults.machine import MachineLoss
from pytest_cna.scenario.faults.service import ServiceStop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_cna.scenario.faults.base import Fault

FAULTS: Mapping[FaultKind, type[Fault]] = {
    CONTAINER_KILL: ContainerKill,
    CONTAINER_PAUSE: ContainerPause,
    SERVICE_STOP: ServiceStop,
    MACHINE_LOSS: MachineLoss,
}
"""Kind → class."""


def fault_of(kind: FaultKind) -> type[Fault]:
    """The class of that kind. Raises ConfigurationError for one that is not in the catalogue."""
    if kind not in FAULTS:
        raise ConfigurationError(
            f"no fault of the catalogue is a '{kind}' (known: {', '.join(map(str, FAULTS))}); "
            "inject a fault of your own with inject_fault"
        )
    return FAULTS[kind]
