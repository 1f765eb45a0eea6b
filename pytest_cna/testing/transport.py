"""A transport that reaches no machine: it answers as it was set to, and remembers what it ran."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_cna.core.errors import TransportError
from pytest_cna.core.model import CommandResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from testinfra.host import Host

    Answer: TypeAlias = "str | CommandResult | Callable[[re.Match[str]], str | CommandResult]"


class UnknownCommand(LookupError):
    """A fake was asked for something it has no answer to. No CnaError: nothing in a scenario may
    take it for a machine that does not answer."""


class FakeTransport:
    """``core.machine.Transport`` for tests.

    ``answers``: pattern (searched in the command, as ``re.search`` does) → the standard output of
    a command that succeeds, a whole CommandResult, or a function of the match that returns either.
    A command that no pattern is found in raises UnknownCommand.
    """

    def __init__(self, machine: str = "machine", answers: Mapping[str, Answer] = {}) -> None:
        self.machine = machine
        self.ran: list[str] = []
        """Every command, in order."""
        self.lost = ""
        """Why the machine cannot be reached; while it is set, every command raises
        TransportError."""
        self.lines: list[str] = []
        """What ``stream`` yields, whatever the command."""
        self._answers: list[tuple[re.Pattern[str], Answer]] = []
        for pattern, answer in answers.items():
            self.answer(pattern, answer)

    def answer(self, pattern: str, answer: Answer) -> None:
        """Answer commands in which ``pattern`` is found; the answer set last is tried first."""
        self._answers.insert(0, (re.compile(pattern, re.DOTALL), answer))

    def run(self, command: str, timeout: float) -> CommandResult:
        """``timeout`` is ignored: a fake does not hang; let an answer raise CommandTimeout."""
        self.ran.append(command)
        if self.lost:
            raise TransportError(f"machine {self.machine} cannot be reached: {self.lost}")
        for pattern, answer in self._answers:
            match = pattern.search(command)
            if match is not None:
                found = answer(match) if callable(answer) else answer
                return CommandResult(command, 0, found, "") if isinstance(found, str) else found
        raise UnknownCommand(
            f"the fake machine {self.machine} has no answer to '{command}'; give it one with "
            "transport.answer(PATTERN, OUTPUT)"
        )

    @contextmanager
    def stream(self, command: str) -> Iterator[Iterator[str]]:
        self.ran.append(command)
        yield iter(list(self.lines))

    def host(self) -> Host:
        raise UnknownCommand(
            f"the fake machine {self.machine} has nothing for testinfra to look at; use run()"
        )
