"""Explore: draw schedules, play them, and show one example of each kind of wrong verdict, shrunk.

    python tests/soundness/explore.py 1000
    python tests/soundness/explore.py 1000 --lawful --seed 7 --faults 2 --no-shrink
    python tests/soundness/explore.py 20000 --random --save --jobs 2 --minutes 25

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
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings
from player import play
from schedules import shrink
from strategies import schedules

if TYPE_CHECKING:
    from schedules import Schedule

EXAMPLES = Path(__file__).parent / "examples"
CHUNK = 250
"""Schedules that are drawn from one seed."""


@dataclass
class Found:
    """What an exploration found."""

    examples: dict[str, Schedule] = field(default_factory=dict)
    """Kind of wrong verdict → the shortest schedule that gave one."""
    count: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)

    def take(self, key: str, schedule: Schedule, times: int = 1) -> None:
        self.count[key] += times
        if key not in self.examples or len(schedule.ops) < len(self.examples[key].ops):
            self.examples[key] = schedule

    def add(self, other: Found) -> None:
        self.figures += other.figures
        for key, schedule in other.examples.items():
            self.take(key, schedule, other.count[key])


def explore(number: int, *, lawful: bool, faults: int, start: int) -> Found:
    """Play ``number`` schedules, drawn from the seed ``start``."""
    found = Found()
    begun = time.process_time()

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
        found.figures["schedules"] += 1
        try:
            played = play(schedule)
        except Exception as error:  # noqa: BLE001 - one that cannot be played is an example too
            found.take(f"cannot be played: {type(error).__name__}", schedule)
            return
        found.figures["simulated seconds"] += round(played.seconds)
        found.figures["requests"] += played.requests
        found.figures["verdicts"] += len(played.said)
        for each in played.said:
            found.figures[each.outcome] += 1
        for key in played.wrong:
            found.take(key, schedule)

    one()
    found.figures["processor seconds"] = round(time.process_time() - begun)
    return found


def explore_all(
    number: int, *, lawful: bool, faults: int, start: int, jobs: int, until: float
) -> Found:
    """The same in so many processes, from a seed for each CHUNK, till ``until`` (monotonic)."""
    found = Found()
    sizes = [min(CHUNK, number - done) for done in range(0, number, CHUNK)]
    one = partial(_chunk, lawful=lawful, faults=faults, start=start, until=until)
    with Pool(jobs) as pool:
        for each in pool.imap_unordered(one, enumerate(sizes)):
            found.add(each)
    return found


def _chunk(chunk: tuple[int, int], *, lawful: bool, faults: int, start: int, until: float) -> Found:
    turn, size = chunk
    if time.monotonic() > until:
        return Found()
    return explore(size, lawful=lawful, faults=faults, start=start + turn)


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
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minutes", type=float, default=1e6, help="draw no more after that")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--save", action="store_true", help=f"write examples to {EXAMPLES}")
    args = parser.parse_args()
    start = random.randrange(10**9) if args.random else args.seed
    begun = time.monotonic()
    found = explore_all(
        args.number,
        lawful=args.lawful,
        faults=args.faults,
        start=start,
        jobs=args.jobs,
        until=begun + 60 * args.minutes,
    )
    found.figures["seconds"] = round(time.monotonic() - begun)
    print(f"seed {start}:", ", ".join(f"{n} {what}" for what, n in found.figures.items()))
    print(f"{len(found.count)} kinds of wrong verdict", flush=True)
    for key, number in found.count.most_common():
        _show(key, number, found.examples[key], shrinks=not args.no_shrink, save=args.save)
    return bool(found.count)


def _show(key: str, number: int, schedule: Schedule, *, shrinks: bool, save: bool) -> None:
    """What cannot be played is shown as it was drawn."""
    said = None
    if not key.startswith("cannot be played"):
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
