"""What a CoreOS descendant lacks of a machine, as parts of its Ignition config.

Flatcar brings systemd, Docker and ssh, and a ``/usr`` that cannot be written to. Programs are
fetched into a system extension, which systemd-sysext puts over ``/usr`` before any service starts,
so that units find them where they are on every machine.
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
"""Those that replace the system beneath a test, and restart it."""


def extension_files(fetched: Sequence[FetchedFile]) -> list[dict[str, Any]]:
    """Each is fetched by Ignition and has to have its digest. The extension fits any system."""
    files: list[dict[str, Any]] = [
        {"path": RELEASE, "mode": 0o644, "contents": {"source": "data:,ID%3D_any%0A"}}
    ]
    for file in fetched:
        contents = {"source": file.url, "verification": {"hash": f"sha512-{file.sha512}"}}
        files.append({"path": f"{DIRECTORY}{file.path}", "mode": 0o755, "contents": contents})
    return files


def extension_units() -> dict[str, dict[str, Any]]:
    """By name: those of the machine definition, and what of the system's own has to run or must
    not."""
    files = [infra_directory() / path for path in UNITS]
    return {
        **{file.name: {"enabled": True, "contents": file.read_text("utf-8")} for file in files},
        **{name: {"enabled": True} for name in ENABLED},
        **{name: {"mask": True} for name in MASKED},
    }
