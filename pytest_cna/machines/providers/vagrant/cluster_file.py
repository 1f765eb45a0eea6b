"""The cluster file, from which the Vagrantfile creates machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_cna.machines.ignition import machine_config
from pytest_cna.machines.owner import this_owner
from pytest_cna.machines.providers.libvirt.description import Description
from pytest_cna.machines.providers.ssh.key_pair import key
from pytest_cna.machines.providers.vagrant.session import console

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.machines.providers.vagrant.box import Box
    from pytest_cna.machines.providers.vagrant.options import VagrantOptions
    from pytest_cna.machines.spec import ClusterSpec, MachineSpec

INTERFACE = "eth0"


def cluster_file(
    spec: ClusterSpec, options: VagrantOptions, directory: Path, box: Box, driver: str, pool: str
) -> dict[str, Any]:
    """The cluster file in JSON, for ``infra/vagrant/Vagrantfile``.

    ``spec`` has an ``access`` whose key is in ``directory``, where consoles are written too;
    ``pool`` is libvirt's storage pool for disks.
    """
    assert spec.access is not None
    return {
        "box": box.name,
        "box_version": box.version,
        "firmware": box.firmware,
        "driver": driver,
        "memory": options.memory,
        "cpus": options.cpus,
        "user": spec.access.user,
        "key": str(key(directory)),
        "prefix": f"cna-{spec.session}-",
        "network": f"cna-{spec.session}",
        "pool": pool,
        "machines": [_machine(spec, machine, directory) for machine in spec.machines],
    }


def _machine(spec: ClusterSpec, machine: MachineSpec, directory: Path) -> dict[str, str]:
    return {
        "name": machine.name,
        "address": machine.address,
        "ignition": json.dumps(machine_config(spec, machine), separators=(",", ":")),
        "console": str(console(directory, machine.name)),
        "description": str(
            Description(spec.session, this_owner(), machine, spec.fingerprint, spec.keep)
        ),
    }
