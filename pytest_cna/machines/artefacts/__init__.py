"""Artefacts to build before machines start: tools, images and disks."""

from __future__ import annotations
