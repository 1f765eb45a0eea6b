"""What schedules are played on: the repository's own deployment, and five small ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_cna.deployment.application import read_application
from pytest_cna.deployment.deployment import read_deployment

if TYPE_CHECKING:
    from pytest_cna.deployment.application import Application
    from pytest_cna.deployment.deployment import Deployment

HERE = Path(__file__).parent / "deployments"
ROOT = Path(__file__).parents[2]

FILES = {
    "lone": HERE / "lone.toml",
    "bare": HERE / "bare.toml",
    "pair": HERE / "pair.toml",
    "two balancers": HERE / "two_balancers.toml",
    "chain": HERE / "chain.toml",
    "zurmo": ROOT / "units" / "deployment.toml",
}
"""Name → file, the simplest first."""


@cache
def deployment(name: str) -> Deployment:
    return read_deployment(FILES[name])


@cache
def application() -> Application:
    """What customers do, whatever the deployment is."""
    return read_application(ROOT / "images" / "crm", deployment("zurmo").application_entries)
