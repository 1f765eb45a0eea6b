"""What libvirt's things say of themselves, so that those of ours are found again."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pytest_cna.machines.spec import MachineSpec

MARK = "pytest-cna "
"""What a description of ours starts with; JSON follows."""


@dataclass(frozen=True, slots=True)
class Description:
    """Of a domain or network that a session made; its text, as ``str``, is what libvirt keeps."""

    session: str
    owner: str
    """The process that made it (``pytest_cna.machines.ledger``)."""
    machine: MachineSpec | None = None
    """None for a network."""
    fingerprint: str = ""
    """Of the cluster that the machine is of."""
    keep: bool = False
    """Whether it outlives the run."""

    def __str__(self) -> str:
        row: dict[str, object] = {"session": self.session, "owner": self.owner}
        if self.machine is not None:
            row |= self.machine.as_row()
            row |= {"fingerprint": self.fingerprint, "keep": self.keep}
        return MARK + json.dumps(row)


def read_description(text: str) -> Description | None:
    """None when it is not of ours."""
    if not text.startswith(MARK):
        return None
    try:
        row = json.loads(text.removeprefix(MARK))
        return Description(
            row["session"],
            row["owner"],
            MachineSpec.from_row(row) if "machine" in row else None,
            row.get("fingerprint", ""),
            row.get("keep", False),
        )
    except (ValueError, KeyError, TypeError):
        return None
