"""Steady customers in a process of their own, one record a request."""
