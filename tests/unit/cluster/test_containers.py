"""Docker's events from a machine that is lost, comes back, or freezes."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pytest_cna.cluster.clocks import LOOKS, Clocks
from pytest_cna.cluster.containers import ContainerObserver
from pytest_cna.core.errors import TransportError
from pytest_cna.core.events.container import ContainerDied, ContainerEvent
from pytest_cna.core.machine import Machine
from pytest_cna.core.model import CommandResult
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def line(action: str, nanoseconds: int, **attributes: str) -> str:
    actor = {"Attributes": {"name": "zurmo_apache.8001", **attributes}}
    return json.dumps({"Action": action, "Actor": actor, "timeNano": nanoseconds})


class Streams:
    """A transport: each stream gives the next prepared lines and ends, the last one is silent
    until its context is left, or for ever if the machine is frozen."""

    def __init__(
        self, *streams: Iterable[str] | TransportError, frozen: bool = False, ahead: float = 0.0
    ) -> None:
        self.ahead = ahead
        self.commands: list[str] = []
        self.silent = threading.Event()
        self.looks = 0
        self.outlasted = False
        """A frozen stream was waited for until it ended by itself."""
        self._streams = list(streams)
        self._frozen = frozen
        self._ended = threading.Event()

    def run(self, command: str, timeout: float) -> CommandResult:
        """The machine's clock."""
        self.looks += 1
        return CommandResult(command, 0, f"{time.time() + self.ahead}\n", "")

    @contextmanager
    def stream(self, command: str) -> Iterator[Iterator[str]]:
        self.commands.append(command)
        prepared = self._streams.pop(0) if self._streams else None
        if isinstance(prepared, TransportError):
            raise prepared
        try:
            yield self._silence() if prepared is None else iter(prepared)
        finally:
            if not self._frozen:
                self._ended.set()

    def _silence(self) -> Iterator[str]:
        self.silent.set()
        self.outlasted = not self._ended.wait(30)
        yield from ()


def observe(transport: Streams) -> list[ContainerEvent]:
    """All events of all prepared streams."""
    timeline = Timeline()
    machine = Machine("core-1", "10.0.0.1", {}, transport)  # type: ignore[arg-type]
    observer = ContainerObserver(timeline, [machine], Clocks(timeline))
    observer.start()
    try:
        wait_for(transport.silent.is_set, waiting_for="the last stream", timeout=10)
        observer.alive()
    finally:
        observer.stop()
    return timeline.events(ContainerEvent)


NOW = time.time_ns()


def test_an_event_has_the_machines_own_time_and_the_exit_code() -> None:
    (event,) = observe(Streams([line("die", NOW - 5 * 10**9, exitCode="137")]))
    assert event == ContainerDied("zurmo_apache.8001", "core-1", exit_code="137")
    assert event.wall == pytest.approx(NOW / 1e9 - 5, abs=0.05)


@pytest.mark.parametrize("ahead", [-2.0, 2.0])
def test_a_clock_that_was_set_is_asked_for_again(ahead: float) -> None:
    """An event that is older than it should be, or from the future, may tell a wrong time."""

    def lines() -> Iterator[str]:
        for times in (1, 2):
            transport.ahead = times * ahead
            yield line("start", time.time_ns() + int(times * ahead * 1e9))

    transport = Streams(lines())
    first, second = observe(transport)
    assert first.wall == pytest.approx(time.time(), abs=0.5)
    assert second.wall == pytest.approx(time.time(), abs=0.5)


def test_a_clock_is_not_asked_for_with_each_event_that_is_late() -> None:
    old = [line("start", NOW - 2 * 10**9 + number) for number in range(20)]
    transport = Streams(old)
    observe(transport)
    once = 2 * LOOKS + 1
    assert transport.looks == once, "it is compared with each stream, and asked in vain once"


def test_what_is_no_change_of_a_container_is_left_out() -> None:
    lines = [line("exec_start: true", NOW), line("attach", NOW + 1), line("stop", NOW + 2)]
    assert [event.kind for event in observe(Streams(lines))] == ["stop"]


def test_a_machine_that_returns_is_asked_from_its_last_event_to_the_nanosecond_on() -> None:
    at = NOW // 10**9 * 10**9 + 123_456_789
    transport = Streams(
        [line("create", at - 1), line("start", at), '{"Action": "di'],
        TransportError("lost"),
        [line("start", at), line("die", at + 1, exitCode="1")],
    )
    events = observe(transport)
    assert [event.kind for event in events] == ["create", "start", "die"]
    since = [re.search(r"--since (\S+)", command) for command in transport.commands]
    asked = [match.group(1) for match in since if match]
    assert asked[1] == asked[2] == f"{at // 10**9}.123456789"


def test_a_frozen_machine_does_not_hold_up_the_end() -> None:
    transport = Streams([line("start", NOW)], frozen=True)
    assert len(observe(transport)) == 1
    assert not transport.outlasted
