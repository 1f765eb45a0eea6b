"""Features as Cucumber Messages: a document for each feature file, a pickle for each scenario.

They describe what ran: an outline appears as its rows, a background in each of its scenarios.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cucumber_messages as messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_cna.report.scenario import Scenario, Step

KEYWORDS = {
    "Given": (messages.StepKeywordType.context, messages.PickleStepType.context),
    "When": (messages.StepKeywordType.action, messages.PickleStepType.action),
    "Then": (messages.StepKeywordType.outcome, messages.PickleStepType.outcome),
}
CONTINUED = (messages.StepKeywordType.conjunction, messages.PickleStepType.unknown)


@dataclass(frozen=True, slots=True)
class Pickled:
    scenario: Scenario
    pickle: messages.Pickle


def document(
    scenarios: Sequence[Scenario], new_id: Callable[[], str]
) -> tuple[messages.GherkinDocument, list[Pickled]]:
    """The document and pickles of the scenarios of one feature file."""
    first = scenarios[0]
    pickled: list[Pickled] = []
    children: list[messages.FeatureChild] = []
    rules: dict[str, messages.Rule] = {}
    for scenario in scenarios:
        node = _scenario(scenario, new_id)
        pickled.append(Pickled(scenario, _pickle(scenario, node, new_id)))
        if not scenario.rule:
            children.append(messages.FeatureChild(scenario=node))
            continue
        if scenario.rule not in rules:
            rules[scenario.rule] = messages.Rule(
                children=[],
                description="",
                id=new_id(),
                keyword="Rule",
                location=node.location,
                name=scenario.rule,
                tags=[],
            )
            children.append(messages.FeatureChild(rule=rules[scenario.rule]))
        rules[scenario.rule].children.append(messages.RuleChild(scenario=node))
    feature = messages.Feature(
        children=children,
        description=first.narrative,
        keyword="Feature",
        language="en",
        location=messages.Location(line=1),
        name=first.feature,
        tags=[],
    )
    return messages.GherkinDocument(comments=[], feature=feature, uri=first.uri), pickled


def _scenario(scenario: Scenario, new_id: Callable[[], str]) -> messages.Scenario:
    at = messages.Location(line=scenario.line)
    return messages.Scenario(
        description=scenario.description,
        examples=[],
        id=new_id(),
        keyword="Scenario",
        location=at,
        name=scenario.name,
        steps=[_step(step, new_id) for step in scenario.steps],
        tags=[messages.Tag(id=new_id(), location=at, name=f"@{tag}") for tag in scenario.tags],
    )


def _step(step: Step, new_id: Callable[[], str]) -> messages.Step:
    at = messages.Location(line=step.line)
    rows = [
        messages.TableRow(
            cells=[messages.TableCell(location=at, value=cell) for cell in row],
            id=new_id(),
            location=at,
        )
        for row in step.table
    ]
    text = step.docstring
    return messages.Step(
        id=new_id(),
        keyword=f"{step.keyword} ",
        location=at,
        text=step.text,
        data_table=messages.DataTable(location=at, rows=rows) if rows else None,
        doc_string=None
        if text is None
        else messages.DocString(content=text, delimiter='"""', location=at),
        keyword_type=KEYWORDS.get(step.keyword, CONTINUED)[0],
    )


def _pickle(
    scenario: Scenario, node: messages.Scenario, new_id: Callable[[], str]
) -> messages.Pickle:
    return messages.Pickle(
        ast_node_ids=[node.id],
        id=new_id(),
        language="en",
        name=scenario.name,
        steps=list(_pickle_steps(scenario, node, new_id)),
        tags=[messages.PickleTag(ast_node_id=tag.id, name=tag.name) for tag in node.tags],
        uri=scenario.uri,
        location=node.location,
    )


def _pickle_steps(
    scenario: Scenario, node: messages.Scenario, new_id: Callable[[], str]
) -> Iterator[messages.PickleStep]:
    kind = messages.PickleStepType.unknown
    for step, ast in zip(scenario.steps, node.steps, strict=True):
        # And and But continue the step before
        kind = KEYWORDS[step.keyword][1] if step.keyword in KEYWORDS else kind
        yield messages.PickleStep(
            ast_node_ids=[ast.id],
            id=new_id(),
            text=step.text,
            argument=_argument(step),
            type=kind,
        )


def _argument(step: Step) -> messages.PickleStepArgument | None:
    if not step.table and step.docstring is None:
        return None
    rows = [
        messages.PickleTableRow(cells=[messages.PickleTableCell(value=cell) for cell in row])
        for row in step.table
    ]
    return messages.PickleStepArgument(
        data_table=messages.PickleTable(rows=rows) if rows else None,
        doc_string=None
        if step.docstring is None
        else messages.PickleDocString(content=step.docstring),
    )
