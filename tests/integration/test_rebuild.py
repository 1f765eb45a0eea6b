"""A set that does not settle gets a new cluster, and the history of the old one does not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.events.session import SessionRebuilding
from pytest_cna.core.fault_kinds import CONTAINER_KILL
from pytest_cna.core.stages import ANNOUNCED
from pytest_cna.core.waiting import wait_for
from pytest_cna.plugin.fixtures import RUN
from pytest_cna.scenario.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.cluster.running_deployment import RunningDeployment


def test_a_set_that_lost_a_unit_is_made_again(
    deployment: RunningDeployment, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = request.config.stash[RUN]
    lost = "zurmo_mysql_discovery@3306.service"
    deployment.cluster.fleet.destroy(lost)
    wait_for(
        lambda: [
            s for s in deployment.cluster.fleet.states() if (s.name, s.active) == (lost, "active")
        ],
        lambda active: not active,
        waiting_for=f"{lost} to be gone",
        timeout=20,
    )
    renewed = run.steady_deployment(patience=2.0)
    assert renewed is not deployment
    assert run.timeline.events(SessionRebuilding)
    assert run.steady_deployment() is renewed
    # a recovery on the new cluster is judged by its own history
    scene = Scene(renewed, run.application, run.time_terms(renewed), tmp_path, 0)
    scene.inject(CONTAINER_KILL, "cache")
    verdict = scene.await_stage(ANNOUNCED)
    (recovery,) = scene.recoveries.all
    assert recovery.kind is CONTAINER_KILL
    assert verdict.passed
    assert verdict in scene.recoveries.judge(recovery)
    scene.heal()
