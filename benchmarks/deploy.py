"""From nothing to the first good request: machines with their images, the set launched, serving.

Medians of five, images built and the image store filled before.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from pytest_cna.plugin.run import Run
from pytest_cna.plugin.settings import Settings
from pytest_cna.scenario.customers import Customers

UNITS = Path(__file__).parents[1] / "units" / "deployment.toml"
REPEATS = 5


def once(directory: Path) -> dict[str, float]:
    settings = Settings("local", deployment=UNITS, report=directory)
    run = Run(settings, UNITS.parents[1])
    try:
        begun = time.monotonic()
        cluster = run.cluster
        machines = time.monotonic() - begun
        running = run.steady_deployment()
        steady = time.monotonic() - begun
        assert run.application is not None
        customers = Customers(running, run.application, directory, 1)
        try:
            customers.start()
            first = min(record.end for record in customers.records() if not record.failed)
        finally:
            customers.stop()
        return {
            "machines with images, ready": machines,
            "of that, from power to fleet's list": cluster.boot_seconds,
            "set launched, announced, routed": steady - machines,
            "nothing to the first good request": first - begun,
        }
    finally:
        run.finish()


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        once(Path(directory))  # builds what is not built
        runs = [once(Path(directory)) for _ in range(REPEATS)]
    for name in runs[0]:
        values = [each[name] for each in runs]
        print(f"{name}: {statistics.median(values):.2f} s (worst {max(values):.2f})")


if __name__ == "__main__":
    main()
