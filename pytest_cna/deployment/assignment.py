"""The puzzle behind placement: pieces that exclude each other, into as few boxes as there are."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Piece = TypeVar("Piece")


class Assignment(Generic[Piece]):
    """``quarrel`` tells why two pieces cannot be in one box, and is empty when they can.

    Boxes are given by what each may take, a truth value for every piece.
    """

    def __init__(self, pieces: Sequence[Piece], conflict: Callable[[Piece, Piece], str]) -> None:
        self._conflicts = {
            (i, j): conflict(pieces[i], pieces[j]) for i, j in combinations(range(len(pieces)), 2)
        }
        # bit j of number i: j quarrels with i
        self._rivals = [0] * len(pieces)
        for (i, j), words in self._conflicts.items():
            if words:
                self._rivals[i] |= 1 << j
                self._rivals[j] |= 1 << i

    def solvable(self, boxes: Sequence[Sequence[bool]], without: int = 0) -> bool:
        """Whether every piece finds a box; bits of ``without`` are pieces that are left out."""
        rivals = self._rivals

        @cache
        def place(piece: int, rooms: tuple[int, ...]) -> bool:
            # what becomes of the rest depends only on which pieces each box may still take: bit 0
            # is this piece, and boxes of the same room are tried once
            if piece == len(rivals):
                return True
            if without >> piece & 1:
                return place(piece + 1, tuple(sorted(room >> 1 for room in rooms)))
            for room in set(rooms):
                if room & 1:
                    others = list(rooms)
                    others.remove(room)
                    left = [*others, room & ~(rivals[piece] >> piece)]
                    if place(piece + 1, tuple(sorted(each >> 1 for each in left))):
                        return True
            return False

        rooms = (sum(1 << n for n, may in enumerate(box) if may) for box in boxes)
        return place(0, tuple(sorted(rooms)))

    def unsolvable(self, boxes: Sequence[Sequence[bool]]) -> str:
        """Why it is not solvable, each piece fitting somewhere alone; empty when it is.

        Told is a quarrel that matters: between two of those pieces that would be solvable without
        any one of them.
        """
        if self.solvable(boxes):
            return ""
        without = 0
        for piece in reversed(range(len(self._rivals))):
            if not self.solvable(boxes, without | 1 << piece):
                without |= 1 << piece
        return next(
            words
            for (i, j), words in self._conflicts.items()
            if words and not (without >> i | without >> j) & 1
        )
