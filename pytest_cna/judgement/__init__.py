"""Bounds, recovery, checks and diagnosis. Pure functions over what was recorded."""

from __future__ import annotations
