"""Where the time constants of a deployment are read, and what is taken where they are not set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from story import MEASURED, SET, TERMS, main_unit

from pytest_cna.core.timing import NATIVE
from pytest_cna.deployment.unit_file import UnitFile
from pytest_cna.judgement.measured import Measured
from pytest_cna.judgement.terms import TimeTerms

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.deployment.deployment import DeployedUnit

WEB = main_unit("web server")
SIDEKICK = next(unit for unit in SET.units if unit.role == "sidekick")


def read_from(directory: Path, text: str) -> TimeTerms:
    """The terms when the load balancer's image is built from one file with this text."""
    (directory / "file").write_text(text, encoding="utf-8")
    images = [
        replace(image, context=directory) for image in SET.images if image.name == "zurmo_haproxy"
    ]
    return replace(TERMS, deployment=replace(SET, images=tuple(images)))


def changed(unit: DeployedUnit, option: str, value: str = "") -> DeployedUnit:
    """The unit with another value of an option of [Service], by default without it."""
    lines = unit.file.render().replace("\\\n", "").splitlines()
    left = [line for line in lines if not line.startswith(f"{option}=")]
    if value:
        left.insert(left.index("[Service]") + 1, f"{option}={value}")
    return replace(unit, file=UnitFile.parse("\n".join(left), unit.file.path))


# HAProxy and confd


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        # rise times (inter + timeout), the timeout being inter where there is none
        ("default-server check inter 500 rise 3", 3 * (0.5 + 0.5)),
        ("default-server check inter 4s downinter 500ms\n timeout check 1s", 2 * (0.5 + 1.0)),
        ("default-server check inter 1s\n timeout check 250", 2 * (1.0 + 0.25)),
        ("default-server check rise 1", 2.0 + 2.0),
        ("server a check inter 1s", 2 * 4.0),
    ],
)
def test_checks_until_a_server_is_up(tmp_path: Path, text: str, seconds: float) -> None:
    assert read_from(tmp_path, text).checked_up.seconds == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("exec confd -node x -watch", 1.0),
        ("exec confd -interval 10", 11.0),
        ("exec confd -interval=10s", 11.0),
        ("exec confd", 601.0),
        ("exec nodemon -watch", 601.0),
        ("", 601.0),
    ],
)
def test_how_often_confd_looks(tmp_path: Path, text: str, seconds: float) -> None:
    assert read_from(tmp_path, text).rendering.seconds == pytest.approx(seconds)


def test_the_line_that_was_read_is_shown(tmp_path: Path) -> None:
    line = "default-server check rise 1"
    assert read_from(tmp_path, f"a\n  {line}\nb").checked_up.source == f"file: {line}"


def test_each_other_load_balancer_may_keep_the_observer_waiting() -> None:
    assert TERMS.routing_poll.seconds == pytest.approx(0.25)
    assert TERMS.routing_poll.source == "interval of observation, measured"
    haproxy = main_unit("load balancer")
    more = [replace(haproxy, name=f"zurmo_haproxy@{n}.service", instance=n) for n in ("81", "82")]
    three = replace(TERMS, deployment=replace(SET, units=(*SET.units, *more)))
    assert three.routing_poll.seconds == pytest.approx(0.25 + 2 * 1.0)
    assert three.routing_poll.source.endswith(", and 1 s for each that does not answer")
    services = tuple(replace(each, stats_port=0) for each in SET.services)
    none = replace(TERMS, deployment=replace(SET, services=services))
    assert none.routing_poll.seconds == pytest.approx(0.25)


# units


def test_systemd_restarts_after_what_the_file_says() -> None:
    slow = TERMS.restart(changed(WEB, "RestartSec", "7"))
    assert (slow.name, slow.seconds) == ("RestartSec of web server", 7.0)
    default = TERMS.restart(changed(SIDEKICK, "RestartSec"))
    assert default.name == f"RestartSec of {SIDEKICK.service.called} sidekick"
    assert default.seconds == pytest.approx(0.1)
    assert default.source.startswith("systemd's default")


