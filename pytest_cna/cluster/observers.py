"""The observers of one deployment, started and stopped together."""

from __future__ import annotations

from typing import Protocol, TypeVar

T = TypeVar("T")


class Observing(Protocol):
    """An observer, or several of one kind: ``pytest_cna.cluster.observer.Observer`` is one."""

    def start(self) -> object: ...

    def alive(self) -> None:
        """Raise the error that ended it, if any."""
        ...

    def stop(self) -> None:
        """Idempotent; also before ``start``."""
        ...


class Observers:
    """Observers in the order in which they are started; each is looked up by its class."""

    def __init__(self, *observers: Observing) -> None:
        self._observers = observers

    def get(self, wanted: type[T]) -> T:
        """The observer of that class or of a subclass. Raises LookupError when there is none."""
        for observer in self._observers:
            if isinstance(observer, wanted):
                return observer
        raise LookupError(f"the deployment has no {wanted.__name__}")

    def start(self) -> None:
        for observer in self._observers:
            observer.start()

    def alive(self) -> None:
        """Raise the error of an observer that has ended: without it nothing can be judged."""
        for observer in self._observers:
            observer.alive()

    def stop(self) -> None:
        """Stop all observers. Idempotent."""
        for observer in self._observers:
            observer.stop()
