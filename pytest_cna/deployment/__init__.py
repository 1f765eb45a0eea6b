"""The deployment under test, read from files. Pure: no machine or cluster is involved."""

from __future__ import annotations
