"""One customer: chooses requests and evaluates answers. Does no I/O."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pytest_cna.deployment.application import WORDS
from pytest_cna.scenario.traffic.plan import template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.deployment.application import Action

UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent; ``login`` numbers the customer's login that it belongs to."""

    action: Action
    path: str
    body: bytes
    headers: Mapping[str, str]
    id: str
    login: int


@dataclass(slots=True)
class Customer:
    """A customer: does the once-actions in order, then the others at random by weight, reproducibly
    for a seed.

    Never waits: while a once-action is unanswered, the next turn requests it again.
    """

    number: int
    actions: Sequence[Action]
    seed: int = 0
    delay_ms: int = 0
    words: Sequence[str] = WORDS
    """Values of ``{word}``."""
    cookies: dict[str, str] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    """Ids of this customer's created and acknowledged records."""
    _login: int = 0
    _once_done: int = 0
    _random: random.Random = field(init=False)
    _once: list[Action] = field(init=False)
    _steady: list[Action] = field(init=False)
    _without_known: list[Action] = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.seed}/{self.number}")
        self._once = [action for action in self.actions if action.once]
        self._steady = [action for action in self.actions if not action.once]
        self._without_known = [a for a in self._steady if "{known}" not in template(a)]

    def next_request(self) -> Request:
        if self._once_done < len(self._once):
            return self._request(self._once[self._once_done])
        choice = self._steady if self.known else self._without_known
        weights = [action.weight for action in choice]
        return self._request(self._random.choices(choice, weights)[0])

    def answered(self, request: Request, status: int, cookies: Mapping[str, str]) -> str:
        """Evaluate an answer and return the class of its failure; empty when it was as expected."""
        action = request.action
        if request.login == self._login:
            self.cookies.update(cookies)
        if status in action.expect:
            if action.once and request.login == self._login:
                self._once_done = max(self._once_done, self._once.index(action) + 1)
            if action.creates:
                self.known.append(request.id)
            return ""
        # an answer to a request of an earlier login says nothing about this one
        if status == UNAUTHORIZED and not action.once and request.login == self._login:
            self._login += 1
            self._once_done = 0
            self.cookies.clear()
        return f"HTTP {status}"

    def _request(self, action: Action) -> Request:
        values = {"{id}": uuid.uuid4().hex, "{word}": self._random.choice(self.words or ("",))}
        if self.known:
            values["{known}"] = self._random.choice(self.known)
        path = _fill(action.path, {name: quote(value) for name, value in values.items()})
        if self.delay_ms and not action.once:
            path += f"{'&' if '?' in path else '?'}delay_ms={self.delay_ms}"
        headers = {}
        body = b""
        if action.form:
            form = {name: _fill(value, values) for name, value in action.form.items()}
            body = urlencode(form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return Request(action, path, body, headers, values["{id}"], self._login)


def _fill(text: str, values: Mapping[str, str]) -> str:
    if "{" in text:
        for name, value in values.items():
            text = text.replace(name, value)
    return text
