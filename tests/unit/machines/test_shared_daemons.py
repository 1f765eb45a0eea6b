"""A daemon is ended by its last user, not by the one that started it."""

from __future__ import annotations

import gc
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.shared_daemons import SharedDaemons


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def user() -> SharedDaemons:
    shared = SharedDaemons("test", print)
    with shared.enter():
        return shared


def unused() -> bool:
    return True


def test_who_leaves_first_leaves_it_running_and_the_last_ends_it(
    daemon: subprocess.Popen[bytes],
) -> None:
    first, second = user(), user()
    first.started(daemon)
    first.leave(unused)
    assert daemon.poll() is None
    second.leave(unused)
    assert daemon.poll() is not None


@pytest.mark.filterwarnings("error")
def test_one_that_outlasts_who_started_it_is_not_forgotten() -> None:
    first, second = user(), user()
    with first.enter():
        first.start([["sleep", "600"]], lambda: True, 10, ())
    first.leave(unused)
    del first
    gc.collect()
    second.leave(unused)


def test_it_goes_on_for_those_who_are_no_users(daemon: subprocess.Popen[bytes]) -> None:
    first = user()
    first.started(daemon)
    first.leave(lambda: False)
    assert daemon.poll() is None
    # a later user is the last one then
    user().leave(unused)
    assert daemon.poll() is not None


def test_one_that_somebody_else_runs_is_not_ended(daemon: subprocess.Popen[bytes]) -> None:
    asked = []

    def used() -> bool:
        asked.append(1)
        return False

    user().leave(used)
    assert not asked
    assert daemon.poll() is None


def test_leaving_twice_is_leaving_once(daemon: subprocess.Popen[bytes]) -> None:
    first, second = user(), user()
    first.started(daemon)
    second.leave(unused)
    second.leave(unused)
    assert daemon.poll() is None
    first.leave(unused)
    assert daemon.poll() is not None


def test_one_that_ends_at_once_is_reported_with_the_end_of_its_log() -> None:
    shared = SharedDaemons("test", print)
    with (
        shared.enter(),
        pytest.raises(ConfigurationError, match=r"(?s)echo could not be started \(.*ends:\nhello"),
    ):
        shared.start([["sh", "-c", "echo hello; exit 3", "echo"]], nothing, 20.0, (OSError,))
    shared.leave(unused)


def nothing() -> None:
    raise ConnectionRefusedError
