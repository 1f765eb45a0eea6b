"""Mutate the judge: make one small change after another, and see whether a test turns red.

    python tests/mutants/mutate.py
    python tests/mutants/mutate.py --sample 12 --seed 7
    python tests/mutants/mutate.py pytest_cna/judgement/excuses.py pytest_cna/judgement/hits.py:40

Prints every mutant that survives, and a table. ``equivalent.toml`` names those that no test can
tell from the judge. Exits with 1 when fewer than GOAL of the others are killed.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from covered import Covered, covered
from mutation import ROOT, Mutant, mutants
from trial import functions_of, killed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import TextIO

GOAL = 0.95
JUDGE = [
    *sorted(ROOT.glob("pytest_cna/judgement/*.py")),
    *(
        ROOT / f"pytest_cna/scenario/{each}.py"
        for each in ("awaiting", "expectations", "failure", "invariants", "recoveries")
    ),
]
TESTS = ("tests/unit/judgement", "tests/unit/scenario", "tests/soundness")
OPTIONS = (
    *("-o", "addopts=", "-p", "no:terminal", "-p", "no:cacheprovider"),
    "--ignore=tests/unit/scenario/traffic",
)
EQUIVALENT = Path(__file__).with_name("equivalent.toml")


@dataclass
class Row:
    """Figures of one file."""

    file: str
    tried: int = 0
    killed: int = 0
    equivalent: int = 0
    survived: list[Mutant] = field(default_factory=list)


def equivalents() -> dict[tuple[str, str, str], str]:
    """File, line and change → why no test can see it."""
    found = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    return {(each["file"], each["line"], each["change"]): each["why"] for each in found}


def chosen(wanted: Sequence[str], sample: int, seed: int) -> list[Mutant]:
    """The mutants of the ``wanted`` files, or of a line of one, all or ``sample`` of each file, in
    any order, so that the first ones are a sample of them."""
    found: list[Mutant] = []
    for each in wanted or [str(path) for path in JUDGE]:
        name, _, line = each.partition(":")
        made = [m for m in mutants(ROOT / name) if not line or m.line == int(line)]
        if 0 < sample < len(made):
            made = random.Random(f"{seed} {name}").sample(made, sample)
        found += made
    random.Random(seed).shuffle(found)
    return found


class Mutation:
    """A plugin of pytest that tries mutants in place of running the tests it has collected."""

    def __init__(
        self, mutants: Sequence[Mutant], out: TextIO, *, until: float, most: float
    ) -> None:
        self.rows: dict[str, Row] = {}
        self._mutants = mutants
        self._out = out
        self._until = until
        self._most = most

    def pytest_configure(self) -> None:
        """Keep no examples: what a mutant fails is nothing to try again."""
        from hypothesis import settings  # pytest has to be the first to import it

        settings.register_profile("mutants", database=None)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        known = equivalents()
        tests = covered(session.items, JUDGE)
        for each in tests.red:
            self.say(f"red without any mutant, left out: {each}")
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        for path in JUDGE:
            functions_of(str(path))
        gc.freeze()  # what a copy collects it would have to copy first
        for mutant in self._mutants:
            if time.monotonic() > self._until:
                break
            self._try(mutant, items, tests, known)
        return True

    def _try(
        self,
        mutant: Mutant,
        items: Mapping[str, pytest.Item],
        tests: Covered,
        known: Collection[tuple[str, str, str]],
    ) -> None:
        row = self.rows.setdefault(mutant.file, Row(mutant.file))
        row.tried += 1
        may_kill = [
            (items[each], tests.seconds[each]) for each in tests.tests_of(mutant, self._most)
        ]
        if (mutant.file, mutant.text, mutant.change) in known:
            row.equivalent += 1
        elif killed(mutant, may_kill):
            row.killed += 1
        else:
            row.survived.append(mutant)
            tried = sum(each.tried for each in self.rows.values())
            self.say(f"survived, of {tried} so far: {mutant}")

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def table(rows: Sequence[Row]) -> str:
    lines = [f"{'file':<44}{'tried':>7}{'killed':>8}{'equivalent':>12}{'survived':>10}"]
    lines += [
        f"{row.file:<44}{row.tried:>7}{row.killed:>8}{row.equivalent:>12}{len(row.survived):>10}"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE[:LINE]", help="by default the whole judge"
    )
    parser.add_argument("--sample", type=int, default=0, help="so many of each file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e6, help="try no more after that")
    parser.add_argument("--most", type=float, default=60, help="seconds of tests for a mutant")
    args = parser.parse_args()
    begun = time.monotonic()
    os.chdir(ROOT)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        mutation = Mutation(
            chosen(args.files, args.sample, args.seed),
            out,
            until=begun + 60 * args.minutes,
            most=args.most,
        )
        status = pytest.main([*OPTIONS, *TESTS], plugins=[mutation])
        if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            return int(status)
        rows = sorted(mutation.rows.values(), key=lambda row: row.file)
        total = Row("all")
        for row in rows:
            total.tried += row.tried
            total.killed += row.killed
            total.equivalent += row.equivalent
            total.survived += row.survived
        mutation.say(table([*rows, total]))
        share = total.killed / max(1, total.tried - total.equivalent)
        mutation.say(f"{share:.1%} killed, in {time.monotonic() - begun:.0f} s")
    return int(share < GOAL)


if __name__ == "__main__":
    sys.exit(main())
