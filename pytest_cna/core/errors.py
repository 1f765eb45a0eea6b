"""Errors: all that can prevent a run from being judged.

Every CnaError means *the run could not be judged* and is reported as *broken*; a failure of the
product is an ``AssertionError`` in a Then step, or a ``ProductFailed`` anywhere. A message says
what happened, where, what was last seen and what to do next.

::

    CnaError
    ├─ ConfigurationError      a bad option, setting or file; pytest's usage exit code (4)
    ├─ ProviderError
    │  ├─ ProvisionError       machines could not be brought up
    │  ├─ MachineNotFound
    │  └─ CapabilityMissing    the provider cannot do this (such as a power cut)
    ├─ TransportError
    │  ├─ CommandFailed        carries the result
    │  └─ CommandTimeout
    ├─ FleetError              fleet's API refuses or does not answer
    │  ├─ FleetRefused         fleet refuses the request; carries fleet's own message
    │  └─ FleetUnable          fleet fails or does not answer now (say, etcd elects); may pass
    ├─ DiscoveryError          no etcd member answers
    ├─ RoutingError            HAProxy's statistics cannot be read
    ├─ TrafficError            the customers' process died or cannot start
    ├─ ImageBuildError         with the tail of the build log
    ├─ UnitFileError           file and line
    ├─ WaitTimeout             waiting_for, deadline, last_seen, history
    └─ FaultError
       ├─ InjectFailed
       └─ HealFailed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.core.model import CommandResult


class CnaError(Exception):
    """The run could not be judged."""


class ProductFailed(AssertionError):
    """The product failed, wherever it is raised: in a Then step, a preparation or a fixture."""


class ConfigurationError(CnaError):
    """A setting is wrong; nothing was created."""


class ProviderError(CnaError):
    """The provider of the machines failed."""


class ProvisionError(ProviderError):
    """Machines could not be brought up."""


class MachineNotFound(ProviderError):
    """No machine of that name belongs to this cluster."""


class CapabilityMissing(ProviderError):
    """This provider does not have the required capability."""


class TransportError(CnaError):
    """A machine could not be reached."""


class CommandFailed(TransportError):
    """A command that had to succeed on a machine did not."""

    def __init__(self, machine: str, result: CommandResult) -> None:
        self.machine = machine
        self.result = result
        words = (result.stderr or result.stdout).strip()[-2000:] or "it printed nothing"
        super().__init__(
            f"'{result.command}' on machine {machine} ended with {result.exit_status}: {words}"
        )


class CommandTimeout(TransportError):
    """A command on a machine did not end in time."""


class FleetError(CnaError):
    """fleet's API refused a request or does not answer."""


class FleetRefused(FleetError):
    """fleet refused the request; carries fleet's own message."""


class FleetUnable(FleetError):
    """No machine's fleet answers or can serve the request at the moment."""


class DiscoveryError(CnaError):
    """No etcd member answers."""


class RoutingError(CnaError):
    """The load balancer's statistics cannot be read."""


class TrafficError(CnaError):
    """The process that plays the customers cannot start or has died."""


class ImageBuildError(CnaError):
    """A container image could not be built; carries the tail of the build's log."""

    def __init__(self, image: str, log_tail: str) -> None:
        self.image = image
        self.log_tail = log_tail
        super().__init__(f"image {image} could not be built; its log ends:\n{log_tail.rstrip()}")


class UnitFileError(CnaError):
    """A unit file cannot be read; names the file and the line (from 1)."""

    def __init__(self, message: str, path: Path | str, line: int | None = None) -> None:
        self.path = path
        self.line = line
        where = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{where}: {message}")


class WaitTimeout(CnaError):
    """The awaited condition was not met before its deadline."""

    def __init__(
        self,
        waiting_for: str,
        timeout: float,
        last_seen: str,
        history: tuple[str, ...] = (),
        *,
        unable: bool = False,
    ) -> None:
        self.waiting_for = waiting_for
        self.timeout = timeout
        self.last_seen = last_seen
        self.history = history
        self.unable = unable
        """Whether the last check itself failed, so that nothing is known about the condition."""
        super().__init__(
            f"waited {timeout:.1f} s for {waiting_for}; last seen: {last_seen}"
            + (f"; before that: {', then '.join(history)}" if history else "")
        )


class FaultError(CnaError):
    """A fault could not be injected or healed."""


class InjectFailed(FaultError):
    """The fault did not take effect; nothing can be concluded from what followed."""


class HealFailed(FaultError):
    """The fault could not be undone; the cluster is not in its steady state."""
