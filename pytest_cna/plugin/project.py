"""Facts about the project under test and the run that are known before it begins."""

from __future__ import annotations

import platform
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from pytest_cna.core import clock
from pytest_cna.machines.artefacts.tools import tool_versions
from pytest_cna.report.facts import coverage, unit_records
from pytest_cna.report.report import Environment, Report

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.deployment.deployment import Deployment
    from pytest_cna.machines.providers.base import Provider
    from pytest_cna.plugin.settings import Settings

TIMEOUT = 10
SIMULATED = "machines simulated in memory"


def known_before(
    settings: Settings,
    provider: type[Provider],
    deployment: Deployment | None,
    session: str,
    project: Path,
) -> Report:
    """The report of a run before anything has run."""
    environment = Environment(
        session=session,
        provider=f"{settings.provider} ({SIMULATED})" if provider.simulated else settings.provider,
        seed=settings.seed,
        started=clock.wall(),
        began=clock.monotonic(),
        versions=versions() | tool_versions(),
        deployment=deployment.name if deployment else "",
        commit=commit(project),
        command=shlex.join(sys.argv),
    )
    if deployment is None:
        return Report(environment, ())
    return Report(environment, (), coverage=coverage(deployment), units=unit_records(deployment))


def commit(project: Path) -> str:
    """The commit of the git work tree that contains ``project``, followed by ``+`` when tracked
    files differ; empty without a work tree or git."""
    head = _git(project, "rev-parse", "HEAD")
    if not head:
        return ""
    return f"{head}+" if _git(project, "status", "--porcelain", "-uno") else head


def _git(project: Path, *arguments: str) -> str:
    try:
        said = subprocess.run(
            ["git", "-C", str(project), *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if said.returncode else said.stdout.strip()


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that judge."""
    found = {"Python": platform.python_version()}
    for package in ("pytest-cna", "pytest", "pytest-bdd"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a source tree that is not installed
            continue
    return found
