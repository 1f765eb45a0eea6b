"""Where fleet placed units, by what was observed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.core.events.unit import UnitScheduled


def first_places(placed: Sequence[UnitScheduled]) -> dict[str, str]:
    """Unit → the machine of its first placement. There it may have run before it was observed; on
    any other, what began was seen."""
    return {event.unit: event.machine for event in reversed(placed) if event.machine}
