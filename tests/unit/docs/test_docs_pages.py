"""Pages that are written from the code are fresh, and links between files lead somewhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from imports import ROWS

from pytest_cna.core.fault_kinds import FAULT_KINDS
from pytest_cna.core.stages import STAGES

ROOT = Path(__file__).parents[3]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
OUTSIDE_THE_SITE = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "changelog").glob("*.md")),
]
"""Files whose links Sphinx does not check."""


@pytest.mark.parametrize("page", ["events", "fixtures", "steps"])
def test_page_is_fresh(page: str) -> None:
    script = ROOT / "docs" / f"{page}.py"
    written = script.with_suffix(".md").read_text(encoding="utf-8")
    assert written == runpy.run_path(str(script))["page"](), (
        f"docs/{page}.md is not what the code says; run: python docs/{page}.py"
    )


def test_every_step_function_is_on_the_page() -> None:
    page = (ROOT / "docs" / "steps.md").read_text(encoding="utf-8")
    decorators = re.compile(r"^@(given|when|then)\(", re.MULTILINE)
    modules = sorted((ROOT / "pytest_cna" / "plugin" / "steps").glob("*.py"))
    registered = sum(len(decorators.findall(m.read_text(encoding="utf-8"))) for m in modules)
    lines = re.findall(r"^(?:Given|When|Then) .*$", page, re.MULTILINE)
    assert registered > 15
    assert len(lines) >= registered
    said = {kind.sentence.format("the <service>") for kind in FAULT_KINDS.values()}
    assert {f"When {sentence}" for sentence in said} <= set(lines)
    assert {f"Then {stage.sentence} within the bound" for stage in STAGES.values()} <= set(lines)
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("file", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_map_names_each_room(file: str) -> None:
    rows = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", (ROOT / file).read_text(encoding="utf-8"), re.M)
    assert [room for room in rows if room in ROWS] == list(ROWS)


@pytest.mark.parametrize("file", OUTSIDE_THE_SITE, ids=lambda file: file.name)
def test_links_lead_to_files_and_headings(file: Path) -> None:
    broken = []
    for target in LINK.findall(file.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = (file.parent / path).resolve() if path else file
        if not found.exists() or (anchor and anchor not in headings(found)):
            broken.append(target)
    assert not broken, f"{file.name} links to what is not there: {', '.join(broken)}"


def headings(file: Path) -> set[str]:
    """Anchors of a Markdown file, as they are made from its headings."""
    text = FENCE.sub("", file.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
