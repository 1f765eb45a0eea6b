"""A cluster of virtual machines that somebody brings up by hand: its cluster file and inventory."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from pytest_cna.application import read_application
from pytest_cna.artefacts import build_artefacts
from pytest_cna.definitions import infra_directory
from pytest_cna.docker_engine import DockerEngine
from pytest_cna.fleet.deployment import read_deployment
from pytest_cna.model import Access, ClusterSpec
from pytest_cna.providers.base import name_machines
from pytest_cna.providers.key_pair import key, make_key
from pytest_cna.providers.libvirt.accelerator import find_accelerator
from pytest_cna.providers.libvirt.virsh import URI
from pytest_cna.providers.machine_disk import build_machine_disk
from pytest_cna.providers.vagrant.box import add_box
from pytest_cna.providers.vagrant.cluster_file import INTERFACE, cluster_file
from pytest_cna.providers.vagrant.session import (
    VagrantSession,
    vagrant_directory,
    vagrant_home,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HANDS = 40
"""So many clusters by hand have networks of their own: 172.31.200.0/24 to 172.31.239.0/24."""
FINGERPRINT = "by hand"


def make_cluster_file(
    path: Path,
    machines: int,
    memory: int,
    cpus: int,
    agent_ttl: float | None,
    progress: Callable[[str], None],
) -> None:
    """Write ``path`` for ``infra/vagrant/Vagrantfile`` and ``inventory.toml`` beside it for the
    provider ``existing``; box, disk and images are built if need be.

    Raises CnaError with what is missing or the tail of a log.
    """
    engine = DockerEngine(progress)
    definition = infra_directory().parent / "units" / "deployment.toml"
    deployment = read_deployment(definition) if definition.exists() else None
    directory = deployment.application if deployment else None
    application = read_application(directory) if directory else None
    try:
        artefacts = build_artefacts(engine.client, deployment, application, progress)
        disk = build_machine_disk(artefacts.machine_image, artefacts.images, {}, progress)
    finally:
        engine.stop()
    accelerator = find_accelerator(disk.kernel, vagrant_directory())
    timing = accelerator.timing
    if agent_ttl is not None:
        timing = replace(timing, agent_ttl=agent_ttl)
    progress(f"virtual machines: {accelerator}")
    builder = VagrantSession(f"box-{disk.key}")
    builder.make()
    try:
        version = add_box(disk, vagrant_home(), builder.add_box, progress)
    finally:
        builder.remove()
    number = crc32(str(path.resolve()).encode()) % HANDS
    addresses = [f"172.31.{200 + number}.{11 + index}" for index in range(machines)]
    metadata = deployment.metadata if deployment else ({"public": "true"},)
    for made in (path.parent / "consoles", vagrant_directory() / "pool"):
        made.mkdir(parents=True, exist_ok=True)
    spec = ClusterSpec(
        session=f"hand{number}",
        machines=name_machines(addresses, metadata),
        timing=timing,
        machine_image=artefacts.machine_image,
        fingerprint=FINGERPRINT,
        image_tag=artefacts.image_tag,
        images=artefacts.images,
        keep=True,
        memory=memory,
        cpus=cpus,
        access=Access("root", make_key(path.parent)),
        interface=INTERFACE,
    )
    rows = cluster_file(spec, path.parent.resolve(), version, accelerator.driver)
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    inventory = path.parent / "inventory.toml"
    inventory.write_text(_inventory(spec, path.parent.resolve()), encoding="utf-8")


def _inventory(spec: ClusterSpec, directory: Path) -> str:
    lines = [f'key = "{key(directory)}"']
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
