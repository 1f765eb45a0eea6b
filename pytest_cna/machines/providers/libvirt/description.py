"""Descriptions of libvirt's domains and networks, by which those of pytest-cna are found again."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pytest_cna.machines.spec import MachineSpec

MARK = "pytest-cna "
"""The start of a description; JSON follows."""


@dataclass(frozen=True, slots=True)
class Description:
    """The description of a domain or network of a session; libvirt stores its ``str``."""

    session: str
    owner: str
    """The process that created it (see ``pytest_cna.machines.ledger``)."""
    machine: MachineSpec | None = None
    """None for a network."""
    fingerprint: str = ""
    """Fingerprint of the machine's cluster."""
    keep: bool = False
    """Whether it is kept after the run."""

    def __str__(self) -> str:
        row: dict[str, object] = {"session": self.session, "owner": self.owner}
        if self.machine is not None:
            row |= self.machine.as_row()
            row |= {"fingerprint": self.fingerprint, "keep": self.keep}
        return MARK + json.dumps(row)


def read_description(text: str) -> Description | None:
    """The description in ``text``; None when pytest-cna did not write it."""
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
