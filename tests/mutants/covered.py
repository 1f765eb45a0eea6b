"""Which tests run through which lines of the judge, and how long each takes."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from coverage import Coverage
from forked import forked
from mutation import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import pytest
    from mutation import Mutant

KNOWN = ROOT / ".build" / "mutants" / "covered.json"


@dataclass
class Covered:
    """What was found when every test ran once, on the judge as it is."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Test → how long it took; those that are red are left out."""
    red: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """File → line → the tests that run through it, but for when it is imported."""

    def tests_of(self, mutant: Mutant, most: float) -> list[str]:
        """Those that may turn red: those in a file that is named after the mutant's, and others for
        ``most`` seconds; each of them the fastest first. What runs when a file is imported
        belongs to no test: then those that run through the file, or are named after it, or else
        any."""
        lines = self.lines.get(mutant.file, {})
        found = {test for line in mutant.lines for test in lines.get(str(line), ())}
        named = {test for test in self.seconds if mutant.path.stem in test.partition("::")[0]}
        if not found:
            found = named.union(*lines.values()) or set(self.seconds)
        tests = sorted(found & self.seconds.keys(), key=lambda test: self.seconds[test])
        others = [test for test in tests if test not in named]
        until = accumulate(self.seconds[test] for test in others)
        return [test for test in tests if test in named] + [
            test for test, at in zip(others, until, strict=True) if at <= most
        ]


def covered(items: Sequence[pytest.Item], files: Collection[Path]) -> Covered:
    """Measured once, and again when a file of the project or of its tests is newer."""
    if not KNOWN.exists() or KNOWN.stat().st_mtime < _changed():
        KNOWN.parent.mkdir(parents=True, exist_ok=True)
        if status := forked(lambda: _measure(items, files)):
            raise RuntimeError(f"the tests could not be measured: status {status}")
    return Covered(**json.loads(KNOWN.read_text(encoding="utf-8")))


def _changed() -> float:
    files = [*(ROOT / "pytest_cna").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    return max(file.stat().st_mtime for file in files)


def _measure(items: Sequence[pytest.Item], files: Collection[Path]) -> int:
    found = Covered()
    measuring = Coverage(data_file=None, config_file=False, include=[str(file) for file in files])
    measuring.start()
    for item in items:
        measuring.switch_context(item.nodeid)
        begun = time.perf_counter()
        if run(item):
            found.seconds[item.nodeid] = time.perf_counter() - begun
        else:
            found.red.append(item.nodeid)
    measuring.stop()
    for file in files:
        tests = measuring.get_data().contexts_by_lineno(str(file))
        found.lines[str(file.relative_to(ROOT))] = {
            str(line): sorted(set(contexts) - {""}) for line, contexts in tests.items()
        }
    KNOWN.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return 0


def run(item: pytest.Item) -> bool:
    """Whether the test is green, with its fixtures made and removed."""
    session = item.session
    before = session.testsfailed
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return session.testsfailed == before
