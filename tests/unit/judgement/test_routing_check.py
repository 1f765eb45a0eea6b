"""Whether each load balancer routes to exactly what is announced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from snapshots import ADDRESSES, BALANCER, SET, entry, whole

from pytest_cna.core.model import Server, UnitState
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.judgement.checks import Snapshot, routing_equals_discovery

FIRST, SECOND = ADDRESSES["core-1"], ADDRESSES["core-2"]


def routed(**servers: tuple[Server, ...] | None) -> Snapshot:
    """By these load balancers."""
    by = {"first": FIRST, "second": SECOND}
    return replace(whole(), servers={by[name]: rows for name, rows in servers.items()})


ROWS = whole().servers[FIRST] or ()


def test_a_server_that_is_down_and_one_too_many() -> None:
    down, other = ROWS
    down = replace(down, status="DOWN", check="L4CON")
    ghost = replace(other, name="webserver_10.0.0.9_8009")
    verdict = routing_equals_discovery(SET, routed(first=(down, other, ghost)))
    assert verdict.evidence == (
        "announced, DOWN (L4CON): webserver_10.0.0.1_8001",
        "routed, not announced: webserver_10.0.0.9_8009",
    )


def test_a_server_that_is_not_checked_is_not_up() -> None:
    first, second = ROWS
    first = replace(first, status="no check", check="")
    verdict = routing_equals_discovery(SET, routed(first=(first, second)))
    assert verdict.evidence == ("announced, no check: webserver_10.0.0.1_8001",)


def test_a_load_balancer_without_servers() -> None:
    verdict = routing_equals_discovery(SET, routed(first=()))
    assert verdict.evidence[0] == "announced, not routed: webserver_10.0.0.1_8001"


def test_each_load_balancer_is_judged_by_itself() -> None:
    assert routing_equals_discovery(SET, routed(first=ROWS, second=ROWS)).passed
    verdict = routing_equals_discovery(SET, routed(first=ROWS, second=ROWS[:1]))
    assert verdict.evidence == ("announced, not routed: webserver_10.0.0.2_8002 at 10.0.0.2",)


def test_what_is_routed_wrongly_is_named_in_order() -> None:
    ghosts = [replace(ROWS[0], name=f"webserver_10.0.0.9_{n}") for n in range(8000, 8009)]
    more = [entry("webserver", str(n)) for n in range(8003, 8009)]
    look = routed(second=tuple(ghosts[::-1]), first=tuple(ghosts[::-1]))
    verdict = routing_equals_discovery(SET, replace(look, entries=(*look.entries, *more)))
    for at in ("10.0.0.1", "10.0.0.2"):
        lines = [line for line in verdict.evidence if line.endswith(f" at {at}")]
        assert len(lines) == 2 + len(more) + len(ghosts)
        assert lines == sorted(lines)
    assert verdict.evidence[0].endswith(" at 10.0.0.1")


def test_a_load_balancer_that_does_not_answer_has_failed() -> None:
    verdict = routing_equals_discovery(SET, routed(first=ROWS, second=None))
    assert verdict.outcome == "failed"
    assert verdict.evidence == ("the load balancer at 10.0.0.2 does not answer",)


def test_no_load_balancer_is_not_no_difference() -> None:
    """Nothing announced and nothing routed to are equal, and nobody is served."""
    nothing = replace(routed(), entries=())
    verdict = routing_equals_discovery(SET, nothing)
    assert verdict.outcome == "failed"
    assert verdict.evidence == ("no load balancer is announced",)


def test_the_only_load_balancer_that_a_fault_keeps_away_is_not_asked() -> None:
    verdict = routing_equals_discovery(SET, routed(first=None), {BALANCER})
    assert verdict.outcome == "not awaited"


def test_one_of_two_load_balancers_that_a_fault_keeps_away_is_not_asked(tmp_path: Path) -> None:
    file = SET.path.read_text("utf-8")
    for unit in SET.path.parent.glob("*.service"):
        (tmp_path / unit.name).write_text(unit.read_text("utf-8"), "utf-8")
    text = file.replace('instances = ["80"]', 'instances = ["80", "81"]')
    text = text.replace('"../', f'"{SET.path.parents[1]}/')
    (tmp_path / "deployment.toml").write_text(text, "utf-8")
    two = read_deployment(tmp_path / "deployment.toml")
    second = "zurmo_haproxy@81.service"
    state = UnitState(second, "core-2", "loaded", "active", "running")
    look = routed(first=ROWS, second=None)
    look = replace(look, states=(*look.states, state))
    assert routing_equals_discovery(two, look).outcome == "failed"
    assert routing_equals_discovery(two, look, {second}).passed
    # one that is stopped may still be announced
    look = routed(first=ROWS, second=None)
    entries = (*look.entries, entry("loadbalancer", "81"))
    assert routing_equals_discovery(two, replace(look, entries=entries), {second}).passed
    # where the other one is, it is asked
    moved = replace(routed(first=None), states=(*look.states, replace(state, machine_id="core-1")))
    assert routing_equals_discovery(two, moved, {BALANCER}).outcome == "failed"
    assert routing_equals_discovery(two, moved, {BALANCER, second}).outcome == "not awaited"


def test_a_deployment_without_a_load_balancer_cannot_be_asked() -> None:
    services = tuple(replace(each, stats_port=0) for each in SET.services)
    verdict = routing_equals_discovery(replace(SET, services=services), whole())
    assert verdict.outcome == "unknown"
