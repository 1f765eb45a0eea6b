"""Explore: draw schedules, play them, and show one example of each kind of wrong verdict, shrunk.

    python tests/soundness/explore.py 1000
    python tests/soundness/explore.py 1000 --lawful --seed 7 --faults 2 --no-shrink
    python tests/soundness/explore.py 20000 --random --save

``--save`` writes each example to ``examples/``, from where the tests play it again. Exits with 1
when a verdict was wrong.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from player import play
from schedules import shrink
from strategies import schedules

if TYPE_CHECKING:
    from schedules import Schedule

EXAMPLES = Path(__file__).parent / "examples"


@dataclass
class Found:
    """What an exploration found."""

    examples: dict[str, Schedule] = field(default_factory=dict)
    """Kind of wrong verdict → the shortest schedule that gave one."""
    count: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)


def explore(number: int, *, lawful: bool, faults: int, start: int) -> Found:
    """Play ``number`` schedules, drawn from the seed ``start``."""
    found = Found()
    begun, processor = time.perf_counter(), time.process_time()

    @seed(start)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(schedules(lawful=lawful, faults=faults))
    def one(schedule: Schedule) -> None:
        played = play(schedule)
        found.figures["schedules"] += 1
        found.figures["simulated seconds"] += round(played.seconds)
        found.figures["requests"] += played.requests
        found.figures["verdicts"] += len(played.said)
        for each in played.said:
            found.figures[each.outcome] += 1
        for key in played.wrong:
            found.count[key] += 1
            if key not in found.examples or len(schedule.ops) < len(found.examples[key].ops):
                found.examples[key] = schedule

    one()
    found.figures["seconds"] = round(time.perf_counter() - begun)
    found.figures["processor seconds"] = round(time.process_time() - processor)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("number", type=int, help="schedules to draw")
    parser.add_argument(
        "--lawful", action="store_true", help="no defects, no delay beyond its term"
    )
    parser.add_argument("--faults", type=int, default=3, help="at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", action="store_true", help="another seed each time")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--save", action="store_true", help=f"write examples to {EXAMPLES}")
    given_ = parser.parse_args()
    start = random.randrange(10**9) if given_.random else given_.seed
    found = explore(given_.number, lawful=given_.lawful, faults=given_.faults, start=start)
    print(
        f"seed {start}:", ", ".join(f"{n} {what}" for what, n in found.figures.items()), flush=True
    )
    for key, number in found.count.most_common():
        _show(key, number, found.examples[key], shrinks=not given_.no_shrink, save=given_.save)
    return bool(found.count)


def _show(key: str, number: int, schedule: Schedule, *, shrinks: bool, save: bool) -> None:
    if shrinks:
        schedule, _ = shrink(schedule, lambda each: key in play(each).wrong)
    said = play(schedule).wrong.get(key)
    print(f"\n## {key}  x{number}\n{schedule}\n-> {said}", flush=True)
    if save:
        EXAMPLES.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", key).strip("-")
        (EXAMPLES / f"{name}.json").write_text(schedule.to_json(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
