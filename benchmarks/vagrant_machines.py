"""Virtual machines: three up beside a plain `vagrant up` of the same box, and a power cut.

    .venv/bin/python benchmarks/vagrant_machines.py [REPEATS]

The plain Vagrantfile has the same box, sizes and acceleration, vagrant-libvirt's own network, and
of an Ignition config only the key that Vagrant logs in with. Box and images were made before;
medians.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pytest_cna.machines.providers.libvirt import virsh
from pytest_cna.machines.providers.libvirt.daemons import LibvirtDaemons
from pytest_cna.machines.providers.ssh.key_pair import make_key
from pytest_cna.machines.providers.vagrant.options import VagrantOptions
from pytest_cna.machines.providers.vagrant.session import vagrant_directory, vagrant_home
from pytest_cna.plugin.run import Run
from pytest_cna.plugin.settings import Settings

ROOT = Path(__file__).parents[1]
REPEATS = 3
PLAIN = """\
Vagrant.configure("2") do |config|
  config.vm.box = "pytest-cna/machine"
  config.vm.synced_folder ".", "/vagrant", disabled: true
  config.ssh.username = "root"
  config.ssh.private_key_path = "id_ed25519"
  config.ssh.insert_key = false
  (1..3).each { |number| config.vm.define "plain-#{number}" }
  config.vm.provider :libvirt do |libvirt|
    libvirt.driver = "@DRIVER@"
    libvirt.storage_pool_name = "@POOL@"
    libvirt.memory = 1024
    libvirt.cpus = 1
    libvirt.cpu_mode = "custom"
    libvirt.cpu_model = "qemu64"
    libvirt.graphics_type = "none"
    libvirt.video_type = "none"
    libvirt.qemuargs value: "-fw_cfg"
    libvirt.qemuargs value: %q(name=opt/com.coreos/config,string=@CONFIG@)
  end
end
"""


def ours(directory: Path) -> tuple[dict[str, float], str]:
    """Seconds of each stage, and libvirt's driver."""
    deployment = ROOT / "units/deployment.toml"
    settings = Settings(
        "vagrant", deployment=deployment, of_provider=VagrantOptions(), report=directory
    )
    run = Run(settings, ROOT)
    try:
        begun = time.monotonic()
        cluster = run.cluster
        up = time.monotonic() - begun
        cut = time.monotonic()
        cluster.provider.kill(cluster.machines[-1])
        times = {
            "3 machines up, from nothing to fleet's list": up,
            "of that, from power to fleet's list": cluster.boot_seconds,
            "a power cut is in effect": time.monotonic() - cut,
        }
        return times, "qemu" if "TCG" in cluster.provider.versions()["machines"] else "kvm"
    finally:
        run.finish()


def plain(directory: Path, driver: str) -> float:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    config: dict[str, Any] = {
        "ignition": {"version": "3.3.0"},
        "passwd": {"users": [{"name": "root", "sshAuthorizedKeys": [make_key(directory)]}]},
    }
    inline = json.dumps(config, separators=(",", ":")).replace(",", ",,")
    virsh.ensure_pool(str(vagrant_directory() / "pool"))
    text = PLAIN.replace("@DRIVER@", driver).replace("@CONFIG@", inline)
    text = text.replace("@POOL@", virsh.POOL)
    (directory / "Vagrantfile").write_text(text, "utf-8")
    environment = os.environ | {
        "VAGRANT_HOME": str(vagrant_home()),
        "VAGRANT_CHECKPOINT_DISABLE": "1",
        "LIBVIRT_DEFAULT_URI": "qemu:///system",
    }

    def vagrant(*words: str) -> None:
        done = subprocess.run(
            ["vagrant", *words], cwd=directory, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"vagrant {words[0]}: {done.stderr[:2000]}")

    try:
        begun = time.monotonic()
        vagrant("up", "--provider=libvirt")
        return time.monotonic() - begun
    finally:
        vagrant("destroy", "--force")
        virsh.remove_pool()
        shutil.rmtree(directory)


def main() -> None:
    repeats = int(sys.argv[1]) if sys.argv[1:] else REPEATS
    report = ROOT / ".build/benchmark"
    runs = []
    # what the first run started would be gone for the plain one
    daemons = LibvirtDaemons(print)
    daemons.ensure()
    try:
        for _ in range(repeats):
            times, driver = ours(report)
            alone = plain(vagrant_directory() / "plain", driver)
            times["a plain `vagrant up` of the same box"] = alone
            times["ratio, ours to the plain one"] = (
                times["3 machines up, from nothing to fleet's list"] / alone
            )
            runs.append(times)
    finally:
        daemons.stop()
    for name in runs[0]:
        values = [each[name] for each in runs]
        print(f"{name}: {statistics.median(values):.2f} (worst {max(values):.2f})")


if __name__ == "__main__":
    main()
