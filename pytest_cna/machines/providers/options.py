"""What a user may set of a provider: each provider declares its own options, beside its code.

A provider's values are a frozen dataclass, a subclass of ``ProviderOptions``, whose fields name
their options::

    COLOUR = Option("colour", "what colour machines are", choice("red", "blue"), default="red")

    @dataclass(frozen=True, slots=True)
    class MineOptions(ProviderOptions):
        colour: str = option(COLOUR)

The entry point group ``pytest_cna.provider_options`` makes them known under the provider's name.
That module is imported whenever pytest starts: it imports nothing heavy.
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
"""Where a field's metadata has its option."""


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One setting under its three names: ``--cna-<name>``, ``CNA_<NAME>``, ini ``cna_<name>``.
    The command line wins over the environment, that over the ini file, that over ``default``."""

    name: str
    help: str
    read: Callable[[str], T]
    """The value that a text stands for, the default's too. Raises ValueError that says what the
    option takes. Relative paths are read in the directory that pytest was started in."""
    default: str = ""
    prefix: str = "cna"
    """Another one where the name is somebody else's word: ``--os-cloud``."""
    metavar: str = "VALUE"
    required: bool = False
    """Whether the provider cannot do without."""
    refused: str = ""
    """What a user reads who sets this, by whatever means, for a provider that does not have it:
    ``{provider}`` and ``{value}`` stand for theirs, ``{others}`` for the providers that have it.
    Empty: it is refused on the command line alone, in general words, and elsewhere ignored."""

    @property
    def flag(self) -> str:
        return f"--{self.prefix}-{self.name}"

    @property
    def key(self) -> str:
        """In the ini file; in capitals, in the environment."""
        return f"{self.prefix}_{self.name}".replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value on the command line: given or not."""
        return self.read is switch

    def value(self, text: str) -> T:
        """Raises ConfigurationError that names the option, the text and what it takes."""
        try:
            return self.read(text)
        except ValueError as error:
            raise ConfigurationError(f"{self.flag}={text}: {error}") from error


@dataclass(frozen=True, slots=True)
class ProviderOptions:
    """The values of one provider's options; itself, of a provider that has none.

    A subclass may raise ConfigurationError in ``__post_init__`` when values do not go together.
    """

    def machines_there(self) -> int | None:
        """How many machines the cluster has; None where as many are made as the run asks for.
        Raises ConfigurationError."""
        return None


def option(declared: Option[T]) -> T:
    """The field of a ``ProviderOptions`` that has the value of that option, or its default."""
    metadata = {OPTION: declared}
    if declared.required:
        return cast("T", field(metadata=metadata))
    return field(metadata=metadata, default=declared.value(declared.default))


def options_of(takes: type[ProviderOptions]) -> dict[str, Option[Any]]:
    """Field → its option, in their order."""
    return {each.name: each.metadata[OPTION] for each in fields(takes) if OPTION in each.metadata}


def switch(text: str) -> bool:
    """Reads an option that is given or not."""
    return text.lower() in {"yes", "true", "1", "on"}


def choice(*words: str) -> Callable[[str], str]:
    """Reads one of ``words``."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"it takes {' or '.join(map(repr, filter(None, words)))}")
        return text

    return read


def number(kind: Callable[[str], Number], least: Number, most: Number) -> Callable[[str], Number]:
    """Reads a number of that ``kind`` (int, float) within these bounds."""
    return _within(kind, least, most, f"it takes a number from {least} to {most}")


def seconds(least: float, most: float) -> Callable[[str], float]:
    """Reads ``10`` or ``10s``."""

    def read(text: str) -> float:
        return float(text.removesuffix("s"))

    return _within(read, least, most, f"it takes a number from {least} to {most} seconds")


def optional(read: Callable[[str], T]) -> Callable[[str], T | None]:
    """Reads the same, or None where nothing is set."""
    return lambda text: read(text) if text else None


def ipv4_address(text: str) -> str:
    """Reads an address, or nothing."""
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
