"""The job summary of GitHub and GitLab, in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_cna.report.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_cna.report.report import Report
    from pytest_cna.report.scenario import Scenario

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")
EXPLAINED = 6_000
"""Most characters of one scenario's explanation; GitHub allows a megabyte for a summary."""


def markdown(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    environment = report.environment
    yield f"## {report.headline.sentence}"
    yield ""
    yield f"{report.counts.capitalize()}."
    yield ""
    commit = f", commit `{environment.commit[:12]}`" if environment.commit else ""
    yield (
        f"Provider {_plain(environment.provider)}, {len(environment.machines)} machines, seed "
        f"{environment.seed}{commit}, {report.duration:.0f} s"
    )
    for feature, scenarios in report.features.items():
        yield from ("", f"### {_plain(feature)}", "")
        yield from ("| | scenario | what happened |", "|---|---|---|")
        for scenario in scenarios:
            yield (
                f"| {scenario.status.mark} {scenario.status} | {_plain(scenario.name)} | "
                f"{_plain(sentence(scenario))} |"
            )
        for scenario in scenarios:
            if scenario.status.bad:
                yield from _explained(scenario)


def _explained(scenario: Scenario) -> Iterator[str]:
    text = scenario.explained[:EXPLAINED]
    # a code fence has to be longer than any in the text
    longest = max((len(found) for found in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from ("", f"<details><summary>{_plain(scenario.name)}</summary>", "")
    yield from (fence, text, fence, "", "</details>")


def _plain(text: str) -> str:
    """The text in one line, escaped so that none of it is read as Markdown or HTML."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
