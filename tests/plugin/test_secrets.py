"""A secret in every source: it is in nothing that a run leaves, nor in what it prints."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

CNA = Path(sys.executable).with_name("cna")
SECRET = "hunter22-of-the-unit"
OTHER = "correct-horse-battery"
"""Is in no unit: it has to be found by what stands before it."""
FEATURE = """
Feature: Secrets
  Scenario: Everything goes wrong
    Given a scene
    Then it fails

  Scenario: It is killed
    Given a scene
    When it is killed
"""
STEPS = """
import os, sys
import pytest
from pytest_bdd import given, when, then, scenarios
from pytest_cna.core.links import SUPERVISOR
from pytest_cna.judgement.diagnosis import Answer, BrokenChain, Evidence
from pytest_cna.plugin.fixtures import RUN
from pytest_cna.core.events.discovery import DiscoveryUnreachable
from pytest_cna.core.model import RequestRecord
from pytest_cna.report.records import Attachment, FaultRecord, Stage, TermRecord, TrafficRecord
from pytest_cna.plugin.recorder import scenario_record
from pytest_cna.scenario.traffic.records import to_line

scenarios("secrets.feature")

UNIT, OTHER = "hunter22-of-the-unit", "correct-horse-battery"

@given("a scene")
def scene(request):
    run = request.config.stash[RUN]
    run.timeline.write_to(run.report / "timeline.jsonl")
    run.timeline.record(DiscoveryUnreachable(f"x/{UNIT}", error=f"denied: {UNIT}, token={OTHER}"))
    (held,) = run.timeline.events(DiscoveryUnreachable)
    assert OTHER in held.error
    with (run.report / "requests.jsonl").open("w") as file:
        answer = f"Set-Cookie: SID={OTHER}"
        file.write(to_line(RequestRecord(1.0, 0.1, 1, "list", "GET", 0, answer, f"token={OTHER}")))
    (run.report / "customers.log").write_text(f"no such user {UNIT}")
    run.progress(f"connecting as {UNIT}, password={OTHER}")
    print(f"captured {UNIT}")
    print(f"captured password={OTHER}", file=sys.stderr)
    record = scenario_record(request.node)
    for kind, text in {
        "configuration": f"stats auth admin:{OTHER}\\n user joe insecure-password {OTHER}",
        "journal": f"mysqld: access denied for {UNIT}\\nhttp://joe:{OTHER}@core-1/",
        "containers": f"docker run -e DB_PASSWORD={OTHER} -e X={UNIT}",
        "units": f"Environment=ADMIN_SECRET={OTHER}",
        "discovery": f"/services/x/password = {OTHER}",
    }.items():
        record.attach(Attachment(f"{kind} {UNIT}", kind, text))
    stages = (Stage(UNIT, 1.0, 2.0, (TermRecord(UNIT, 1.0, f"token={OTHER}"),)),)
    record.add_fault(FaultRecord(
        "container kill", UNIT, UNIT, UNIT, UNIT, 1.0, 2.0, UNIT, 1.0, stages))
    record.set_traffic(TrafficRecord(
        1, 1, 0.1, 0.1, 0.1, 0.1, {f"web {UNIT}": 1}, {f"HTTP 500 token={OTHER}": 1}))

@then("it fails")
def fails():
    words = f"MYSQL_PASSWORD={OTHER} does not open {UNIT}"
    raise BrokenChain(words, Evidence("web.service", {SUPERVISOR: Answer(False, words)}, (words,)))

@when("it is killed")
def killed():
    if os.environ.get("KILL"):
        os.kill(os.getpid(), 9)
"""
DEPLOYMENT = """
name = "x"
[[service]]
name = "web"
template = "web.service"
"""
UNIT = f"""
[Service]
Environment=ADMIN_PASSWORD={SECRET}
ExecStart=/usr/bin/docker run --name web web
"""


@pytest.mark.parametrize("options", [[], ["-n1"], ["-p", "no:terminal"]], ids=str)
@pytest.mark.parametrize("killed", [False, True], ids=["ends", "killed"])
def test_no_secret_is_left(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str], killed: bool
) -> None:
    pytester.makefile(".feature", secrets=FEATURE)
    pytester.makepyfile(test_secrets=STEPS)
    Path("deployment.toml").write_text(DEPLOYMENT)
    Path("web.service").write_text(UNIT)
    monkeypatch.setenv("SOME_API_TOKEN", OTHER + "-of-ours")
    if killed:
        monkeypatch.setenv("KILL", "1")
    result = pytester.runpytest_subprocess(
        "--cna-provider=local",
        "--cna-deployment=deployment.toml",
        f"--cna-history={pytester.path}/history",
        *options,
    )
    printed = result.stdout.str() + result.stderr.str()
    if not killed or options == ["-n1"]:
        assert "does not open" in (printed + Path("cna-report/report.json").read_text("utf-8"))
    recovered = pytester.run(CNA, "report", "cna-report")
    assert recovered.ret == 0, recovered.stderr.str()
    files = [path for path in Path("cna-report").rglob("*") if path.is_file()]
    assert {"report.json", "requests.jsonl", "timeline.jsonl", "summary.md"} <= {
        path.name for path in files
    }
    texts = {str(path): path.read_text("utf-8") for path in [*files, *Path("history").glob("*")]}
    texts |= {"terminal": printed, "cna report": recovered.stdout.str()}
    for name, text in texts.items():
        if name.endswith("customers.log") and killed:
            # what the customers' process says itself is cleared when the run ends
            continue
        assert SECRET not in text, name
        assert OTHER not in text, name
        assert OTHER not in text.replace("\\", ""), name
