"""The ledger: what a session creates, written before it is created, for cleanup after a killed run.

One JSON-lines file for each session under ``$XDG_STATE_HOME/pytest-cna/ledger``, removed when
everything in it is removed. Where created things can have labels, these contain the same.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.machines.owner import owner_is_alive, this_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

OWNER_LABEL = "pytest_cna.owner"
SESSION_LABEL = "pytest_cna.session"


def ledger_directory() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "pytest-cna" / "ledger"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    kind: str
    name: str


class Ledger:
    def __init__(self, session: str, directory: Path | None = None) -> None:
        self.session = session
        self.path = (directory or ledger_directory()) / f"{session}.jsonl"

    def write(self, kind: str, name: str) -> None:
        """Add a row. It is on disk on return, before the thing itself is created."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "name": name}) + "\n")

    def names(self, kind: str) -> list[str]:
        """Names of that kind, without repeats, in the order written."""
        return list(dict.fromkeys(row.name for row in self._rows() if row.kind == kind))

    def close(self) -> None:
        """Remove the ledger: everything in it is removed. Idempotent."""
        self.path.unlink(missing_ok=True)

    def _rows(self) -> list[LedgerRow]:
        if not self.path.exists():
            return []
        rows = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                rows.append(LedgerRow(**json.loads(line)))
            except (ValueError, TypeError):  # incomplete: the run was killed while writing
                continue
        return rows


def open_ledger(session: str, provider: str) -> Ledger:
    """A new ledger of a session of this process; its first rows are the provider and the owner."""
    ledger = Ledger(session)
    ledger.write("provider", provider)
    ledger.write("owner", this_owner())
    return ledger


def session_labels(session: str) -> dict[str, str]:
    """The labels of everything that this process creates for ``session`` and that can have any."""
    return {SESSION_LABEL: session, OWNER_LABEL: this_owner()}


@dataclass(frozen=True, slots=True)
class Claim:
    """The owner of something that a session created, read from labels, tags or a description."""

    session: str
    owner: str
    kept: bool


def remove_abandoned(
    ledgers: Iterable[Ledger], claims: Iterable[Claim], remove: Callable[[str], None]
) -> list[str]:
    """Call ``remove`` for each session whose owner has ended and that was not kept.

    Sessions are found by ``claims`` and, for what has no labels (yet), by ``ledgers``. Returns a
    sentence for each.
    """
    claims = list(claims)
    kept = {claim.session for claim in claims if claim.kept}
    sessions = [ledger.session for ledger in ledgers]
    sessions += [claim.session for claim in claims if not owner_is_alive(claim.owner)]
    abandoned = [session for session in dict.fromkeys(sessions) if session not in kept]
    for session in abandoned:
        remove(session)
    return [f"removed the remains of the interrupted run {session}" for session in abandoned]


def abandoned_ledgers(provider: str, directory: Path | None = None) -> list[Ledger]:
    """The provider's ledgers whose owner has ended and that have no row of kind ``keep``."""
    return [
        ledger
        for ledger in _ledgers(directory or ledger_directory())
        if ledger.names("provider") == [provider]
        and not ledger.names("keep")
        and not any(map(owner_is_alive, ledger.names("owner")))
    ]


def kept_ledgers(directory: Path | None = None) -> list[Ledger]:
    """The ledgers with a row of kind ``keep`` whose owner does not run here; a restart of this
    computer ends owners too."""
    return [
        ledger
        for ledger in _ledgers(directory or ledger_directory())
        if ledger.names("keep")
        and not any(owner_is_alive(each, unknown=False) for each in ledger.names("owner"))
    ]


def _ledgers(directory: Path) -> list[Ledger]:
    return [Ledger(path.stem, directory) for path in sorted(directory.glob("*.jsonl"))]


def label_flags(labels: Mapping[str, str]) -> list[str]:
    """Flags of ``docker create`` and ``docker run`` that set ``labels``."""
    return [f"--label={key}={value}" for key, value in labels.items()]
