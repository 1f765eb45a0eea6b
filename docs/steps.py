"""Write docs/steps.md: each Gherkin step that the plugin registers, with its parameters.

Run it after a change in pytest_cna/plugin/steps: ``python docs/steps.py``.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_bdd import parsers
from pytest_bdd.steps import step_function_context_registry

from pytest_cna.plugin import steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_bdd.steps import StepFunctionContext

PAGE = Path(__file__).with_name("steps.md")
INTRODUCTION = """\
<!-- Written by docs/steps.py from pytest_cna/plugin/steps. Do not edit. -->

# Steps

Each step below can be used in a feature file of your own; they need no code. Bind the feature in a
test file:

```python
from pytest_bdd import scenarios

scenarios("my.feature")
```

- `And` continues the keyword above it: after a `Then`, write `When` again before a *When* step.
- A step that does not hold **fails** the scenario: the product is at fault. Where a step says
  *Broken*, the scenario could not be judged, and its report says why.
- What a *Then* step says is judged when it is said, and again at the end of the scenario
  ([How a verdict is made](verdicts.md)).
- **Within the bound** means: within the time that follows from the deployed files
  ([How bounds are derived](bounds.md)), counted from the last fault of the scenario.
- *It* in a step is the unit that the last fault hit.
- Each fault is undone after the scenario, also when a step failed.
"""
FIRST = ("steady_state", "customers", "faults")
"""Modules in the order of a scenario; the others follow by name."""
PARAMETERS = {
    "balancer": "the service that routes customers: `load balancer`",
    "count": "a whole number",
    "key": "a key of the machine's fleet metadata, such as `public`",
    "others": "services, as in `load balancer and the database`",
    "record": "what customers create, by the `record` of [application.toml](application.md), "
    "such as `account`, or its plural",
    "service": "a service, by its `called` in [deployment.toml](deployment.md) or its plural: "
    "`web server`",
}
"""What may stand in a pattern: name → meaning. A new parameter needs a line here."""
GROUP = re.compile(r"\(\?P<(\w+)>(?:\(\?!\w+\))?[^()]*\)|\{(\w+)(?::\w+)?\}")
CHOICE = re.compile(r"\((\w+(?:\|\w+)*)\)")


def page() -> str:
    """The whole page. Raises KeyError for a parameter without a meaning, ValueError for a step
    without a docstring."""
    sections = [INTRODUCTION]
    names = (module.name for module in pkgutil.iter_modules(steps.__path__))
    for name in sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST)):
        module = f"{steps.__name__}.{name}"
        title = inspect.getdoc(import_module(module)) or name
        sections.append(f"## {heading(title)}\n")
        sections += [section(function, found) for function, found in registered(module)]
    return "\n".join(sections)


def heading(title: str) -> str:
    """From a module's docstring: ``Steps about recovery: …`` → ``Recovery``."""
    theme = re.split(r"[:.]", title.removeprefix("Steps about "), maxsplit=1)[0]
    return theme[0].upper() + theme[1:]


def registered(module: str) -> Iterator[tuple[object, list[StepFunctionContext]]]:
    """Step function → the patterns it is registered with, in the order of the file."""
    found: dict[object, list[StepFunctionContext]] = {}
    for context in step_function_context_registry.values():
        if context.step_func.__module__ == module:
            found.setdefault(context.step_func, []).insert(0, context)
    yield from found.items()


def section(function: object, contexts: list[StepFunctionContext]) -> str:
    text = inspect.getdoc(function)
    if not text:
        raise ValueError(f"{function} has no docstring, so {PAGE.name} cannot say what it does")
    lines = [f"{(each.type or 'step').capitalize()} {s}" for each in contexts for s in spelt(each)]
    names = sorted({name for each in contexts for name in parameters(each)})
    meanings = [f"- `<{name}>`: {PARAMETERS[name]}" for name in names]
    text = text.replace("``", "`")
    parts = ["```gherkin", *lines, "```", "", text, ""]
    return "\n".join([*parts, *meanings, *([""] if meanings else [])])


def parameters(context: StepFunctionContext) -> list[str]:
    return [one or other for one, other in GROUP.findall(pattern(context))]


def spelt(context: StepFunctionContext) -> list[str]:
    """Each way to write the step, parameters as <name>."""
    text = pattern(context)
    if isinstance(context.parser, parsers.string):
        return [text]
    parts = CHOICE.split(GROUP.sub(lambda found: f"<{found[1] or found[2]}>", text))
    return ["".join(words) for words in product(*(part.split("|") for part in parts))]


def pattern(context: StepFunctionContext) -> str:
    return context.parser.name


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
