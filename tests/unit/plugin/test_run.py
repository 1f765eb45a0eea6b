"""One run of the plugin, from settings to a cluster and back to nothing, on simulated machines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from simulated import ROOT, SET, machine_of, unit, world_of

from pytest_cna.core import clock
from pytest_cna.core.errors import (
    ConfigurationError,
    FleetRefused,
    ProductFailed,
    ProvisionError,
)
from pytest_cna.core.links import REGISTRY, ROUTER, SUPERVISOR
from pytest_cna.judgement.diagnosis import BrokenChain, broken_link
from pytest_cna.plugin.run import Run
from pytest_cna.plugin.settings import Settings
from pytest_cna.testing import FakeProvider
from pytest_cna.testing.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_cna.cluster.running_deployment import RunningDeployment
    from pytest_cna.core.links import Link
    from pytest_cna.core.machine import Machine

    MakeRun = Callable[..., Run]


class Theirs(FakeProvider):
    """Machines that stay."""

    owns = False


@pytest.fixture
def make_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeRun]:
    """A run on simulated machines; keyword arguments are settings, besides ``provider``."""
    made: list[Run] = []

    def make(provider: type[FakeProvider] = FakeProvider, **settings: object) -> Run:
        monkeypatch.setattr("pytest_cna.plugin.run.load_provider", lambda name: provider)
        given = Settings(
            provider="fake",
            deployment=ROOT / "units" / "deployment.toml",
            report=tmp_path / "report",
            seed=7,
        )
        made.append(Run(replace(given, **settings), ROOT, quiet=True))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for run in made:
        run.finish()


def provider_of(run: Run) -> FakeProvider:
    provider = run.cluster.provider
    assert isinstance(provider, FakeProvider)
    return provider


def test_nothing_is_made_until_it_is_asked_for(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    assert run.deployment == SET
    assert not (tmp_path / "report").exists()
    run.finish()
    assert not (tmp_path / "report").exists()


def test_a_cluster_is_brought_up_once(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(machines=4)
    cluster = run.cluster
    assert run.cluster is cluster
    assert len(cluster.machines) == 4
    environment = run.recorder.environment
    assert [each.name for each in environment.machines] == ["core-1", "core-2", "core-3", "core-4"]
    assert environment.versions["machines"] == "simulated in memory"
    assert (tmp_path / "report" / "timeline.jsonl").exists()


def test_traces_of_an_earlier_run_are_removed(make_run: MakeRun, tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.mkdir()
    for name in ("timeline.jsonl", "requests.jsonl"):
        (report / name).write_text("from before\n", "utf-8")
    assert make_run().cluster
    assert "from before" not in (report / "timeline.jsonl").read_text("utf-8")
    assert not (report / "requests.jsonl").exists()


def test_header_and_report_say_what_the_machines_are(make_run: MakeRun) -> None:
    run = make_run(agent_ttl=5.0)
    first, versions = run.header()
    assert "provider fake, 3 machines, agent TTL 5 s, machines simulated in memory" in first
    assert "this run proves nothing about the product, seed 7, session" in first
    assert "fleet" in versions
    assert run.recorder.environment.provider == "fake (machines simulated in memory)"
    assert "machines simulated in memory: nothing was proved" in run.summary()

    class Real(FakeProvider):
        simulated = False

    real = make_run(Real)
    assert "simulated" not in "".join([*real.header(), *real.summary()])
    assert real.recorder.environment.provider == "fake"


def test_the_deployment_is_launched_once_and_settles_again(make_run: MakeRun) -> None:
    run = make_run()
    running = run.steady_deployment()
    machine_of(running, unit("cache")).check(f"docker kill {unit('cache').container}")
    world_of(running).clock.advance(1.0)
    assert len(running.discovery.entries("cache")) == 1
    assert run.steady_deployment() is running
    assert len(running.discovery.entries("cache")) == 2
    assert run.recorder.environment.versions["etcd"] == "3.4.0"
    assert run.recorder.environment.versions["HAProxy"] == "2.6.0"


def test_it_is_measured_once_for_each_launch(make_run: MakeRun) -> None:
    run = make_run()
    running = run.steady_deployment()
    terms = run.time_terms(running)
    world_of(running).delays.start = 5.0
    assert run.time_terms(running).measured is terms.measured
    rebuilt = rebuild(run, running)
    again = run.time_terms(rebuilt).measured
    assert again.containers is not None
    assert again.containers.start == pytest.approx(5.0, abs=0.01)


def rebuild(run: Run, running: RunningDeployment) -> RunningDeployment:
    """It does not settle: one cache does not come back."""
    world = world_of(running)
    world.never("restarted", unit("cache").name)  # until there are other machines
    machine_of(running, unit("cache")).check(f"docker kill {unit('cache').container}")
    world.clock.advance(1.0)
    rebuilt = run.steady_deployment(patience=5.0)
    assert rebuilt is not running
    return rebuilt


def test_a_deployment_that_does_not_settle_gets_new_machines(make_run: MakeRun) -> None:
    run = make_run()
    running = run.steady_deployment()
    machines = run.cluster.machines
    rebuilt = rebuild(run, running)
    assert run.cluster.machines != machines
    assert len(rebuilt.discovery.entries("cache")) == 2
    running.alive()


def test_a_launch_that_failed_is_not_tried_again(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    tried: list[str] = []

    def refuse(name: str, *_: object) -> None:
        tried.append(name)
        raise FleetRefused("fleet refused: no")

    monkeypatch.setattr(run.cluster.fleet, "submit", refuse)
    for _ in range(2):
        with pytest.raises(FleetRefused, match="fleet refused: no"):
            run.steady_deployment()
    assert tried == [SET.units[0].name]


@pytest.mark.parametrize(
    ("defect", "on", "link"),
    [
        ("never running", "database", SUPERVISOR),
        ("never announced", "cache", REGISTRY),
        ("never reloaded", "load balancer", ROUTER),
        ("checks fail", "load balancer", ROUTER),
    ],
)
def test_a_launch_that_failed_names_the_first_broken_link(
    make_run: MakeRun, defect: str, on: str, link: Link
) -> None:
    run = make_run()
    provider_of(run).world.defect(defect, unit(on).name)
    for _ in range(2):
        with pytest.raises(BrokenChain) as failure:
            run.steady_deployment()
        assert broken_link(failure.value.evidence) == link
        assert failure.value.sentence.startswith("zurmo did not reach its steady state within 600")


class Slow(FakeProvider):
    """Machines that do not come in time."""

    destroyed = 0

    def prepare(self) -> list[str]:
        self.world.delays.boot = 1_000.0
        return [*super().prepare(), "removed what an earlier run left"]

    def destroy(self) -> None:
        self.destroyed += 1
        super().destroy()


def slow_of(run: Run) -> Slow:
    assert isinstance(run._provider, Slow)
    return run._provider


def test_machines_that_do_not_come_leave_nothing(make_run: MakeRun) -> None:
    run = make_run(Slow)
    with pytest.raises(ProvisionError, match="console of core-1"):
        assert run.cluster
    assert slow_of(run).destroyed == 1
    saved = list((run.report / "machines" / run.session).rglob("*.console"))
    assert len(saved) == run.settings.machines
    assert all(path.read_text("utf-8").startswith("Booting.") for path in saved)


def test_ctrl_c_while_journals_are_saved_leaves_nothing(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ctrl_c(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pytest_cna.cluster.cluster.Cluster.save_journals", ctrl_c)
    run = make_run(Slow)
    with pytest.raises(KeyboardInterrupt):
        assert run.cluster
    assert slow_of(run).destroyed == 1


def test_a_run_without_a_deployment_has_machines_only(make_run: MakeRun) -> None:
    run = make_run(deployment=None)
    assert run.metadata == [{"public": "true"}]
    assert all(machine.metadata == {"public": "true"} for machine in run.cluster.machines)
    with pytest.raises(ConfigurationError, match="no deployment to launch; give --cna-deploy"):
        run.steady_deployment()


def test_what_cannot_be_placed_is_refused_before_anything_is_made(make_run: MakeRun) -> None:
    with pytest.raises(ConfigurationError, match=r"fits on none of 2 machines.*3 machines would"):
        make_run(machines=2)


def test_machines_that_stay_are_looked_at_before_the_launch(make_run: MakeRun) -> None:
    class Bare(Theirs):
        def machines(self) -> list[Machine]:
            return [replace(machine, metadata={}) for machine in super().machines()]

    run = make_run(Bare)
    with pytest.raises(ConfigurationError, match="it requires MachineMetadata=storage=true"):
        run.steady_deployment()


def test_on_machines_that_stay_units_are_removed(make_run: MakeRun) -> None:
    run = make_run(Theirs)
    fleet = run.steady_deployment().cluster.fleet
    world = provider_of(run).world
    assert fleet.units()
    run.finish()
    assert world.engine.units == {}


def test_a_launch_that_failed_on_machines_that_stay_is_removed(make_run: MakeRun) -> None:
    run = make_run(Theirs)
    world = provider_of(run).world
    world.never("running", unit("database").name)
    with pytest.raises(ProductFailed, match="steady state"):
        run.steady_deployment()
    assert world.engine.units == {}


def test_everything_is_removed_and_the_clock_put_back(make_run: MakeRun) -> None:
    run = make_run()
    world = provider_of(run).world
    run.steady_deployment()
    assert isinstance(clock.install(world.clock), FakeClock)
    run.finish()
    run.finish()
    assert world.machines == {}
    assert not isinstance(clock.install(clock.SystemClock()), FakeClock)


def test_a_kept_cluster_stays(make_run: MakeRun) -> None:
    run = make_run(keep=True)
    world = provider_of(run).world
    run.steady_deployment()
    run.finish()
    assert len(world.machines) == 3


def test_logs_are_redacted_in_the_end(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cr3t-of-the-tests")
    run = make_run()
    assert run.cluster
    log = tmp_path / "report" / "customers.log"
    log.write_text("with s3cr3t-of-the-tests in it\n", "utf-8")
    run.finish()
    assert "s3cr3t" not in log.read_text("utf-8")


def test_what_is_said_of_a_worker_goes_to_its_own_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_cna.plugin.run.load_provider", lambda name: FakeProvider)
    run = Run(Settings("fake", report=tmp_path), ROOT, "gw1", quiet=True)
    try:
        assert run.cluster
        assert {machine.worker for machine in run.recorder.environment.machines} == {"gw1"}
        assert (tmp_path / "gw1" / "timeline.jsonl").exists()
    finally:
        run.finish()
