"""Defects put into the deployed set, one at a time, and what the suite says of each.

Each row of DEFECTS is applied to a copy of the files, and the scenarios that should notice it run
on a cluster of their own, about a minute each. ``try_out.py DIRECTORY`` tries all, ``try_out.py
DIRECTORY NAME...`` those whose name contains one of the words. ``DIRECTORY/results.jsonl`` gets a
line for each scenario; the reports stay beside it. A link with ``(?)`` is not one that the row
calls right. ``FIRST=1`` asks only the first scenario of each row.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from change import Change
from table import DEFECTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from change import Defect

FIRST = int(os.environ.get("FIRST", "0"))
CHECKOUT = Path(__file__).parents[2]
COPIED = ("units", "images", "infra", "features", "pytest_cna", "pyproject.toml")
RUN_TIMEOUT = 540.0
"""Seconds of one run; a run that takes longer is asked to end."""
END_TIMEOUT = 60.0
STEADY_STATE = 45.0
"""Seconds to wait for a steady state that a set with a defect may never reach; it takes 5."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the suite said of one scenario with the defect."""

    defect: str
    scenario: str
    status: str
    step: str
    """The step that did not pass; empty when it was judged at the end."""
    sentence: str
    link: str
    """The first broken link of the diagnosis; empty without one."""
    right: bool
    requests: str


WAITED = (
    Change(
        "pytest_cna/cluster/running_deployment.py",
        "LAUNCH_TIMEOUT = 600.0",
        f"LAUNCH_TIMEOUT = {STEADY_STATE}",
    ),
)
"""Applied to every copy: without it a set that cannot be launched takes ten minutes to say so."""


def copy(directory: Path) -> None:
    for name in COPIED:
        source = CHECKOUT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, directory / name, ignore=ignored)
        else:
            shutil.copy(source, directory / name)


def run(directory: Path, scenario: str, report: Path) -> None:
    """The scenario on the files of ``directory``; its output goes beside the report."""
    report.mkdir(parents=True, exist_ok=True)
    options = ["--cna-provider=local", f"--cna-report={report}", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "features", "-k", scenario, *options]
    environment = os.environ | {"PYTHONPATH": str(directory)}
    with (report / "output.txt").open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            process.wait(RUN_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait(END_TIMEOUT)


def results(defect: Defect, scenario: str, report: Path) -> Iterator[Result]:
    path = report / "report.json"
    if not path.exists():
        yield Result(defect.name, scenario, "no report", "", str(report), "", False, "")
        return
    for each in json.loads(path.read_text(encoding="utf-8"))["scenarios"]:
        yield result(defect, each)


def result(defect: Defect, said: dict[str, Any]) -> Result:
    """What a scenario of report.json says."""
    wrong = next((s for s in said["steps"] if s["status"] in {"failed", "broken"}), None)
    link = (said["diagnosis"] or {}).get("broken") or ""
    traffic = said["traffic"]
    return Result(
        defect.name,
        said["name"] + "".join(f" [{value}]" for value in said["row"].values()),
        said["status"],
        wrong["text"] if wrong else "",
        said["message"],
        link,
        link in {each.name for each in defect.links},
        f"{traffic['failed']} of {traffic['requests']} failed" if traffic else "",
    )


def try_out(defect: Defect, directory: Path) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as scratch:
        changed = Path(scratch)
        copy(changed)
        for change in (*defect.changes, *WAITED):
            change.apply(changed)
        for scenario in defect.scenarios[: FIRST or None]:
            name = re.sub(r"\W+", "-", f"{defect.name} {scenario}").strip("-")
            run(changed, scenario, directory / name)
            yield from results(defect, scenario, directory / name)


def chosen(words: Sequence[str]) -> list[Defect]:
    if not words:
        return list(DEFECTS)
    found = [defect for defect in DEFECTS if any(word in defect.name for word in words)]
    return found or sys.exit(f"no defect is called {' or '.join(words)}")


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory = Path(sys.argv[1]).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    for defect in chosen(sys.argv[2:]):
        for each in try_out(defect, directory):
            with (directory / "results.jsonl").open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(each)) + "\n")
            first = each.sentence.partition("\n")[0]
            verdict = f"{each.status}, {each.link or 'no link'}{'' if each.right else ' (?)'}"
            print(f"{each.defect} | {each.scenario} | {verdict} | {first}", flush=True)


if __name__ == "__main__":
    main()
