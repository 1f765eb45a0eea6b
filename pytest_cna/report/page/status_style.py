"""The page's icons and styles that depend on a status, from the table of statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.report.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.report.status import Status

OTHERS = {
    "proven": "tick",
    "untried": "ring",
    "ok": "tick",
    "unknown": "question",
    "not-awaited": "dash",
}
"""Icons of results that are no status → their shapes."""


def icons() -> dict[str, str]:
    """Name of each icon → its shape."""
    return {each.slug: each.icon for each in STATUSES.values()} | OTHERS


def status_style() -> str:
    """The style's rules for all statuses."""
    return "\n".join(rule for status in STATUSES.values() for rule in _rules(status))


def _rules(status: Status) -> Iterator[str]:
    name, colour, ground = status.slug, f"var(--{status.colour})", f"var(--{status.colour}-ground)"
    yield f".icon-{name}, .fill-{name} {{ fill: {colour}; }}"
    yield f".badge-{name} {{ color: {colour}; background: {ground}; }}"
    yield f".section-{name} {{ border-left-color: {colour}; }}"
    yield f".step-{name} .reason {{ color: {colour}; }}"
    if status.bad:
        yield f".step-bar-{name} {{ fill: {colour}; }}"
        yield f".stories .cause-{name} {{ color: {colour}; }}"
        yield f".diagnosis-{name} {{ border-color: {colour}; background: {ground}; }}"
