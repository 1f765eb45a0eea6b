"""The page in Chromium: what Debian packages, with a profile of its own, and no network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from runs import RUNS

from pytest_cna.report.page import render

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "there is no chromium; make test-packages installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a run of ``runs/``, rendered once."""
    directory = tmp_path_factory.mktemp("pages")

    def write(run: str) -> Path:
        path = directory / f"{run}.html"
        if not path.exists():
            path.write_text(render(RUNS / run), encoding="utf-8")
        return path

    return write


@pytest.fixture
def open_page(browser: Browser, written: Callable[[str], Path]) -> Iterator[Callable[..., Page]]:
    """Opens the page of a run, or a file; at the end nothing may have been said on the console,
    and nothing asked for but the file itself."""
    said: list[str] = []
    asked: list[str] = []
    contexts = []

    def opened(run: str | Path, width: int = 1280, scheme: str = "light") -> Page:
        path = run if isinstance(run, Path) else written(run)
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.locator("html[data-prepared]").wait_for(state="attached")
        asked[:] = [url for url in asked if url != path.as_uri()]
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == []
