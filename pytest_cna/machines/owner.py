"""The id of a process, by which the owner of something is found again.

It is distinct from that of a later process with the same number, and names the computer and the
container that the process is in.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path


def this_owner() -> str:
    """The id of this process."""
    return owner_of(os.getpid())


def owner_of(pid: int) -> str:
    """The id of the process ``pid``."""
    return f"{pid}:{_start_time(pid)}:{_namespace()}"


def owner_is_alive(owner: str, *, unknown: bool = True) -> bool:
    """Whether the process with the id ``owner`` (see ``this_owner``) still runs.

    ``unknown`` is returned for a process of another computer or container, which cannot be seen
    from here and whose things must not be removed.
    """
    pid, _, rest = owner.partition(":")
    start_time, _, namespace = rest.partition(":")
    if not pid.isdigit() or namespace != _namespace():
        return unknown
    # without a start time, it had ended before its id was made
    return bool(start_time) and _start_time(int(pid)) == start_time


def end_owner(owner: str, timeout: float) -> None:
    """Terminate the process with the id ``owner``, not necessarily a child; one of another computer
    or container is left alone. Idempotent; returns when it has ended, or after ``timeout`` seconds.
    """
    if not owner_is_alive(owner, unknown=False):
        return
    with suppress(OSError):
        descriptor = os.pidfd_open(int(owner.partition(":")[0]))
        try:
            # its number may have become another process's before it was opened
            if owner_is_alive(owner, unknown=False):
                signal.pidfd_send_signal(descriptor, signal.SIGTERM)
                select.select([descriptor], [], [], timeout)
        finally:
            os.close(descriptor)


def _start_time(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()
    # a zombie has ended, though its parent has not waited for it
    return "" if state == "Z" else fields[18]


def _namespace() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    return f"{boot}:{os.readlink('/proc/self/ns/pid')}"
