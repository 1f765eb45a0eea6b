"""Options of providers: each provider declares its own, next to its code.

The values are in a frozen dataclass, a subclass of ``ProviderOptions``, whose fields declare the
options::

    COLOUR = Option("colour", "what colour machines are", choice("red", "blue"), default="red")

    @dataclass(frozen=True, slots=True)
    class MineOptions(ProviderOptions):
        colour: str = option(COLOUR)

It is registered under the provider's name in the entry point group ``pytest_cna.provider_options``.
Its module is imported whenever pytest starts and must import nothing slow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Address
from typing import Any, Generic, TypeVar, cast

from pytest_cna.core.errors import ConfigurationError

T = TypeVar("T")
Number = TypeVar("Number", int, float)

OPTION = "pytest_cna.option"
"""Key of the option in a field's metadata."""


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """An option with three names: ``--cna-<name>``, ``CNA_<NAME>``, in ini files ``cna_<name>``.

    The command line has precedence over the environment, then the ini file, then ``default``.
    """

    name: str
    help: str
    read: Callable[[str], T]
    """Convert a text, also the default, to the value. Raises ValueError with what the option takes.
    Relative paths are relative to the directory that pytest was started in."""
    default: str = ""
    prefix: str = "cna"
    """First part of the names; another one for established names such as ``--os-cloud``."""
    metavar: str = "VALUE"
    required: bool = False
    """Whether the provider needs a value."""
    refused: str = ""
    """Error message when this is set, in any way, for a provider that does not have it.
    ``{provider}`` and ``{value}`` are replaced by the provider and the value, ``{others}`` by the
    providers that have the option. Empty: it is refused on the command line only, with a general
    message, and ignored elsewhere."""

    @property
    def flag(self) -> str:
        return f"--{self.prefix}-{self.name}"

    @property
    def key(self) -> str:
        """Its name in ini files; in capitals, in the environment."""
        return f"{self.prefix}_{self.name}".replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value on the command line."""
        return self.read is switch

    def value(self, text: str) -> T:
        """The value for ``text``. Raises ConfigurationError with the option, the text and what the
        option takes."""
        try:
            return self.read(text)
        except ValueError as error:
            raise ConfigurationError(f"{self.flag}={text}: {error}") from error


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """The values of a provider's options; this class itself is for a provider without options.

    A subclass may raise ConfigurationError in ``__post_init__`` for values that exclude each other.
    """

    def machines_there(self) -> int | None:
        """Number of existing machines; None when the provider creates as many as the run needs.

        Raises ConfigurationError.
        """
        return None


def option(declared: Option[T]) -> T:
    """A field of a ``ProviderOptions`` with the value of the option, by default the option's."""
    metadata = {OPTION: declared}
    if declared.required:
        return cast("T", field(metadata=metadata))
    return field(metadata=metadata, default=declared.value(declared.default))


def options_of(takes: type[ProviderOptions]) -> dict[str, Option[Any]]:
    """Field name → its option, in order of declaration."""
    return {each.name: each.metadata[OPTION] for each in fields(takes) if OPTION in each.metadata}


def switch(text: str) -> bool:
    """A ``read`` for an option without a value."""
    return text.lower() in {"yes", "true", "1", "on"}


def choice(*words: str) -> Callable[[str], str]:
    """A ``read`` for one of ``words``."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"it takes {' or '.join(map(repr, filter(None, words)))}")
        return text

    return read


def number(kind: Callable[[str], Number], least: Number, most: Number) -> Callable[[str], Number]:
    """A ``read`` for a number of that ``kind`` (int, float) within these bounds."""
    return _within(kind, least, most, f"it takes a number from {least} to {most}")


def seconds(least: float, most: float) -> Callable[[str], float]:
    """A ``read`` for ``10`` or ``10s``, within these bounds."""

    def read(text: str) -> float:
        return float(text.removesuffix("s"))

    return _within(read, least, most, f"it takes a number from {least} to {most} seconds")


def optional(read: Callable[[str], T]) -> Callable[[str], T | None]:
    """A ``read`` like the given one, with None for an empty text."""
    return lambda text: read(text) if text else None


def ipv4_address(text: str) -> str:
    """A ``read`` for an IPv4 address or an empty text."""
    try:
        return str(IPv4Address(text)) if text else ""
    except ValueError:
        raise ValueError("it takes an IPv4 address") from None


def _within(
    read: Callable[[str], Number], least: Number, most: Number, says: str
) -> Callable[[str], Number]:
    def within(text: str) -> Number:
        try:
            value = read(text)
        except ValueError:
            raise ValueError(says) from None
        if not least <= value <= most:
            raise ValueError(says)
        return value

    return within
