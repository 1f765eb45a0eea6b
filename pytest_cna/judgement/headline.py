"""The headline: the verdict of a whole run. Pure.

Until the owner of a deployment says what is promised, only a run whose customers noticed nothing
shows a resilient application.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.judgement.noticed import Experience


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict of a run. ``recovers``: everything held, and customers noticed something."""

    verdict: Literal["resilient", "recovers", "not resilient", "not judged"]
    sentence: str
    """The same for people."""


NOT_JUDGED = Headline("not judged", "Not judged")


def headline(
    customers: Sequence[Experience], *, failed: bool, unjudged: bool, judged: bool
) -> Headline:
    """The verdict of a run.

    ``customers``: what they got, for each scenario that had any. ``failed``: in some scenario the
    product failed; ``unjudged``: some scenario could not be judged; ``judged``: there is one that
    was to be judged.
    """
    if failed:
        return Headline("not resilient", "Not resilient")
    if unjudged or not judged:
        return NOT_JUDGED
    noticing = [each for each in customers if each.noticed]
    if not noticing:
        return Headline("resilient", "Resilient")
    return Headline("recovers", f"Recovers; customers notice, at worst {_worst(noticing)}")


def _worst(noticing: Sequence[Experience]) -> str:
    """A gap is worse than failed requests, which may be few, and these are worse than slow ones."""
    gaps = [each.longest_gap for each in noticing if each.gap_noticed]
    if gaps:
        return f"{max(gaps):.1f} s without an answer"
    most = max(noticing, key=lambda each: each.failed)
    return most.failures if most.failed else max(noticing, key=lambda each: each.slow).slowness
