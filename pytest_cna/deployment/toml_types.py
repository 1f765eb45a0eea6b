"""Types of keys in pytest-cna's TOML files.

A dataclass that describes a table annotates its fields with these, or with str, int, bool, Path,
tuples and mappings of strings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """A constraint on a string: not empty."""

    takes: str = "a string"
    """The words that follow "takes" in a message."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A constraint on a string: all of it matches ``regex``."""

    regex: str
    takes: str
    """The words that follow "takes" in a message."""


@dataclass(frozen=True, slots=True)
class Range:
    """A constraint on a number: its bounds, both included."""

    least: int
    most: int | None
    takes: str
    """The words that follow "takes" in a message."""


@dataclass(frozen=True, slots=True)
class OrNumber:
    """An extension of a string: a number is taken too and becomes its digits."""


Filled = Annotated[str, NotEmpty()]
Word = Annotated[str, Pattern(r'[^\s,="]+', 'words, such as public = "true"')]
Instance = Annotated[str, OrNumber()]
"""The text after the @ of a template's instance: often a port."""
Name = Annotated[str, Pattern(r"[A-Za-z0-9._-]+", "a name of letters, digits, dots, _ and -")]
"""The name of a machine or of a user."""
Host = Annotated[str, Pattern(r"[^\s:]+", "a host name or an IPv4 address")]
HostAndPort = Annotated[str, Pattern(r"[^\s:]+(:[0-9]{1,5})?", "a host, or host:port")]
Port = Annotated[int, Range(1, 65535, "a number from 1 to 65535")]
Status = Annotated[int, Range(100, 599, "an HTTP status, such as 303")]
Weight = Annotated[int, Range(0, None, "a number that is not negative")]
