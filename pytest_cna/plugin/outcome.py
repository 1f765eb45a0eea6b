"""The status and message of a step or scenario that raised an exception. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import CapabilityMissing, CnaError, ProductFailed
from pytest_cna.judgement.diagnosis import BrokenChain
from pytest_cna.report.status import BROKEN, FAILED, NOT_APPLICABLE, SKIPPED

if TYPE_CHECKING:
    from pytest_cna.report.status import Status

PLAIN = (
    AssertionError,
    CnaError,
    pytest.skip.Exception,
    pytest.fail.Exception,
    pytest.exit.Exception,
)
"""Exceptions whose message is clear without the name of their class."""


def status_of(exception: BaseException, *, judged: bool) -> Status:
    """The status that an exception gives to a step or scenario.

    ``judged``: it was raised in a step that judges the product, not in a preparation or teardown
    such as a fixture's; only then does an AssertionError mean that the product failed. A
    ProductFailed means it everywhere.
    """
    if isinstance(exception, ProductFailed):
        return FAILED
    if isinstance(exception, CapabilityMissing):
        return NOT_APPLICABLE
    if isinstance(exception, pytest.skip.Exception):
        return NOT_APPLICABLE if isinstance(exception.__cause__, CapabilityMissing) else SKIPPED
    said_no = isinstance(exception, (AssertionError, pytest.fail.Exception))
    return FAILED if judged and said_no else BROKEN


def message_of(exception: BaseException) -> str:
    if isinstance(exception, BrokenChain):
        return exception.sentence
    words, name = str(exception), type(exception).__name__
    if isinstance(exception, PLAIN):
        return words or name
    return f"{name}: {words}" if words else name
