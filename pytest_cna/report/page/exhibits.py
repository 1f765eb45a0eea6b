"""Exhibits: attachments as the page shows them; "before" and "after" become one comparison."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.report.records import Attachment

LONGEST = 2_000
"""Most lines of a text that is compared; longer texts are shown separately."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One text on the page. ``note`` says what is left out, or how the text was made."""

    name: str
    kind: str
    machine: str
    text: str
    note: str = ""


def exhibits(attachments: Sequence[Attachment]) -> list[Exhibit]:
    """Exhibits in the order of ``attachments``. "X before" and "X after" become one: the whole text
    when they are equal, else a comparison."""
    before = {(each.name, each.machine): each for each in attachments}
    found = []
    for each in attachments:
        stem = each.name.removesuffix(" after")
        partner = before.get((f"{stem} before", each.machine)) if stem != each.name else None
        if partner is not None:
            found.append(_compared(stem, partner, each))
        elif not (
            each.name.endswith(" before")
            and (f"{each.name.removesuffix(' before')} after", each.machine) in before
        ):
            found.append(Exhibit(each.name, each.kind, each.machine, each.text, _left_out(each)))
    return found


def _compared(name: str, earlier: Attachment, later: Attachment) -> Exhibit:
    left_out = _left_out(later)
    if earlier.text == later.text:
        note = "; ".join(filter(None, ["the same before and after", left_out]))
        return Exhibit(name, later.kind, later.machine, later.text, note)
    old, new = earlier.text.splitlines(), later.text.splitlines()
    if max(len(old), len(new)) > LONGEST:
        text = f"before:\n{earlier.text}\n\nafter:\n{later.text}"
        return Exhibit(name, later.kind, later.machine, text, left_out)
    lines = list(unified_diff(old, new, "before", "after", n=LONGEST, lineterm=""))[3:]
    note = "; ".join(filter(None, ["changed: - before, + after", left_out]))
    return Exhibit(name, "comparison", later.machine, "\n".join(lines), note)


def _left_out(attachment: Attachment) -> str:
    if not attachment.truncated:
        return ""
    return f"{attachment.truncated:,} bytes were left out when it was recorded"
