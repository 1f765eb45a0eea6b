"""Clients of a running cluster (fleet, etcd, HAProxy, Docker) and observers of its changes."""

from __future__ import annotations
