"""pytest's side: hooks, settings, fixtures and steps."""

from __future__ import annotations
