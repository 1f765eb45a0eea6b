"""What is said when a stage does not come, comes too late, or cannot be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulated import SET, machine_of, shell, simulated, unit

from pytest_cna.core.errors import CnaError, ProductFailed
from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    MACHINE_LOSS,
    SERVICE_STOP,
)
from pytest_cna.core.links import REGISTRY, SCHEDULER, Link
from pytest_cna.core.stages import (
    ANNOUNCED,
    JOINED,
    RUNNING,
    SCHEDULED,
    WITHDRAWN,
    gone_from,
)
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link
from pytest_cna.scenario.scene import Scene

if TYPE_CHECKING:
    from pytest_cna.testing import FakeWorld


# what is said of a deployment that is not in its steady state


def test_a_deployment_that_is_not_steady_names_the_first_broken_link(
    scene: Scene, world: FakeWorld
) -> None:
    world.defect("checks fail", "load balancer")
    with pytest.raises(BrokenChain, match=r"broken at HAProxy: .* is DOWN") as failure:
        scene.ensure_steady()
    assert failure.value.sentence.startswith("zurmo did not reach its steady state within")


def test_a_deployment_whose_every_chain_holds_is_not_explained(
    scene: Scene, world: FakeWorld
) -> None:
    world.defect("announces twice", "cache")
    cache = unit("cache")
    machine_of(scene.running, cache).check(f"docker kill {cache.container}")
    world.clock.advance(10.0)
    with pytest.raises(ProductFailed, match="twice: /services/cache") as failure:
        scene.ensure_steady()
    assert not isinstance(failure.value, BrokenChain)


# what is said when a stage does not come


def test_an_instance_that_is_never_announced(scene: Scene, world: FakeWorld) -> None:
    cache = unit("cache")
    for each in SET.main_units(SET.service("cache")):
        world.never("announced", each.name)
    scene.inject(CONTAINER_KILL, "cache")
    scene.await_stage(RUNNING)
    with pytest.raises(BrokenChain) as failure:
        scene.await_stage(ANNOUNCED)
    said = str(failure.value)
    assert "was not announced within its bound" in said
    assert "broken at etcd: has no entry of port" in said
    assert "Main process exited" in said  # its journal
    assert cache.service.name in said


def test_an_instance_that_is_announced_before_it_can_answer(scene: Scene, world: FakeWorld) -> None:
    """Its entry stands, so that no link is broken now: the record says which was."""
    cache = scene.choose("cache")
    machine = simulated(scene.running, machine_of(scene.running, cache))
    world.never("announced", cache.name)
    world.defect("never withdrawn", cache.name)
    world.delays.lease = 60.0  # nobody renews it
    scene.inject(CONTAINER_KILL, "cache")
    for entry in scene.running.discovery.entries("cache"):
        world.etcd.withdraw(entry)
    world.clock.advance(0.1)
    world.etcd.announce("cache", machine, int(cache.instance))
    with pytest.raises(
        BrokenChain, match=r"was announced 0\.\d\d s after .* while no container of it ran"
    ) as failure:
        scene.await_stage(ANNOUNCED)
    assert all(answer.holds for answer in failure.value.evidence.links.values())
    assert broken_link(failure.value.evidence) == REGISTRY


def test_an_entry_left_behind_is_why_customers_fail(scene: Scene, world: FakeWorld) -> None:
    """The others are in order by now: they went to a machine without power for a minute."""
    world.defect("long lease", "load balancer", value=60.0)
    world.clock.advance(6.0)
    scene.start_customers()
    scene.inject(MACHINE_LOSS, "load balancer")
    world.clock.advance(70.0)
    with pytest.raises(BrokenChain, match="zurmo_haproxy@80") as failure:
        scene.conclusion.enforce()
    assert "was serving" in failure.value.sentence
    assert broken_link(failure.value.evidence) == REGISTRY


def test_an_instance_that_is_never_started_again(scene: Scene, world: FakeWorld) -> None:
    for each in SET.main_units(SET.service("cache")):
        world.never("restarted", each.name)
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain, match="broken at systemd: failed/failed, exit-code"):
        scene.await_stage(RUNNING)


def test_an_instance_that_comes_too_late(scene: Scene, world: FakeWorld) -> None:
    """By less than its other terms left unused: it has those of its own."""
    world.delays.start = 2.2
    scene.inject(CONTAINER_KILL, "cache")
    with pytest.raises(BrokenChain, match=r"was running 2\.[78]\d s after .*its bound is 2\.5\d s"):
        scene.await_stage(RUNNING)


def test_every_part_may_take_its_own_term(scene: Scene, world: FakeWorld) -> None:
    """systemd sees the end of ``docker run`` after the container's death, which is noticed."""
    world.delays.end = 0.95
    scene.inject(CONTAINER_KILL, "cache")
    verdict = scene.await_stage(RUNNING)
    assert verdict.passed
    assert verdict.after is not None
    assert verdict.after > 1.5


