"""The provider for existing machines."""

from __future__ import annotations
