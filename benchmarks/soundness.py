"""How much processor time drawn schedules on the simulated cluster cost: ``python
benchmarks/soundness.py``. SCHEDULES says how many are played (100)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "soundness"))

from hypothesis import HealthCheck, Phase, given, seed, settings
from player import play
from schedules import Schedule
from strategies import schedules

COUNT = int(os.environ.get("SCHEDULES", "100"))


def main() -> None:
    verdicts = 0

    @seed(1)
    @settings(
        max_examples=COUNT,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(schedules(lawful=False, faults=2))
    def each(schedule: Schedule) -> None:
        nonlocal verdicts
        verdicts += len(play(schedule).said)

    begun = time.process_time()
    each()
    spent = time.process_time() - begun
    print(
        f"{COUNT} schedules of at most two faults, {verdicts} verdicts: {spent:.1f} s of "
        f"processor, {spent * 1000 / COUNT:.0f} s for 1,000"
    )


if __name__ == "__main__":
    main()
