"""Steps that inject a fault, and undo it.

There is a step for the sentence of each kind in ``pytest_cna.core.fault_kinds``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_bdd import given, parsers, when

from pytest_cna.core.fault_kinds import FAULT_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_bdd.parsers import StepParser

    from pytest_cna.core.fault_kinds import FaultKind
    from pytest_cna.scenario.scene import Scene

SERVICE = r"(a|an|the|that) (?P<service>(?!etcd)[\w ]+?)"
CHOSEN = """\
The unit is chosen at random (``--cna-seed``) the first time a scenario names the service; later
steps mean the same unit. The fault is undone after the scenario if no step does it."""


def _services(text: str) -> list[str]:
    """``load balancer, the cache and the database`` → its three services."""
    return [each.removeprefix("the ").strip() for each in re.split(r",| and ", text)]


@given(
    parsers.re(
        r"(a|an|the) (?P<service>[\w ]+?) runs on a machine without the (?P<others>[\w ,]+)"
    ),
    converters={"others": _services},
)
def service_runs_apart(scene: Scene, service: str, others: list[str]) -> None:
    """Choose an instance of the service on a machine without the other services.

    When there is none, fleet has to place one so: its units are unloaded and started again. The
    steps that follow mean this instance. Broken when fleet finds no machine for it.
    """
    scene.ensure_apart(service, others)


@given(parsers.re(r"the etcd leader runs on a machine without the (?P<service>[\w ]+)"))
def leader_runs_apart(scene: Scene, service: str) -> None:
    """Make a machine without the service the etcd leader.

    Of several such machines the one with the most units is chosen. Broken when each member of etcd
    shares its machine with it.
    """
    scene.ensure_leader_apart(service)


def _injected(kind: FaultKind) -> Callable[[Scene, str], None]:
    def inject(scene: Scene, service: str) -> None:
        scene.inject(kind, service)

    needs = f"\nNot applicable where the provider has no {' and '.join(sorted(kind.requires))}."
    inject.__doc__ = f"{kind.meaning}\n\n{CHOSEN}{needs if kind.requires else ''}"
    return inject


def _undone(kind: FaultKind, undoing: FaultKind) -> Callable[..., None]:
    def undo_of(scene: Scene, service: str) -> None:
        scene.undo(kind, service)

    def undo(scene: Scene) -> None:
        scene.undo(kind)

    undone = undo_of if "{}" in undoing.sentence else undo
    undone.__doc__ = f"{undoing.meaning}\n\nBroken when the last fault was no {kind}."
    return undone


def _said(kind: FaultKind) -> StepParser:
    return parsers.re(kind.sentence.format(SERVICE))


for _kind in FAULT_KINDS.values():
    if _kind.sentence and not _kind.undoing:
        when(_said(_kind))(_injected(_kind))
    if _kind.undone_as is not None and _kind.undone_as.sentence:
        when(_said(_kind.undone_as))(_undone(_kind, _kind.undone_as))


@when("the machine of the etcd leader is lost")
def machine_of_the_leader_is_lost(scene: Scene) -> None:
    """Cut the power of the machine that is the etcd leader.

    The machine gets power again after the scenario if no step does it. Not applicable where the
    provider has no power cut.
    """
    scene.lose_leader()
