"""Series, waterfalls, overview, trend, exhibits and the budget."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from recorded import recorded
from reports import ATTACHMENT, FAULT, TRAFFIC, full, rich, scenario

from pytest_cna.core.model import RequestRecord
from pytest_cna.judgement.verdicts import Outcome
from pytest_cna.report.history import entry
from pytest_cna.report.page import budget, render
from pytest_cna.report.page.chapter import chapters, held
from pytest_cna.report.page.exhibits import exhibits
from pytest_cna.report.page.outage import row
from pytest_cna.report.page.overview import overview
from pytest_cna.report.page.payload import packed, unpacked
from pytest_cna.report.page.series import rate, shown
from pytest_cna.report.page.trend import trend
from pytest_cna.report.page.waterfall import waterfall
from pytest_cna.report.page.wording import count, listed, seconds, unwrapped
from pytest_cna.report.records import Attachment, Stage, TermRecord
from pytest_cna.report.report import Report
from pytest_cna.report.scenario import Scenario
from pytest_cna.report.status import BROKEN, FAILED, NOT_APPLICABLE, PASSED, SKIPPED


def request(start: float, duration: float = 0.1, error: str = "") -> RequestRecord:
    return RequestRecord(start, duration, 1, "list", "GET", 200, "web@1", error)


def test_the_rate_counts_every_request() -> None:
    sent = [request(10 + n / 100, error="Timeout" if n % 10 == 0 else "") for n in range(1000)]
    found = rate(sent, 10.0, 20.0)
    assert (sum(found.good), sum(found.failed)) == (900, 100)
    assert found.step == 0.25
    assert len(found.good) == 41
    assert rate(sent, 10.0, 10_000.0).step == 30.0


def test_what_is_drawn_keeps_the_slowest_the_fastest_and_the_failed() -> None:
    sent = [request(float(n), 0.1 + (n % 7) / 100) for n in range(10_000)]
    sent[5000] = request(5000.0, 30.0)
    sent[6000] = request(6000.0, 0.001)
    sent[7000] = request(7000.0, 0.1, "Timeout")
    few = shown(sent, 900)
    assert len(few) <= 900
    assert {sent[5000], sent[6000], sent[7000]} <= set(few)
    assert list(few) == sorted(few, key=lambda each: each.start)
    assert shown(sent[:10], 900) == sent[:10]


def test_a_bar_starts_where_the_stage_before_ended() -> None:
    ttl, image = TermRecord("TTL", 10.0, "an option"), TermRecord("start", 4.0, "measured")
    stages = (
        Stage("noticed", 7.5, 10.0, (ttl,), outcome="passed"),
        Stage("running", 9.0, 14.0, (image,), outcome="passed"),
    )
    terms = (ttl, image)
    fault = replace(FAULT, stages=stages, terms=terms, bound=14.0, recovered_after=9.0)
    fall = waterfall(fault)
    assert [(bar.start, bar.end, bar.outcome) for bar in fall.bars] == [
        (0.0, 7.5, "passed"),
        (7.5, 9.0, "passed"),
    ]
    assert fall.result == "9.0 s of at most 14.0 s"
    assert fall.advice[0].startswith("TTL is 10.0 s of the bound (71%): an option.")
    assert "noticed took longest: 7.5 s" in fall.advice[1]


def test_a_bar_starts_at_what_causes_the_stage() -> None:
    stages = (
        Stage("running", 2.0, 6.0),
        Stage("announced", None, 8.0),
        Stage("routed", None, 9.0),
        Stage("serving", 2.5, 9.0),
    )
    fall = waterfall(replace(FAULT, stages=stages, recovered_after=None))
    assert [bar.start for bar in fall.bars] == [0.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("after", "outcome", "result"),
    [
        (12.0, "failed", "12.0 s of at most 40.0 s; announced too late"),
        (12.0, "passed", "12.0 s of at most 40.0 s"),
        (None, "failed", "not recovered; bound 40.0 s"),
        (None, "unknown", "nobody could look; bound 40.0 s"),
        (None, "not awaited", "not followed to its end; bound 40.0 s"),
    ],
)
def test_a_stage_is_drawn_as_it_was_judged(
    after: float | None, outcome: Outcome, result: str, tmp_path: Path
) -> None:
    """Also against its times: the judge knows what the stage was allowed, the page does not ask."""
    stage = Stage("announced", after, 14.0, allowed=11.3, outcome=outcome, sentence="it was so")
    fault = replace(FAULT, stages=(stage,), recovered_after=after)
    fall = waterfall(fault)
    assert (fall.bars[0].outcome, fall.outcome, fall.bars[0].limit) == (outcome, outcome, 11.3)
    assert fall.result == result
    each = scenario()
    each.add_fault(fault)
    page = render(recorded(tmp_path, replace(full(), scenarios=(each,))))
    assert f'class="bar-{outcome.replace(" ", "-")}" data-stage="announced"' in page
    assert ("it was so" in page) == (outcome in {"failed", "unknown"})
    assert ("1 recovery did not end in time" in page) == (outcome == "failed")
    assert ("1 not recovered in time" in page) == (outcome == "failed")


def test_the_headline() -> None:
    passed, failed, broken = map(scenario, (PASSED, FAILED, BROKEN))
    noticing = scenario()
    noticing.set_traffic(TRAFFIC)

    def sentence(*scenarios: Scenario) -> str:
        report = replace(full(), scenarios=scenarios)
        assert overview(report).headline == report.headline
        return report.headline.sentence

    assert sentence(passed) == "Resilient"
    assert sentence(passed, broken) == "Not judged"
    assert sentence(passed, failed, broken) == "Not resilient"
    assert sentence() == "Not judged"
    assert sentence(scenario(SKIPPED)) == "Not judged"
    assert sentence(scenario(NOT_APPLICABLE)) == "Not judged"
    assert sentence(passed, scenario(NOT_APPLICABLE)) == "Resilient"
    assert sentence(passed, noticing) == (
        "Recovers; customers notice, at worst 3 of 652 requests failed"
    )


def test_one_sentence_a_feature() -> None:
    chapter = chapters(replace(full(), scenarios=(rich(), scenario())))[0]
    assert chapter.sentence == (
        "All 2 scenarios held, 3 of 652 requests of customers failed and the slowest recovery took "
        "10.5 s of at most 40.0 s."
    )
    assert held({FAILED: 1, PASSED: 3, SKIPPED: 1}) == "of 4 scenarios 1 failed"
    assert held({BROKEN: 1}) == "the one scenario could not be judged"


def test_customers_in_a_sentence() -> None:
    each = scenario()
    assert row(each) is None
    each.set_traffic(TRAFFIC)
    found = row(each)
    assert found is not None
    assert found.verdict == (
        "3 of 652 requests failed (3 of Timeout): from the first failure to the next good answer "
        "1.5 s passed. Customers noticed: 3 of 652 requests failed."
    )


def test_the_trend_names_what_is_new_and_what_is_cured() -> None:
    report: Report = replace(full(), scenarios=(scenario(FAILED, "F", "a"), scenario()))
    now = entry(report)
    before = replace(now, session="before", started=1.0, summary={"passed": 1, "failed": 1})
    before = replace(before, statuses={"F: a": "passed", "F: S": "broken"})
    found = trend(report, [before, now])
    assert found is not None
    assert (found.new, found.cured) == (["F: a"], ["F: S"])
    assert [run.this for run in found.runs] == [False, True]
    assert trend(report, [now]) is None


def test_before_and_after_are_one_exhibit() -> None:
    def seen(name: str, text: str) -> Attachment:
        return replace(ATTACHMENT, name=name, text=text, truncated=0)

    same, changed, alone = exhibits(
        [
            seen("cfg before", "a\nb"),
            seen("keys before", "a\nb"),
            seen("cfg after", "a\nb"),
            seen("keys after", "a\nc"),
            seen("units", "u"),
        ]
    )
    assert (same.name, same.text, same.note) == ("cfg", "a\nb", "the same before and after")
    assert (changed.name, changed.text) == ("keys", " a\n-b\n+c")
    assert (alone.name, alone.note) == ("units", "")


def test_an_exhibit_that_has_no_room_is_cut_and_says_so() -> None:
    lines = "\n".join(f"{n} {hash(str(n))}" for n in range(20_000))
    found = budget.exhibits(exhibits([replace(ATTACHMENT, text=lines)]), "exhibits-1", 20_000)
    assert found is not None
    assert len(found.text) <= 20_000
    shown = unpacked(found.text)["exhibits"][0]
    assert lines.endswith(shown["text"])
    assert shown["text"].partition(" ")[0].isdigit()
    assert "12 bytes were left out when it was recorded; its last" in shown["note"]


def test_payloads_come_back_and_hold_no_markup() -> None:
    value = {"a": ["</script>", "\udcff", "é", 1, None]}
    text = packed(value)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    assert unpacked(text)["a"][2:] == ["é", 1, None]


def test_wording() -> None:
    assert [seconds(each) for each in (None, 0.314, 12.44, 185.0)] == [
        "never",
        "0.31 s",
        "12.4 s",
        "3 min 05 s",
    ]
    assert (count(1, "query"), count(1204, "query")) == ("1 query", "1,204 queries")
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert unwrapped("  a\n  b\n\n c ") == "a b\n\nc"


def test_a_page_has_its_size_whatever_is_attached(tmp_path: Path) -> None:
    chance = random.Random(1)
    scenarios = []
    for number in range(40):
        each = scenario(FAILED if number == 30 else PASSED, "F", f"S{number}")
        each.attach(replace(ATTACHMENT, text=f"{chance.randbytes(50_000).hex()}\nthe end"))
        scenarios.append(each)
    page = render(recorded(tmp_path, replace(full(), scenarios=tuple(scenarios))))
    assert len(page.encode()) <= budget.PAGE
    payloads = dict(re.findall(r'id="exhibits-(\d+)">([^<]*)<', page))
    assert len(payloads) == 40
    failed = unpacked(payloads["30"])["exhibits"][0]
    assert len(failed["text"]) > 100_000 - 1
    cut = unpacked(payloads["3"])["exhibits"][0]
    assert cut["text"] == "the end"
    assert "all are in report.json" in cut["note"]
