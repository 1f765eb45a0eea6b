"""How the deployment's images get to three virtual machines: on their disk already, over ssh, or
from a registry on their network.

    .venv/bin/python benchmarks/vagrant_images.py

The disk is made twice, with and without them, in a store of its own; what it takes longer is paid
once for each content, the other ways in each run. Seconds until the last machine has all of them.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from pytest_cna.cluster.cluster import Cluster
from pytest_cna.cluster.request import ClusterRequest
from pytest_cna.core.timeline import Timeline
from pytest_cna.core.waiting import wait_for
from pytest_cna.deployment.application import read_application
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.machines.artefacts.build import Artefacts, build_artefacts
from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.artefacts.image_store import store_directory
from pytest_cna.machines.artefacts.machine_disk import build_machine_disk
from pytest_cna.machines.providers.libvirt.virsh import gateway
from pytest_cna.machines.providers.vagrant.provider import VagrantProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_cna.core.machine import Machine

ROOT = Path(__file__).parents[1]
PORT = 5055
LONG = 1200.0


def seconds(work: Callable[..., object], *arguments: object) -> float:
    begun = time.monotonic()
    work(*arguments)
    return time.monotonic() - begun


def on_the_disk(artefacts: Artefacts) -> float:
    """What a disk with the images takes longer to be made than one without."""
    usual = store_directory()
    own = usual.with_name(f"{usual.name}-benchmark")
    os.environ["CNA_STORE"] = str(own)
    try:
        times = [
            seconds(build_machine_disk, artefacts.machine_image, images, {}, print)
            for images in ((), artefacts.images)
        ]
    finally:
        os.environ["CNA_STORE"] = str(usual)
        shutil.rmtree(own, ignore_errors=True)
    return times[1] - times[0]


@contextmanager
def registry() -> Iterator[None]:
    """Debian's docker-registry, on every address of this computer."""
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory) / "config.yml"
        storage = {"filesystem": {"rootdirectory": directory}}
        rows = {"version": 0.1, "storage": storage, "http": {"addr": f":{PORT}"}}
        config.write_text(json.dumps(rows), "utf-8")
        with subprocess.Popen(
            ["docker-registry", "serve", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                wait_for(
                    lambda: requests.get(f"http://127.0.0.1:{PORT}/v2/", timeout=5).ok,
                    waiting_for="the registry to answer",
                    timeout=30,
                    transient=(requests.RequestException,),
                )
                yield
            finally:
                process.terminate()


def push(images: tuple[str, ...]) -> None:
    for image in images:
        there = f"127.0.0.1:{PORT}/{image}"
        for command in (["tag", image, there], ["push", "-q", there], ["image", "rm", there]):
            subprocess.run(["docker", *command], check=True, stdout=subprocess.DEVNULL)


def trust(machine: Machine, host: str) -> None:
    settings = json.loads(machine.check("cat /etc/docker/daemon.json"))
    text = json.dumps(settings | {"insecure-registries": [host]})
    machine.check(f"echo '{text}' >/etc/docker/daemon.json && systemctl reload docker")


def main() -> None:
    engine = DockerEngine(print)
    deployment = read_deployment(ROOT / "units/deployment.toml")
    entries = deployment.application_entries
    directory = deployment.application
    application = read_application(directory, entries) if directory else None
    artefacts = build_artefacts(engine.client, deployment, application, print)
    once = on_the_disk(artefacts)
    provider = VagrantProvider(f"bench-{secrets.token_hex(3)}", print)
    provider.prepare()
    cluster = Cluster(provider, Timeline(), print)
    try:
        bare = Artefacts(artefacts.machine_image, artefacts.image_tag)
        cluster.bring_up(ClusterRequest(metadata=deployment.metadata), bare)
        machines, images = cluster.machines, artefacts.images
        by_ssh = seconds(provider._deliver_to_all, images, artefacts.image_tag)
        host = f"{gateway(machines[0].address)}:{PORT}"
        with ThreadPoolExecutor(len(machines)) as pool, registry():
            remove = f"docker image rm {' '.join(images)}"
            list(pool.map(lambda machine: machine.check(remove, LONG), machines))
            list(pool.map(lambda machine: trust(machine, host), machines))
            pushed = seconds(push, images)
            pull = " && ".join(f"docker pull -q {host}/{image}" for image in images)
            pulled = seconds(lambda: list(pool.map(lambda each: each.check(pull, LONG), machines)))
    finally:
        cluster.destroy()
        provider.close()
        engine.stop()
    print(f"on the disk already: {once:.0f} s once for each content, then 0")
    print(f"over ssh, docker save to docker load: {by_ssh:.0f} s ({by_ssh / once:.1f} x)")
    print(
        f"from a registry on their network: {pulled:.0f} s ({pulled / once:.1f} x), "
        f"after {pushed:.0f} s to push them"
    )


if __name__ == "__main__":
    main()
