"""What machines and containers are built from."""

from __future__ import annotations
