"""What the providers share whose machines are reached by ssh."""

from __future__ import annotations
