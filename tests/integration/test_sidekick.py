"""The real sidekick beside a small instance, with a real etcd that a test may stop and start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from haproxy import free_port
from surroundings import Etcd, Page

from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.artefacts.tools import build_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TTL = 5.0
STATISTICS = "# pxname,svname,status,\nwebserver_nodes,{server},{status},\nstats,FRONTEND,OPEN,\n"


@dataclass
class Sidekick:
    process: subprocess.Popen[bytes]
    log: Path

    def says(self, words: str, timeout: float = 5.0) -> None:
        wait_for(
            self.log.read_text,
            lambda text: words in text,
            waiting_for=f"the sidekick to say '{words}'",
            timeout=timeout,
            interval=0.02,
        )

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(10)


@pytest.fixture
def etcd(tmp_path: Path) -> Iterator[Etcd]:
    with closing(Etcd(tmp_path)) as member:
        member.start()
        yield member


@pytest.fixture
def instance() -> Page:
    return Page()


@pytest.fixture
def run_sidekick(tmp_path: Path, etcd: Etcd) -> Iterator[Callable[..., Sidekick]]:
    program = build_tools(lambda line: None).paths["sidekick"]
    (tmp_path / "machine-id").write_text("4c4c4544004b31108056b4c04f4d3333\n")
    with ExitStack() as ends:

        def run(verb: str, *arguments: str, **environment: str) -> Sidekick:
            log = tmp_path / f"sidekick-{free_port()}.log"
            with log.open("wb") as out:
                process = subprocess.Popen(
                    [str(program), verb, *arguments],
                    env=os.environ | {"ETCD_ENDPOINTS": etcd.url} | environment,
                    stdout=out,
                    stderr=out,
                )
            ends.callback(process.wait)
            ends.callback(process.kill)
            return Sidekick(process, log)

        yield run


@pytest.fixture
def announce(
    run_sidekick: Callable[..., Sidekick], instance: Page, tmp_path: Path
) -> Callable[[], Sidekick]:
    def start() -> Sidekick:
        return run_sidekick(
            "announce",
            *("-unit", "zurmo_apache@8001.service", "-machine-id", str(tmp_path / "machine-id")),
            *("-path", "/services/webserver", "-ip", "127.0.0.1", "-port", str(instance.port)),
            *("-probe", "http:///health", "-interval", "100ms"),
        )

    return start


def announced(etcd: Etcd, timeout: float = 5.0) -> dict[str, tuple[str, str]]:
    return wait_for(
        etcd.keys, waiting_for="an entry", timeout=timeout, interval=0.02, transient=(OSError,)
    )


def withdrawn(etcd: Etcd, timeout: float) -> float:
    """Seconds until there is no entry."""
    begun = time.monotonic()
    wait_for(
        etcd.keys,
        lambda keys: not keys,
        waiting_for="the entry to go",
        timeout=timeout,
        interval=0.02,
        transient=(OSError,),
    )
    return time.monotonic() - begun


def test_what_answers_is_announced_with_three_keys_on_one_lease(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    sidekick = announce()
    sidekick.says("not announced: probe")
    sidekick.says("connection refused")
    assert etcd.keys() == {}
    with instance.served():
        keys = announced(etcd)
    values = {key.rpartition("/")[2]: value for key, (value, _) in keys.items()}
    assert values == {"host": socket.gethostname(), "ip": "127.0.0.1", "port": str(instance.port)}
    leases = {lease for _, lease in keys.values()}
    assert len(leases) == 1
    assert leases != {""}
    assert len({key.rpartition("/")[0] for key in keys}) == 1


def test_an_entry_outlives_its_ttl_while_its_sidekick_lives(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    with instance.served():
        announce()
        first = announced(etcd)
        begun = time.monotonic()
        wait_for(
            lambda: (time.monotonic() - begun, etcd.keys()),
            lambda seen: seen[0] > TTL + 2 or seen[1] != first,
            waiting_for="longer than a TTL",
            timeout=TTL + 4,
        )
        assert etcd.keys() == first


def test_stopping_revokes_at_once_and_a_restart_keeps_the_uuid(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    with instance.served():
        sidekick = announce()
        before = announced(etcd)
        assert sidekick.end(signal.SIGTERM) == 0
        assert etcd.keys() == {}
        sidekick.says("withdrawn: stopping")
        announce()
        assert announced(etcd).keys() == before.keys()


def test_the_entry_of_a_killed_sidekick_expires(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    with instance.served():
        sidekick = announce()
        announced(etcd)
        sidekick.end(signal.SIGKILL)
        assert etcd.keys() != {}
        assert withdrawn(etcd, TTL + 1) > 1


def test_a_new_sidekick_takes_over_what_a_killed_one_left(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    with instance.served():
        first = announce()
        before = announced(etcd)
        first.end(signal.SIGKILL)
        announce().says("announced")
        after = etcd.keys()
        assert after.keys() == before.keys()
        assert set(after.values()).isdisjoint(before.values())


def test_two_failed_probes_withdraw_and_a_good_one_announces_again(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    with instance.served():
        sidekick = announce()
        before = announced(etcd)
        instance.status = 503
        withdrawn(etcd, 2)
        sidekick.says("failed twice: HTTP status 503")
        instance.status = 200
        after = announced(etcd)
    assert after.keys() == before.keys()
    assert set(after.values()).isdisjoint(before.values())


def test_etcd_lost_and_back_is_announced_again(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    with instance.served():
        sidekick = announce()
        before = announced(etcd)
        etcd.stop()
        sidekick.says("lost: etcd did not renew it", timeout=TTL + 3)
        sidekick.says("not announced: etcd:")
        etcd.start()
        after = wait_for(
            etcd.keys,
            lambda keys: keys and set(keys.values()).isdisjoint(before.values()),
            waiting_for="the entry on a new lease",
            timeout=5,
        )
        assert after.keys() == before.keys()
        assert sidekick.process.poll() is None


def test_etcd_that_is_late_does_not_end_the_sidekick(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    etcd.stop()
    with instance.served():
        sidekick = announce()
        sidekick.says("not announced: etcd:")
        etcd.start()
        announced(etcd)
        assert sidekick.process.poll() is None


def test_without_etcd_a_stop_gives_up_within_its_bound(
    etcd: Etcd, announce: Callable[[], Sidekick], instance: Page
) -> None:
    with instance.served():
        sidekick = announce()
        announced(etcd)
        etcd.stop()
        begun = time.monotonic()
        assert sidekick.end(signal.SIGTERM) == 0
        assert time.monotonic() - begun < 4
        sidekick.says("when lease")


@pytest.fixture
def drain(
    run_sidekick: Callable[..., Sidekick], etcd: Etcd, instance: Page
) -> Callable[..., Sidekick]:
    """Drain the server ``w``; the load balancer is the page at 127.0.0.1, which serves a CSV of
    HAProxy's columns."""
    etcd.put("/services/loadbalancer/u/ip", "127.0.0.1")
    instance.text = STATISTICS.format(server="w", status="UP")

    def start(*arguments: str, **environment: str) -> Sidekick:
        port = str(instance.port)
        server = ("-server", "w", "-stats-port", port)
        return run_sidekick("drain", *server, *arguments, **environment)

    return start


