"""Faults, one family a file."""
