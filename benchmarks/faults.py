"""Faults on the complete set, repeated: failed requests, lost accounts, times against bounds.

50 requests a second with 300 ms answers are under way at every fault. Each figure is of fresh
customers. ``REPEATS=5 benchmarks/faults.py kill stop`` does these two five times.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pytest_cna.core.fault_kinds import CONTAINER_KILL, MACHINE_LOSS, SERVICE_STOP
from pytest_cna.core.stages import SERVING, UNROUTED
from pytest_cna.core.waiting import wait_for
from pytest_cna.judgement.recovery import Recovery
from pytest_cna.judgement.requests import failed
from pytest_cna.plugin.run import Run
from pytest_cna.plugin.settings import Settings
from pytest_cna.scenario.scene import Scene

UNITS = Path(__file__).parents[1] / "units" / "deployment.toml"
REPEATS = {"stop": 20, "kill": 20, "machine": 10, "balancer": 10}


@dataclass
class Figures:
    requests: int = 0
    failed: int = 0
    lost: int = 0
    recovered: list[float] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: list[str] = field(default_factory=list)

    def add(self, scene: Scene, recovery: Recovery) -> None:
        reached: list[float] = []
        for verdict in scene.recoveries.judge(recovery):
            if verdict.after is not None:
                self.stages[verdict.stage.name].append(verdict.after)
                reached.append(verdict.after)
            if not verdict.passed:
                self.late.append(verdict.sentence)
        self.recovered.append(max(reached))
        records = scene.records()
        self.requests += len(records)
        lost = failed(records)
        self.failed += len(lost)
        if recovery.unit and recovery.unit.service.backend:
            for record in lost:
                print(f"failed {record.start - recovery.since:+.2f} s from the fault: {record}")
        try:
            scene.at_work.expect_no_record_lost()
        except AssertionError as error:
            print(error)
            self.lost += 1


class Clock:
    """True from so many seconds on."""

    def __init__(self, seconds: float) -> None:
        self._due = time.monotonic() + seconds

    def __call__(self) -> bool:
        return time.monotonic() >= self._due


def stop(scene: Scene) -> Recovery:
    scene.inject(SERVICE_STOP, "web server")
    scene.await_stage(UNROUTED)
    scene.undo(SERVICE_STOP)
    scene.await_stage(SERVING)
    return scene.recoveries.last


def kill(scene: Scene) -> Recovery:
    scene.inject(CONTAINER_KILL, "web server")
    scene.await_stage(SERVING)
    return scene.recoveries.last


def machine(scene: Scene) -> Recovery:
    scene.ensure_apart("web server", ("load balancer", "database"))
    scene.inject(MACHINE_LOSS, "web server")
    scene.await_stage(SERVING)
    return scene.recoveries.last


def balancer(scene: Scene) -> Recovery:
    scene.inject(MACHINE_LOSS, "load balancer")
    scene.await_stage(SERVING)
    return scene.recoveries.last


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings("local", deployment=UNITS, report=Path(directory))
        run = Run(settings, UNITS.parents[1])
        try:
            for do in (stop, kill, machine, balancer):
                if do.__name__ in (sys.argv[1:] or REPEATS):
                    measure(run, do.__name__, do)
        finally:
            run.finish()


def measure(run: Run, name: str, do: Callable[[Scene], Recovery]) -> None:
    figures = Figures()
    settings = run.settings
    phase = random.Random(settings.seed)
    repeats = int(os.environ.get("REPEATS", REPEATS[name]))
    for number in range(repeats):
        running = run.steady_deployment()
        time_terms = run.time_terms(running)
        scene = Scene(running, run.application, time_terms, run.report, number)
        scene.start_customers()
        # at a random point between two of fleet's heartbeats, which come every agent_ttl / 2
        due = Clock(phase.uniform(0, time_terms.timing.agent_ttl / 2))
        wait_for(due, waiting_for="the fault's time", timeout=60)
        try:
            figures.add(scene, do(scene))
        finally:
            scene.heal()
    median = {stage: statistics.median(times) for stage, times in figures.stages.items()}
    print(
        f"{name}: {repeats} times, {figures.failed} of {figures.requests} requests failed, "
        f"accounts lost in {figures.lost}, over their bound: {figures.late or 'none'}; recovered "
        f"after {statistics.median(figures.recovered):.1f} s (worst {max(figures.recovered):.1f}); "
        + ", ".join(f"{stage} {after:.1f}" for stage, after in median.items()),
        flush=True,
    )


if __name__ == "__main__":
    main()
