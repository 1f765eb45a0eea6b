"""The base of all events, and the declaration that gives each kind its class and its JSON form.

    @declare("unit", "scheduled", subject="unit")
    @dataclass(frozen=True, slots=True)
    class UnitScheduled(Event):
        \"\"\"fleet placed a unit on a machine.\"\"\"

        unit: str
        machine: str

is written as ``{"monotonic": …, "wall": …, "source": "unit", "kind": "scheduled", "subject": the
unit, "data": {"machine": …}}``. Fields are texts, numbers, booleans or None. A field that is added
later needs a default, so that older timelines can still be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from string import Formatter
from typing import ClassVar, Literal, TypeVar, get_type_hints

Tone = Literal["good", "changing", "bad", "absent", "unknown"]
"""The colour of a state on the page, by its meaning."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """The description of a kind of event, for readers and for the report."""

    source: str
    """The part that is observed or that acts: unit, container, fault …"""
    kind: str
    """What happened, as one word of the source's vocabulary."""
    subject: str
    """The field that is ``subject`` in JSON; empty for an event about no single thing."""
    lane: str
    """The group of lanes in which the page draws the kind, one lane for each subject, if the page
    has no special drawing for it; empty for a kind that is only listed."""
    text: str
    """The text in the lane after the event, with fields in braces, as in ``{offset:.1f} s off``; by
    default the kind and the data."""
    tone: Tone
    """The tone of the lane after the event."""
    types: Mapping[str, object]
    """The kind's own fields in order → their types."""
    optional: frozenset[str]
    """The fields with a default, which a line may lack."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields that are ``data`` in JSON."""
        return tuple(name for name in self.types if name != self.subject)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Two events are equal when all but their times is the same."""

    declared: ClassVar[Declaration]

    monotonic: float = field(default=0.0, kw_only=True, compare=False)
    """When it happened, in seconds of this computer's monotonic clock, which orders the events of a
    run. Set by the timeline."""
    wall: float = field(default=0.0, kw_only=True, compare=False)
    """The same moment as Unix time (s). Set by the timeline."""
    number: int = field(default=0, kw_only=True, compare=False, repr=False)
    """Its place in the order in which the timeline recorded its events, whatever their times are;
    set by the timeline."""
    written: Mapping[str, object] | None = field(default=None, kw_only=True, repr=False)
    """``data`` as another version wrote it; None when this version would write the same."""

    @property
    def source(self) -> str:
        return self.declared.source

    @property
    def kind(self) -> str:
        return self.declared.kind

    @property
    def subject(self) -> str:
        """The thing that it is about: a unit, a container, a machine …; empty when about no single
        thing."""
        name = self.declared.subject
        return str(getattr(self, name)) if name else ""

    @property
    def data(self) -> Mapping[str, object]:
        """All other fields, as in JSON; for code that does not know the class."""
        if self.written is not None:
            return self.written
        return {key: getattr(self, key) for key in self.declared.keys}

    @property
    def text(self) -> str:
        """The event as text: the declaration's, or the kind and the data."""
        if self.declared.text:
            return self.declared.text.format_map({key: getattr(self, key) for key in _own(self)})
        return plain(self.kind, self.data)


@dataclass(frozen=True, slots=True)
class UnknownEvent(Event):
    """An event whose kind has no class here, from another version or distribution. It is kept, and
    written unchanged."""

    source: str = field()
    kind: str = field()
    subject: str = field()
    data: Mapping[str, object] = field()

    @property
    def text(self) -> str:
        return plain(self.kind, self.data)


E = TypeVar("E", bound=Event)

CLASSES: dict[tuple[str, str], type[Event]] = {}
"""Source and kind → the class declared for them, of all modules imported so far; readers go by
``core.events.registry``, which imports them all."""


def declare(
    source: str,
    kind: str,
    *,
    subject: str = "",
    lane: str = "",
    text: str = "",
    tone: Tone = "unknown",
) -> Callable[[type[E]], type[E]]:
    """Decorator that declares the class of a kind of event; ``Declaration`` explains the arguments.

    Raises ValueError when another class already has this source and kind, or when ``subject`` or a
    name in ``text`` is not a field.
    """

    def declaring(made: type[E]) -> type[E]:
        names = _own(made)
        said = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
        for name in (*said, *([subject] if subject else [])):
            if name not in names:
                raise ValueError(f"{made.__name__} has no field '{name}'; it has {names}")
        hints = get_type_hints(made)
        types = {name: hints[name] for name in names}
        optional = {each.name for each in fields(made) if each.default is not MISSING} - _COMMON
        made.declared = Declaration(
            source, kind, subject, lane, text, tone, types, frozenset(optional)
        )
        _register(source, kind, made)
        return made

    return declaring


def _register(source: str, kind: str, made: type[Event]) -> None:
    """Add a class; one of a module that is imported again replaces its former self."""
    other = CLASSES.get((source, kind), made)
    if (other.__module__, other.__qualname__) != (made.__module__, made.__qualname__):
        raise ValueError(
            f"{made.__module__}.{made.__qualname__} declares the event ({source}, {kind}), which "
            f"is {other.__module__}.{other.__qualname__} already"
        )
    CLASSES[source, kind] = made


def plain(kind: str, data: Mapping[str, object]) -> str:
    """The kind and the data as text, ``drifted offset=0.2 uncertainty=0.1``; no empty values."""
    return " ".join([kind, *(f"{key}={value}" for key, value in data.items() if value != "")])


def _own(event: Event | type[Event]) -> list[str]:
    return [each.name for each in fields(event) if each.name not in _COMMON]


_COMMON = frozenset(each.name for each in fields(Event))
