"""Options in pytest: adding them to its parser and reading the values that the user gave."""

from __future__ import annotations

import os
from contextlib import chdir
from typing import TYPE_CHECKING, TypeVar

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.providers.options import options_of
from pytest_cna.machines.providers.registry import declared_options, load_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pytest

    from pytest_cna.machines.providers.options import Option, ProviderOptions

T = TypeVar("T")


def add_options(parser: pytest.Parser, own: Sequence[Option[Any]]) -> None:
    """Add the options of every run (``own``), then those of each installed provider."""
    group = parser.getgroup("cna", "pytest-cna: resilience of a cloud-native application")
    for option, providers in _takers(own).items():
        text = f"{option.help} (provider {', '.join(providers)})" if providers else option.help
        if option.is_switch:
            group.addoption(
                option.flag, action="store_const", const="yes", dest=option.key, help=text
            )
        else:
            group.addoption(option.flag, dest=option.key, metavar=option.metavar, help=text)
        parser.addini(option.key, text, default="")


def text_of(option: Option[Any], config: pytest.Config) -> str:
    """The text given for an option: option > environment > ini > default."""
    given = config.getoption(option.key)
    if given is not None:
        return str(given)
    set_to = os.environ.get(option.key.upper()) or config.getini(option.key)
    return str(set_to or option.default)


def value_of(option: Option[T], config: pytest.Config) -> T:
    """The value of an option. Raises ConfigurationError naming the option and the values it
    accepts."""
    # paths are relative to the directory in which pytest was started
    with chdir(config.invocation_params.dir):
        return option.value(text_of(option, config))


def provider_options(
    provider: str, config: pytest.Config, own: Sequence[Option[Any]]
) -> ProviderOptions:
    """The values of the options of ``provider``.

    Raises ConfigurationError for an unknown provider, a missing required option, a wrong value, and
    an option that was given but belongs to another provider.
    """
    takes = load_options(provider)
    named = options_of(takes)
    takers = _takers(own)
    for option, providers in takers.items():
        if providers and provider not in providers:
            _refuse(option, config, provider, providers)
    for option in named.values():
        if provider not in takers.get(option, ()):
            raise ConfigurationError(
                f"provider '{provider}' declares {option.flag} otherwise than it is declared "
                "already; its distribution has to take another name for it"
            )
        if option.required and not text_of(option, config):
            raise ConfigurationError(
                f"the provider '{provider}' needs {option.flag}={option.metavar}, {option.help}"
            )
    return takes(**{field: value_of(option, config) for field, option in named.items()})


def _takers(own: Sequence[Option[Any]]) -> dict[Option[Any], list[str]]:
    """Option → names of the providers that have it, without ``own`` options. Of two options with
    the same name but different definitions only the first is included."""
    takers: dict[Option[Any], list[str]] = {each: [] for each in own}
    known = {each.key: each for each in own}
    for provider, takes in declared_options().items():
        for each in options_of(takes).values():
            if known.setdefault(each.key, each) == each and each not in own:
                takers.setdefault(each, []).append(provider)
    return takers


def _refuse(
    option: Option[Any], config: pytest.Config, provider: str, providers: list[str]
) -> None:
    """Raise ConfigurationError for a given option that the provider does not have."""
    on_command_line = config.getoption(option.key) is not None
    text = text_of(option, config)
    if not (on_command_line or (option.refused and text)):
        return
    value_of(option, config)
    others = f"{' and '.join(map(repr, providers))} {'do' if len(providers) > 1 else 'does'}"
    says = option.refused or f"the provider '{{provider}}' takes no {option.flag}; {{others}}"
    raise ConfigurationError(says.format(provider=provider, value=text, others=others))
