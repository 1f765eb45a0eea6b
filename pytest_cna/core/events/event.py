"""What every event has, and how the class of a kind declares its form in JSON.

    @declare("unit", "scheduled", subject="unit")
    @dataclass(frozen=True, slots=True)
    class UnitScheduled(Event):
        \"\"\"fleet placed a unit on a machine.\"\"\"

        unit: str
        machine: str

is written as ``{"monotonic": …, "wall": …, "source": "unit", "kind": "scheduled", "subject": the
unit, "data": {"machine": …}}``. Fields are texts, numbers, booleans or None. A field that is added
later needs a default: timelines of before are still to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from string import Formatter
from typing import ClassVar, Literal, TypeVar, get_type_hints

from pytest_cna.core.events.registry import register

Tone = Literal["good", "changing", "bad", "absent", "unknown"]
"""How a state looks to a reader of the page."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What readers and the report know of a kind of event besides its fields."""

    source: str
    """The part that is observed, or that acts: unit, container, fault …"""
    kind: str
    """What happened to it, one word of the source's own vocabulary."""
    subject: str
    """The field that is ``subject`` in JSON; empty for an event that is about no single thing."""
    lane: str
    """The group of lanes in which the page draws it, a lane a subject, if it has no drawing of its
    own for this kind; empty for one that is only listed."""
    words: str
    """What its lane says from the event on, with fields in braces: ``{offset:.1f} s off``; empty:
    the kind and the data."""
    tone: Tone
    """How its lane looks from the event on."""
    types: Mapping[str, object]
    """The kind's own fields, in their order, with their types."""
    optional: frozenset[str]
    """The fields that have a default: a line may lack them."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields that are ``data`` in JSON."""
        return tuple(name for name in self.types if name != self.subject)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Equal to another that says the same, whenever that happened."""

    declared: ClassVar[Declaration]

    monotonic: float = field(default=0.0, kw_only=True, compare=False)
    """When, in seconds of this computer's monotonic clock: orders the events of a run. Set by the
    timeline."""
    wall: float = field(default=0.0, kw_only=True, compare=False)
    """The same moment as Unix time (s). Set by the timeline."""
    written: Mapping[str, object] | None = field(default=None, kw_only=True, repr=False)
    """``data`` as another version of this kind wrote them, None when this one writes the same."""

    @property
    def source(self) -> str:
        return self.declared.source

    @property
    def kind(self) -> str:
        return self.declared.kind

    @property
    def subject(self) -> str:
        """What it is about: a unit, a container, a machine …; empty for no single thing."""
        name = self.declared.subject
        return str(getattr(self, name)) if name else ""

    @property
    def data(self) -> Mapping[str, object]:
        """Everything else it says, as in JSON; for code that does not know its class."""
        if self.written is not None:
            return self.written
        return {key: getattr(self, key) for key in self.declared.keys}

    @property
    def words(self) -> str:
        """What it says, for people who know the source: its declaration's words, or its data."""
        if self.declared.words:
            return self.declared.words.format_map({key: getattr(self, key) for key in _own(self)})
        return plain(self.kind, self.data)


@dataclass(frozen=True, slots=True)
class UnknownEvent(Event):
    """An event of a kind without a class here: another version's, or another distribution's. It is
    kept and written again as it was."""

    source: str = field()
    kind: str = field()
    subject: str = field()
    data: Mapping[str, object] = field()

    @property
    def words(self) -> str:
        return plain(self.kind, self.data)


E = TypeVar("E", bound=Event)


def declare(
    source: str,
    kind: str,
    *,
    subject: str = "",
    lane: str = "",
    words: str = "",
    tone: Tone = "unknown",
) -> Callable[[type[E]], type[E]]:
    """Give a kind of event its class; see ``Declaration`` for what the arguments mean.

    Raises ValueError when another class has this source and kind already, or ``subject`` or
    something in ``words`` is no field.
    """

    def declaring(made: type[E]) -> type[E]:
        names = _own(made)
        said = [name for _, name, _, _ in Formatter().parse(words) if name is not None]
        for name in (*said, *([subject] if subject else [])):
            if name not in names:
                raise ValueError(f"{made.__name__} has no field '{name}'; it has {names}")
        hints = get_type_hints(made)
        types = {name: hints[name] for name in names}
        optional = {each.name for each in fields(made) if each.default is not MISSING} - _COMMON
        made.declared = Declaration(
            source, kind, subject, lane, words, tone, types, frozenset(optional)
        )
        register(source, kind, made)
        return made

    return declaring


def plain(kind: str, data: Mapping[str, object]) -> str:
    """``drifted offset=0.2 uncertainty=0.1``; what is empty is left out."""
    return " ".join([kind, *(f"{key}={value}" for key, value in data.items() if value != "")])


def _own(event: Event | type[Event]) -> list[str]:
    return [each.name for each in fields(event) if each.name not in _COMMON]


_COMMON = frozenset(each.name for each in fields(Event))
