"""Every figure that people are shown is the one in ``report.json``."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from recorded import recorded
from reports import FAULT, RUN, TRAFFIC, scenario
from runs import ALL, RUNS

from pytest_cna.judgement.verdicts import Outcome
from pytest_cna.report.files import load
from pytest_cna.report.history import entry
from pytest_cna.report.junit import junit
from pytest_cna.report.markdown import markdown
from pytest_cna.report.page import render
from pytest_cna.report.page.wording import seconds
from pytest_cna.report.records import FaultRecord, Stage
from pytest_cna.report.report import Report
from pytest_cna.report.status import FAILED, PASSED
from pytest_cna.report.summary import lines


def text_of(page: str) -> str:
    """What is read on a page, without its payloads."""
    body = page[page.index("<body>") : page.index('<script type="text/plain"')]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def properties(report: Report) -> dict[str, str]:
    """What JUnit's XML says of the scenarios."""
    found = ElementTree.fromstring(junit(report)).iter("property")
    return {str(each.get("name")): str(each.get("value")) for each in found}


@pytest.mark.parametrize("run", ALL)
def test_the_headline_and_the_counts(run: str) -> None:
    report = load(RUNS / run)
    row = report.to_json()
    sentence, summary = row["headline"]["sentence"], row["summary"]
    page = text_of(render(RUNS / run))
    terminal = list(lines(report))
    job = markdown(report)
    for shown in (page, "\n".join(terminal), job, entry(report).headline):
        assert sentence in shown
    for status, number in summary.items():
        assert not number or f"{number} {status}" in page
        assert not number or f"{number} {status}" in terminal[-1]
        assert not number or f"{number} {status}" in job
    suites = list(ElementTree.fromstring(junit(report)))
    assert sum(int(each.get("failures", 0)) for each in suites) == summary["failed"]


@pytest.mark.parametrize("run", ALL)
def test_recoveries_and_what_customers_noticed(run: str) -> None:
    report = load(RUNS / run)
    page, terminal = text_of(render(RUNS / run)), " ".join(" ".join(lines(report)).split())
    found = properties(report)
    for each in report.scenarios:
        for fault in each.faults:
            name = f"{each.name}: {fault.kind} of {fault.subject}: outcome"
            assert found[name] == fault.outcome
            for stage in fault.stages:
                if stage.after is not None:
                    assert f"{stage.name} {stage.after:.1f}" in terminal
                    assert f"{seconds(stage.after)} {seconds(stage.bound)}" in page
        if each.traffic:
            words = "; ".join(each.traffic.noticed) or "nothing"
            assert found[f"{each.name}: customers noticed"] == words
            assert f"{each.traffic.failed} of {each.traffic.requests} failed" in terminal
            for noticed in each.traffic.noticed:
                assert noticed in page


def judged(outcome: Outcome, after: float | None) -> FaultRecord:
    """A recovery whose verdict its figures do not show."""
    stage = Stage("announced", after, 21.5, allowed=11.3, outcome=outcome, sentence="so it was")
    return replace(FAULT, stages=(stage,), recovered_after=after, bound=21.5)


@pytest.mark.parametrize("after", [5.0, 12.0, 30.0, None])
@pytest.mark.parametrize("outcome", ["passed", "failed", "unknown", "not awaited"])
def test_all_draw_the_verdict_and_none_makes_its_own(
    outcome: Outcome, after: float | None, tmp_path: Path
) -> None:
    each = scenario(FAILED if outcome == "failed" else PASSED)
    each.add_fault(judged(outcome, after))
    each.set_traffic(TRAFFIC)
    report = Report(RUN, (each,))
    failed = outcome == "failed"
    page = text_of(render(recorded(tmp_path, report)))
    assert ("did not end in time" in page) == failed
    assert ("1 not recovered in time" in page) == failed
    terminal = " ".join(lines(report))
    assert ("too late" in terminal or "not recovered" in terminal) == failed
    assert properties(report)["S: machine loss of core-1: outcome"] == outcome
    job = markdown(report)
    assert ("too late" in job or "not recovered within" in job) == failed