@pytest.mark.parametrize(("server", "status"), [("another", "UP"), ("w", "MAINT")])
def test_drain_ends_when_the_load_balancer_does_not_route_any_more(
    drain: Callable[..., Sidekick], instance: Page, server: str, status: str
) -> None:
    with instance.served():
        sidekick = drain()
        wait_for(lambda: instance.asked >= 5, waiting_for="five looks", timeout=3)
        assert sidekick.process.poll() is None
        instance.text = STATISTICS.format(server=server, status=status)
        assert sidekick.process.wait(1) == 0
    sidekick.says("does not route to w any more")


def test_drain_gives_up_at_its_deadline(drain: Callable[..., Sidekick], instance: Page) -> None:
    with instance.served():
        sidekick = drain("-timeout", "500ms")
        assert sidekick.process.wait(3) == 0
    sidekick.says("still routes to w after 500ms")


def test_drain_skips_a_load_balancer_that_does_not_answer(
    drain: Callable[..., Sidekick],
) -> None:
    sidekick = drain()
    assert sidekick.process.wait(3) == 0
    sidekick.says("skipped: connection refused")


def test_drain_without_a_load_balancer_ends_at_once(run_sidekick: Callable[..., Sidekick]) -> None:
    sidekick = run_sidekick("drain", "-server", "w")
    assert sidekick.process.wait(2) == 0
    sidekick.says("load balancers: 0")


def test_drain_without_etcd_lets_the_stop_go_on(etcd: Etcd, drain: Callable[..., Sidekick]) -> None:
    etcd.stop()
    sidekick = drain()
    assert sidekick.process.wait(4) == 0
    sidekick.says("w may still be routed to: etcd:")


def test_nothing_is_drained_after_the_server_ended_by_itself(
    drain: Callable[..., Sidekick], instance: Page
) -> None:
    with instance.served():
        sidekick = drain(EXIT_CODE="exited")
        assert sidekick.process.wait(2) == 0
    assert instance.asked == 0
