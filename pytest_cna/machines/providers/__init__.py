"""Providers: ways to create machines."""
