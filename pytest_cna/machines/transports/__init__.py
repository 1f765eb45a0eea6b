"""Transports: ways to run commands on a machine."""
