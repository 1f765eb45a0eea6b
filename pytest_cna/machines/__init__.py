"""Machines built, made, reached and removed."""

from __future__ import annotations
