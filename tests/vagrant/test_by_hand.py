"""Machines by hand: `vagrant up` alone makes the cluster, and the provider existing works on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.providers.libvirt.virsh import virsh
from pytest_cna.machines.providers.vagrant.session import vagrant_home

pytestmark = pytest.mark.usefixtures("engines")
ROOT = Path(__file__).parents[2]
BOOT = 300.0
"""Seconds until fleet lists machines that Vagrant can log in to, emulated and all."""
TIMING = ("--cna-agent-ttl=30", "--cna-engine-interval=5")


def test_a_machine_that_is_lost_and_returns(tmp_path: Path) -> None:
    environment = os.environ | {
        "CNA_CLUSTER": str(tmp_path / "cluster.json"),
        "CNA_AGENT_TTL": "30",
        "VAGRANT_DOTFILE_PATH": str(tmp_path / "vagrant"),
        "VAGRANT_HOME": str(vagrant_home()),
        "LIBVIRT_DEFAULT_URI": "qemu:///system",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }

    def vagrant(*words: str) -> str:
        done = subprocess.run(
            ["vagrant", *words],
            cwd=ROOT / "infra/vagrant",
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def on(machine: str, command: str) -> list[str]:
        return vagrant("ssh", machine, "-c", command).splitlines()

    pools = virsh("pool-list", "--all", "--name").split()
    try:
        vagrant("up", "--provider=libvirt")
        wait_for(
            lambda: on("core-1", "fleetctl list-machines --no-legend"),
            lambda machines: len(machines) == 3,
            waiting_for="fleet to list three machines",
            timeout=BOOT,
        )
        inventory = f"--cna-inventory={tmp_path / 'inventory.toml'}"
        report = f"--cna-report={tmp_path / 'report'}"
        command = ["features", "-k", "web_server_is_lost", "--cna-provider=existing", inventory]
        features = subprocess.run(
            [sys.executable, "-m", "pytest", *command, *TIMING, report],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert features.returncode == 0, features.stdout + features.stderr
        assert "1 passed" in features.stdout
        assert on("core-1", "fleetctl list-units --no-legend") == []
        assert on("core-1", "ETCDCTL_API=3 etcdctl get --prefix --keys-only /services") == []
        for machine in ("core-1", "core-2", "core-3"):
            assert on(machine, "docker ps --all --quiet") == []
    finally:
        vagrant("destroy", "--force")
        if "default" not in pools:
            virsh("pool-destroy", "default")
            virsh("pool-undefine", "default")
    for listing in ("list", "net-list"):
        assert "cna-hand" not in virsh(listing, "--all", "--name")
