"""Nouns that every room speaks of, and the table of fault kinds; imports no other room."""

from __future__ import annotations
