from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.machines.ledger import (
    Claim,
    Ledger,
    abandoned_ledgers,
    kept_ledgers,
    remove_abandoned,
)
from pytest_cna.machines.owner import this_owner

if TYPE_CHECKING:
    from pathlib import Path

ENDED = this_owner().replace(":", "0:", 1)
"""Of a process that there is not."""


def test_names_come_back_in_order_and_once(tmp_path: Path) -> None:
    ledger = Ledger("s1", tmp_path)
    for name in ("b", "a", "b"):
        ledger.write("disk", name)
    ledger.write("network", "n")
    assert Ledger("s1", tmp_path).names("disk") == ["b", "a"]


def test_a_line_torn_by_a_kill_is_passed_over(tmp_path: Path) -> None:
    ledger = Ledger("s1", tmp_path)
    ledger.write("disk", "a")
    with ledger.path.open("a", encoding="utf-8") as file:
        file.write('{"kind": "disk", "na')
    assert ledger.names("disk") == ["a"]


def test_only_ledgers_of_ended_runs_that_kept_nothing_are_abandoned(tmp_path: Path) -> None:
    for name, provider, owner in (
        ("running", "local", this_owner()),
        ("ended", "local", ENDED),
        ("kept", "local", ENDED),
        ("another", "vagrant", ENDED),
    ):
        Ledger(name, tmp_path).write("provider", provider)
        Ledger(name, tmp_path).write("owner", owner)
    Ledger("kept", tmp_path).write("keep", "yes")
    assert [ledger.session for ledger in abandoned_ledgers("local", tmp_path)] == ["ended"]


def test_kept_are_those_of_ended_runs_also_from_before_this_computer_started(
    tmp_path: Path,
) -> None:
    for name, owner in (
        ("running", this_owner()),
        ("ended", ENDED),
        ("earlier", "1:1:another-boot:pid:[1]"),
        ("killed", ENDED),
    ):
        Ledger(name, tmp_path).write("owner", owner)
        if name != "killed":
            Ledger(name, tmp_path).write("keep", "fingerprint")
    assert {ledger.session for ledger in kept_ledgers(tmp_path)} == {"ended", "earlier"}


def test_a_closed_ledger_is_gone(tmp_path: Path) -> None:
    ledger = Ledger("s1", tmp_path)
    ledger.write("disk", "a")
    ledger.close()
    ledger.close()
    assert abandoned_ledgers("local", tmp_path) == []


def test_sessions_are_removed_once_unless_they_live_or_were_kept(tmp_path: Path) -> None:
    claims = [
        Claim("killed", ENDED, False),
        Claim("killed", ENDED, False),
        Claim("alive", this_owner(), False),
        Claim("kept", ENDED, True),
        Claim("kept", ENDED, False),
    ]
    removed: list[str] = []
    ledgers = [Ledger("unseen", tmp_path), Ledger("killed", tmp_path)]
    sentences = remove_abandoned(ledgers, claims, removed.append)
    assert removed == ["unseen", "killed"]
    assert sentences == [f"removed the remains of the interrupted run {each}" for each in removed]
