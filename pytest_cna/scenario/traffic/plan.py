"""The plan of the customers: the first line on their process's stdin."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.application import WORDS, Action


@dataclass(frozen=True, slots=True)
class Plan:
    """The customers' actions and settings. ``rate`` is requests per second of all customers
    together; timeouts are seconds."""

    actions: tuple[Action, ...]
    records: str
    """File that one JSON line is appended to for each request."""
    rate: float
    customers: int
    seed: int
    delay_ms: int
    """Delay that the application is asked for in every request but the once-actions, which keeps
    requests in flight; 0: none."""
    connect_timeout: float
    total_timeout: float
    words: tuple[str, ...] = WORDS
    """Words that customers search for."""

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ConfigurationError(f"traffic needs a rate above 0 requests a second: {self.rate}")
        if self.customers < 1:
            raise ConfigurationError(f"traffic needs at least 1 customer: {self.customers}")
        steady = [action for action in self.actions if not action.once and action.weight > 0]
        if not any("{known}" not in template(action) for action in steady):
            raise ConfigurationError(
                "customers have no action to repeat: the application needs an [[action]] "
                "without 'once', with a weight above 0 and without {known}"
            )
        needy = [action.name for action in steady if "{known}" in template(action)]
        if needy and not any(action.creates for action in steady):
            raise ConfigurationError(
                f"action '{needy[0]}' uses {{known}}, but no action creates anything: mark the "
                "one that does with 'creates = true'"
            )

    def to_json(self) -> str:
        actions = [asdict(action) | {"form": dict(action.form)} for action in self.actions]
        return json.dumps(asdict(self) | {"actions": actions})

    @classmethod
    def from_json(cls, line: str | bytes) -> Plan:
        fields = json.loads(line)
        actions = tuple(
            Action(**{**row, "expect": tuple(row["expect"])}) for row in fields.pop("actions")
        )
        return cls(actions=actions, words=tuple(fields.pop("words")), **fields)


def template(action: Action) -> str:
    """All texts of an action in which placeholders are replaced."""
    return "\n".join((action.path, *action.form.values()))
