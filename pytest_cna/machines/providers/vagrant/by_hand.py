"""The cluster file and inventory for virtual machines that a user brings up by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from pytest_cna.deployment.application import read_application
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.machines.artefacts.build import build_artefacts
from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.artefacts.machine_disk import build_machine_disk
from pytest_cna.machines.flatcar.programs import as_flatcar, gather_programs
from pytest_cna.machines.infra import infra_directory
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.providers.libvirt.accelerator import find_accelerator
from pytest_cna.machines.providers.libvirt.virsh import URI, gateway
from pytest_cna.machines.providers.ssh.key_pair import key, make_key
from pytest_cna.machines.providers.vagrant.box import add_box, flatcar_box
from pytest_cna.machines.providers.vagrant.cluster_file import INTERFACE, cluster_file
from pytest_cna.machines.providers.vagrant.session import (
    VagrantSession,
    vagrant_directory,
    vagrant_home,
)
from pytest_cna.machines.spec import Access, ClusterSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_cna.machines.artefacts.machine_disk import MachineDisk
    from pytest_cna.machines.providers.vagrant.box import Box
    from pytest_cna.machines.providers.vagrant.options import VagrantOptions

HANDS = 40
"""Number of networks for clusters brought up by hand: 172.31.200.0/24 to 172.31.239.0/24."""
FINGERPRINT = "by hand"
POOL = "default"
"""The only storage pool that vagrant-libvirt creates when it is missing."""
PORT = 8000
"""Port of the web server from which machines of Flatcar fetch programs."""


def write_programs(directory: Path, progress: Callable[[str], None]) -> None:
    """Write the programs that Flatcar lacks to ``directory``. Raises CnaError or OSError."""
    engine = DockerEngine(progress)
    try:
        artefacts = build_artefacts(engine.client, None, None, progress)
        shutil.copytree(gather_programs(artefacts.machine_image, {}), directory, dirs_exist_ok=True)
    finally:
        engine.stop()


def make_cluster_file(
    path: Path,
    machines: int,
    options: VagrantOptions,
    agent_ttl: float | None,
    progress: Callable[[str], None],
) -> None:
    """Write the cluster file ``path`` and, next to it, ``inventory.toml``.

    ``infra/vagrant/Vagrantfile`` reads the former, the provider ``existing`` the latter. Box, disk
    and images are built if they are missing. Raises CnaError with what is missing or the end of a
    log.
    """
    engine = DockerEngine(progress)
    definition = infra_directory().parent / "units" / "deployment.toml"
    deployment = read_deployment(definition) if definition.exists() else None
    directory = deployment.application if deployment else None
    entries = deployment.application_entries if deployment else ()
    application = read_application(directory, entries) if directory else None
    try:
        artefacts = build_artefacts(engine.client, deployment, application, progress)
        images = () if options.machine_image else artefacts.images
        disk = build_machine_disk(artefacts.machine_image, images, {}, progress)
        programs = gather_programs(artefacts.machine_image, {}) if options.machine_image else None
    finally:
        engine.stop()
    accelerator = find_accelerator(disk.kernel, vagrant_directory())
    timing = accelerator.timing
    if agent_ttl is not None:
        timing = replace(timing, agent_ttl=agent_ttl)
    progress(f"virtual machines: {accelerator}")
    number = crc32(str(path.resolve()).encode()) % HANDS
    addresses = [f"172.31.{200 + number}.{11 + index}" for index in range(machines)]
    metadata = deployment.metadata if deployment else ({"public": "true"},)
    (path.parent / "consoles").mkdir(parents=True, exist_ok=True)
    spec = ClusterSpec(
        session=f"hand{number}",
        machines=name_machines(addresses, metadata),
        timing=timing,
        machine_image=artefacts.machine_image,
        fingerprint=FINGERPRINT,
        image_tag=artefacts.image_tag,
        images=artefacts.images,
        keep=True,
        access=Access("root", make_key(path.parent)),
        interface=INTERFACE,
    )
    if programs is not None:
        assert spec.access is not None
        url = f"http://{gateway(addresses[0])}:{PORT}"
        spec = as_flatcar(spec, spec.access.key, programs, url)
        box = flatcar_box(vagrant_home())
        progress(f"before the machines boot, run: python3 -m http.server {PORT} -d {programs}")
    else:
        box = _own_box(disk, progress)
    rows = cluster_file(spec, options, path.parent.resolve(), box, accelerator.driver, POOL)
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    inventory = path.parent / "inventory.toml"
    inventory.write_text(_inventory(spec, path.parent.resolve()), encoding="utf-8")


def _own_box(disk: MachineDisk, progress: Callable[[str], None]) -> Box:
    builder = VagrantSession(f"box-{disk.key}")
    builder.make()
    try:
        return add_box(disk, vagrant_home(), builder.add_box, progress)
    finally:
        builder.remove()


def _inventory(spec: ClusterSpec, directory: Path) -> str:
    assert spec.access is not None
    lines = [f'user = "{spec.access.user}"', f'key = "{key(directory)}"']
    for machine in spec.machines:
        domain = f"cna-{spec.session}-{machine.name}"
        lines += [
            "",
            "[[machine]]",
            f'name = "{machine.name}"',
            f'address = "{machine.address}"',
            f"member = {str(machine.member).lower()}",
            f'power_cut = "virsh -c {URI} destroy {domain}"',
            f'start = "virsh -c {URI} start {domain}"',
        ]
    return "\n".join(lines) + "\n"
