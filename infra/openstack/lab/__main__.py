"""The lab's commands; ``run`` calls this with Debian's Python.

up     start what does not run, register what is missing; says when it is ready
stop   stop everything, keep the databases; running servers lose their power
down   end everything and remove it: processes, networks, databases, images
exec   run a command in the lab's namespaces: ``exec virsh list``, ``exec ip link``
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from pathlib import Path

import namespace
from errors import LabError, UsageError
from lab import CLOUD, DEFAULT_STATE, Lab, Secrets, known_network
from waiting import wait_for

BEGUN = time.monotonic()


def say(line: str) -> None:
    sys.stdout.write(f"[{time.monotonic() - BEGUN:5.1f} s] {line}\n")
    sys.stdout.flush()


def up(lab: Lab, image: Path | None) -> None:
    """From whatever there is to ready. Idempotent."""
    if not shutil.which("nova-compute"):
        raise UsageError("the lab's Debian packages are missing: run 'make openstack-lab'")
    import settings

    lab.state.mkdir(parents=True, exist_ok=True)
    secrets = Secrets.of(lab)
    settings.write(lab, secrets)
    leader = namespace.find(lab)
    if leader is not None and not (lab.state / "supervisor.sock").exists():
        namespace.end(lab)  # an earlier start was killed half-way
        leader = None
    if leader is None:
        import databases

        databases.initialise(lab)
        leader = namespace.create(lab)
    command = [sys.executable, str(Path(__file__).parent), "--inside", *sys.argv[1:]]
    if status := namespace.inside(leader, command):
        sys.exit(status)


def up_inside(lab: Lab, image: Path | None) -> None:
    """The second half of ``up``, in the lab's namespaces."""
    from keystoneauth1.exceptions import ClientException
    from openstack.exceptions import SDKException

    try:
        start(lab, image)
    except (ClientException, SDKException) as error:
        raise LabError(f"the cloud refused: {error} (logs: {lab.state}/log)") from error


def start(lab: Lab, image: Path | None) -> None:
    """Start in order, make databases and identities where they are not, wait until ready."""
    import catalogue
    import databases
    import services
    from ready import wait_until_ready
    from supervisor_client import Supervisor

    secrets = Secrets.of(lab)
    supervisor = Supervisor(lab)
    supervisor.start(services.foundation(lab))
    say("MariaDB, RabbitMQ, libvirt")
    new = not databases.current(lab)
    if new:
        databases.create(lab, secrets)
        say("databases")
    supervisor.start(services.identity(lab))
    if new:
        catalogue.identities(catalogue.connect(lab), lab, secrets)
        databases.stamp(lab).write_text(databases.versions(), encoding="utf-8")
        say("users and endpoints")
    supervisor.start(services.apis(lab))
    say("keystone, placement, glance, nova, neutron, heat")
    supervisor.start(services.agents(lab))
    cloud = catalogue.connect(lab)
    catalogue.resources(cloud, lab)
    wait_until_ready(lab, supervisor, cloud)
    if image is not None:
        import machine_image

        machine_image.register(catalogue.connect(lab, CLOUD), image)
        say(f"image {image.name}")
    say(
        f"ready: OS_CLIENT_CONFIG_FILE={lab.state}/clouds.yaml openstack --os-cloud={CLOUD} "
        "catalog list"
    )


def stop(lab: Lab) -> None:
    """Everything stops in good order; databases and images stay. Idempotent."""
    if namespace.find(lab) is None:
        return
    from supervisor_client import Supervisor

    Supervisor(lab).shut_down()
    wait_for(
        lambda: namespace.find(lab) is None,
        waiting_for="the end of the lab's supervisor",
        timeout=30,
    )
    namespace.end(lab)
    say(f"stopped; what it knows stays in {lab.state}")


def down(lab: Lab) -> None:
    """Nothing of the lab is left but the Debian packages. Idempotent."""
    namespace.end(lab)
    if lab.state.exists():
        for entry in lab.state.iterdir():  # what marks it as a lab's goes last
            if entry.is_dir():
                shutil.rmtree(entry)
        shutil.rmtree(lab.state)
    say("the OpenStack lab is gone; its Debian packages stay")


def execute(lab: Lab, words: list[str]) -> int:
    """The command's exit status."""
    leader = namespace.find(lab)
    if leader is None or not words:
        raise UsageError("the lab does not run" if words else "which command?")
    return namespace.inside(leader, words)


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra/openstack/lab/run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=("up", "stop", "down", "exec"))
    parser.add_argument("words", nargs=argparse.REMAINDER, help="of exec: the command")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="its one folder")
    parser.add_argument("--network", default="10.30", help="the first half of its addresses")
    parser.add_argument("--image", type=Path, help="a folder: disk.qcow2, vmlinuz, initrd.img")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    lab = Lab(options.state.resolve(), options.network)
    try:
        if not re.fullmatch(r"\d{1,3}\.\d{1,3}", options.network):
            raise UsageError(f"--network is two numbers, as in 10.30, not {options.network!r}")
        if os.geteuid() != 0:
            raise UsageError("the OpenStack lab is run as root")
        lab.check_folder()
        if options.command != "up":
            # what is there is where it is, whatever was said
            lab = Lab(lab.state, known_network(lab.state) or lab.network)
        if options.command == "stop":
            stop(lab)
        elif options.command == "down":
            down(lab)
        elif options.command == "exec":
            sys.exit(execute(lab, options.words))
        elif options.inside:
            up_inside(lab, options.image)
        else:
            up(lab, options.image)
    except UsageError as error:
        sys.exit(_tell(error, 4))
    except (LabError, OSError) as error:
        sys.exit(_tell(error, 1))
    except KeyboardInterrupt:
        sys.exit(130)


def _tell(error: Exception, status: int) -> int:
    sys.stderr.write(f"{error}\n")
    return status


if __name__ == "__main__":
    main()
