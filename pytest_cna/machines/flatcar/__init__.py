"""Machines of Flatcar Container Linux."""

from __future__ import annotations
