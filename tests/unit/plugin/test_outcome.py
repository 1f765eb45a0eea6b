"""What an exception says of a step: whether the product failed, or nothing can be concluded."""

from __future__ import annotations

import pytest

from pytest_cna.core.errors import CapabilityMissing, ProductFailed, WaitTimeout
from pytest_cna.judgement.diagnosis import BrokenChain, Evidence
from pytest_cna.plugin.outcome import message_of, status_of
from pytest_cna.report.status import BROKEN, FAILED, NOT_APPLICABLE, SKIPPED, Status

BROKEN_CHAIN = BrokenChain("it did not recover", Evidence("web@1.service", {}))


@pytest.mark.parametrize(
    ("exception", "status"),
    [
        (AssertionError("no"), FAILED),
        (pytest.fail.Exception("no"), FAILED),
        (BROKEN_CHAIN, FAILED),
        (WaitTimeout("etcd", 1.0, "nothing"), BROKEN),
        (ValueError("no"), BROKEN),
        (pytest.exit.Exception("enough"), BROKEN),
        (KeyboardInterrupt(), BROKEN),
        (pytest.skip.Exception("not today"), SKIPPED),
        (CapabilityMissing("no power"), NOT_APPLICABLE),
    ],
    ids=lambda value: str(value) if isinstance(value, Status) else type(value).__name__,
)
def test_only_an_assertion_where_it_is_judged_says_that_the_product_failed(
    exception: BaseException, status: Status
) -> None:
    assert status_of(exception, judged=True) is status
    # a ProductFailed says so itself
    product = isinstance(exception, ProductFailed)
    elsewhere = BROKEN if status is FAILED and not product else status
    assert status_of(exception, judged=False) is elsewhere


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        (AssertionError("two is not one"), "two is not one"),
        (AssertionError(), "AssertionError"),
        (WaitTimeout("etcd", 1.0, "nothing"), "waited 1.0 s for etcd; last seen: nothing"),
        (ValueError("no number"), "ValueError: no number"),
        (ValueError(), "ValueError"),
        # the diagnosis after the sentence is in the report by itself
        (BROKEN_CHAIN, "it did not recover"),
    ],
    ids=str,
)
def test_words_for_people_stand_alone_others_with_their_kind(
    exception: BaseException, message: str
) -> None:
    assert message_of(exception) == message


def test_a_product_that_failed_has_failed_wherever_it_is_raised() -> None:
    for judged in (True, False):
        assert status_of(ProductFailed("it never serves"), judged=judged) is FAILED
