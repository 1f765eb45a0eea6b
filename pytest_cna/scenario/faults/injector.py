"""Faults for your own tests: by the words of the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.core.fault_kinds import CONTAINER_KILL, FAULT_KINDS, MACHINE_LOSS, SERVICE_STOP

if TYPE_CHECKING:
    from pytest_cna.core.events.event import Event
    from pytest_cna.scenario.faults.base import Fault
    from pytest_cna.scenario.scene import Scene


class Faults:
    """Injects faults into services, which go by the word of ``deployment.toml`` (``called``).

    Which instance is hit depends on ``--cna-seed``; one test hits the same instance of a service
    each time. Every method returns when the fault is in effect, and raises CapabilityMissing when
    the provider cannot do it, InjectFailed when it did not take effect, ConfigurationError for a
    service that is not in the deployment. All faults are undone after the test.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def stop_service(self, service: str) -> None:
        """Stop an instance through fleet, cleanly, as an operator would."""
        self._scene.inject(SERVICE_STOP, service)

    def kill_container(self, service: str) -> None:
        """Kill the container of an instance (SIGKILL); systemd has to start it again."""
        self._scene.inject(CONTAINER_KILL, service)

    def lose_machine_of(self, service: str) -> None:
        """Cut the power of the machine that an instance runs on."""
        self._scene.inject(MACHINE_LOSS, service)

    def lose_machine_of_leader(self) -> None:
        """Cut the power of the machine of etcd's leader."""
        self._scene.lose_leader()

    def inject(self, kind: str, service: str) -> None:
        """Inject a fault by the name of its kind: ``container kill``, ``container pause``,
        ``service stop``, ``machine loss``."""
        if kind not in FAULT_KINDS:
            known = ", ".join(name for name, each in FAULT_KINDS.items() if not each.undoing)
            raise ConfigurationError(f"no kind of fault is called '{kind}' (known: {known})")
        self._scene.inject(FAULT_KINDS[kind], service)

    def inject_fault(self, fault: Fault) -> Event:
        """A fault of your own, undone like any other. The stages of its kind are followed, if it
        has any. Returns the event of its beginning."""
        return self._scene.inject_fault(fault)

    def undo(self) -> None:
        """Undo the last fault now: start the service, give the machine its power again. What has
        to follow is expected from here on. Raises CnaError when nothing is there to undo."""
        self._scene.undo_last()
