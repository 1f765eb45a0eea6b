"""Diagnosis: which link of the chain is broken, for one instance. Pure functions over evidence.

An instance serves when fleet placed its unit, systemd runs it, its container is there, it answers
its probe, its sidekick announced it in etcd, confd rendered it and HAProxy takes it for up. The
first link that does not hold explains those behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_cna.judgement.diagnosis_text import diagnosis_text, link_state

if TYPE_CHECKING:
    from collections.abc import Mapping

LINKS = ("fleet", "systemd", "Docker", "application", "etcd", "confd", "HAProxy")
"""From the cause to the customer."""
FOLLOWERS = frozenset({"etcd", "confd", "HAProxy"})
"""Links that have to drop an instance that is gone."""


@dataclass(frozen=True, slots=True)
class Link:
    """``holds`` is None when it could not be asked."""

    holds: bool | None
    words: str
    """What it said, as it said it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What each link said of one instance, and the last its units wrote to the journal."""

    unit: str
    links: Mapping[str, Link]
    """Those that the instance has, by name."""
    journal: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        """Whether no link could be asked, so that nothing can be concluded."""
        return all(link.holds is None for link in self.links.values())


class BrokenChain(AssertionError):
    """The product failed, and ``evidence`` shows where; ``gone``: of an instance that should be
    gone and is not. ``sentence`` is the message without the diagnosis."""

    def __init__(self, sentence: str, evidence: Evidence, *, gone: bool = False) -> None:
        self.sentence = sentence
        self.evidence = evidence
        self.gone = gone
        super().__init__(f"{sentence}\n{diagnosis(evidence, gone=gone)}")


def broken_link(evidence: Evidence, *, gone: bool = False) -> str | None:
    """The first link that is not as it should be: holding, or, for an instance that should be
    ``gone``, from etcd on, not holding. None when every link that could be asked is."""
    for name in LINKS:
        link = evidence.links.get(name)
        if link is None or link.holds is None:
            continue
        if gone:
            if name in FOLLOWERS and link.holds:
                return name
        elif not link.holds:
            return name
    return None


def finding(evidence: Evidence, *, gone: bool = False) -> str:
    """The diagnosis in one sentence."""
    name = broken_link(evidence, gone=gone)
    if name is not None:
        return f"{evidence.unit} hangs at {name}: {evidence.links[name].words}"
    if evidence.silent:
        return f"no link of {evidence.unit} could be asked"
    return f"every link of {evidence.unit} is as it should be by now: too late"


def diagnosis(evidence: Evidence, *, gone: bool = False) -> str:
    """For people: the broken link first, then what every link said, then the journal."""
    links = [
        (link_state(link.holds, follower=name in FOLLOWERS, gone=gone), name, link.words)
        for name in LINKS
        if (link := evidence.links.get(name)) is not None
    ]
    return diagnosis_text(finding(evidence, gone=gone), links, evidence.journal)
