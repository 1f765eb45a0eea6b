"""Sphinx's settings: ``make docs`` builds the site into .build/docs, and each warning fails it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "pytest-cna"
extensions = ["myst_parser"]
exclude_patterns = ["sample-report"]
myst_heading_anchors = 3
highlight_language = "none"
html_theme = "furo"
html_title = "pytest-cna"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

CHANGELOG = Path(__file__).parents[1] / "changelog"
FETCHED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//""")
IMPORTED = re.compile(r"""@import|url\(["']?(?:https?:)?//""")


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_fragments)
    app.connect("build-finished", refuse_network)


def add_fragments(app: Sphinx, page: str, content: list[str]) -> None:
    """Append the fragments in changelog/ to the page *changelog*, the newest first."""
    if page == "changelog":
        fragments = [f for f in CHANGELOG.glob("*.md") if f.name != "README.md"]
        fragments.sort(key=lambda fragment: int(fragment.name.partition(".")[0]), reverse=True)
        for fragment in fragments:
            issue, kind, _ = fragment.name.split(".")
            content[0] += f"\n## {issue}: {kind}\n\n{fragment.read_text(encoding='utf-8')}"


def refuse_network(app: Sphinx, failure: Exception | None) -> None:
    """Fail when a page loads a script, a style, a font or a picture from the network."""
    for kind, pattern in (("*.html", FETCHED), ("*.css", IMPORTED)):
        for file in Path(app.outdir).rglob(kind):
            if failure is None and (found := pattern.search(file.read_text(encoding="utf-8"))):
                raise ExtensionError(f"{file} needs the network: {found[0]}")
