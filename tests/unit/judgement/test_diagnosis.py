"""Diagnosis names the first broken link."""

from __future__ import annotations

import pytest

from pytest_cna.judgement.diagnosis import LINKS, Evidence, Link, broken_link, diagnosis


def evidence(**links: bool | None) -> Evidence:
    return Evidence("web@1.service", {n: Link(links.get(n, True), f"{n} says") for n in LINKS})


@pytest.mark.parametrize("broken", LINKS)
def test_the_first_broken_link_is_named_and_those_behind_it_are_not(broken: str) -> None:
    behind = dict.fromkeys(LINKS[LINKS.index(broken) :], False)
    found = evidence(**behind)
    assert broken_link(found) == broken
    assert diagnosis(found).startswith(f"diagnosis: web@1.service hangs at {broken}: {broken} says")


def test_what_cannot_be_asked_breaks_nothing() -> None:
    found = evidence(systemd=None, etcd=False)
    assert broken_link(found) == "etcd"
    assert "unknown systemd" in diagnosis(found)


def test_a_chain_that_holds_by_now_was_too_late() -> None:
    assert broken_link(evidence()) is None
    assert "too late" in diagnosis(evidence())


def test_what_should_be_gone_hangs_where_it_still_is() -> None:
    found = evidence(fleet=False, systemd=False, etcd=False, confd=True, HAProxy=True)
    assert broken_link(found, gone=True) == "confd"


def test_the_journal_is_shown() -> None:
    found = Evidence("web@1.service", {}, ("probe failed: refused",))
    assert "    probe failed: refused" in diagnosis(found)


def test_nothing_can_be_concluded_when_no_link_could_be_asked() -> None:
    asked = Link(None, "cannot be asked")
    assert Evidence("u", {"fleet": asked, "etcd": asked}).silent
    assert not Evidence("u", {"fleet": asked, "etcd": Link(False, "has no entry")}).silent
