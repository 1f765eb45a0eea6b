"""The application's configuration, as rendered for its instances."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_cna.core.events.event import Event, declare


@dataclass(frozen=True, slots=True)
class ConfigurationEvent(Event):
    """What the copies of the application's configuration say of one unit changed; the time is that
    of the copy that was written last."""

    unit: str
    """The main unit whose endpoint the configuration contains, or no longer contains."""
    endpoint: str
    """``ip:port`` of that unit's instance."""


@declare("configuration", "dropped", subject="unit")
@dataclass(frozen=True, slots=True)
class ConfigurationDropped(ConfigurationEvent):
    """No instance of the application has the endpoint in its configuration any more."""


@declare("configuration", "named", subject="unit")
@dataclass(frozen=True, slots=True)
class ConfigurationNamed(ConfigurationEvent):
    """Every instance of the application has the endpoint in its configuration again."""


@declare("configuration", "differs", subject="unit")
@dataclass(frozen=True, slots=True)
class ConfigurationDiffers(ConfigurationEvent):
    """Some instances of the application have the endpoint in their configuration, others do not."""


@declare("configuration", "unread", subject="unit")
@dataclass(frozen=True, slots=True)
class ConfigurationUnread(ConfigurationEvent):
    """No instance of the application is there whose configuration could be read."""
