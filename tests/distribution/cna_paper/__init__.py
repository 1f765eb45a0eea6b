"""Machines of paper: a provider for pytest-cna."""

from __future__ import annotations
