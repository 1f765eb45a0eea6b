"""What a run creates, written down before it exists, so that a killed run can be cleaned up after.

One JSON-lines file a session under ``$XDG_STATE_HOME/pytest-cna/ledger``; it goes when all that
it names is gone. Labels on the created things say the same where labels are possible.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

OWNER_LABEL = "pytest_cna.owner"
SESSION_LABEL = "pytest_cna.session"


def ledger_directory() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "pytest-cna" / "ledger"


def this_owner() -> str:
    """This process, so that it is not taken for a later one with the same number."""
    return owner_of(os.getpid())


def owner_of(pid: int) -> str:
    """The same of another one."""
    return f"{pid}:{_start_time(pid)}:{_namespace()}"


def owner_is_alive(owner: str, *, unknown: bool = True) -> bool:
    """Whether the process that ``this_owner`` named still runs; ``unknown`` when that cannot be
    judged from here (another computer's or container's): its things are not ours to take."""
    pid, _, rest = owner.partition(":")
    start_time, _, namespace = rest.partition(":")
    if not pid.isdigit() or namespace != _namespace():
        return unknown
    # without a start it had ended before it was named
    return bool(start_time) and _start_time(int(pid)) == start_time


def _start_time(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()
    # a zombie has ended, though its parent has not asked how
    return "" if state == "Z" else fields[18]


def _namespace() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    return f"{boot}:{os.readlink('/proc/self/ns/pid')}"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    kind: str
    name: str


class Ledger:
    def __init__(self, session: str, directory: Path | None = None) -> None:
        self.session = session
        self.path = (directory or ledger_directory()) / f"{session}.jsonl"

    def write(self, kind: str, name: str) -> None:
        """On disk when this returns, so before the thing itself is created."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "name": name}) + "\n")

    def names(self, kind: str) -> list[str]:
        """Without repeats, in the order written."""
        return list(dict.fromkeys(row.name for row in self._rows() if row.kind == kind))

    def close(self) -> None:
        """All it named is gone. Idempotent."""
        self.path.unlink(missing_ok=True)

    def _rows(self) -> list[LedgerRow]:
        if not self.path.exists():
            return []
        rows = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                rows.append(LedgerRow(**json.loads(line)))
            except (ValueError, TypeError):  # torn by the kill it is there for
                continue
        return rows


def open_ledger(session: str, provider: str) -> Ledger:
    """The ledger of a session of this process, which says whose it is before anything else."""
    ledger = Ledger(session)
    ledger.write("provider", provider)
    ledger.write("owner", this_owner())
    return ledger


def session_labels(session: str) -> dict[str, str]:
    """Of everything that this process creates for ``session`` and that can carry labels."""
    return {SESSION_LABEL: session, OWNER_LABEL: this_owner()}


@dataclass(frozen=True, slots=True)
class Claim:
    """What something that a session made says of itself, by labels, tags or a description."""

    session: str
    owner: str
    kept: bool


def remove_abandoned(
    ledgers: Iterable[Ledger], claims: Iterable[Claim], remove: Callable[[str], None]
) -> list[str]:
    """``remove`` each session whose owner has ended and that was not left on purpose: of what can
    make a claim, and by its ledger of what cannot, or not yet. A sentence for each."""
    claims = list(claims)
    kept = {claim.session for claim in claims if claim.kept}
    sessions = [ledger.session for ledger in ledgers]
    sessions += [claim.session for claim in claims if not owner_is_alive(claim.owner)]
    abandoned = [session for session in dict.fromkeys(sessions) if session not in kept]
    for session in abandoned:
        remove(session)
    return [f"removed what the interrupted run {session} had left" for session in abandoned]


def abandoned_ledgers(provider: str, directory: Path | None = None) -> list[Ledger]:
    """That provider's ledgers whose owner has ended and that were not left on purpose (kind
    ``keep``)."""
    return [
        ledger
        for ledger in _ledgers(directory or ledger_directory())
        if ledger.names("provider") == [provider]
        and not ledger.names("keep")
        and not any(map(owner_is_alive, ledger.names("owner")))
    ]


def kept_ledgers(directory: Path | None = None) -> list[Ledger]:
    """Those that were left on purpose and whose owner does not run here, be it that this computer
    was started again."""
    return [
        ledger
        for ledger in _ledgers(directory or ledger_directory())
        if ledger.names("keep")
        and not any(owner_is_alive(each, unknown=False) for each in ledger.names("owner"))
    ]


def _ledgers(directory: Path) -> list[Ledger]:
    return [Ledger(path.stem, directory) for path in sorted(directory.glob("*.jsonl"))]


def label_flags(labels: Mapping[str, str]) -> list[str]:
    """Of ``docker create`` and ``docker run``."""
    return [f"--label={key}={value}" for key, value in labels.items()]
