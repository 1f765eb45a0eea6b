"""How long things take in a simulated cluster."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Delays:
    """Seconds; change them at any time, also to miss a bound."""

    command: float = 0.01
    """For a command on a machine."""
    boot: float = 4.0
    """From a machine's power until it can be reached."""
    agent: float = 0.1
    """Until fleet's agent acts on a decision."""
    engine: float = 0.1
    """Until fleet's engine takes one, after a request; apart from its regular passes."""
    election: float = 0.8
    """From the loss of etcd's leader to the next."""
    start: float = 0.4
    """From a unit's start until its container runs."""
    end: float = 0.05
    """From a container's end until systemd notices."""
    stop: float = 0.2
    """From a unit's stop to the end of its container."""
    answer: float = 0.3
    """From a container's start until it answers."""
    probe: float = 0.5
    """Between two probes of a sidekick."""
    lease: float = 5.0
    """How long an entry outlives the machine that announced it."""
    render: float = 0.2
    """From a change of discovery until confd's new configuration is in use."""
    check: float = 0.3
    """Between two of HAProxy's health checks."""
    request: float = 0.05
    """How long an instance needs for an answer."""
    connect: float = 2.0
    """After which a customer gives up on an address that does not answer."""
    patience: float = 10.0
    """After which a customer gives up on an answer."""
    server_connect: float = 0.2
    """After which HAProxy gives up on a server that cannot be connected to."""
    server_answer: float = 5.0
    """After which HAProxy gives up on the answer of a server."""
    jitter: float = 0.0
    """How much shorter any of them may be, as a share from 0 to 1: with 0.5, each takes half of its
    time to all of it. What is done regularly then also begins at a moment of its own, so that not
    everything happens in step."""
    seed: int = 0
    """Of what ``jitter`` draws."""
