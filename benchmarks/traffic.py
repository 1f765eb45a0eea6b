"""What the customers' process can do: requests recorded a second against a local HAProxy that
answers 200 itself, and its share of a core at the default rate.

    python benchmarks/traffic.py [RUNS]
"""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for
from pytest_cna.deployment.application import Action
from pytest_cna.judgement.requests import request_statistics
from pytest_cna.scenario.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIONS = (
    Action("login", "POST", "/login", {"user": "jim", "password": "jim"}, once=True),
    Action("list", "GET", "/accounts", weight=3),
    Action("search", "GET", "/accounts?q={word}"),
    Action("create", "POST", "/accounts", {"id": "{id}"}, creates=True),
    Action("open", "GET", "/accounts/{known}"),
)
WARM_UP, MEASURED = 0.5, 2.0
"""Seconds of each run."""
TARGETS = {50: "share of a core <= 5 %", 2500: "recorded >= 2,000/s"}
"""By requests a second asked for."""

HAPROXY = """
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend customers
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/html string ok hdr X-Served-By a
"""


@dataclass(frozen=True, slots=True)
class Run:
    recorded: float
    """Good answers a second."""
    failed: int
    core: float
    """Share of a core that the customers' process used."""
    p99: float


@contextmanager
def haproxy(directory: Path) -> Iterator[str]:
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    if not Path(program).exists():
        sys.exit("this benchmark needs a real HAProxy: apt-get install haproxy")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = directory / "haproxy.cfg"
    configuration.write_text(HAPROXY.format(port=port), encoding="utf-8")
    with subprocess.Popen([program, "-db", "-q", "-f", str(configuration)]) as process:
        try:
            wait_for(
                lambda: listens(port),
                waiting_for=f"HAProxy on port {port}",
                timeout=5,
                interval=0.01,
            )
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cpu_seconds(pid: int) -> float:
    """Seconds on a core so far, from the scheduler's own account (nanoseconds)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def run(endpoint: str, directory: Path, rate: float) -> Run:
    with Traffic(ACTIONS, directory, timeline=Timeline(), rate=rate) as traffic:
        traffic.start([endpoint])
        began = time.monotonic()
        pass_time(traffic, began + WARM_UP)
        assert traffic._process is not None
        pid = traffic._process.pid
        before, cpu_before = time.monotonic(), cpu_seconds(pid)
        pass_time(traffic, before + MEASURED)
        after, cpu_after = time.monotonic(), cpu_seconds(pid)
    sums = request_statistics(traffic.records(before, after))
    seconds = after - before
    good = sums.requests - sums.failed
    return Run(good / seconds, sums.failed, (cpu_after - cpu_before) / seconds, sums.p99)


def pass_time(traffic: Traffic, until: float) -> None:
    wait_for(
        time.monotonic,
        lambda now: now >= until,
        waiting_for="the measured time to pass",
        timeout=60,
        alive=traffic.alive,
    )


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"traffic, medians of {runs} runs of {MEASURED:.0f} s")
    print(f"{'asked/s':>8} {'recorded/s':>11} {'failed':>7} {'core':>7} {'p99 ms':>7}  target")
    with tempfile.TemporaryDirectory() as directory, haproxy(Path(directory)) as endpoint:
        for rate, target in TARGETS.items():
            done = [run(endpoint, Path(directory), rate) for _ in range(runs)]
            recorded = statistics.median(each.recorded for each in done)
            core = statistics.median(each.core for each in done)
            p99 = statistics.median(each.p99 for each in done)
            failed = sum(each.failed for each in done)
            print(
                f"{rate:>8} {recorded:>11,.0f} {failed:>7} {core:>7.1%} {p99 * 1000:>7.1f}"
                f"  {target}"
            )
            if failed:
                sys.exit("requests failed: these figures say nothing")


if __name__ == "__main__":
    main()
