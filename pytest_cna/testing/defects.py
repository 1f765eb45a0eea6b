"""The defects that a simulated cluster has now: its parts ask here whether they have one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_cna.testing.defect_kinds import FOREVER, defect_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.testing.clock import FakeClock
    from pytest_cna.testing.defect_kinds import DefectKind


@dataclass(slots=True, eq=False)
class Defect:
    """A defect of something."""

    kind: DefectKind
    value: float
    names: frozenset[str] | None
    """Units or machines that have it; None when all do."""
    since: float = 0.0
    """When it began (monotonic seconds)."""
    ended: bool = False
    ends: list[Callable[[], object]] = field(default_factory=list)
    """Called once, when it ends."""

    def hits(self, names: tuple[str, ...]) -> bool:
        return self.names is None or not self.names.isdisjoint(names)


class Defects:
    """``names_of``: the units or machines that a name stands for, None for all."""

    def __init__(
        self, clock: FakeClock, names_of: Callable[[DefectKind, str], frozenset[str] | None]
    ) -> None:
        self.on_begin: dict[str, list[Callable[[Defect], None]]] = {}
        """Name of a kind → functions called with each defect of that kind that begins."""
        self.on_change: list[Callable[[], None]] = []
        """Called when one begins or ends."""
        self._clock = clock
        self._names_of = names_of
        self._present: dict[str, list[Defect]] = {}
        self._coming: list[Defect] = []

    def begin(
        self, name: str, on: str, value: float | None, after: float, lasting: float
    ) -> Defect:
        """Raises LookupError for a name that there is not, ValueError for a value where none is
        taken."""
        kind = defect_kind(name)
        if kind.value is None and value is not None:
            raise ValueError(f"the defect '{name}' takes no value")
        number = kind.value or 0.0 if value is None else value
        defect = Defect(kind, number, self._names_of(kind, on))
        if after > 0:
            self._coming.append(defect)
            self._clock.after(after, lambda: self._begin(defect))
        else:
            self._begin(defect)
        if lasting < FOREVER:
            self._clock.after(after + lasting, lambda: self._end(defect))
        return defect

    def find(self, name: str, *names: str) -> Defect | None:
        """The latest of that kind that one of these units or machines has; without ``names``, that
        anything has."""
        for defect in reversed(self._present.get(name, ())):
            if not names or defect.hits(names):
                return defect
        return None

    def value(self, name: str, *names: str) -> float | None:
        """Its value, 0 when it takes none; None when they do not have it."""
        defect = self.find(name, *names) if name in self._present else None
        return None if defect is None else defect.value

    def on(self, name: str, *names: str) -> bool:
        """Whether one of these units or machines has it."""
        return name in self._present and self.find(name, *names) is not None

    def end_all(self) -> None:
        """Also of those that were still to begin."""
        for defect in self._coming:
            defect.ended = True
        self._coming.clear()
        for defect in [each for every in self._present.values() for each in every]:
            self._end(defect)

    def end(self, name: str, on: str) -> None:
        """Those of one kind, of one unit, service or machine; of all without ``on``."""
        kind = defect_kind(name)
        names = self._names_of(kind, on)
        for defect in [*self._present.get(name, ()), *self._coming]:
            if defect.kind is kind and (not on or defect.names == names):
                self._end(defect)

    def _begin(self, defect: Defect) -> None:
        if defect in self._coming:
            self._coming.remove(defect)
        if defect.ended:
            return
        defect.since = self._clock.monotonic()
        self._present.setdefault(defect.kind.name, []).append(defect)
        for callback in self.on_begin.get(defect.kind.name, ()):
            callback(defect)
        self._changed()

    def _end(self, defect: Defect) -> None:
        if defect.ended:
            return
        defect.ended = True
        present = self._present.get(defect.kind.name, [])
        if defect in present:
            present.remove(defect)
        if not present:
            self._present.pop(defect.kind.name, None)
        for callback in defect.ends:
            callback()
        self._changed()

    def _changed(self) -> None:
        for callback in self.on_change:
            callback()
