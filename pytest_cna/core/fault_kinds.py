"""The kinds of faults, by name."""

from __future__ import annotations

CONTAINER_KILL = "container kill"
SERVICE_STOP = "service stop"
SERVICE_START = "service start"
MACHINE_LOSS = "machine loss"
MACHINE_RETURN = "machine return"
