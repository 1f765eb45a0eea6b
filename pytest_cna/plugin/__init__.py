"""The pytest plugin: hooks, options, fixtures and steps."""

from __future__ import annotations
