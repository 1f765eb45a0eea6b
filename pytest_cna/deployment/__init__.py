"""What is put under test, read from files. Pure."""

from __future__ import annotations
