"""Machines as containers of this computer's Docker."""

from __future__ import annotations
