"""The broken link is named on a real set, in which that link was broken by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.diagnosis import LINKS, broken_link, diagnosis
from pytest_cna.evidence import collect
from pytest_cna.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.fleet.deployment import DeployedUnit
    from pytest_cna.launch import LaunchedSet


def web_server(launched: LaunchedSet) -> DeployedUnit:
    return launched.deployment.main_units(launched.deployment.service("web server"))[0]


def test_every_link_of_a_whole_set_holds(launched: LaunchedSet) -> None:
    evidence = collect(launched, web_server(launched))
    assert broken_link(evidence) is None, diagnosis(evidence)
    assert list(evidence.links) == list(LINKS)
    assert all(link.holds for link in evidence.links.values())
    assert evidence.journal


@pytest.mark.parametrize(
    ("link", "breaks", "mends"),
    [
        ("systemd", "systemctl stop {unit}", "systemctl start {unit}"),
        ("etcd", "systemctl stop {sidekick}", "systemctl start {sidekick}"),
        (
            "application",
            "docker exec {container} pkill -STOP apache2",
            "docker exec {container} pkill -CONT apache2",
        ),
    ],
)
def test_the_link_that_was_broken(
    launched: LaunchedSet, link: str, breaks: str, mends: str
) -> None:
    unit = web_server(launched)
    sidekick = launched.deployment.sidekick_of(unit)
    assert sidekick is not None
    machine = launched.cluster.machine(launched.machine_of(unit))
    names = {"unit": unit.name, "sidekick": sidekick.name, "container": unit.container}
    try:
        machine.check(breaks.format(**names))
        await_diagnosis(lambda: broken_link(collect(launched, unit)), link)
    finally:
        machine.check(mends.format(**names))
    launched.await_steady_state()


def await_diagnosis(look: Callable[[], str | None], link: str) -> None:
    wait_for(look, lambda found: found == link, waiting_for=f"'{link}' to be named", timeout=15)
