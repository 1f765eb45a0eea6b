"""What a lab could leave on a computer, seen with the computer's own tools."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

# other engines come and go beside us: Docker's and Vagrant's links and chains
OTHERS = re.compile(
    r"\b(veth|br-[0-9a-f]|docker|containerd|virbr|vnet)|DOCKER|LIBVIRT|/machine(?!.*instance-)"
)


@dataclass(frozen=True)
class Process:
    number: int
    words: str
    namespace: str
    identity: str


def processes() -> list[Process]:
    """Those that run; what was not reaped (a zombie) does not."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            namespace = os.readlink(entry / "ns/pid")
        except OSError:
            continue
        if fields[0] != "Z":
            started = fields[19]
            found.append(Process(int(entry.name), words, namespace, f"{entry.name}@{started}"))
    return found


def all_of_them() -> set[str]:
    """Links, addresses, routes, network namespaces, rules and chains, sets, mounts, cgroups: one
    line each."""
    found: set[str] = set()
    for command in (
        "ip -oneline link",
        "ip -oneline address",
        "ip route",
        "ip netns",
        "iptables-save",
        "ip6tables-save",
        "ebtables-save",
        "ipset list -name",
        "cat /proc/mounts",
        "find /sys/fs/cgroup -type d",
        # nova's names for guests, neutron's for namespaces
        "find /run /etc /var -xdev -path /var/lib/docker -prune -o -name *instance-0*",
        "find /run/netns /var/lib/nova /var/lib/neutron /var/lib/glance /var/lib/mysql",
    ):
        done = subprocess.run(command.split(), capture_output=True, text=True)
        for line in done.stdout.splitlines():
            # without counters, times and the numbers of links
            words = re.sub(r"\[\d+:\d+\]|^\d+: |^#.*|valid_lft.*|@if\d+", "", line).strip()
            if not OTHERS.search(words):
                found.add(f"{command.split()[0]}: {words}")
    return found
