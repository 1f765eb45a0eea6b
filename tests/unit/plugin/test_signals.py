"""How signals end a run."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from pytest_cna.plugin.signals import end_on_sigterm, uninterrupted

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_sigterm_ends_a_run_like_ctrl_c() -> None:
    end_on_sigterm()
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_teardown_is_not_broken_off(number: signal.Signals) -> None:
    end_on_sigterm()
    done = []

    def teardown() -> None:
        os.kill(os.getpid(), number)
        done.append("all of it")

    uninterrupted(teardown)
    assert done == ["all of it"]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
