"""Machines that are there already."""

from __future__ import annotations
