"""Whole runs of pytest on simulated machines: the repository's features, and others."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from simulated import ROOT

from pytest_cna.testing.provider import FakeProvider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = json.loads((ROOT / "pytest_cna" / "report" / "schema.json").read_text("utf-8"))
DEPLOYMENT = f"--cna-deployment={ROOT / 'units' / 'deployment.toml'}"
FEATURE = """
Feature: Caches
  Background:
    Given the complete set is launched

  Scenario: One that is never announced
    When the container of a cache is killed
    Then it is announced within the bound

  Scenario: etcd has lost its quorum
    When the container of a cache is killed
    And all machines lose power
    Then it is announced within the bound
"""
STEPS = """
from pytest_bdd import scenarios, when
import pytest

scenarios("caches.feature")

@pytest.fixture(autouse=True)
def unannounced(request, deployment):
    if "never" in request.node.name:
        for unit in deployment.deployment.units:
            deployment.cluster.provider.world.never("announced", unit.name)

@when("all machines lose power")
def all_lose_power(cluster):
    for machine in cluster.machines:
        cluster.provider.kill(machine)
"""

FAILS_TO_LAUNCH = """
import sys

import pytest

from pytest_cna.core.errors import ProductFailed
from pytest_cna.plugin.run import Run

KNOWN = set()

def steady_deployment(self, patience=None):
    KNOWN.update(sys.modules)
    raise ProductFailed("it did not come to its steady state")

Run.steady_deployment = steady_deployment

@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    try:
        return (yield)
    except ProductFailed:
        later = sorted(m for m in sys.modules.keys() - KNOWN if m.startswith("pytest_cna"))
        raise ProductFailed(f"imported later: {later}")
"""
WITHOUT_POWER = """
Feature: Losses
  Background:
    Given the complete set is launched

  Scenario: A machine is lost
    When the machine of a cache is lost
    Then it is announced within the bound

  Scenario: A machine is lost before it begins
    Given a machine was lost
    Then it is announced within the bound
"""
LOSSES = """
from pytest_bdd import given, scenarios
import pytest
from pytest_cna.core.fault_kinds import MACHINE_LOSS

scenarios("losses.feature")

@pytest.fixture
def lost(scene):
    scene.inject(MACHINE_LOSS, "cache")

@given("a machine was lost")
def was_lost(lost): pass

def test_without_gherkin(faults):
    faults.lose_machine_of("cache")

def test_in_a_fixture(lost): pass
"""


@pytest.fixture(autouse=True)
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run handles SIGTERM from its beginning on."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    result = pytester.runpytest_inprocess("--cna-provider=fake", "--cna-seed=1", *options)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    return result


def scenarios(directory: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((directory / "cna-report" / "report.json").read_text("utf-8"))
    jsonschema.validate(found, SCHEMA)
    assert found["environment"]["provider"] == "fake (machines simulated in memory)"
    return {each["name"]: each for each in found["scenarios"]}


def test_every_feature_of_the_repository(pytester: pytest.Pytester) -> None:
    result = run(pytester, str(ROOT / "features"), DEPLOYMENT, f"--rootdir={ROOT}")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "cna: provider fake, 3 machines, machines simulated in memory: this run proves*",
            "*machines simulated in memory: nothing was proved*",
        ]
    )
    found = scenarios(pytester.path)
    assert {each["status"] for each in found.values()} == {"passed"}
    lost = found["The machine of a web server is lost and returns"]
    losses, returned = lost["faults"][:-1], lost["faults"][-1]
    assert {fault["kind"] for fault in losses} == {"machine loss"}
    assert losses[0]["service"] == "web server"
    assert returned["kind"] == "machine return"
    assert all(fault["recovered_after"] for fault in lost["faults"])
    stages = [stage for fault in lost["faults"] for stage in fault["stages"]]
    assert {stage["outcome"] for stage in stages} == {"passed"}
    assert {verdict["outcome"] for verdict in lost["verdicts"]} == {"passed"}
    assert lost["traffic"]["failed"] == 0
    page = (pytester.path / "cna-report" / "report.html").read_text("utf-8")
    assert "machines simulated in memory" in page


def test_a_product_that_fails_and_a_cluster_that_cannot_be_judged(
    pytester: pytest.Pytester,
) -> None:
    pytester.makefile(".feature", caches=FEATURE)
    pytester.makepyfile(test_caches=STEPS)
    result = run(pytester, DEPLOYMENT)
    result.assert_outcomes(failed=2)
    found = scenarios(pytester.path)
    failed, broken = found["One that is never announced"], found["etcd has lost its quorum"]
    assert (failed["status"], broken["status"]) == ("failed", "broken")
    assert "was not announced within its bound" in failed["message"]
    assert failed["diagnosis"]["broken"] == "etcd"
    assert "could be asked" in broken["message"]
    assert {each["kind"] for each in failed["attachments"]} == {
        "configuration",
        "discovery",
        "units",
        "containers",
        "journal",
    }


def test_a_deployment_that_fails_meets_no_import(pytester: pytest.Pytester) -> None:
    """A module that pytest has to rewrite then was *broken* with a SystemError of the compiler."""
    pytester.makeconftest(FAILS_TO_LAUNCH)
    pytester.makepyfile("def test_it(deployment): pass")
    result = pytester.runpytest_subprocess("--cna-provider=fake", DEPLOYMENT)
    result.stdout.fnmatch_lines(["*ProductFailed: imported later: []*"])


def test_what_the_provider_cannot_do_is_not_applicable(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeProvider, "capabilities", frozenset[str]())
    pytester.makefile(".feature", losses=WITHOUT_POWER)
    pytester.makepyfile(test_losses=LOSSES)
    result = run(pytester, DEPLOYMENT, "-rs")
    result.assert_outcomes(skipped=4)
    result.stdout.fnmatch_lines(["SKIPPED*test_losses.py:*has no power cut*"])
    found = scenarios(pytester.path)
    for each in found.values():
        assert (each["status"], each["diagnosis"]) == ("not applicable", None)
        assert "has no power cut" in each["message"]
    steps = [step["status"] for step in found["A machine is lost"]["steps"]]
    assert steps == ["passed", "not applicable", "skipped"]
