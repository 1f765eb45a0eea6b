"""The parts of an Ignition config that add to Flatcar the programs and units a machine needs.

Flatcar has systemd, Docker and ssh, and a read-only ``/usr``. Programs are fetched into a system
extension, which systemd-sysext overlays on ``/usr`` before any service starts, so that they have
the same paths as on other machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_cna.machines.infra import infra_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.machines.spec import FetchedFile

DIRECTORY = "/var/lib/extensions/cna"
RELEASE = f"{DIRECTORY}/usr/lib/extension-release.d/extension-release.cna"
UNITS = (
    "flatcar/etcd.service",
    "machine/root/etc/systemd/system/fleet.service",
    "machine/root/etc/systemd/system/fleet.socket",
)
"""Relative to ``infra/``."""
ENABLED = ("systemd-sysext.service", "docker.service")
MASKED = ("update-engine.service", "locksmithd.service")
"""Units that update the system during a test and restart the machine."""


def extension_files(fetched: Sequence[FetchedFile]) -> list[dict[str, Any]]:
    """Files of the extension: Ignition fetches each program and checks its digest."""
    files: list[dict[str, Any]] = [
        {"path": RELEASE, "mode": 0o644, "contents": {"source": "data:,ID%3D_any%0A"}}
    ]
    for file in fetched:
        contents = {"source": file.url, "verification": {"hash": f"sha512-{file.sha512}"}}
        files.append({"path": f"{DIRECTORY}{file.path}", "mode": 0o755, "contents": contents})
    return files


def extension_units() -> dict[str, dict[str, Any]]:
    """Units by name: those of the machine definition, and those of Flatcar to enable or disable."""
    files = [infra_directory() / path for path in UNITS]
    return {
        **{file.name: {"enabled": True, "contents": file.read_text("utf-8")} for file in files},
        **{name: {"enabled": True} for name in ENABLED},
        **{name: {"mask": True} for name in MASKED},
    }
