"""What systemd on a machine says of its units."""

from __future__ import annotations


def properties(shown: str) -> dict[str, str]:
    """The properties that ``systemctl show`` printed, by name."""
    return dict(line.partition("=")[::2] for line in shown.splitlines())
