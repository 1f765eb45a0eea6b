"""Steady customers in a process of their own, one record a request."""

from __future__ import annotations

from pytest_cna.scenario.traffic.control import Traffic

__all__ = ["Traffic"]
