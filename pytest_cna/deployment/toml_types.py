"""What the keys of our TOML files take, beyond plain types; a dataclass that describes a table
annotates its fields with these, or with str, int, bool, Path, tuples and mappings of texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class NotEmpty:
    """Of a text."""

    takes: str = "a text"
    """In words, to follow "takes"."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Of a text: what all of it has to match."""

    regex: str
    takes: str
    """In words, to follow "takes"."""


@dataclass(frozen=True, slots=True)
class Range:
    """Of a number: the least and the greatest, both included."""

    least: int
    most: int | None
    takes: str
    """In words, to follow "takes"."""


@dataclass(frozen=True, slots=True)
class OrNumber:
    """Of a text: a number is taken too, and becomes its digits."""


Filled = Annotated[str, NotEmpty()]
Word = Annotated[str, Pattern(r'[^\s,="]+', 'words, such as public = "true"')]
Instance = Annotated[str, OrNumber()]
"""What stands behind a template's @: often a port."""
Name = Annotated[str, Pattern(r"[A-Za-z0-9._-]+", "a name of letters, digits, dots, _ and -")]
"""Of a machine, or of who logs in there."""
Host = Annotated[str, Pattern(r"[^\s:]+", "a host name or an IPv4 address")]
HostAndPort = Annotated[str, Pattern(r"[^\s:]+(:[0-9]{1,5})?", "a host, or host:port")]
Port = Annotated[int, Range(1, 65535, "a number from 1 to 65535")]
Status = Annotated[int, Range(100, 599, "an HTTP status, such as 303")]
Weight = Annotated[int, Range(0, None, "a number that is not negative")]
