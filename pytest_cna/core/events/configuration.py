"""The application's configuration, as it is rendered where the application runs."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@dataclass(frozen=True, slots=True)
class ConfigurationEvent(Event):
    """The last of the files changed, at the time that the file has."""

    unit: str
    """The main unit whose instance the configuration names, or does not."""
    endpoint: str
    """``ip:port`` of that instance."""


@declare("configuration", "dropped", subject="unit")
@dataclass(frozen=True, slots=True)
class ConfigurationDropped(ConfigurationEvent):
    """No instance of the application has the endpoint in its configuration any more."""


@declare("configuration", "named", subject="unit")
@dataclass(frozen=True, slots=True)
class ConfigurationNamed(ConfigurationEvent):
    """Every instance of the application has the endpoint in its configuration again."""
