"""Progress lines: for a log, for a terminal, for a quiet run."""

from __future__ import annotations

import os
import pty
import select
from collections.abc import Iterator

import pytest

from pytest_cna.core.errors import WaitTimeout
from pytest_cna.core.waiting import LISTENER, wait_for
from pytest_cna.plugin.progress import Progress


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What is shown can be read from here."""
    ours, theirs = pty.openpty()
    monkeypatch.setattr(os, "dup", lambda descriptor: theirs)
    monkeypatch.setenv("TERM", "xterm")
    yield ours
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    ours, theirs = os.pipe()
    monkeypatch.setattr(os, "dup", lambda descriptor: theirs)
    yield ours
    os.close(ours)
    os.close(theirs)


def read(descriptor: int, end: str = "") -> str:
    """What is there; from a terminal, which passes it on a little later, up to ``end``."""
    shown = os.read(descriptor, 65536).decode()
    while not shown.endswith(end) and select.select([descriptor], [], [], 5)[0]:
        shown += os.read(descriptor, 65536).decode()
    return shown


def test_a_terminal_shows_what_is_waited_for_in_its_last_line(terminal: int) -> None:
    progress = Progress()
    progress.waits("etcd to answer", 0.4, 60.0)
    shown = read(terminal, "of at most 60 s)")
    assert shown.startswith("\r\x1b[Kcna ")
    assert shown.endswith("waiting for etcd to answer (0 s of at most 60 s)")
    progress.waited()
    progress("a line")
    after = read(terminal, "\r\n")
    assert after.startswith("\r\x1b[K")
    assert after.endswith("a line\r\n")


def test_a_log_names_what_takes_long(log: int) -> None:
    progress = Progress()
    for elapsed in (1.0, 4.0, 5.0, 7.0, 9.0, 11.0):
        progress.waits("fleet", elapsed, 60.0)
    lines = read(log).splitlines()
    assert [line.partition("(")[2] for line in lines] == [
        "5 s of at most 60 s)",
        "11 s of at most 60 s)",
    ]
    assert "\x1b" not in "".join(lines)


def test_each_wait_is_named_again(log: int) -> None:
    progress = Progress()
    for _ in range(2):
        progress.waits("fleet", 6.0, 60.0)
        progress.waited()
    assert len(read(log).splitlines()) == 2


def test_quiet_is_quiet(log: int) -> None:
    progress = Progress(quiet=True)
    progress("a line")
    progress.waits("fleet", 6.0, 60.0)
    progress.waited()
    os.write(progress._descriptor, b"end")
    assert read(log) == "end"


def test_a_worker_is_named_and_lines_are_redacted(log: int) -> None:
    progress = Progress("gw1", redact=lambda line: line.replace("hunter22", "..."))
    progress("as hunter22")
    line = read(log)
    assert line.startswith("cna gw1 ")
    assert line.endswith("as ...\n")


def test_somebody_elses_line_is_ended_before_ours(log: int) -> None:
    progress = Progress()
    begun = iter([True, False])
    progress.line_begun = lambda: next(begun)
    os.write(progress._descriptor, b"test_features.py .")
    progress("a line")
    progress("another")
    shown = read(log)
    assert shown.startswith("test_features.py .\ncna ")
    assert "a line\ncna " in shown


class Seen:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def waits(self, waiting_for: str, elapsed: float, timeout: float) -> None:
        self.heard.append(f"{waiting_for} {timeout:.1f}")

    def waited(self) -> None:
        self.heard.append("over")


def test_a_listener_hears_of_every_wait() -> None:
    seen = Seen()
    token = LISTENER.set(seen)
    try:
        looks = iter([0, 1])
        wait_for(lambda: next(looks), waiting_for="one", timeout=5.0, interval=0.0)
        with pytest.raises(WaitTimeout):
            wait_for(lambda: 0, waiting_for="two", timeout=0.0)
        with pytest.raises(ZeroDivisionError):
            wait_for(lambda: 1 // 0, waiting_for="three", timeout=5.0)
    finally:
        LISTENER.reset(token)
    assert seen.heard == ["one 5.0", "over", "over", "over"]
