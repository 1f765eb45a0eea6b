"""Two checkouts side by side: ``python benchmarks/checkouts.py OLD NEW``.

Both have to be set up (``make unit``) and share this computer's images and tools. Their benchmarks
run by turns, so that both meet the same load; the figures are medians in seconds, and new divided
by old. ``REPEATS=3`` is how many turns each has.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

REPEATS = int(os.environ.get("REPEATS", "3"))
FIGURE = re.compile(r"^(?P<name>[^:\n]+): (?:median )?(?P<seconds>\d+\.\d+) s", re.MULTILINE)
IMPORT = """
import time, pytest
from importlib.metadata import entry_points
(point,) = entry_points(group="pytest11", name="cna")
begun = time.perf_counter()
point.load()
print(f"import of the unused plugin: {time.perf_counter() - begun:.4f} s")
"""


def python(checkout: Path, *arguments: str) -> str:
    """What the checkout's Python prints. Ends this program with its words when it fails."""
    command = [str(checkout / ".venv/bin/python"), *arguments]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{checkout}: {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def figures(checkout: Path) -> dict[str, float]:
    """One turn: name → seconds."""
    imports = [python(checkout, "-c", IMPORT) for _ in range(5)]
    texts = [min(imports), python(checkout, "benchmarks/machines.py")]
    texts.append(python(checkout, "benchmarks/deploy.py"))
    found = {
        each["name"]: float(each["seconds"]) for text in texts for each in FIGURE.finditer(text)
    }
    begun = time.monotonic()
    report = f"--cna-report={checkout}/.build/benchmark"
    # what both have
    chosen = "not paused"
    python(checkout, *("-m", "pytest", "features", "-k", chosen, "--cna-provider=local", report))
    found["features"] = time.monotonic() - begun
    return found


def main() -> None:
    old, new = (Path(path).resolve() for path in sys.argv[1:3])
    checkouts = {"old": old, "new": new}
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(REPEATS):
        for name, checkout in checkouts.items():
            for figure, seconds in figures(checkout).items():
                values[figure, name].append(seconds)
    for figure in dict.fromkeys(figure for figure, _ in values):
        before, after = (statistics.median(values[figure, name]) for name in checkouts)
        print(f"{figure}: old {before:.3f} s, new {after:.3f} s, ratio {after / before:.2f}")


if __name__ == "__main__":
    main()
