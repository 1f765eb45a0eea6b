"""Which class has which kind of event, by the source and kind in a line of the timeline."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_cna.core.events.event import Event

_CLASSES: dict[tuple[str, str], type[Event]] = {}


def register(source: str, kind: str, made: type[Event]) -> None:
    """Raises ValueError for a second class of the same source and kind."""
    other = _CLASSES.setdefault((source, kind), made)
    if other is not made:
        raise ValueError(
            f"{made.__module__}.{made.__qualname__} declares the event ({source}, {kind}), which "
            f"is {other.__module__}.{other.__qualname__} already"
        )


def find(source: str, kind: str) -> type[Event] | None:
    """None when no module of this package, and no imported one, declares it."""
    _load()
    return _CLASSES.get((source, kind))


def all_kinds() -> list[type[Event]]:
    """Of this package and of what is imported from others: by source, and of each source in the
    order of its file."""
    _load()
    return [_CLASSES[key] for key in sorted(_CLASSES, key=lambda key: key[0])]


@cache
def _load() -> None:
    """Only readers pay for it: an observer imports what it records."""
    package = import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__, f"{__package__}."):
        import_module(module.name)
