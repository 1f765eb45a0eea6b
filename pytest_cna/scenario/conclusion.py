"""The conclusion of a scenario: everything is judged again, at its end and over the whole record.

The recoveries under way get the time that their bounds give them, customers go home, and then the
requests that failed, every stage of every fault whether a step asked for it or not, the invariants,
the audit, and what no fault hit are judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.core.errors import CnaError, ProductFailed
from pytest_cna.core.events.fault import FaultUndoneByGuard
from pytest_cna.core.events.verdict import CheckJudged
from pytest_cna.judgement.checks import NOT_TWICE, ONE_ENTRY, ROUTING
from pytest_cna.judgement.collateral import unharmed
from pytest_cna.judgement.verdicts import Verdict
from pytest_cna.scenario.failure import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.judgement.recovery import Recovery
    from pytest_cna.judgement.verdicts import StageVerdict
    from pytest_cna.scenario.customers import Customers
    from pytest_cna.scenario.invariants import Invariants
    from pytest_cna.scenario.recoveries import Recoveries


class Conclusion:
    """Of one scenario. ``customers`` returns those at work, if there are any; ``note_guards``
    records which faults their machines have undone by themselves."""

    def __init__(
        self,
        running: RunningDeployment,
        recoveries: Recoveries,
        invariants: Invariants,
        customers: Callable[[], Customers | None],
        note_guards: Callable[[], None],
    ) -> None:
        self.checks: list[Verdict] = []
        """What was judged at the end beside the stages of recoveries."""
        self._running = running
        self._recoveries = recoveries
        self._invariants = invariants
        self._customers = customers
        self._note_guards = note_guards
        self._began = clock.monotonic()
        self._promises: dict[str, Callable[[], Verdict]] = {}
        self._drawn = False

    def promise(self, name: str, check: Callable[[], Verdict]) -> None:
        """A step says that this holds; judge it again at the end."""
        self._promises[name] = check

    def promised(self, name: str) -> bool:
        """Whether a step has said so."""
        return name in self._promises

    def draw(self, *, wait: bool = True) -> list[Verdict | StageVerdict]:
        """Judge everything; once. Without ``wait``, as after a step that failed, recoveries get no
        more time and nothing is asked of the cluster. Never raises for what failed."""
        if not self._drawn:
            self._drawn = True
            if wait:
                self._settle()
                self._recoveries.look()
            customers = self._customers()
            if customers is not None:
                customers.stop()
            self._note_guards()
            checks = self._ask() if wait else []
            self._note_guards()
            self._recoveries.end()
            self.checks = [each for each in [*checks, self._unharmed(), self._guarded()] if each]
            for check in self.checks:
                self._running.timeline.record(
                    CheckJudged(
                        check.name, outcome=check.outcome, sentence=check.sentence, final=True
                    )
                )
        stages = [each for r in self._recoveries.all for each in self._recoveries.judge(r)]
        return [*stages, *self.checks]

    def enforce(self) -> None:
        """Raise ProductFailed for what failed at the end, with the first broken link, and CnaError
        for what nobody could judge; nothing for what a step has said already."""
        self.draw()
        failures = [each for each in map(self._failure, self._recoveries.all) if each]
        said = bool(self._recoveries.said)
        wrong = [check for check in self.checks if check.outcome == "failed" and not said]
        if not failures and wrong:
            raise ProductFailed(_together(wrong))
        for error in [each for each in failures if not isinstance(each, CnaError)] or failures:
            raise error
        unknown = [check for check in self.checks if check.outcome == "unknown"]
        if unknown:
            raise CnaError(_together(unknown))

    def _failure(self, recovery: Recovery) -> Exception | None:
        """The first stage that failed, along the chain of causes, as an error; else the first that
        could not be observed."""
        recoveries = self._recoveries
        if recovery in recoveries.said:
            return None
        wrong = [v for v in recoveries.judge(recovery) if v.outcome in {"failed", "unknown"}]
        failed = [v for v in wrong if v.outcome == "failed"] or wrong
        first = next(
            (v for v in failed if v.limit.cause not in {other.stage for other in failed}), None
        )
        if first is None:
            return None
        try:
            return failure(recoveries, recovery, first)
        except CnaError as error:
            return error

    def _settle(self) -> None:
        try:
            self._invariants.settle()
        except CnaError as error:
            # an observer has died: what it should have seen is not known
            self._running.progress(f"{error}")

    def _ask(self) -> list[Verdict]:
        """Whatever needs the cluster: invariants after a fault, and what steps promised."""
        checks = dict(self._promises)
        if self._recoveries.all:
            checks[ONE_ENTRY] = self._invariants.one_entry
            checks[NOT_TWICE] = self._invariants.no_unit_twice
            if self._running.balancer is not None:
                checks[ROUTING] = self._invariants.routing
        return [_asked(name, check) for name, check in checks.items()]

    def _unharmed(self) -> Verdict | None:
        running = self._running
        return unharmed(
            running.deployment, running.timeline, running.since, self._began, clock.monotonic()
        )

    def _guarded(self) -> Verdict | None:
        found = self._running.timeline.events(FaultUndoneByGuard, since=self._began)
        if not found:
            return None
        what = ", ".join(f"the {event.fault} of {event.target}" for event in found)
        return Verdict(
            "unknown",
            f"a machine itself had undone {what} before the scenario did, because it took too "
            "long: what followed cannot be judged",
            name="faults last until they are undone",
        )


def _asked(name: str, check: Callable[[], Verdict]) -> Verdict:
    try:
        return check()
    except ProductFailed as error:
        return Verdict("failed", str(error), name=name)
    except CnaError as error:
        return Verdict("unknown", str(error), name=name)


def _together(checks: Sequence[Verdict]) -> str:
    """What they say, the first sentence first: it may be all that is shown."""
    first, *others = checks
    sentence = f"{first.sentence} (judged at the end of the scenario)"
    return "\n  ".join([sentence, *first.evidence, *map(str, others)])
