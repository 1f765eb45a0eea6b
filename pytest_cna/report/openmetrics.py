"""The figures as OpenMetrics text, for Prometheus' textfile collector or GitLab's metrics report.

When a run has several figures with the same labels, as when one scenario kills a container twice,
only the last is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from pytest_cna.report.report import Report

Samples = dict[tuple[str, ...], float]
"""Values of the labels → figure."""
SCENARIO = ("feature", "scenario")
FAULT = (*SCENARIO, "fault", "subject", "unit")
TRAFFIC = {
    "requests": ("cna_requests", "Requests of customers"),
    "failed": ("cna_failed_requests", "Requests that failed"),
    "slow": ("cna_slow_requests", "Good answers that took long enough to be noticed"),
    "longest_gap": ("cna_longest_gap_seconds", "Longest time without any good answer"),
    "p50": ("cna_answer_p50_seconds", "Time of a good answer, median"),
    "p99": ("cna_answer_p99_seconds", "Time of a good answer, 99th percentile"),
}


def openmetrics(report: Report) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(report))
    text: bytes = generate_latest(registry)
    return text.decode("utf-8")


class _Figures(Collector):
    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterator[Metric]:
        environment = self._report.environment
        run = InfoMetricFamily("cna_run", "What the run was made with")
        named = {
            "session": environment.session,
            "provider": environment.provider,
            "commit": environment.commit,
            "seed": str(environment.seed),
            "verdict": self._report.headline.verdict,
        }
        run.add_metric([], {name: _text(value) for name, value in named.items()})
        yield run
        numbers: Samples = {(status,): number for status, number in self._report.summary.items()}
        yield _gauge("cna_scenarios", "Scenarios that ended so", ("status",), numbers)
        duration: Samples = {(): self._report.duration}
        yield _gauge("cna_run_duration_seconds", "Of the whole run", (), duration)
        yield from self._recoveries()
        for figure, (name, words) in TRAFFIC.items():
            found: Samples = {
                (scenario.feature, scenario.name): getattr(scenario.traffic, figure)
                for scenario in self._report.scenarios
                if scenario.traffic is not None
            }
            yield _gauge(name, words, SCENARIO, found)

    def _recoveries(self) -> Iterator[Metric]:
        recovered: Samples = {}
        bounds: Samples = {}
        stages: Samples = {}
        outcomes: Samples = {}
        for scenario in self._report.scenarios:
            for fault in scenario.faults:
                where = (scenario.feature, scenario.name, fault.kind, fault.subject, fault.unit)
                bounds[where] = fault.bound
                if fault.recovered_after is not None:
                    recovered[where] = fault.recovered_after
                outcomes[(*where, fault.outcome)] = 1
                for stage in fault.stages:
                    if stage.after is not None:
                        stages[(*where, stage.name)] = stage.after
        words = "From the fault to the last stage, if all were reached"
        yield _gauge("cna_recovery_seconds", words, FAULT, recovered)
        yield _gauge("cna_recovery_bound_seconds", "How long it may take", FAULT, bounds)
        words = "1 for the verdict on a recovery: passed, failed, unknown or not awaited"
        yield _gauge("cna_recovery_outcome", words, (*FAULT, "outcome"), outcomes)
        yield _gauge("cna_stage_seconds", "From the fault to a stage", (*FAULT, "stage"), stages)


def _gauge(
    name: str,
    words: str,
    labels: Sequence[str],
    samples: Samples,
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, number in samples.items():
        family.add_metric([_text(value) for value in values], number)
    return family


def _text(value: str) -> str:
    return value.encode("utf-8", errors="replace").decode("utf-8")
