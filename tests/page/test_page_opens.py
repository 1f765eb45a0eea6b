"""Every recorded run opens, at every width and in every light, with the truth on top."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from runs import ALL, LINKS, scenarios

Open = Callable[..., Page]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("run", ALL)
def test_it_opens_and_fits(open_page: Open, run: str, width: int, scheme: str) -> None:
    page = open_page(run, width, scheme)
    page.get_by_role("button", name="Open all").click()
    expect(page.locator(".stage").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".stage").count() == len(scenarios(run))


def test_a_green_run_says_what_customers_noticed(open_page: Open) -> None:
    page = open_page("green")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Recovers; customers notice, at worst 3.2 s without an answer"
    )
    expect(page.locator(".lead")).to_have_text(f"All {len(scenarios('green'))} scenarios held.")


@pytest.mark.parametrize(("run", "link"), LINKS.items())
def test_the_broken_link_comes_first(open_page: Open, run: str, link: str) -> None:
    page = open_page(run)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not resilient")
    broken = page.locator(".joint-first")
    expect(broken.locator(".name")).to_have_text(link)
    expect(broken).to_be_visible()
    earlier = broken.locator("xpath=preceding-sibling::li")
    assert all("joint-broken" not in (each.get_attribute("class") or "") for each in earlier.all())
    # the diagnosis stands before the steps, and the traceback behind it
    order = page.locator("details.section").first.locator("h4, .traceback").all_inner_texts()
    assert order[0].lower() == "what broke"
    assert order[1].lower().startswith("traceback")
    assert order[2].lower() == "steps"


def test_what_could_not_be_judged_is_no_failure(open_page: Open) -> None:
    page = open_page("broken")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not judged")
    expect(page.locator(".diagnosis h4")).to_have_text(re.compile("could not be judged", re.I))


def test_a_killed_run_is_shown_up_to_then(open_page: Open) -> None:
    page = open_page("interrupted")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not judged")
    expect(page.locator(".about")).to_contain_text("ended before its time")
    expect(page.locator(".stage")).to_be_visible()


def test_without_a_broken_link_the_message_comes_first(open_page: Open) -> None:
    page = open_page("redispatch")
    expect(page.locator(".joint-first")).to_have_count(0)
    parts = page.locator(".diagnosis > *").evaluate_all("parts => parts.map(p => p.className)")
    assert parts.index("message") < parts.index("chain")
    expect(page.locator(".stories .cause")).to_contain_text("requests failed")


def test_without_javascript_it_is_all_text(
    browser: Browser, written: Callable[[str], Path]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written("systemd").as_uri())
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".joint-first")).to_be_visible()
    expect(page.locator(".waterfall tbody tr").first).to_be_visible()
    expect(page.locator(".timeline .pending")).to_contain_text("timeline.jsonl")
    context.close()
