"""One table of statuses: what each file and the page know of a status comes from its row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from recorded import recorded
from reports import RUN, SCHEMA, scenario

from pytest_cna.report.cucumber import cucumber
from pytest_cna.report.page import render
from pytest_cna.report.page.status_style import icons, status_style
from pytest_cna.report.report import Report
from pytest_cna.report.scenario import Step
from pytest_cna.report.status import BROKEN, FAILED, PASSED, STATUSES, Status, is_bad, status_named


def test_the_schema_has_all_and_no_other() -> None:
    names = list(STATUSES)
    assert sorted(SCHEMA["$defs"]["status"]["enum"]) == sorted(names)
    summary = SCHEMA["properties"]["summary"]
    assert sorted(summary["required"]) == sorted(summary["properties"]) == sorted(names)


@pytest.mark.parametrize("status", STATUSES.values(), ids=str)
def test_each_is_drawn(status: Status, tmp_path: Path) -> None:
    each = scenario(status)
    each.message = "why"
    page = render(recorded(tmp_path, Report(RUN, (each,))))
    used = set(re.findall(r'href="#icon-([a-z-]+)"', page))
    assert status.slug in used
    assert used <= icons().keys()
    assert f"{status.meaning[0].upper()}{status.meaning[1:]}." in page
    for name in ("icon", "fill", "badge", "section"):
        assert f".{name}-{status.slug}" in status_style()
    assert (f'class="part diagnosis diagnosis-{status.slug}"' in page) == status.bad
    assert (status.heading in page) == status.bad or not status.heading


@pytest.mark.parametrize("status", STATUSES.values(), ids=str)
def test_what_needs_attention_has_words_for_it(status: Status) -> None:
    assert bool(status.ended) == bool(status.heading) == status.bad
    assert status.judged or not status.bad


def test_a_viewer_that_does_not_know_a_status_gets_its_meaning() -> None:
    each = scenario(BROKEN)
    each.steps = [Step("Given", "x", BROKEN, message="no answer")]
    result = cucumber(Report(RUN, (each,)))[0]["elements"][0]["steps"][0]["result"]
    assert result["status"] == "failed"
    assert result["error_message"] == "could not be judged: no answer"
    assert FAILED.message("two is not one") == "two is not one"


def test_names() -> None:
    assert status_named("passed") is PASSED
    with pytest.raises(ValueError, match="'pending' is no status; known are passed, failed"):
        status_named("pending")
    # of another version: better looked at than overlooked
    assert is_bad("pending")
    assert not is_bad("skipped")
