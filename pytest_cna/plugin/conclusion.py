"""The conclusion of a test: everything is judged again when it has ended, and a test that needs
what the provider cannot do is skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import CapabilityMissing
from pytest_cna.plugin.compat import skip_of
from pytest_cna.plugin.fixtures import SCENE

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTCOMES = (Exception, pytest.fail.Exception, pytest.skip.Exception)
"""How a test ends; anything else ends the run."""


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Skip a test whose fixtures need what the provider cannot do."""
    try:
        return (yield)
    except CapabilityMissing as missing:
        raise skip_of(str(missing)) from missing


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Judge everything again when the test has ended, before any fault is undone.

    A test that passed fails by it: with ProductFailed when the product did, with CnaError when
    something could not be judged. The error of one that did not pass stays. A test that needs what
    the provider cannot do is skipped.
    """
    __tracebackhide__ = True
    try:
        result = yield
    except OUTCOMES as ended:
        _record(item, ended)
        if isinstance(ended, CapabilityMissing):
            raise skip_of(str(ended)) from ended
        raise
    scene = item.stash.get(SCENE, None)
    if scene is not None:
        scene.conclusion.enforce()
    return result


def _record(item: pytest.Item, ended: BaseException) -> None:
    """Judge what there is of a test that ended early, for its report."""
    scene = item.stash.get(SCENE, None)
    if scene is not None:
        try:
            scene.conclude(wait=False)
        except Exception as error:  # noqa: BLE001 - the first error stays the one that is shown
            ended.add_note(f"what followed could not be judged: {error!r}")
