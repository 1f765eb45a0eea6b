"""Faults, one family a file: importing one here makes it known to scenes."""

from __future__ import annotations

from pytest_cna.scenario.faults import container, machine, service

__all__ = ["container", "machine", "service"]
