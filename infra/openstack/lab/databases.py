"""Databases and schemas: created once, migrated when the packages are newer."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lab import Lab, Secrets

DATABASES = ("keystone", "glance", "placement", "nova", "nova_api", "nova_cell0", "neutron", "heat")
PACKAGES = ("keystone", "glance-common", "placement-common", "nova-common", "neutron-common")


def stamp(lab: Lab) -> Path:
    """The file with the package versions that created the databases and keystone's identities."""
    return lab.state / "databases.stamp"


def versions() -> str:
    """Versions of the Debian packages that have a schema."""
    command = ["dpkg-query", "-W", *PACKAGES, "heat-common", "mariadb-server"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def current(lab: Lab) -> bool:
    """Whether the databases are complete and have the schemas of the installed versions."""
    path = stamp(lab)
    return path.exists() and path.read_text(encoding="utf-8") == versions()


def initialise(lab: Lab) -> None:
    """Create MariaDB's own tables, before it is started."""
    if not (lab.state / "mysql/mysql").exists():
        _run(
            lab,
            "mariadb-install-db",
            ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={lab.state}/mysql"]
            + ["--auth-root-authentication-method=socket", "--skip-test-db"],
        )


def create(lab: Lab, secrets: Secrets) -> None:
    """Create all databases with their schemas, and keystone's administrator. Needs MariaDB.

    The two chains run in parallel; within one, each step needs the one before.
    """
    user = f"'openstack'@'127.0.0.1' identified by '{secrets.database}'"
    statements = [f"create user if not exists {user}"]
    for name in DATABASES:
        statements.append(f"create database if not exists {name}")
        statements.append(f"grant all on {name}.* to 'openstack'@'127.0.0.1'")
    client = ["mariadb", "--no-defaults", f"--socket={lab.state}/mysql/socket", "--user=root"]
    _run(lab, "mariadb-databases", [*client, "--execute", "; ".join(statements)])

    etc = f"{lab.state}/etc"
    nova = ["nova-manage", f"--config-file={etc}/nova.conf"]
    keystone = ["keystone-manage", f"--config-file={etc}/keystone.conf"]
    root = ["--keystone-user=root", "--keystone-group=root"]
    url = f"http://{lab.api}:5000/v3/"
    cell0 = f"mysql+pymysql://openstack:{secrets.database}@127.0.0.1/nova_cell0"
    compute = [
        [*nova, "api_db", "sync"],
        [*nova, "cell_v2", "map_cell0", f"--database_connection={cell0}"],
        [*nova, "db", "sync"],
        [*nova, "cell_v2", "create_cell", "--name=cell1"],
    ]
    rest = [
        [*keystone, "db_sync"],
        [*keystone, "fernet_setup", *root],
        [*keystone, "credential_setup", *root],
        [*keystone, "bootstrap", f"--bootstrap-password={secrets.admin}"]
        + [f"--bootstrap-{face}-url={url}" for face in ("admin", "internal", "public")]
        + ["--bootstrap-region-id=RegionOne"],
        ["neutron-db-manage", f"--config-file={etc}/neutron.conf", "upgrade", "heads"],
        ["glance-manage", f"--config-file={etc}/glance.conf", "db_sync"],
        ["placement-manage", f"--config-dir={etc}/placement", "db", "sync"],
        ["heat-manage", f"--config-file={etc}/heat.conf", "db_sync"],
    ]
    with ThreadPoolExecutor() as pool:
        for chain in [
            pool.submit(_chain, lab, "databases-nova", compute),
            pool.submit(_chain, lab, "databases", rest),
        ]:
            chain.result()


def _chain(lab: Lab, log: str, commands: list[list[str]]) -> None:
    for command in commands:
        # a cell that is there already
        accept = {0, 2} if "create_cell" in command else {0}
        _run(lab, log, command, accept)


def _run(lab: Lab, log: str, command: Sequence[str], accept: set[int] | None = None) -> None:
    path = lab.log(log)
    with path.open("ab") as output:
        done = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    if done.returncode not in (accept or {0}):
        words = " ".join(word for word in command[:3] if "=" not in word)
        raise LabError(f"'{words}' failed with exit status {done.returncode}", path)
