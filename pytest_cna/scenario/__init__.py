"""What is done to the cluster, and what has to follow."""

from __future__ import annotations
