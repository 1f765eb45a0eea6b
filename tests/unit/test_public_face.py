"""What ``pytest_cna`` exports: each name is there, in order, documented, and costs nothing."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import pytest_cna


def test_all_is_sorted_and_complete() -> None:
    assert sorted(pytest_cna.__all__) == pytest_cna.__all__
    homes = [name for names in pytest_cna._HOMES.values() for name in names]
    assert sorted(homes) == pytest_cna.__all__


@pytest.mark.parametrize("name", pytest_cna.__all__)
def test_each_name_is_there_with_a_docstring_of_its_own(name: str) -> None:
    exported = getattr(pytest_cna, name)
    assert exported.__name__ == name
    assert inspect.getdoc(exported)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Clutser'"):
        _ = pytest_cna.Clutser


def test_importing_it_imports_nothing_else_of_ours() -> None:
    code = "import sys, pytest_cna; print([m for m in sys.modules if m.startswith('pytest_cna.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
