"""The types that every room uses, and the table of fault kinds; imports no other room."""

from __future__ import annotations
