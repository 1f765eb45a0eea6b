"""The container engine of machines: Docker."""

from __future__ import annotations
