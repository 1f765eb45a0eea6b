"""Faults, one family a file."""

from __future__ import annotations
