"""Paper: nothing is cut off, and what is folded on the screen is there."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader
from runs import scenarios

Open = Callable[..., Page]
A4_WIDTH = 210 / 25.4 * 96 - 2 * 12 / 25.4 * 96
"""Pixels between the margins."""


@pytest.mark.parametrize("run", ["green", "systemd"])
def test_nothing_is_cut_off(open_page: Open, run: str) -> None:
    page = open_page(run, width=int(A4_WIDTH))
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    wide = page.evaluate(
        """width => [...document.querySelectorAll('main *')]
             .filter(each => each.checkVisibility() && !each.closest('.unseen'))
             .filter(each => each.getBoundingClientRect().right > width + 1)
             .map(each => each.outerHTML.slice(0, 120))""",
        int(A4_WIDTH),
    )
    assert wide == []
    scrolled = page.evaluate(
        """() => [...document.querySelectorAll('main pre, main .wide')]
             .filter(each => each.checkVisibility() && each.scrollHeight > each.clientHeight + 2)
             .map(each => each.outerHTML.slice(0, 120))"""
    )
    assert scrolled == []


@pytest.mark.parametrize("run", ["green", "systemd"])
def test_the_paper_has_it_all(open_page: Open, run: str) -> None:
    page = open_page(run)
    reader = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
    sheets = " ".join(sheet.extract_text() for sheet in reader.pages)
    text = " ".join(unicodedata.normalize("NFKC", sheets).split())  # fonts have ligatures
    for scenario in scenarios(run):
        assert scenario["name"] in text
        for step in scenario["steps"]:
            assert step["text"] in text
        for fault in scenario["faults"]:
            for stage in fault["stages"]:
                for term in stage["terms"]:
                    assert term["source"] in text
    assert reader.pages[0].mediabox.height > reader.pages[0].mediabox.width
    # the screen is as it was
    assert page.locator("details:not([open])").count() > 0
