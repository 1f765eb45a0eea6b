"""Every link of the chain is asked about one instance, and says what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulated import machine_of, shell, unit

from pytest_cna.core.errors import CommandTimeout
from pytest_cna.judgement.diagnosis import LINKS, broken_link, diagnosis
from pytest_cna.scenario.chain import collect

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.testing import FakeWorld

WEB, CACHE, BALANCER = unit("web server"), unit("cache"), unit("load balancer")


def test_every_link_of_a_web_server_holds(running: RunningDeployment) -> None:
    evidence = collect(running, WEB)
    machine = machine_of(running, WEB)
    assert list(evidence.links) == list(LINKS)
    assert [name for name, link in evidence.links.items() if not link.holds] == []
    words = {name: link.words for name, link in evidence.links.items()}
    server = f"webserver_{machine.address}_{WEB.instance}"
    assert words["fleet"] == f"wants it launched, placed it on {machine.name}"
    assert words["systemd"] == f"active/running, success on {machine.name}"
    assert words["Docker"] == f"{WEB.container}: Up"
    assert words["application"] == "/health answers 200"
    assert words["etcd"].endswith(f" = {machine.address}:{WEB.instance}")
    assert words["confd"].startswith(f"rendered: server {server} ")
    assert words["HAProxy"] == f"{server} is UP (L7OK)"
    assert any("Started." in line for line in evidence.journal)


def test_what_an_instance_does_not_have_is_not_asked(running: RunningDeployment) -> None:
    assert list(collect(running, CACHE).links) == [
        "fleet",
        "systemd",
        "Docker",
        "application",
        "etcd",
    ]
    assert list(collect(running, unit("application")).links) == ["fleet", "systemd", "Docker"]
    assert collect(running, unit("application")).links["Docker"].words.endswith("Created")
    assert collect(running, CACHE).links["application"].words == f"port {CACHE.instance} is open"


def test_a_stopped_unit(running: RunningDeployment, world: FakeWorld) -> None:
    machine = machine_of(running, WEB)
    running.cluster.fleet.stop(WEB.name)
    world.clock.advance(5.0)
    links = collect(running, WEB).links
    assert {name: link.holds for name, link in links.items()} == dict.fromkeys(LINKS, False)
    server = f"webserver_{machine.address}_{WEB.instance}"
    assert links["fleet"].words == f"wants it loaded, placed it on {machine.name}"
    assert links["Docker"].words == f"{WEB.container}: there is none"
    assert links["application"].words == "/health answers 000"
    assert links["etcd"].words == f"has no entry of port {WEB.instance} in /services/webserver"
    assert links["confd"].words == f"rendered no {server}"
    assert links["HAProxy"].words == f"has no server {server}"


def test_a_paused_instance_takes_no_connection(running: RunningDeployment) -> None:
    machine_of(running, CACHE).check(f"docker pause {CACHE.container}")
    evidence = collect(running, CACHE)
    assert broken_link(evidence) == "application"
    assert evidence.links["application"].words == f"port {CACHE.instance} takes no connection"


def test_a_unit_that_fleet_does_not_know(running: RunningDeployment, world: FakeWorld) -> None:
    running.cluster.fleet.destroy(WEB.name)
    world.clock.advance(5.0)
    evidence = collect(running, WEB)
    assert evidence.links["fleet"].words == "does not know the unit"
    assert evidence.links["systemd"].holds is None
    assert "placed the unit on no machine" in evidence.links["systemd"].words
    assert evidence.journal == ("cannot be read: fleet placed the unit on no machine",)


def test_a_unit_on_no_living_machine(running: RunningDeployment, world: FakeWorld) -> None:
    world.never("scheduled", BALANCER.name)
    running.cluster.provider.kill(machine_of(running, BALANCER))
    world.clock.advance(15.0)
    links = collect(running, BALANCER).links
    assert links["fleet"].words == "wants it launched, placed it on no living machine"


def test_a_machine_that_hangs_hides_nothing_of_the_others(running: RunningDeployment) -> None:
    def hang(_: object) -> str:
        raise CommandTimeout("'curl' on machine core-1 did not end in 5 s\nit said nothing")

    shell(machine_of(running, WEB)).answer("^curl", hang)
    link = collect(running, WEB).links["application"]
    assert link.holds is None
    assert link.words == "cannot be asked: 'curl' on machine core-1 did not end in 5 s"


def test_a_cluster_that_does_not_answer_is_silent(running: RunningDeployment) -> None:
    for machine in running.cluster.machines:
        running.cluster.provider.kill(machine)
    evidence = collect(running, WEB)
    assert evidence.silent
    assert "no link of zurmo_apache@8001.service could be asked" in diagnosis(evidence)
