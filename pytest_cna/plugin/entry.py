"""The pytest plugin: hooks, options and wiring, no logic."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import ConfigurationError, UnitFileError
from pytest_cna.core.waiting import LISTENER
from pytest_cna.plugin.compat import take_over_line, worker_of
from pytest_cna.plugin.fixtures import RUN
from pytest_cna.plugin.given_options import add_options
from pytest_cna.plugin.settings import OPTIONS, check_options, in_use, read_settings
from pytest_cna.plugin.signals import end_on_sigterm

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = [
    "pytest_cna.plugin.fixtures",
    "pytest_cna.plugin.steps.customers",
    "pytest_cna.plugin.steps.faults",
    "pytest_cna.plugin.steps.recovery",
    "pytest_cna.plugin.steps.steady_state",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser, OPTIONS)


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Report a provider whose options cannot be imported, before pytest rejects those options as
    unknown."""
    try:
        check_options(early_config)
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not in_use(config):
        return
    from pytest_cna.plugin.run import Run

    try:
        settings = read_settings(config)
        run = config.stash[RUN] = Run(
            settings, config.rootpath, worker_of(config), quiet=config.get_verbosity() < 0
        )
    except (ConfigurationError, UnitFileError) as error:
        raise pytest.UsageError(str(error)) from error
    if not config.getoption("collectonly"):
        from pytest_cna.plugin import conclusion

        config.pluginmanager.register(run.recorder, "cna-recorder")
        config.pluginmanager.register(conclusion, "cna-conclusion")


def pytest_report_header(config: pytest.Config) -> list[str]:
    run = config.stash.get(RUN, None)
    return run.header() if run else []


def pytest_sessionstart(session: pytest.Session) -> None:
    run = session.config.stash.get(RUN, None)
    if run:
        end_on_sigterm()
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            run.progress.line_begun = partial(take_over_line, reporter)
        LISTENER.set(run.progress)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    run = config.stash.get(RUN, None)
    if run and run.recorder.scenarios:
        terminalreporter.section("resilience")
        for line in run.summary():
            terminalreporter.line(line)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Remove everything that the run made, after all other teardowns and whatever happened
    before."""
    try:
        return (yield)
    finally:
        run = session.config.stash.get(RUN, None)
        if run:
            run.finish()
            LISTENER.set(None)
