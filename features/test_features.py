"""Every feature of this directory, bound to the steps that pytest-cna brings along."""

from __future__ import annotations

from pytest_bdd import scenarios

scenarios(".")
