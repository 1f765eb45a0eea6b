"""What goes for every run of pytest in pytest."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job that runs these tests does not want the summaries of theirs."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
