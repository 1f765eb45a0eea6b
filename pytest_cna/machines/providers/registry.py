"""Provider names and their classes, imported only when asked for."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pytest_cna.machines.providers.base import Provider

GROUP = "pytest_cna.providers"


def known_providers() -> list[str]:
    return sorted({point.name for point in entry_points(group=GROUP)})


def check_provider(name: str) -> None:
    """Raises ConfigurationError, listing the known ones, without importing any."""
    known = known_providers()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ConfigurationError(
            f"unknown provider '{name}'; known providers: {', '.join(known)}.{hint}"
        )


def load_provider(name: str) -> type[Provider]:
    """The provider's class. Raises ConfigurationError when it is unknown or cannot be imported
    (say, because its extra is not installed)."""
    check_provider(name)
    (point, *_) = entry_points(group=GROUP, name=name)
    try:
        loaded: type[Provider] = point.load()
    except ImportError as error:
        raise ConfigurationError(
            f"provider '{name}' cannot be loaded: {error}; try: pip install 'pytest-cna[{name}]'"
        ) from error
    return loaded
