"""How much processor time drawn schedules on the simulated cluster cost: ``python
benchmarks/soundness.py``. SCHEDULES says how many are played (100)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "soundness"))

from explore import explore

COUNT = int(os.environ.get("SCHEDULES", "100"))


def main() -> None:
    begun = time.process_time()
    found = explore(COUNT, lawful=False, faults=2, start=1)
    spent = time.process_time() - begun
    print(
        f"{COUNT} schedules of at most two faults, {found.figures['verdicts']} verdicts: "
        f"{spent:.1f} s of processor, {spent * 1000 / COUNT:.0f} s for 1,000"
    )


if __name__ == "__main__":
    main()
