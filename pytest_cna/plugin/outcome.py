"""What an exception says about a step or scenario. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import CnaError
from pytest_cna.judgement.diagnosis import BrokenChain

if TYPE_CHECKING:
    from pytest_cna.report.report import Status

PLAIN = (
    AssertionError,
    CnaError,
    pytest.skip.Exception,
    pytest.fail.Exception,
    pytest.exit.Exception,
)
"""Their words are for people; any other needs its name to be understood."""


def status_of(exception: BaseException, *, judged: bool) -> Status:
    """``judged``: it was raised where the product is judged, not where a judgement is prepared
    or cleared up after, such as by a fixture; only there can an assertion say the product failed.
    """
    if isinstance(exception, pytest.skip.Exception):
        return "skipped"
    said_no = isinstance(exception, (AssertionError, pytest.fail.Exception))
    return "failed" if judged and said_no else "broken"


def message_of(exception: BaseException) -> str:
    if isinstance(exception, BrokenChain):
        return exception.sentence
    words, name = str(exception), type(exception).__name__
    if isinstance(exception, PLAIN):
        return words or name
    return f"{name}: {words}" if words else name
