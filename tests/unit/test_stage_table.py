"""A stage is declared once, and everything that speaks of stages has it: a way to be reached, a
bound, a meaning, a step."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pytest_bdd.steps import step_function_context_registry
from story import SET, TERMS

from pytest_cna.core.fault_kinds import FAULT_KINDS
from pytest_cna.core.links import CHAIN
from pytest_cna.core.stages import NOTICED, STAGES, Stage, stage_named
from pytest_cna.judgement.bounds import bounds
from pytest_cna.judgement.reached import REACHED
from pytest_cna.plugin.steps import recovery  # noqa: F401 - registers the steps
from pytest_cna.scenario.expectations import Expect

EACH = pytest.mark.parametrize("stage", STAGES.values(), ids=str)


@EACH
def test_it_can_be_reached(stage: Stage) -> None:
    assert stage in REACHED


@EACH
def test_it_has_a_bound_after_some_fault(stage: Stage) -> None:
    assert any(
        stage in bounds(kind, unit, TERMS) for kind in FAULT_KINDS.values() for unit in SET.units
    )


@EACH
def test_it_means_something(stage: Stage) -> None:
    assert stage.meaning
    assert stage.meaning[0].islower()
    assert stage.link in CHAIN
    assert stage_named(stage.name) is stage


@EACH
def test_there_is_a_step_for_each_of_its_sentences(stage: Stage) -> None:
    steps = [each.parser.name for each in step_function_context_registry.values()]
    for sentence in (stage.sentence, *stage.also):
        assert steps.count(f"{sentence} within the bound") == 1


@EACH
def test_it_can_be_expected(stage: Stage) -> None:
    assert stage.name.isidentifier()
    expect = Expect(SimpleNamespace())  # type: ignore[arg-type]
    assert stage.name in dir(expect)
    assert getattr(expect, stage.name)._stages == (stage,)


@EACH
def test_what_causes_it_is_declared_before_it(stage: Stage) -> None:
    order = list(STAGES.values())
    for cause in stage.causes:
        assert order.index(cause) < order.index(stage)
        # what goes is not caused by what comes back
        assert cause.gone or not stage.gone or cause is NOTICED


def test_no_two_stages_are_said_alike() -> None:
    said = [text for stage in STAGES.values() for text in (stage.sentence, *stage.also)]
    assert len(said) == len(set(said))
    assert len(STAGES) == len({stage.name for stage in STAGES.values()})


def test_nothing_can_be_reached_that_is_no_stage() -> None:
    assert REACHED.keys() == set(STAGES.values())


def test_a_stage_of_another_version_says_its_name() -> None:
    other = stage_named("replicated")
    assert (other.name, other.causes, other.gone) == ("replicated", (), False)
    assert other not in STAGES.values()
