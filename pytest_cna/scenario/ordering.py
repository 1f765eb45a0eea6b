"""Orders to fleet that outlast a moment without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import FleetUnable
from pytest_cna.core.waiting import answered

if TYPE_CHECKING:
    from collections.abc import Callable


def order(verb: Callable[[str], object], unit: str) -> None:
    """Have fleet do something with ``unit``, asked again while it cannot serve the request. Raises
    FleetRefused, and WaitTimeout when it does not answer for a while."""
    answered(
        lambda: verb(unit),
        waiting_for=f"fleet to take the order for {unit}",
        transient=(FleetUnable,),
    )
