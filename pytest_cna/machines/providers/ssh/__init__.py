"""Shared parts of providers whose machines are reached by ssh."""

from __future__ import annotations
