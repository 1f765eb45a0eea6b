"""Provider names, what providers take and their classes: imported only when asked for.

Two entry point groups, in each the provider's name: ``pytest_cna.providers`` has its class,
``pytest_cna.provider_options`` its ``ProviderOptions``, if it has options. The latter are imported
at every start of pytest, the former only for a run on that provider.
"""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.providers.options import ProviderOptions

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pytest_cna.machines.providers.base import Provider

GROUP = "pytest_cna.providers"
OPTIONS_GROUP = "pytest_cna.provider_options"


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


def declared_options() -> dict[str, type[ProviderOptions]]:
    """Provider's name → what it takes, of all that declare options, our own first. One whose
    declaration cannot be imported is left out here, and said when that provider is asked for."""
    found: dict[str, type[ProviderOptions]] = {}
    points = entry_points(group=OPTIONS_GROUP)
    for point in sorted(points, key=lambda point: (not _is_ours(point), point.name)):
        with suppress(ConfigurationError):
            found.setdefault(point.name, _load_options(point))
    return found


def load_options(name: str) -> type[ProviderOptions]:
    """What that provider takes. Raises ConfigurationError when it is unknown or its declaration
    cannot be imported."""
    check_provider(name)
    points = entry_points(group=OPTIONS_GROUP, name=name)
    return _load_options(next(iter(points))) if points else ProviderOptions


def _load_options(point: EntryPoint) -> type[ProviderOptions]:
    try:
        loaded = point.load()
    except Exception as error:
        raise ConfigurationError(
            f"the options of provider '{point.name}' ({point.value}) cannot be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error
    if not (isinstance(loaded, type) and issubclass(loaded, ProviderOptions)):
        raise ConfigurationError(
            f"the options of provider '{point.name}' ({point.value}) are no ProviderOptions"
        )
    return loaded


def load_provider(name: str) -> type[Provider]:
    """The provider's class. Raises ConfigurationError when it is unknown, cannot be imported (say,
    because its extra is not installed) or takes other options than its distribution declares."""
    check_provider(name)
    (point, *_) = entry_points(group=GROUP, name=name)
    try:
        loaded: type[Provider] = point.load()
    except ImportError as error:
        hint = f"; try: pip install 'pytest-cna[{name}]'" if _is_ours(point) else ""
        raise ConfigurationError(
            f"provider '{name}' ({point.value}) cannot be loaded: {error}{hint}"
        ) from error
    if loaded.takes is not load_options(name):
        raise ConfigurationError(
            f"provider '{name}' takes {loaded.takes.__qualname__}, which its distribution does not "
            f"declare: add an entry point '{name}' to the group {OPTIONS_GROUP}"
        )
    return loaded


def _is_ours(point: EntryPoint) -> bool:
    return point.value.startswith("pytest_cna.")
