"""For the project's own tests: pytester runs pytest in a pytest."""

from __future__ import annotations

pytest_plugins = ["pytester"]
