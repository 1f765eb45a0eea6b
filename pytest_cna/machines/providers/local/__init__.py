"""The provider of machines that are containers of this computer's Docker."""

from __future__ import annotations
