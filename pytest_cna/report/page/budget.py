"""The size limits of the page: how many events, requests and attachments it contains, with notes on
what is left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pytest_cna.report.page.payload import packed
from pytest_cna.report.page.scenario_payload import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.report.page.exhibits import Exhibit
    from pytest_cna.report.page.scenario_payload import ScenarioPayload

PAGE = 1_500_000
"""Most bytes of the whole page."""
POINTS = 24_000
"""Most dots of the whole page."""
EVENTS = (1_000_000, 5_000, 1_000, 200, 20)
"""Numbers of events of a scenario to try; the first that fits is used."""
SMALLEST = 2_000
"""Least characters of a shortened attachment; below that it is left out."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A named payload; ``text`` is a result of ``payload.packed``."""

    name: str
    text: str


def scenarios(found: Sequence[ScenarioPayload], names: Sequence[str], room: int) -> list[Payload]:
    """Payloads, one for each scenario, of at most ``room`` bytes together, unless even twenty
    events of each need more."""
    points = max(60, POINTS // max(1, len(found)))
    payloads: list[Payload] = []
    for events in EVENTS:
        limits = Limits(events, points)
        payloads = [
            Payload(name, packed(each.to_json(limits)))
            for name, each in zip(names, found, strict=True)
        ]
        if sum(len(payload.text) for payload in payloads) <= room:
            break
        points = max(60, points // 2)
    return payloads


def exhibits(found: Sequence[Exhibit], name: str, room: int) -> Payload | None:
    """The payload of one scenario's exhibits, of at most ``room`` bytes; None without any. Texts
    are shortened from the start: the end is nearest to the failure."""
    if not found:
        return None
    shares = [len(each.text) for each in found]
    while True:
        rows = [_row(each, share) for each, share in zip(found, shares, strict=True)]
        text = packed({"exhibits": rows})
        if len(text) <= room or not any(shares):
            return Payload(name, text)
        longest = shares.index(max(shares))
        shares[longest] = shares[longest] // 2 if shares[longest] >= 2 * SMALLEST else 0


def _row(exhibit: Exhibit, characters: int) -> dict[str, Any]:
    text, notes = exhibit.text, [exhibit.note] if exhibit.note else []
    if characters < len(text):
        notes.append(
            f"its last {characters:,} of {len(text):,} characters; all are in report.json"
            if characters
            else f"its {len(text):,} characters do not fit in the page; they are in report.json"
        )
        text = text[len(text) - characters :]
        text = text[text.find("\n") + 1 :]
    return {**asdict(exhibit), "note": "; ".join(notes), "text": text}
