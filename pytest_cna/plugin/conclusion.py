"""The conclusion of a test: one that needs what the provider cannot do is skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import CapabilityMissing
from pytest_cna.plugin.compat import skip_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Skip a test whose fixtures need what the provider cannot do."""
    try:
        return (yield)
    except CapabilityMissing as missing:
        raise skip_of(str(missing)) from missing


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call() -> Iterator[None]:
    """Skip a test that needs what the provider cannot do."""
    try:
        return (yield)
    except CapabilityMissing as missing:
        raise skip_of(str(missing)) from missing