def test_a_stopped_instance_that_does_not_say_goodbye(scene: Scene, world: FakeWorld) -> None:
    for each in SET.units:
        world.never("withdrawn", each.name)
    world.delays.lease = 60.0
    world.clock.advance(1.0)
    scene.inject(SERVICE_STOP, "web server")
    with pytest.raises(BrokenChain, match=r"broken at etcd: /services/webserver/") as e:
        scene.await_stage(WITHDRAWN)
    assert e.value.evidence.gone == gone_from([WITHDRAWN])


def test_an_end_of_a_lease_is_no_goodbye(scene: Scene, world: FakeWorld) -> None:
    for each in SET.units:
        world.never("withdrawn", each.name)
    world.delays.lease = 2.8
    world.clock.advance(6.0)  # the leases of before are over
    scene.inject(SERVICE_STOP, "web server")
    # a call to etcd is given 2 s from when the stop is noticed
    with pytest.raises(BrokenChain, match=r"was withdrawn [23]\.\d+ s after .* bound is 2\.\d\d s"):
        scene.await_stage(WITHDRAWN)


def test_a_unit_that_is_never_placed_again(scene: Scene, world: FakeWorld) -> None:
    world.never("scheduled", unit("load balancer").name)
    scene.inject(MACHINE_LOSS, "load balancer")
    with pytest.raises(BrokenChain, match="broken at fleet: wants it launched, placed it on no"):
        scene.await_stage(SCHEDULED)


def test_a_machine_that_does_not_boot_shows_its_console(scene: Scene, world: FakeWorld) -> None:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage(SCHEDULED)
    world.delays.boot = 3600.0
    scene.undo_last()
    with pytest.raises(AssertionError, match=r"not joined within its bound[\s\S]*console of core"):
        scene.await_stage(JOINED)


@pytest.mark.parametrize(
    ("etcd", "link", "words"),
    [
        ("activating\nSubState=auto-restart\nResult=exit-code", REGISTRY, "is activating/auto-re"),
        ("active\nSubState=running\nResult=success", SCHEDULER, "fleet does not list core-"),
    ],
)
def test_a_machine_that_boots_and_does_not_join_says_by_which_daemon(
    scene: Scene, world: FakeWorld, etcd: str, link: Link, words: str
) -> None:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage(SCHEDULED)
    machine = scene.cluster.machine(scene.recoveries.last.machine)
    shell(machine).answer("show .* etcd.service$", f"LoadState=loaded\nActiveState={etcd}\n")
    world.defect("agent ttl longer", value=300.0)
    scene.undo_last()
    with pytest.raises(BrokenChain, match=words) as failure:
        scene.await_stage(JOINED)
    assert broken_link(failure.value.evidence) == link
    assert failure.value.evidence.unit == machine.name


def test_a_cluster_that_does_not_answer_cannot_be_judged(scene: Scene) -> None:
    scene.inject(CONTAINER_KILL, "cache")
    for machine in scene.cluster.machines:
        scene.cluster.provider.kill(machine)
    with pytest.raises(
        CnaError, match=r"not announced[\s\S]*no link of zurmo_memcache@11211\.serv"
    ):
        scene.await_stage(ANNOUNCED)
