"""The systemd container of a machine: its creation, and its reading back from labels."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProvisionError
from pytest_cna.core.machine import Machine
from pytest_cna.machines.ignition import machine_config
from pytest_cna.machines.ledger import label_flags, session_labels
from pytest_cna.machines.transports.docker import DockerTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    import docker
    from docker.models.containers import Container

    from pytest_cna.machines.spec import ClusterSpec, MachineSpec

MACHINE_LABEL = "pytest_cna.machine"
METADATA_LABEL = "pytest_cna.metadata"
MEMBER_LABEL = "pytest_cna.member"
FINGERPRINT_LABEL = "pytest_cna.fingerprint"
KEEP_LABEL = "pytest_cna.keep"


def create_container(
    client: docker.DockerClient,
    name: str,
    network: str,
    spec: ClusterSpec,
    machine: MachineSpec,
    flags: Sequence[str],
) -> Container:
    """Create a container with the machine's identity, without starting it.

    ``flags`` of ``docker create`` give its disk and rights. Raises ProvisionError with Docker's
    message.
    """
    labels = session_labels(spec.session) | {
        MACHINE_LABEL: machine.name,
        METADATA_LABEL: json.dumps(dict(machine.metadata)),
        MEMBER_LABEL: str(machine.member).lower(),
        FINGERPRINT_LABEL: spec.fingerprint,
        KEEP_LABEL: str(spec.keep).lower(),
    }
    # by command, because the API client does not support some of the rights
    created = subprocess.run(
        ["docker", "create", f"--name={name}", f"--hostname={machine.name}"]
        + [f"--network={network}", f"--ip={machine.address}", "--cgroupns=private"]
        + ["--tmpfs=/run:exec", "--tmpfs=/run/lock", "--tmpfs=/tmp:exec"]
        + [*label_flags(labels), *flags, spec.machine_image],
        capture_output=True,
        text=True,
        check=False,
    )
    if created.returncode:
        raise ProvisionError(
            f"machine {machine.name} could not be created: {created.stderr.strip()}"
        )
    container = client.containers.get(name)
    config = json.dumps(machine_config(spec, machine)).encode()
    container.put_archive("/", _tar("etc/cna/config.ign", config))
    return container


def as_machine(client: docker.DockerClient, container: Container, network: str) -> Machine:
    networks = container.attrs["NetworkSettings"]["Networks"]
    name = container.labels[MACHINE_LABEL]
    return Machine(
        name=name,
        address=networks[network]["IPAMConfig"]["IPv4Address"],
        metadata=json.loads(container.labels[METADATA_LABEL]),
        transport=DockerTransport(client.api, container.name or "", name),
        member=container.labels[MEMBER_LABEL] == "true",
    )


def _tar(path: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(path)
        entry.size = len(content)
        entry.mode = 0o644
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
