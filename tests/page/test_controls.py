"""Search, filters, exhibits and the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from runs import scenarios

Open = Callable[..., Page]


def test_search(open_page: Open) -> None:
    page = open_page("green")
    page.get_by_label("Search features").fill("load balancer is stopped")
    shown = page.locator("details.section:visible")
    names = [each["name"] for each in scenarios("green")]
    fitting = [name for name in names if "load balancer is stopped" in name.lower()]
    expect(shown).to_have_count(len(fitting))
    expect(page.locator("#matches")).to_have_text(f"{len(fitting)} of {len(names)} scenarios shown")
    page.get_by_label("Search features").fill("no such words anywhere")
    expect(shown).to_have_count(0)
    expect(page.locator(".chapter:visible")).to_have_count(0)
    page.get_by_label("Search features").fill("")
    expect(shown).to_have_count(len(names))


def test_filter_by_status(open_page: Open) -> None:
    page = open_page("green")
    passed = page.get_by_role("button", name=re.compile("^passed"))
    passed.click()
    expect(passed).to_have_attribute("aria-pressed", "false")
    expect(page.locator("details.section:visible")).to_have_count(0)
    passed.click()
    expect(page.locator("details.section:visible")).to_have_count(len(scenarios("green")))


def test_journals_are_filtered(open_page: Open) -> None:
    page = open_page("systemd")
    journal = page.locator(".attachment[data-kind=journal]")
    journal.locator("summary").click()
    lines = journal.locator("pre")
    expect(lines).to_be_visible()
    before = lines.inner_text().splitlines()
    machine = next(line.split(" ")[1] for line in before if line[:2] == "20")
    journal.get_by_label("Machine").select_option(label=machine)
    seen = lines.inner_text().splitlines()
    assert seen
    assert seen == [line for line in before if line.split(" ")[1:2] == [machine]]
    journal.get_by_label("Filter lines").fill("no line has this")
    expect(lines).to_have_text("")
    journal.get_by_label("Filter lines").fill("")
    journal.get_by_label("Machine").select_option(label="every machine")
    journal.get_by_label("Time").select_option(index=1)
    seen = lines.inner_text().splitlines()
    assert seen
    assert set(seen) <= set(before)


def test_what_changed_is_compared(open_page: Open) -> None:
    page = open_page("systemd")
    discovery = page.locator(".attachment", has_text="discovery")
    expect(discovery.locator("summary")).to_contain_text("changed")
    discovery.locator("summary").click()
    texts = {each["name"]: each["text"] for each in scenarios("systemd")[0]["attachments"]}
    gone = set(texts["discovery before"].splitlines()) - set(texts["discovery after"].splitlines())
    assert gone
    # what changed is worked out when the attachment is opened
    expect(discovery.locator(".old").first).to_be_visible()
    removed = {line.strip()[1:] for line in discovery.locator(".old").all_inner_texts()}
    assert removed == gone


def test_what_was_left_out_is_said(open_page: Open) -> None:
    page = open_page("systemd")
    journal = page.locator(".attachment[data-kind=journal] summary")
    expect(journal).to_contain_text("bytes were left out")


def test_a_link_opens_its_scenario(open_page: Open) -> None:
    page = open_page("green")
    page.locator(".stories a").nth(1).click()
    target = page.evaluate("location.hash.slice(1)")
    assert page.locator(f"[id='{target}']").get_attribute("open") is not None


def test_light_and_dark(open_page: Open) -> None:
    page = open_page("green")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(ground) != light
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


CONTROLS = "a[href], button:not([disabled]), input, select, summary, [tabindex='0']"


@pytest.mark.parametrize("run", ["systemd", "green"])
def test_the_keyboard_reaches_every_control(open_page: Open, run: str) -> None:
    page = open_page(run)
    section = page.locator("details.section").first
    section.evaluate("section => section.open = true")
    section.locator(".stage").wait_for()
    section.locator(".text-list summary").first.click()
    section.locator(".attachment summary").last.click()
    page.evaluate(
        """controls => document.querySelectorAll(controls).forEach((each, index) => {
             if (each.checkVisibility()) each.dataset.control = index;
           })""",
        CONTROLS,
    )
    count = page.locator("[data-control]").count()
    assert count > 30
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    reached = set()
    for _ in range(count + 5):
        page.keyboard.press("Tab")
        control = page.evaluate("document.activeElement.dataset.control ?? null")
        if control is not None:
            reached.add(control)
    everything = {
        each.get_attribute("data-control") for each in page.locator("[data-control]").all()
    }
    missed = everything - reached
    assert not missed, [page.locator(f"[data-control='{m}']").first.inner_text() for m in missed]
