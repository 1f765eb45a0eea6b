"""A report made by hand, with everything that a report can have."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest_cna.report
from pytest_cna.report.records import (
    Attachment,
    DiagnosisRecord,
    FaultRecord,
    LinkRecord,
    Stage,
    TermRecord,
    TrafficRecord,
    VerdictRecord,
)
from pytest_cna.report.report import Environment, MachineRecord, Pair, Report, UnitRecord
from pytest_cna.report.scenario import Scenario, Step
from pytest_cna.report.status import BROKEN, FAILED, PASSED, Status

SCHEMA = json.loads(Path(pytest_cna.report.__file__).with_name("schema.json").read_text("utf-8"))
RUN = Environment(
    session="s",
    provider="local",
    seed=7,
    started=1000.0,
    began=1.0,
    machines=(MachineRecord("core-1", "172.20.0.2"),),
    versions={"fleet": "1.0.0", "pytest-cna": "0.1.0"},
    deployment="zurmo",
    commit="c0ffee",
    command="pytest features",
)
STAGES = tuple(
    Stage(
        name,
        0.25,
        1234.5,
        (TermRecord("TTL", 10.0, "--cna-agent-ttl"),),
        allowed=1200.5,
        outcome="passed",
        sentence=f"u@1.service was {name} 0.25 s after the machine loss",
        evidence=("as it was seen",),
    )
    for name in ("noticed", "scheduled", "running") * 5
)
FAULT = FaultRecord(
    kind="machine loss",
    subject="core-1",
    machine="core-1",
    service="web server",
    unit="u@1.service",
    injected_at=5.0,
    bound=40.0,
    dominated_by="TTL",
    recovered_after=10.5,
    stages=STAGES,
    terms=(TermRecord("TTL", 10.0, "--cna-agent-ttl"), TermRecord("start", 4.0, "measured")),
    drifts={"core-2": -0.82},
)
NOTICED = ("3 of 652 requests failed",)
TRAFFIC = TrafficRecord(
    652, 3, 0.29, 0.1, 0.2, 0.3, {"u@1": 649}, {"Timeout": 3}, outage=1.5, noticed=NOTICED
)
DIAGNOSIS = DiagnosisRecord(
    unit="u@1.service",
    sentence="u@1.service hangs at systemd: failed/failed",
    broken="systemd",
    links=(
        LinkRecord("fleet", "ok", "wants it launched"),
        LinkRecord("systemd", "broken", "failed/failed"),
        LinkRecord("HAProxy", "unknown", "cannot be asked"),
    ),
    journal=("Nov 25 21:39:48 core-1 u: no",),
)
ATTACHMENT = Attachment("docker ps", "containers", "core-1:\nNAMES", truncated=12)


ODD = "]]>\x1b[31m\udcff\x00<b>|*`\nmore"
"""What a program may say and no format has a way to write."""


def scenario(status: Status = PASSED, feature: str = "F", name: str = "S") -> Scenario:
    return Scenario(
        feature=feature,
        name=name,
        tags=["t"],
        started=1001.0,
        began=2.0,
        ended=3.0,
        narrative="  Once upon a time",
        uri=f"{feature}.feature",
        line=3,
        status=status,
        steps=[Step("Given", "x", status, 0.5, line=4, began=2.0)],
    )


def rich() -> Scenario:
    found = scenario(name="R")
    found.rule = "A rule"
    found.row = {"colour": "red"}
    found.steps.append(
        Step("And", "y", PASSED, 0.1, line=5, began=2.5, table=[["a", "b"], ["1", "2"]])
    )
    found.steps.append(Step("Then", "z", PASSED, 0.1, line=8, began=2.6, docstring="long\ntext"))
    found.add_fault(FAULT)
    found.set_traffic(TRAFFIC)
    found.add_verdict(VerdictRecord("one entry", "passed", "each has one entry", ("web",)))
    found.attach(ATTACHMENT)
    return found


def failed() -> Scenario:
    found = scenario(FAILED, "G")
    found.message = found.steps[0].message = "it is not up"
    found.traceback = "Traceback"
    found.diagnosis = DIAGNOSIS
    found.steps.append(Step("Then", "later"))
    return found


def full() -> Report:
    pairs = (
        Pair("machine loss", "web server", ("u@1.service",)),
        Pair("container kill", "web server", ("u@1.service",)),
    )
    units = (
        UnitRecord("u@1.service", "main", "webserver", "web server", "1", "u.1", "nodes"),
        UnitRecord("u_discovery@1.service", "sidekick", "webserver", "web server", "1"),
    )
    return Report(RUN, (rich(), failed(), scenario(BROKEN)), 12.5, pairs, units)


def odd() -> Scenario:
    found = scenario(BROKEN, f"F{ODD}", f"S{ODD}")
    found.message = found.steps[0].message = ODD
    found.attach(replace(ATTACHMENT, text=ODD, name=ODD))
    found.add_fault(replace(FAULT, subject=ODD, kind=ODD))
    found.set_traffic(TRAFFIC)
    return found
