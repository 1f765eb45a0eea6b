"""The cluster that a run asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.core.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ClusterRequest:
    """What ``Cluster.bring_up`` makes, with any provider."""

    machines: int = 3
    """Number of machines."""
    metadata: tuple[Mapping[str, str], ...] = ()
    """fleet's metadata, assigned to the machines in order and repeated."""
    ports: tuple[int, ...] = ()
    """TCP ports that the deployment's units publish on the machines."""
    agent_ttl: float | None = None
    """Seconds until fleet considers a silent machine lost. None, also for ``engine_interval``: the
    value that suits the machines (``pytest_cna.core.timing``)."""
    engine_interval: float | None = None
    """Seconds between two scheduling rounds of fleet."""
    keep: bool = False
    """Whether the cluster stays when the run ends."""

    def timing(self, suitable: Timing) -> Timing:
        """The requested settings, and those that suit the machines where none are requested."""
        return Timing(
            self.agent_ttl or suitable.agent_ttl,
            self.engine_interval or suitable.engine_interval,
            suitable.election,
            suitable.lease,
            suitable.patience,
        )
