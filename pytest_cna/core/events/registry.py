"""The registry of event classes, by the source and kind in a line of the timeline."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from pytest_cna.core.events.event import CLASSES

if TYPE_CHECKING:
    from pytest_cna.core.events.event import Event


def find(source: str, kind: str) -> type[Event] | None:
    """The class of a source and kind; None when no imported module declares one."""
    _load()
    return CLASSES.get((source, kind))


def all_kinds() -> list[type[Event]]:
    """All declared classes, of this package and of imported ones: by source, then in the order of
    its file."""
    _load()
    return [CLASSES[key] for key in sorted(CLASSES, key=lambda key: key[0])]


@cache
def _load() -> None:
    """Import all event modules of this package. Only readers do: an observer imports the ones it
    records."""
    package = import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__, f"{__package__}."):
        import_module(module.name)
