"""The registry of providers: their names, options and classes.

Providers are registered by name in two entry point groups: ``pytest_cna.providers`` has the class,
``pytest_cna.provider_options`` the ``ProviderOptions`` of a provider with options. Options are
imported at every start of pytest, the class only for a run with that provider.
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
    """Raise ConfigurationError, listing the known providers, when ``name`` is unknown.

    No provider is imported.
    """
    known = known_providers()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise ConfigurationError(
            f"unknown provider '{name}'; known providers: {', '.join(known)}.{hint}"
        )


def declared_options() -> dict[str, type[ProviderOptions]]:
    """Provider's name → its options, pytest-cna's own providers first.

    Options that cannot be imported are left out; ``load_options`` reports the error.
    """
    found: dict[str, type[ProviderOptions]] = {}
    points = entry_points(group=OPTIONS_GROUP)
    for point in sorted(points, key=lambda point: (not _is_ours(point), point.name)):
        with suppress(ConfigurationError):
            found.setdefault(point.name, _load_options(point))
    return found


def load_options(name: str) -> type[ProviderOptions]:
    """The provider's options. Raises ConfigurationError when the provider is unknown or its options
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
            f"the options of provider '{point.name}' ({point.value}) are not a subclass of "
            "ProviderOptions"
        )
    return loaded


def load_provider(name: str) -> type[Provider]:
    """The provider's class.

    Raises ConfigurationError when the provider is unknown, cannot be imported (its extra may not be
    installed) or takes other options than its distribution declares.
    """
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
