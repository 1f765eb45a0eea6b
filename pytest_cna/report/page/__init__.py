"""The report's page: one HTML file that works from disk, without a network."""

from __future__ import annotations

from pytest_cna.report.page.document import render

__all__ = ["render"]
