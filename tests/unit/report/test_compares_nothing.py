"""The report draws what was judged: nothing in it compares a time with what the time may be."""

from __future__ import annotations

import ast
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

import pytest_cna.report

REPORT = Path(pytest_cna.report.__file__).parent
TIMES = {
    "after",
    "allowed",
    "bound",
    "bounds",
    "duration",
    "gap_after",
    "limit",
    "longest_gap",
    "outage",
    "recovered_after",
    "slow_after",
    "slowest",
}
"""What a time, or what it may be, is called."""
LOOKS = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
"""Whether there is one, or which it is."""


def compared(source: str) -> list[str]:
    """The comparisons in Python code that have a time on either side."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and not all(isinstance(each, LOOKS) for each in node.ops)
        and any(_named(each) & TIMES for each in (node.left, *node.comparators))
    ]


def _named(tree: ast.AST) -> set[str]:
    attributes = {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
    return attributes | {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}


def compared_in_template(source: str) -> list[str]:
    """The same of a template; tests such as ``is none`` are no comparisons there."""
    tree = jinja2.Environment(autoescape=True).parse(source)
    return [
        repr(node)
        for node in tree.find_all(nodes.Compare)
        if {each.attr for each in node.find_all(nodes.Getattr)} & TIMES
        or {each.name for each in node.find_all(nodes.Name)} & TIMES
    ]


def test_no_file_compares_a_time() -> None:
    found = {
        str(path.relative_to(REPORT)): lines
        for path in REPORT.rglob("*.py")
        if (lines := compared(path.read_text("utf-8")))
    }
    assert not found, "judge it in judgement/, record the outcome, and draw that"


def test_no_template_compares_a_time() -> None:
    found = {
        path.name: lines
        for path in REPORT.rglob("*.html")
        if (lines := compared_in_template(path.read_text("utf-8")))
    }
    assert not found, "judge it in judgement/, record the outcome, and draw that"


@pytest.mark.parametrize(
    "source",
    [
        "self.recovered_after is not None and self.recovered_after <= self.bound",
        "'in time' if self.end <= self.limit else 'late'",
        "sum(not r.failed and r.duration > SLOW for r in records)",
        "late = [f for f in faults if f.bound < (f.recovered_after or 0.0)]",
        "stage.after - stage.allowed > 0",
        "after == bound",
    ],
)
def test_a_comparison_is_found(source: str) -> None:
    assert compared(source)


@pytest.mark.parametrize(
    "source",
    [
        "fault.recovered_after is None",
        "sorted(faults, key=lambda fault: fault.recovered_after)",
        "max(fault.bound, fault.recovered_after or 0.0)",
        "stage.outcome == 'failed'",
    ],
)
def test_what_only_draws_is_no_comparison(source: str) -> None:
    assert not compared(source)


def test_a_comparison_in_a_template_is_found() -> None:
    assert compared_in_template("{% if fault.recovered_after > fault.bound %}late{% endif %}")
    assert not compared_in_template("{% if bar.after is none %}never{% endif %}")
