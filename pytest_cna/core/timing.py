"""How long the machines' own daemons wait: settings of etcd and fleet that bounds are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    agent_ttl: float
    """fleet's agent_ttl: how long a lost machine counts as alive."""
    engine_interval: float
    """fleet's engine_reconcile_interval."""
    election: float
    """etcd's election timeout, ten times its heartbeat: what a member does without its leader."""


NATIVE = Timing(agent_ttl=10.0, engine_interval=1.0, election=1.0)
EMULATED = Timing(agent_ttl=30.0, engine_interval=5.0, election=3.0)
"""fleet's own agent_ttl, for it tells etcd of every unit the more often the shorter that is; an
engine that reads the whole registry as rarely as agents do; and emulated members of etcd keep each
other waiting for one second now and then."""
