"""Processes are known by more than their number."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from pytest_cna.machines.owner import end_owner, owner_is_alive, owner_of, this_owner


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def ended_owner() -> str:
    child = "from pytest_cna.machines.owner import this_owner; print(this_owner())"
    return subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_this_process_is_alive() -> None:
    assert owner_is_alive(this_owner())


def test_a_process_that_ended_is_not_alive() -> None:
    assert not owner_is_alive(ended_owner())


def test_a_later_process_with_the_same_number_is_not_the_owner() -> None:
    pid, _, rest = this_owner().partition(":")
    start_time, _, namespace = rest.partition(":")
    assert not owner_is_alive(f"{pid}:{int(start_time) - 1}:{namespace}")


def test_an_owner_on_another_computer_counts_as_alive() -> None:
    assert owner_is_alive("1:1:another-boot:pid:[1]")


def test_a_process_is_ended_once_it_is_known(process: subprocess.Popen[bytes]) -> None:
    owner = owner_of(process.pid)
    end_owner(owner, 10.0)
    assert not owner_is_alive(owner)
    end_owner(owner, 10.0)


def test_another_process_with_its_number_is_left_alone(process: subprocess.Popen[bytes]) -> None:
    pid, start_time, rest = owner_of(process.pid).split(":", 2)
    end_owner(f"{pid}:{int(start_time) - 1}:{rest}", 10.0)
    end_owner(f"{pid}:{start_time}:another-boot:pid:[1]", 10.0)
    assert process.poll() is None
