"""Faults on the complete set, repeated: failed requests, lost accounts, times against bounds.

50 requests a second with 300 ms answers are under way at every fault. Each figure is of fresh
customers. ``REPEATS=5 benchmarks/faults.py`` does everything five times.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from pytest_cna.recovery import Recovery
from pytest_cna.run import Run
from pytest_cna.scene import Scene
from pytest_cna.settings import Settings

UNITS = Path(__file__).parents[1] / "units" / "deployment.toml"
REPEATS = {"stop": 20, "kill": 20, "machine": 10, "balancer": 10}


@dataclass
class Figures:
    requests: int = 0
    failed: int = 0
    lost: int = 0
    recovered: list[float] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: int = 0

    def add(self, scene: Scene, recovery: Recovery) -> None:
        reached = scene.stages(recovery)
        for stage, after in reached.items():
            if after is None:
                self.late += 1
            else:
                self.stages[stage].append(after)
                self.late += after > recovery.bounds[stage].seconds
        self.recovered.append(max(after for after in reached.values() if after is not None))
        records = scene.records()
        self.requests += len(records)
        self.failed += sum(record.failed for record in records)
        try:
            scene.at_work.expect_no_account_lost()
        except AssertionError as error:
            print(error)
            self.lost += 1


def stop(scene: Scene) -> Recovery:
    scene.stop("web server")
    scene.await_stage("unrouted")
    scene.start_again("web server")
    scene.await_stage("serving")
    return scene.recoveries[-1]


def kill(scene: Scene) -> Recovery:
    scene.kill_container("web server")
    scene.await_stage("serving")
    return scene.recoveries[-1]


def machine(scene: Scene) -> Recovery:
    scene.ensure_apart("web server", ("load balancer", "database"))
    scene.lose_machine_of("web server")
    scene.await_stage("serving")
    return scene.recoveries[-1]


def balancer(scene: Scene) -> Recovery:
    scene.lose_machine_of("load balancer")
    scene.await_stage("serving")
    return scene.recoveries[-1]


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings("local", deployment=UNITS, report=Path(directory))
        run = Run(settings)
        try:
            for do in (stop, kill, machine, balancer):
                measure(run, do.__name__, do)
        finally:
            run.finish()


def measure(run: Run, name: str, do) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    figures = Figures()
    repeats = int(os.environ.get("REPEATS", REPEATS[name]))
    for number in range(repeats):
        launched = run.steady_set()
        constants = run.constants(launched)
        scene = Scene(launched, run.application, constants, run.report, number)
        scene.start_customers()
        try:
            figures.add(scene, do(scene))
        finally:
            scene.heal()
    median = {stage: statistics.median(times) for stage, times in figures.stages.items()}
    print(
        f"{name}: {repeats} times, {figures.failed} of {figures.requests} requests failed, "
        f"accounts lost in {figures.lost}, stages over their bound {figures.late}; recovered after "
        f"{statistics.median(figures.recovered):.1f} s (worst {max(figures.recovered):.1f}); "
        + ", ".join(f"{stage} {after:.1f}" for stage, after in median.items()),
        flush=True,
    )


if __name__ == "__main__":
    main()
