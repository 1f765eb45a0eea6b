"""An index of events by class and subject, so that a question reads only what answers it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from pytest_cna.core.events.event import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

E = TypeVar("E", bound=Event)

Key: TypeAlias = "type[Event] | tuple[type[Event], str]"


class EventIndex:
    """Events by each class that they are of, alone and with their subject. Adding one and finding
    where a time begins take logarithmic time. Not thread-safe."""

    def __init__(self) -> None:
        self._count = 0
        self._rows: dict[Key, _Row] = {}
        self._classes: dict[type[Event], tuple[type[Event], ...]] = {}

    def add(self, event: Event) -> None:
        subject = event.subject
        for made in self._classes_of(type(event)):
            self._row(made).add(event, self._count)
            self._row((made, subject)).add(event, self._count)
        self._count += 1

    def find(
        self,
        kinds: type[E] | tuple[type[E], ...],
        subject: str | None = None,
        since: float = float("-inf"),
    ) -> list[E]:
        """A new list of the events of one class or of one of several, from ``since`` on, in time
        order; of one time in the order in which they were added."""
        wanted = set(kinds) if isinstance(kinds, tuple) else {kinds}
        keys: Iterable[Key] = (made if subject is None else (made, subject) for made in wanted)
        rows = [row for row in map(self._rows.get, keys) if row is not None]
        if len(rows) == 1:
            found = rows[0].since(since)
        else:
            every = {number: event for row in rows for number, event in row.numbered(since)}
            order = sorted(every, key=lambda number: (every[number].monotonic, number))
            found = [every[number] for number in order]
        return cast("list[E]", found)

    def _classes_of(self, made: type[Event]) -> tuple[type[Event], ...]:
        if made not in self._classes:
            every = tuple(each for each in made.__mro__ if issubclass(each, Event))
            self._classes[made] = every
        return self._classes[made]

    def _row(self, key: Key) -> _Row:
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row()
        return row


class _Row:
    """Events in time order; those of one time in the order in which they were added."""

    __slots__ = ("_events", "_numbers", "_times")

    def __init__(self) -> None:
        self._times: list[float] = []
        self._numbers: list[int] = []
        self._events: list[Event] = []

    def add(self, event: Event, number: int) -> None:
        time = event.monotonic
        if not self._times or self._times[-1] <= time:  # nearly always
            self._times.append(time)
            self._numbers.append(number)
            self._events.append(event)
        else:
            at = bisect_right(self._times, time)
            self._times.insert(at, time)
            self._numbers.insert(at, number)
            self._events.insert(at, event)

    def since(self, since: float) -> list[Event]:
        return self._events[bisect_left(self._times, since) :]

    def numbered(self, since: float) -> Iterable[tuple[int, Event]]:
        at = bisect_left(self._times, since)
        return zip(self._numbers[at:], self._events[at:], strict=True)
