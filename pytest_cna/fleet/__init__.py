"""fleet: its unit files, its API, and the deployment that goes through it."""
