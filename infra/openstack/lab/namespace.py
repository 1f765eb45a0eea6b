"""The lab's Linux namespaces: its own processes, mounts and networks.

The whole lab runs in one set of namespaces whose process 1 is its supervisor, so that its libvirtd,
bridges, iptables chains, ipsets, network namespaces and ports cannot conflict with those of this
computer. When process 1 ends, the kernel ends the other processes and removes everything else.
Outside there are only the near ends of two cables (veth).
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from errors import LabError, UsageError, WaitTimeout
from waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab import Lab

ENTER = Path(__file__).with_name("enter")


def find(lab: Lab) -> int | None:
    """This computer's process id of the lab's process 1; None when the lab is not running."""
    marks = {f"{lab.state}".encode(), f"{lab.state}/etc/supervisord.conf".encode()}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            if marks.isdisjoint((entry / "cmdline").read_bytes().split(b"\0")):
                continue
            status = (entry / "status").read_text(encoding="utf-8")
        except OSError:
            continue
        counts = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
        if len(counts) > 2 and counts[-1] == "1":
            return int(entry.name)
    return None


def processes(leader: int) -> list[int]:
    """Ids of all processes of the lab, including its guests."""
    own = os.readlink(f"/proc/{leader}/ns/pid")
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and os.readlink(entry / "ns/pid") == own:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def create(lab: Lab) -> int:
    """Start the supervisor in new namespaces, connect the two cables, return its process id.

    Raises UsageError when the lab's addresses are in use, LabError when the supervisor does not
    start.
    """
    for network in (lab.machines, f"{lab.network}.1.0/30"):
        if route := _ip("route", "show", "to", "match", network, "table", "main").strip():
            taken = [line for line in route.splitlines() if not line.startswith("default")]
            if taken:
                raise UsageError(
                    f"{network} is in use on this computer ({taken[0]}): give the lab other "
                    f"addresses, say --network=10.77"
                )
    (lab.state / "supervisor.sock").unlink(missing_ok=True)
    log = lab.log("supervisord")
    with log.open("ab") as output:
        parent = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
            + ["--mount-proc", str(ENTER), str(lab.state), lab.api, lab.host],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        )

    def alive() -> None:
        if parent.poll() is not None:
            raise LabError("the lab's supervisor ended during its start", log)

    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")

    def look() -> int | None:
        for child in children.read_text().split():
            if os.readlink(f"/proc/{child}/ns/net") != os.readlink("/proc/self/ns/net"):
                return int(child)
        return None

    leader = wait_for(
        look, waiting_for="the lab's namespaces", timeout=10, transient=(OSError,), alive=alive
    )
    assert leader is not None
    machines, api = lab.links
    # the far ends have the names that the configuration and `enter` use
    for near, far, address in (
        (machines, "machines", f"{lab.machines_gateway}/24"),
        (api, "api", f"{lab.api_gateway}/30"),
    ):
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", str(leader))
        _ip("address", "add", address, "dev", near)
        _ip("link", "set", near, "up")
    wait_for(
        (lab.state / "supervisor.sock").exists,
        waiting_for="the lab's supervisor",
        timeout=20,
        alive=alive,
    )
    return leader


def inside(leader: int, command: Sequence[str]) -> int:
    """Run a command in the lab; its exit status."""
    nsenter = ["nsenter", "--target", str(leader), "--mount", "--pid", "--net", "--ipc", "--uts"]
    return subprocess.run([*nsenter, "--", *command]).returncode


def end(lab: Lab) -> None:
    """End every process of the lab at once, as a power cut would. Idempotent.

    Raises LabError with the processes that remain.
    """
    if (leader := find(lab)) is not None:
        everything = processes(leader)
        os.kill(leader, signal.SIGKILL)
        try:
            wait_for(
                lambda: [pid for pid in everything if _runs(pid)],
                lambda left: not left,
                waiting_for="the end of the lab's processes",
                timeout=30,
            )
        except WaitTimeout as error:
            raise LabError(str(error)) from error
        # the kernel removes the near ends with the far ends, but not at once; when this lab was not
        # running, they may belong to another lab
        for link in lab.links:
            if Path(f"/sys/class/net/{link}").exists():
                subprocess.run(["ip", "link", "delete", link], capture_output=True)


def _runs(pid: int) -> bool:
    """Whether the process runs and is not a zombie: process 1 of a container may never reap it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", "-4", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"'ip {' '.join(arguments)}' failed: {done.stderr.strip()}")
    return done.stdout
