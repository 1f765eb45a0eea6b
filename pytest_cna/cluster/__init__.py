"""The live cluster, asked and watched."""

from __future__ import annotations
