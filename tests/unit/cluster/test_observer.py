"""What every observer promises: it ends when asked to, and never in silence."""

from __future__ import annotations

import pytest

from pytest_cna.cluster.observer import Observer
from pytest_cna.core.errors import DiscoveryError
from pytest_cna.core.waiting import wait_for


class Patient(Observer):
    what = "patience"

    def observe(self) -> None:
        self._stopping.wait()


class Failing(Observer):
    what = "the sky"
    error = DiscoveryError

    def observe(self) -> None:
        raise ValueError("it fell")


def test_it_ends_when_stopped_and_may_be_stopped_twice() -> None:
    observer = Patient().start()
    observer.alive()
    observer.stop()
    observer.stop()
    observer.alive()
    assert not observer._thread.is_alive()


def test_one_that_was_never_started_may_be_stopped() -> None:
    Patient().stop()


def test_its_failure_is_raised_by_alive_with_the_cause() -> None:
    observer = Failing().start()
    wait_for(
        lambda: observer._thread.is_alive(),
        lambda running: not running,
        waiting_for="the observer to fail",
        timeout=5,
    )
    with pytest.raises(DiscoveryError, match=r"the sky is not observed any more.*it fell") as it:
        observer.alive()
    assert isinstance(it.value.__cause__, ValueError)
    observer.stop()
