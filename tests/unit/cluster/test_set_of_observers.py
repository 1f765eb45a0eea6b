"""Observers of one deployment, started, asked and stopped together."""

from __future__ import annotations

import pytest

from pytest_cna.cluster.observers import Observers
from pytest_cna.core.errors import CnaError


class Recording:
    """Remembers what is done with it."""

    def __init__(self, done: list[str], error: str = "") -> None:
        self._done = done
        self._error = error

    def start(self) -> None:
        self._done.append(f"{type(self).__name__} starts")

    def alive(self) -> None:
        if self._error:
            raise CnaError(self._error)

    def stop(self) -> None:
        self._done.append(f"{type(self).__name__} stops")


class First(Recording):
    pass


class Second(Recording):
    pass


class Other(Recording):
    pass


def test_one_is_found_by_its_class_or_by_that_of_a_fake() -> None:
    first, second = First([]), Second([])
    observers = Observers(first, second)
    assert observers.get(Second) is second
    assert observers.get(Recording) is first
    with pytest.raises(LookupError, match="the deployment has no Other"):
        observers.get(Other)


def test_all_are_started_and_stopped_in_order() -> None:
    done: list[str] = []
    observers = Observers(First(done), Second(done))
    observers.start()
    observers.stop()
    assert done == ["First starts", "Second starts", "First stops", "Second stops"]


def test_the_error_of_any_is_raised() -> None:
    observers = Observers(First([]), Second([], "fleet is not observed any more"))
    with pytest.raises(CnaError, match="fleet is not observed any more"):
        observers.alive()
