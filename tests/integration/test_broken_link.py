"""The broken link is named on a real set, in which that link was broken by hand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.links import (
    APPLICATION,
    CHAIN,
    CONFIGURATION,
    CUSTOMERS,
    REGISTRY,
    SUPERVISOR,
    Link,
)
from pytest_cna.core.waiting import wait_for
from pytest_cna.judgement.diagnosis import broken_link, diagnosis
from pytest_cna.scenario.attachments import cluster_now, cluster_versions, journal
from pytest_cna.scenario.chain import probe_chain

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.deployment.deployment import DeployedUnit


def web_server(deployment: RunningDeployment) -> DeployedUnit:
    return deployment.deployment.main_units(deployment.deployment.service("web server"))[0]


def test_every_link_of_a_whole_set_holds(deployment: RunningDeployment) -> None:
    evidence = probe_chain(deployment, web_server(deployment))
    assert broken_link(evidence) is None, diagnosis(evidence)
    # no customers are at work, and HAProxy routes to it instead of the application
    assert list(evidence.links) == [
        each for each in CHAIN if each not in {CONFIGURATION, CUSTOMERS}
    ]
    assert all(answer.holds for answer in evidence.links.values())
    assert evidence.journal


@pytest.mark.parametrize(
    ("link", "breaks", "mends"),
    [
        (SUPERVISOR, "systemctl stop {unit}", "systemctl start {unit}"),
        (REGISTRY, "systemctl stop {sidekick}", "systemctl start {sidekick}"),
        (
            APPLICATION,
            "docker exec {container} pkill -STOP apache2",
            "docker exec {container} pkill -CONT apache2",
        ),
    ],
    ids=str,
)
def test_the_link_that_was_broken(
    deployment: RunningDeployment, link: Link, breaks: str, mends: str
) -> None:
    unit = web_server(deployment)
    sidekick = deployment.deployment.sidekick_of(unit)
    assert sidekick is not None
    machine = deployment.cluster.machine(deployment.machine_of(unit))
    names = {"unit": unit.name, "sidekick": sidekick.name, "container": unit.container}
    try:
        machine.check(breaks.format(**names))
        await_diagnosis(lambda: broken_link(probe_chain(deployment, unit)), link)
    finally:
        machine.check(mends.format(**names))
    deployment.await_steady_state()


def await_diagnosis(look: Callable[[], Link | None], link: Link) -> None:
    wait_for(look, lambda found: found == link, waiting_for=f"'{link}' to be named", timeout=15)


def test_what_the_cluster_looks_like(deployment: RunningDeployment) -> None:
    found = {each.name: each for each in cluster_now(deployment, "after")}
    assert list(found) == ["haproxy.cfg after", "discovery after", "fleet units", "docker ps"]
    unit = web_server(deployment)
    entries = deployment.discovery.entries("webserver")
    assert len(entries) == 2
    for entry in entries:
        assert f"server {entry.server} {entry.endpoint}" in found["haproxy.cfg after"].text
        assert f"{entry.path}/ip = {entry.ip}" in found["discovery after"].text
    (row,) = (line for line in found["fleet units"].text.split("\n") if line.startswith(unit.name))
    assert row.split()[1:] == [
        deployment.machine_of(unit),
        *("launched", "launched", "loaded", "active", "running"),
    ]
    assert unit.container in found["docker ps"].text


def test_the_journals_tell_what_happened_on_each_machine(deployment: RunningDeployment) -> None:
    since = time.time()
    for machine in deployment.cluster.machines:
        machine.check(f"logger -t someone hello from {machine.name}")
    wait_for(
        lambda: journal(deployment.cluster, since - 1, [since]).text,
        lambda text: text.count(" hello from ") == len(deployment.cluster.machines),
        waiting_for="all three to be in the journal",
        timeout=10,
    )


def test_versions_of_what_runs(deployment: RunningDeployment) -> None:
    versions = cluster_versions(deployment)
    assert list(versions) == ["etcd", "Docker", "systemd", "HAProxy"]
    assert all(version[0].isdigit() for version in versions.values())
