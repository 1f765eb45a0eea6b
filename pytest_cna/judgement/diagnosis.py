"""Diagnosis: which link of the chain is broken, for one instance. Pure functions over evidence.

An instance serves when fleet placed its unit, systemd runs it, its container is there, it answers
its probe, its sidekick announced it in etcd, confd rendered it and HAProxy takes it for up. The
first link that does not hold explains those behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProductFailed
from pytest_cna.core.links import CHAIN, CONFIGURATION, CUSTOMERS, REGISTRY
from pytest_cna.judgement.diagnosis_text import diagnosis_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_cna.core.links import Link
    from pytest_cna.judgement.diagnosis_text import LinkState
    from pytest_cna.judgement.verdicts import StageVerdict

REMEMBERED = frozenset({CONFIGURATION, CUSTOMERS})
"""Links that answer with what was observed last."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a link said of an instance. ``holds`` is None when it could not be asked."""

    holds: bool | None
    words: str
    """What it said, as it said it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What each link said of one instance, and the last its units wrote to the journal."""

    unit: str
    links: Mapping[Link, Answer]
    """Those that the instance has."""
    journal: tuple[str, ...] = ()
    late: Link | None = None
    """The link that was the first to take longer than its terms, where a stage came too late or
    not for good."""
    gone: frozenset[Link] | None = None
    """Of an instance that should be out of service, the links that have to have dropped it: nothing
    is expected of the others. None where every link has to hold."""

    def with_late(self, link: Link | None) -> Evidence:
        """The same, with the link that was late."""
        return replace(self, late=link)

    def state(self, link: Link) -> LinkState:
        """Whether a link is as it should be; one that could not be asked is not known to be
        broken."""
        holds = self.links[link].holds
        if holds is None:
            return "unknown"
        if self.gone is None:
            return "ok" if holds else "broken"
        return "broken" if holds and link in self.gone else "ok"

    @property
    def silent(self) -> bool:
        """Whether no link could be asked, so that nothing can be concluded; what customers and the
        application's configuration said last is known without asking."""
        asked = (answer for link, answer in self.links.items() if link not in REMEMBERED)
        return all(answer.holds is None for answer in asked)

    @property
    def in_order(self) -> list[tuple[Link, Answer]]:
        """From the cause to the customer."""
        return [(link, self.links[link]) for link in CHAIN if link in self.links]


class BrokenChain(ProductFailed):
    """The product failed, and ``evidence`` shows where. ``sentence`` is the message without the
    diagnosis."""

    def __init__(self, sentence: str, evidence: Evidence) -> None:
        self.sentence = sentence
        self.evidence = evidence
        super().__init__(f"{sentence}\n{diagnosis(evidence)}")


def broken_link(evidence: Evidence) -> Link | None:
    """The first link that is broken, else the first that was late; None when every link that could
    be asked is in order."""
    broken = (link for link, _ in evidence.in_order if evidence.state(link) == "broken")
    return next(broken, evidence.late)


def late_link(verdicts: Sequence[StageVerdict], *, left_behind: bool = False) -> Link | None:
    """The link that reaches the first stage, along the chain of causes, that came after its own
    terms or not at all; None when none did. For what the links, asked afterwards, say nothing of.
    ``left_behind``: an entry of the lost machine stood too long, so that what only customers
    suffered from was not the instance's fault."""
    late = [each for each in verdicts if each.outcome == "failed"]
    first = [each for each in late if each.limit.cause not in {other.stage for other in late}]
    if not first:
        return None
    stage = first[0].stage
    return REGISTRY if left_behind and stage.seen == "customers" else stage.link


def finding(evidence: Evidence) -> str:
    """The diagnosis in one sentence."""
    link = broken_link(evidence)
    if link is not None and link in evidence.links and evidence.state(link) == "broken":
        words = evidence.links[link].words
        return f"the chain of {evidence.unit} is broken at {link}: {words}"
    if link is not None:
        return f"{link} was the first link of {evidence.unit} to take longer than its terms"
    if evidence.silent:
        return f"no link of {evidence.unit} could be asked"
    return f"every link of {evidence.unit} is in order now; it recovered after its bound"


def diagnosis(evidence: Evidence) -> str:
    """For people: the broken link first, then what every link said, then the journal."""
    links = [(evidence.state(link), link.name, answer.words) for link, answer in evidence.in_order]
    return diagnosis_text(finding(evidence), links, evidence.journal)
