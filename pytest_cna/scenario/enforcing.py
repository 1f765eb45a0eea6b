"""Verdicts enforced: a step raises what its verdict says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import CnaError, ProductFailed

if TYPE_CHECKING:
    from pytest_cna.judgement.verdicts import Verdict


def enforce(verdict: Verdict) -> None:
    """Raise ProductFailed for a verdict that *failed*, CnaError for one that is *unknown*."""
    if verdict.outcome == "failed":
        raise ProductFailed(str(verdict))
    if verdict.outcome == "unknown":
        raise CnaError(str(verdict))