def test_a_stop_without_exec_stop_is_one_time_out() -> None:
    found = TERMS.stopping(changed(changed(WEB, "ExecStop"), "TimeoutStopSec", "4"))
    assert found.seconds == pytest.approx(4.0)
    assert found.source == "zurmo_apache@.service: 4 s for each of 0 ExecStop and for the process"
    default = TERMS.stopping(changed(WEB, "TimeoutStopSec"))
    assert default.source == "systemd's default, zurmo_apache@.service does not set it"


def test_a_sidekick_without_flags_has_its_defaults() -> None:
    plain = changed(SIDEKICK, "ExecStart", "/usr/bin/discovery")
    assert (TERMS.lease(plain).seconds, TERMS.probe(plain).seconds) == (5.0, 0.5)
    set_up = changed(SIDEKICK, "ExecStart", "/usr/bin/discovery -ttl 20s -interval=2s")
    assert (TERMS.lease(set_up).seconds, TERMS.probe(set_up).seconds) == (20.0, 2.0)
    assert TERMS.probe_failures(set_up).seconds == pytest.approx(3 * 2.0 + 2 * 1.0)
    patient = changed(SIDEKICK, "ExecStart", "/usr/bin/discovery -patience 4s -interval=2s")
    assert TERMS.probe_failures(patient).seconds == 14.0


def test_a_lease_is_the_machines_where_the_unit_has_none() -> None:
    emulated = replace(TERMS, timing=replace(NATIVE, lease=15.0))
    plain = changed(SIDEKICK, "ExecStart", "/usr/bin/discovery")
    assert emulated.lease(plain).seconds == 15.0
    set_up = changed(SIDEKICK, "ExecStart", "/usr/bin/discovery -ttl 20s")
    assert emulated.lease(set_up).seconds == 20.0


def test_etcd_grants_no_lease_that_an_election_outlasts() -> None:
    slow = replace(TERMS, timing=replace(NATIVE, election=3.0))
    least = slow.lease(changed(SIDEKICK, "ExecStart", "/usr/bin/discovery -ttl 4s"))
    assert least.seconds == 5.0
    assert least.source == "etcd: a lease has 1.5 ETCD_ELECTION_TIMEOUT at least"
    assert slow.lease(changed(SIDEKICK, "ExecStart", "/usr/bin/discovery -ttl 6s")).seconds == 6.0


def test_the_longest_lease_is_that_of_a_sidekick() -> None:
    long, short = (
        changed(SIDEKICK, "ExecStart", f"/usr/bin/discovery -ttl {ttl}") for ttl in ("4s", "3s")
    )
    for sidekicks in ((long, short), (short, long)):
        several = replace(TERMS, deployment=replace(SET, units=(WEB, *sidekicks)))
        assert several.longest_lease.seconds == pytest.approx(4.0)
    none = replace(TERMS, deployment=replace(SET, units=(WEB,)))
    assert none.longest_lease.seconds == 0.0


# what was measured, fleet and etcd


def test_what_was_measured_may_take_twice_as_long() -> None:
    assert TERMS.answer(WEB.service).seconds == pytest.approx(2 * 0.6)
    assert TERMS.boot.seconds == pytest.approx(2 * 1.5)
    assert TERMS.start(WEB.service).seconds == pytest.approx(2 * 1.0)
    # a shorter time may be chance
    assert TERMS.run_ends.seconds == pytest.approx(1.0)


def test_what_was_not_measured_is_taken_as() -> None:
    nothing = replace(TERMS, measured=Measured(None, {}, 1.0))
    assert nothing.answer(WEB.service).seconds == pytest.approx(10.0)
    assert nothing.start(WEB.service).seconds == pytest.approx(10.0)
    assert nothing.run_ends.seconds == pytest.approx(1.0)
    assert nothing.fleet_poll.seconds == 0.25


def test_terms_of_fleet_and_etcd() -> None:
    timing = replace(NATIVE, agent_ttl=7.0, engine_interval=3.0, election=1.5)
    terms = replace(TERMS, timing=timing, measured=replace(MEASURED, look=0.4))
    assert terms.agent_ttl.seconds == 7.0
    assert terms.engine_pass.seconds == 3.0
    assert terms.engine_lease.seconds == 15.0
    assert terms.agent_pass.seconds == 5.0
    assert terms.election.seconds == 3.0
    assert terms.expiry.seconds == 0.5
    assert terms.fleet_poll.seconds == 0.4
    assert terms.next_request.seconds == 2.0
