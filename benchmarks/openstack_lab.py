"""How long the OpenStack lab takes, and what it costs: packages, from nothing, again, memory.

A lab of its own, beside one that is in use. Packages are only timed where they are missing. Each
figure with its bound; restarts are the median of three.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from pathlib import Path

LAB = Path(__file__).parents[1] / "infra/openstack/lab"
RUN = [str(LAB / "run"), "--state", "/var/lib/pytest-cna/openstack-benchmark", "--network", "10.32"]
RESTARTS = 3


def seconds(*command: str | Path) -> float:
    begun = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def memory() -> float:
    """GiB of all the lab's processes, what they share counted once."""
    rollups = subprocess.run(
        [*RUN, "exec", "sh", "-c", "cat /proc/[0-9]*/smaps_rollup"],
        capture_output=True,
        text=True,
    ).stdout
    return sum(int(kilobytes) for kilobytes in re.findall(r"^Pss: +(\d+)", rollups, re.M)) / 2**20


def main() -> None:
    packages = seconds(LAB / "packages")
    subprocess.run([*RUN, "down"], check=True, stdout=subprocess.DEVNULL)
    try:
        first = seconds(*RUN, "up")
        there = " (were there)" if packages < 5 else ""
        print(
            f"packages {packages:.0f} s{there} + from nothing to ready {first:.0f} s "
            f"= {packages + first:.0f} s (at most 240)"
        )
        print(f"memory without servers: {memory():.2f} GiB (at most 3)")
        restarts = []
        for _ in range(RESTARTS):
            seconds(*RUN, "stop")
            restarts.append(seconds(*RUN, "up"))
        print(
            f"restart on its databases: median {statistics.median(restarts):.0f} s "
            f"(best {min(restarts):.0f}, worst {max(restarts):.0f}; at most 45)"
        )
        print(f"up again while it runs: {seconds(*RUN, 'up'):.1f} s")
    finally:
        print(f"down: {seconds(*RUN, 'down'):.1f} s")


if __name__ == "__main__":
    main()
