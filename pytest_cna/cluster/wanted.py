"""What a run wants of its cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Wanted:
    """The cluster that ``Cluster.bring_up`` is asked for, whatever provider makes it."""

    machines: int = 3
    """How many."""
    metadata: tuple[Mapping[str, str], ...] = ()
    """fleet's metadata of the machines, given out in order and repeated."""
    ports: tuple[int, ...] = ()
    """TCP ports of machines that the deployment's units publish."""
    agent_ttl: float | None = None
    """Seconds fleet takes a silent machine for alive; None, as for ``engine_interval``: what suits
    the machines (``pytest_cna.core.timing``)."""
    engine_interval: float | None = None
    """Seconds between two scheduling passes of fleet."""
    keep: bool = False
    """Whether the cluster outlives the run."""
