"""The lab's commands; ``run`` calls this with Debian's Python.

up     start services that do not run, register missing resources, wait until ready
stop   stop everything, keep the databases; running servers lose their power
down   end and remove everything: processes, networks, databases, images
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
    """Start the lab from any state and wait until it is ready. Idempotent."""
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
    """Start services in order, create missing databases and identities, wait until ready."""
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
    """Stop all services in order; databases and images are kept. Idempotent."""
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
    say(f"stopped; databases and images are kept in {lab.state}")


def down(lab: Lab) -> None:
    """Remove everything of the lab except the Debian packages. Idempotent."""
    namespace.end(lab)
    if lab.state.exists():
        for (
            entry
        ) in lab.state.iterdir():  # the file that marks the folder as a lab's is removed last
            if entry.is_dir():
                shutil.rmtree(entry)
        shutil.rmtree(lab.state)
    say("the OpenStack lab is removed; its Debian packages stay installed")


def execute(lab: Lab, words: list[str]) -> int:
    """Run a command in the lab; its exit status."""
    leader = namespace.find(lab)
    if leader is None or not words:
        raise UsageError("the lab is not running" if words else "exec needs a command to run")
    return namespace.inside(leader, words)


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra/openstack/lab/run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=("up", "stop", "down", "exec"))
    parser.add_argument("words", nargs=argparse.REMAINDER, help="the command of exec")
    parser.add_argument("--state", type=Path, default=DEFAULT_STATE, help="the lab's folder")
    parser.add_argument("--network", default="10.30", help="the first two numbers of its addresses")
    parser.add_argument("--image", type=Path, help="a folder with disk.qcow2, vmlinuz, initrd.img")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    lab = Lab(options.state.resolve(), options.network)
    try:
        if not re.fullmatch(r"\d{1,3}\.\d{1,3}", options.network):
            raise UsageError(f"--network is two numbers, as in 10.30, not {options.network!r}")
        if os.geteuid() != 0:
            raise UsageError("the OpenStack lab must be run as root")
        lab.check_folder()
        if options.command != "up":
            # an existing lab stays on its network, whatever --network is
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
