"""Machines: how they are built, created, reached and removed."""

from __future__ import annotations
