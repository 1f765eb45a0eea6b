"""Every link of the chain is asked about one instance, and says what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from simulated import machine_of, shell, unit

from pytest_cna.cluster.load_balancer import LoadBalancer
from pytest_cna.core import clock
from pytest_cna.core.errors import CommandTimeout, RoutingError
from pytest_cna.core.links import (
    APPLICATION,
    CHAIN,
    CONFIGURATION,
    CUSTOMERS,
    ENGINE,
    REGISTRY,
    RENDERER,
    ROUTER,
    SCHEDULER,
    SUPERVISOR,
)
from pytest_cna.core.model import RequestRecord, Server
from pytest_cna.core.stages import DROPPED, UNROUTED, gone_from
from pytest_cna.judgement.diagnosis import Answer, broken_link, diagnosis
from pytest_cna.scenario.chain import probe_chain

if TYPE_CHECKING:
    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.links import Link
    from pytest_cna.testing import FakeWorld

WEB, CACHE, BALANCER = unit("web server"), unit("cache"), unit("load balancer")
ROUTED = [link for link in CHAIN if link not in {CONFIGURATION, CUSTOMERS}]
"""The links of a web server while no customers are at work."""


def answers(*said: tuple[str, str], before: float = 1.0) -> list[RequestRecord]:
    """What customers got just now: who answered, and the error."""
    at = clock.monotonic() - before
    return [RequestRecord(at, 0.1, 0, "list", "GET", 200, by, error) for by, error in said]


def test_every_link_of_a_web_server_holds(running: RunningDeployment) -> None:
    evidence = probe_chain(running, WEB)
    machine = machine_of(running, WEB)
    assert list(evidence.links) == ROUTED
    assert [link for link, answer in evidence.links.items() if not answer.holds] == []
    words = {link: answer.words for link, answer in evidence.links.items()}
    server = f"webserver_{machine.address}_{WEB.instance}"
    balancer = machine_of(running, BALANCER).address
    assert words[SCHEDULER] == f"wants it launched, placed it on {machine.name}"
    assert words[SUPERVISOR] == f"active/running, success on {machine.name}"
    assert words[ENGINE] == f"{WEB.container}: Up"
    assert words[APPLICATION] == "/health answers 200"
    assert words[REGISTRY].endswith(f" = {machine.address}:{WEB.instance}")
    assert words[RENDERER].startswith(f"rendered: server {server} ")
    assert words[ROUTER] == f"{balancer}: {server} is UP (L7OK)"
    assert any("Started." in line for line in evidence.journal)


def test_what_an_instance_does_not_have_is_not_asked(running: RunningDeployment) -> None:
    own = [SCHEDULER, SUPERVISOR, ENGINE]
    found = [*own, APPLICATION, REGISTRY]
    # what the application finds by its configuration, HAProxy does not route
    assert list(probe_chain(running, CACHE).links) == [*found, CONFIGURATION]
    assert list(probe_chain(running, BALANCER).links) == found
    data = probe_chain(running, unit("application")).links
    assert list(data) == own
    assert data[ENGINE].words.endswith("Created")
    words = probe_chain(running, CACHE).links[APPLICATION].words
    assert words == f"port {CACHE.instance} is open"


def test_a_stopped_unit(running: RunningDeployment, world: FakeWorld) -> None:
    machine = machine_of(running, WEB)
    running.cluster.fleet.stop(WEB.name)
    world.clock.advance(5.0)
    links = probe_chain(running, WEB).links
    assert {link: answer.holds for link, answer in links.items()} == dict.fromkeys(ROUTED, False)
    server = f"webserver_{machine.address}_{WEB.instance}"
    balancer = machine_of(running, BALANCER).address
    assert links[SCHEDULER].words == f"wants it loaded, placed it on {machine.name}"
    assert links[ENGINE].words == f"{WEB.container}: there is none"
    assert links[APPLICATION].words == "/health answers 000"
    assert links[REGISTRY].words == f"has no entry of port {WEB.instance} in /services/webserver"
    assert links[RENDERER].words == f"rendered no {server}"
    assert links[ROUTER].words == f"{balancer} has no server {server}"


def test_a_paused_instance_takes_no_connection(running: RunningDeployment) -> None:
    machine_of(running, CACHE).check(f"docker pause {CACHE.container}")
    evidence = probe_chain(running, CACHE)
    assert broken_link(evidence) == APPLICATION
    assert evidence.links[APPLICATION].words == f"port {CACHE.instance} takes no connection"


def test_an_entry_of_another_machine_is_not_its_own(
    running: RunningDeployment, world: FakeWorld
) -> None:
    """As of a lost machine whose lease is long."""
    here = machine_of(running, CACHE)
    other = next(each for each in world.machines.values() if each.name != here.name)
    world.etcd.announce("cache", other, int(CACHE.instance))
    assert probe_chain(running, CACHE).links[REGISTRY].holds
    mine = next(e for e in running.discovery.entries("cache") if e.host == here.name)
    world.never("announced", CACHE.name)
    world.etcd.withdraw(mine)
    answer = probe_chain(running, CACHE).links[REGISTRY]
    assert answer.holds is False
    assert answer.words.endswith(f"= {other.address}:11211, and none on {here.name}")


def test_a_sidekick_on_another_machine_is_named(
    running: RunningDeployment, world: FakeWorld
) -> None:
    """As without its MachineOf=."""
    here = machine_of(running, CACHE)
    other = next(each for each in world.machines.values() if each.name != here.name)
    sidekick = running.deployment.sidekick_of(CACHE)
    assert sidekick is not None
    assert "sidekick" not in probe_chain(running, CACHE).links[REGISTRY].words
    world.never("announced", CACHE.name)
    world.engine.units[sidekick.name].machine = other.name
    for entry in running.discovery.entries("cache"):
        world.etcd.withdraw(entry)
    evidence = probe_chain(running, CACHE)
    assert broken_link(evidence) == REGISTRY
    assert evidence.links[REGISTRY].words == (
        f"has no entry of port {CACHE.instance} in /services/cache; "
        f"its sidekick {sidekick.name} is on {other.name}, not on {here.name}"
    )


def test_a_unit_that_fleet_does_not_know(running: RunningDeployment, world: FakeWorld) -> None:
    running.cluster.fleet.destroy(WEB.name)
    world.clock.advance(5.0)
    evidence = probe_chain(running, WEB)
    assert evidence.links[SCHEDULER].words == "does not know the unit"
    assert evidence.links[SUPERVISOR].holds is None
    assert "placed the unit on no machine" in evidence.links[SUPERVISOR].words
    assert evidence.journal == (
        "cannot be read: fleet placed the unit on no machine that has power",
    )
    # without a machine and an entry its server has no name
    assert evidence.links[ROUTER].holds is None
    assert "its server has no name" in evidence.links[ROUTER].words


def test_a_unit_on_no_living_machine(running: RunningDeployment, world: FakeWorld) -> None:
    world.never("scheduled", BALANCER.name)
    running.cluster.provider.kill(machine_of(running, BALANCER))
    world.clock.advance(15.0)
    links = probe_chain(running, BALANCER).links
    assert links[SCHEDULER].words == "wants it launched, placed it on no living machine"


def test_a_machine_that_fleet_still_lists_and_that_has_no_power(
    running: RunningDeployment, world: FakeWorld
) -> None:
    web = unit("web server", 1)
    machine = machine_of(running, web)
    assert machine.name != running.machine_of(BALANCER)
    running.cluster.provider.kill(machine)
    world.clock.advance(2.0)
    evidence = probe_chain(running, web)
    assert evidence.links[SCHEDULER].words.endswith(f"on {machine.name}, which has no power")
    assert broken_link(evidence) == SCHEDULER
    # it is looked for by its last entry
    assert f"webserver_{machine.address}_{web.instance}" in evidence.links[RENDERER].words


def test_a_machine_that_hangs_hides_nothing_of_the_others(running: RunningDeployment) -> None:
    def hang(_: object) -> str:
        raise CommandTimeout("'curl' on machine core-1 did not end in 5 s\nit said nothing")

    shell(machine_of(running, WEB)).answer("^curl", hang)
    answer = probe_chain(running, WEB).links[APPLICATION]
    assert answer.holds is None
    assert answer.words == "cannot be asked: 'curl' on machine core-1 did not end in 5 s"


def test_a_cluster_that_does_not_answer_is_silent(running: RunningDeployment) -> None:
    for machine in running.cluster.machines:
        running.cluster.provider.kill(machine)
    evidence = probe_chain(running, WEB)
    assert evidence.silent
    assert "no link of zurmo_apache@8001.service could be asked" in diagnosis(evidence)


# what customers get


def test_a_load_balancer_that_answers_in_the_place_of_every_instance(
    running: RunningDeployment,
) -> None:
    """As when it gives up waiting before any can have answered."""
    signed = answers((f"zurmo_apache@8001 {running.machine_of(WEB)}", ""), before=10.0)
    given_up = [replace(each, status=504) for each in answers(("", "HTTP 504"), ("", "HTTP 504"))]
    evidence = probe_chain(running, WEB, [*signed, *given_up])
    assert broken_link(evidence) == ROUTER
    assert evidence.links[ROUTER].words == (
        "answers customers in the place of instances: HTTP 504 2 times"
    )
    # where no instance signs its answers nothing says whose they are
    assert probe_chain(running, WEB, given_up).links[ROUTER].holds
    # nor do answers that are not all its own
    mixed = [*signed, *given_up, *answers(("zurmo_apache@8002 core-2", ""))]
    assert probe_chain(running, WEB, mixed).links[ROUTER].holds
    unanswered = [*signed, *(replace(each, status=0) for each in given_up)]
    assert probe_chain(running, WEB, unanswered).links[ROUTER].holds


def test_an_instance_that_answers_its_health_check_and_no_customer(
    running: RunningDeployment,
) -> None:
    """The application is asked what customers ask."""
    mine = f"zurmo_apache@8001 {running.machine_of(WEB)}"
    other = "zurmo_apache@8002 core-2"
    sick = answers((mine, "HTTP 500"), (mine, "HTTP 500"), (other, ""))
    evidence = probe_chain(running, WEB, sick)
    assert evidence.links[APPLICATION].words == "customers get from it: HTTP 500 2 times"
    assert broken_link(evidence) == APPLICATION
    assert evidence.links[CUSTOMERS].holds
    assert evidence.links[CUSTOMERS].words == "2 of the last 3 requests failed"
    mixed = probe_chain(running, WEB, answers((mine, "HTTP 500"), (mine, "")))
    assert mixed.links[APPLICATION].words == "/health answers 200"


def test_only_what_customers_got_just_now_counts(running: RunningDeployment) -> None:
    mine = f"zurmo_apache@8001 {running.machine_of(WEB)}"
    evidence = probe_chain(running, WEB, answers((mine, "HTTP 500"), before=30.0))
    assert evidence.links[APPLICATION].holds
    assert CUSTOMERS not in evidence.links


def test_customers_who_get_nothing_at_all(running: RunningDeployment) -> None:
    lost = answers(("", "ConnectionRefused"), ("", "Timeout"), ("", "Timeout"))
    evidence = probe_chain(running, BALANCER, lost)
    assert evidence.links[CUSTOMERS].words == "get: Timeout 2 times, ConnectionRefused 1 times"
    assert broken_link(evidence) == CUSTOMERS


# the application's configuration


def test_the_configuration_is_a_link(running: RunningDeployment, world: FakeWorld) -> None:
    address = machine_of(running, CACHE).address
    answer = probe_chain(running, CACHE).links[CONFIGURATION]
    assert (answer.holds, answer.words) == (True, f"{address}:11211 is named")
    for web in (unit("web server", 0), unit("web server", 1)):
        world.never("rendered", web.name)
    running.cluster.fleet.stop(CACHE.name)
    world.clock.advance(3.0)
    evidence = probe_chain(running, CACHE, gone=gone_from([DROPPED]))
    assert broken_link(evidence) == CONFIGURATION
    assert evidence.links[CONFIGURATION].words == f"{address}:11211 is named"


# several load balancers

GONE = gone_from([UNROUTED])


class Balancer(LoadBalancer):
    """Has these servers, or does not answer."""

    def __init__(self, address: str, *servers: str, silent: bool = False) -> None:
        super().__init__(address)
        self._rows = [Server("webserver_nodes", name, "UP", "L7OK", 0) for name in servers]
        self._silent = silent

    def servers(self, backend: str) -> list[Server]:
        if self._silent:
            raise RoutingError(f"the load balancer at {self.address} does not answer")
        return self._rows


def test_each_load_balancer_has_to_route_to_it_and_none_to_what_is_gone(
    running: RunningDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = f"webserver_{machine_of(running, WEB).address}_{WEB.instance}"

    def router(*balancers: Balancer, gone: frozenset[Link] | None = None) -> Answer:
        monkeypatch.setattr(running, "load_balancers", lambda: [*balancers])
        return probe_chain(running, WEB, gone=gone).links[ROUTER]

    has, lacks = Balancer("lb1", server), Balancer("lb2")
    assert router(has, has).holds
    assert router(has, lacks) == Answer(False, f"lb2 has no server {server}")
    assert router(has, lacks, gone=GONE) == Answer(True, f"lb1: {server} is UP (L7OK)")
    assert router(lacks, lacks, gone=GONE).holds is False
    # one that does not answer says nothing
    silent = Balancer("lb3", silent=True)
    assert router(has, silent).holds
    assert router(lacks, silent, gone=GONE).holds is False
    assert router(silent) == Answer(
        None, "cannot be asked: the load balancer at lb3 does not answer"
    )
    assert router() == Answer(None, "cannot be asked: no load balancer is announced")
