"""Runs last (files are taken in order of their names): what a lab leaves on a computer."""

from __future__ import annotations

import traces
from the_lab import TheLab


def test_the_lab_is_seen_only_by_its_two_cables(lab: TheLab, untouched: set[str]) -> None:
    """No bridge, chain, set, mount or cgroup of it is among this computer's; its files are in its
    own folder."""
    added = {line for line in traces.all_of_them() - untouched if str(lab.state) not in line}
    kinds = {line.split(":")[0] for line in added}
    assert kinds <= {"ip"}, sorted(added)
    assert all("cna-os31" in line or line.startswith("ip: 10.31.") for line in added), added
    # where they are instead
    assert "neutron-linuxbri-FORWARD" in lab.run("exec", "iptables-save").stdout
    assert "brq" in lab.run("exec", "ip", "link").stdout


def test_down_leaves_nothing(lab: TheLab, untouched: set[str]) -> None:
    running = lab.processes()
    assert len(running) > len(lab.services())
    done = lab.run("down")
    assert done.returncode == 0, done.stderr
    assert not lab.state.exists()
    left = [
        process.words
        for process in traces.processes()
        if process.identity in running or str(lab.state) + "/" in process.words
    ]
    assert not left
    assert traces.all_of_them() - untouched == set()


def test_down_again_is_no_error(lab: TheLab) -> None:
    done = lab.run("down")
    assert (done.returncode, done.stderr) == (0, "")
