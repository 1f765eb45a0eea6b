"""Servers of a Heat stack on an OpenStack."""
