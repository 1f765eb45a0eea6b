"""Customers' traffic: steady requests from a separate process, one record for each."""

from __future__ import annotations

from pytest_cna.scenario.traffic.control import Traffic

__all__ = ["Traffic"]
