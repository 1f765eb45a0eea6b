"""Bounds follow from what is deployed: another constant gives another bound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.fault_kinds import (
    CONTAINER_KILL,
    CONTAINER_PAUSE,
    CONTAINER_RESUME,
    MACHINE_LOSS,
    MACHINE_RETURN,
    SERVICE_START,
    SERVICE_STOP,
)
from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.deployment import DeployedUnit, read_deployment
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.measured import ContainerTimes, Measured
from pytest_cna.judgement.terms import TimeTerms

if TYPE_CHECKING:
    from pytest_cna.core.fault_kinds import FaultKind

SET = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")
MEASURED = Measured(
    ContainerTimes(start=1.0, end=0.25, machine="core-2"),
    answering={"webserver": 0.6, "cache": 0.1},
    boot=1.5,
)
CONSTANTS = TimeTerms(SET, NATIVE, MEASURED)


def unit(called: str) -> DeployedUnit:
    return SET.main_units(SET.service(called))[0]


def test_a_killed_web_server() -> None:
    found = bounds(CONTAINER_KILL, unit("web server"), CONSTANTS)
    assert list(found) == ["noticed", "running", "announced", "routed", "serving"]
    # docker run's end, 1 at the least + RestartSec 0.5 + twice the measured start
    assert found["running"].seconds == pytest.approx(1 + 0.5 + 2 * 1.0)
    # + the sidekick's RestartSec 0.5 + twice the measured answer + its probe interval
    assert found["announced"].seconds == pytest.approx(3.5 + 0.5 + 1.2 + 0.5)
    # + confd -watch 1 + HAProxy: rise 1 x (downinter 0.5 + timeout check 1)
    assert found["routed"].seconds == pytest.approx(5.7 + 1.0 + 1.5)
    assert found["routed"].dominated_by.name == "start of web server"
    assert "zurmo_apache@.service" in {term.source for term in found["routed"].terms}


def test_stages_only_grow() -> None:
    for kind in (CONTAINER_KILL, SERVICE_STOP, SERVICE_START, MACHINE_LOSS, MACHINE_RETURN):
        for each in (unit("web server"), unit("cache"), unit("load balancer"), unit("database")):
            seconds = [bound.seconds for bound in bounds(kind, each, CONSTANTS).values()]
            assert seconds
            # a cache's configuration is named or dropped by the same path as it is served
            assert seconds == sorted(seconds)


def test_the_agent_ttl_is_in_the_bound_of_a_machine_loss() -> None:
    web = unit("web server")
    short = bounds(MACHINE_LOSS, web, CONSTANTS)["noticed"]
    longer = bounds(MACHINE_LOSS, web, replace(CONSTANTS, timing=replace(NATIVE, agent_ttl=30.0)))[
        "noticed"
    ]
    assert longer.seconds - short.seconds == pytest.approx(20.0)
    assert longer.dominated_by.source == "--cna-agent-ttl"


def test_a_web_server_waits_for_two_units_and_so_for_three_engine_passes() -> None:
    found = bounds(MACHINE_LOSS, unit("web server"), CONSTANTS)
    passes = found["scheduled"].own[:-1]
    assert [term.seconds for term in passes] == [1.0, 1.0, 1.0]
    alone = bounds(MACHINE_LOSS, unit("load balancer"), CONSTANTS)
    assert len(alone["scheduled"].own[:-1]) == 1


def test_the_engine_lease_counts_where_it_is_longer_than_the_agent_ttl() -> None:
    slow = replace(CONSTANTS, timing=replace(NATIVE, engine_interval=4.0))
    noticed = bounds(MACHINE_LOSS, unit("load balancer"), slow)["noticed"]
    assert noticed.terms[0].seconds == pytest.approx(20.0)


def test_the_loss_of_the_leader_adds_an_election() -> None:
    web = unit("web server")
    with_leader = bounds(MACHINE_LOSS, web, CONSTANTS, leader_lost=True)
    without = bounds(MACHINE_LOSS, web, CONSTANTS)
    assert with_leader["noticed"].seconds - without["noticed"].seconds == pytest.approx(2.0)


def test_a_unit_file_with_a_longer_restart_gives_a_longer_bound() -> None:
    web = unit("web server")
    text = web.file.render().replace("RestartSec=500ms", "RestartSec=5s")
    slow = replace(web, file=UnitFile.parse(text, web.file.path))
    before = bounds(CONTAINER_KILL, web, CONSTANTS)["running"].seconds
    assert bounds(CONTAINER_KILL, slow, CONSTANTS)["running"].seconds - before == pytest.approx(4.5)


def test_what_was_not_measured_says_so() -> None:
    found = bounds(CONTAINER_KILL, unit("database"), CONSTANTS)["announced"]
    assert any(term.source.startswith("not measured") for term in found.terms)
    unknown = replace(CONSTANTS, measured=replace(MEASURED, containers=None))
    found = bounds(CONTAINER_KILL, unit("web server"), unknown)["running"]
    assert {term.source.partition(":")[0] for term in found.terms} >= {"not measured"}


def test_what_was_measured_says_where() -> None:
    found = bounds(CONTAINER_KILL, unit("web server"), CONSTANTS)["running"]
    assert "measured 1.00 s in the steady state on core-2" in found.dominated_by.source


def test_containers_that_start_at_once_wait_for_each_other() -> None:
    web = unit("web server")
    alone = bounds(MACHINE_LOSS, web, CONSTANTS)["running"]
    four = bounds(MACHINE_LOSS, web, CONSTANTS, together=4)["running"]
    assert four.seconds - alone.seconds == pytest.approx(3 * 2.0)


def test_a_polling_confd_gives_its_interval(tmp_path: Path) -> None:
    images = []
    for image in SET.images:
        context = tmp_path / image.name
        context.mkdir()
        if image.name == "zurmo_haproxy":
            (context / "run").write_text("confd -interval 10 &\n", encoding="utf-8")
        images.append(replace(image, context=context))
    polling = replace(CONSTANTS, deployment=replace(SET, images=tuple(images)))
    assert polling.confd.seconds == pytest.approx(11.0)
    assert polling.checked_up.source.startswith("HAProxy's defaults")


def test_stages_of_a_stop_follow_those_who_follow_discovery() -> None:
    assert list(bounds(SERVICE_STOP, unit("web server"), CONSTANTS)) == [
        "noticed",
        "withdrawn",
        "unrouted",
    ]
    assert list(bounds(SERVICE_STOP, unit("cache"), CONSTANTS))[-1] == "dropped"
    assert list(bounds(SERVICE_STOP, unit("load balancer"), CONSTANTS))[-1] == "withdrawn"


def test_what_check_and_reload_were_measured_at_counts_where_it_is_more_than_a_second() -> None:
    def routed(reload: float | None) -> float:
        time_terms = replace(CONSTANTS, measured=replace(MEASURED, reload=reload))
        return bounds(CONTAINER_KILL, unit("web server"), time_terms)["routed"].seconds

    assert routed(0.1) == routed(None)
    assert routed(3.0) == pytest.approx(routed(None) - 1.0 + 2 * 3.0)


def test_what_customers_waited_before_the_fault_counts_until_one_is_served_again() -> None:
    web = unit("web server")
    prompt = bounds(CONTAINER_KILL, web, CONSTANTS)
    slow = bounds(CONTAINER_KILL, web, CONSTANTS, answered=1.5)
    assert slow["serving"].seconds - prompt["serving"].seconds == pytest.approx(2 * 1.5)
    assert slow["routed"].seconds == prompt["routed"].seconds


def test_a_paused_container_is_withdrawn_when_two_probes_have_failed() -> None:
    found = bounds(CONTAINER_PAUSE, unit("web server"), CONSTANTS)
    assert list(found) == ["withdrawn", "unrouted"]
    silence = found["withdrawn"].own[1]
    assert silence.seconds == pytest.approx(3 * 0.5 + 2 * 1.0)
    assert "two probes in a row of 1 s" in silence.source
    assert list(bounds(CONTAINER_PAUSE, unit("cache"), CONSTANTS)) == ["withdrawn"]


def test_a_resumed_container_needs_no_start() -> None:
    found = bounds(CONTAINER_RESUME, unit("web server"), CONSTANTS)
    assert list(found) == ["announced", "routed", "serving"]
    killed = bounds(CONTAINER_KILL, unit("web server"), CONSTANTS)
    itself, *names = (term.name for term in found["announced"].own)
    assert itself == "container resume itself"
    assert set(names) < {term.name for term in killed["announced"].own}


@pytest.mark.parametrize("kind", [CONTAINER_KILL, CONTAINER_PAUSE, CONTAINER_RESUME])
def test_a_command_that_takes_long_on_the_machine_is_not_blamed_on_the_product(
    kind: FaultKind,
) -> None:
    prompt = bounds(kind, unit("cache"), CONSTANTS)
    slow = bounds(kind, unit("cache"), CONSTANTS, taken=3.5)
    assert [slow[stage].seconds - prompt[stage].seconds for stage in prompt] == pytest.approx(
        [3.5] * len(prompt)
    )
    first = next(iter(slow.values()))
    assert first.after(0.0) == first.seconds


def test_what_waits_for_its_own_effect_adds_no_time_of_it() -> None:
    stop = bounds(SERVICE_STOP, unit("cache"), CONSTANTS)
    assert bounds(SERVICE_STOP, unit("cache"), CONSTANTS, taken=30.0) == stop
