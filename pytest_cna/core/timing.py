"""Time settings of etcd and fleet, from which bounds are computed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Time settings of the daemons on the machines, in seconds."""

    agent_ttl: float
    """fleet's agent_ttl: how long fleet considers a lost machine alive."""
    engine_interval: float
    """fleet's engine_reconcile_interval: the time between scheduling rounds."""
    election: float
    """etcd's election timeout, ten times its heartbeat: a member without a leader starts an
    election after it."""
    lease: float
    """How long an entry in discovery outlives its sidekick, where the unit's file does not say."""
    patience: float
    """How long an instance may take to answer its sidekick, where the unit's file does not say."""


NATIVE = Timing(agent_ttl=10.0, engine_interval=1.0, election=1.0, lease=5.0, patience=1.0)
EMULATED = Timing(agent_ttl=30.0, engine_interval=5.0, election=3.0, lease=15.0, patience=3.0)
"""Settings for emulated machines: fleet's default agent_ttl, because a shorter one makes fleet
write the state of each unit to etcd more often; an engine that reads the registry as rarely as
agents do; an election timeout for etcd members that at times keep each other waiting for a second;
a lease that is five times as long, as on other machines; and sidekicks that wait for an answer
until a machine that starts containers has come to it."""
