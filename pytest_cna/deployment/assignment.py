"""Assignment of items to bins where some items exclude each other; placement is solved with it."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")


class Assignment(Generic[Item]):
    """The items to assign.

    ``conflict`` returns why two items cannot be in one bin, and an empty string when they can. A
    bin is given by which items it may take: one truth value for each item.
    """

    def __init__(self, items: Sequence[Item], conflict: Callable[[Item, Item], str]) -> None:
        self._conflicts = {
            (i, j): conflict(items[i], items[j]) for i, j in combinations(range(len(items)), 2)
        }
        # bit j of number i: items i and j exclude each other
        self._excluded = [0] * len(items)
        for (i, j), reason in self._conflicts.items():
            if reason:
                self._excluded[i] |= 1 << j
                self._excluded[j] |= 1 << i

    def solvable(self, bins: Sequence[Sequence[bool]], without: int = 0) -> bool:
        """Whether every item can be in a bin; the bits of ``without`` are items to leave out."""
        excluded = self._excluded

        @cache
        def place(item: int, masks: tuple[int, ...]) -> bool:
            # the result depends only on which of the remaining items each bin may still take (a
            # mask whose bit 0 is this item), so bins with equal masks are tried once
            if item == len(excluded):
                return True
            if without >> item & 1:
                return place(item + 1, tuple(sorted(mask >> 1 for mask in masks)))
            for mask in set(masks):
                if mask & 1:
                    others = list(masks)
                    others.remove(mask)
                    left = [*others, mask & ~(excluded[item] >> item)]
                    if place(item + 1, tuple(sorted(each >> 1 for each in left))):
                        return True
            return False

        masks = (sum(1 << n for n, may in enumerate(each) if may) for each in bins)
        return place(0, tuple(sorted(masks)))

    def unsolvable(self, bins: Sequence[Sequence[bool]]) -> str:
        """Why there is no solution; empty when there is one. Each item must fit into some bin.

        The reason is a conflict between two items of a smallest set without a solution: leaving
        out any one of that set would give one.
        """
        if self.solvable(bins):
            return ""
        without = 0
        for item in reversed(range(len(self._excluded))):
            if not self.solvable(bins, without | 1 << item):
                without |= 1 << item
        return next(
            reason
            for (i, j), reason in self._conflicts.items()
            if reason and not (without >> i | without >> j) & 1
        )
