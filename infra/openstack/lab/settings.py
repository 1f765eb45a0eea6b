"""The lab's folder: its directories, and each configuration written from its template in etc/."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from lab import ADMIN_CLOUD, CLOUD
from services import supervisor_settings

if TYPE_CHECKING:
    from lab import Lab, Secrets

TEMPLATES = Path(__file__).with_name("etc")
DIRECTORIES = [
    "etc/placement",
    "log",
    "tmp",
    "lock",
    "images",
    "nova/instances",
    "neutron",
    "keystone",
    "mysql",
    "rabbitmq/mnesia",
    "rabbitmq/log",
    "libvirt/etc",
    "libvirt/var/lib",
    "libvirt/var/cache",
    "libvirt/var/log",
]


def write(lab: Lab, secrets: Secrets) -> None:
    """Write the directories and files that services expect. Idempotent: the same lab has the same
    files."""
    # libvirt's user reads servers' disks: it may traverse the folder, but not list it
    lab.state.chmod(0o711)
    for name in DIRECTORIES:
        (lab.state / name).mkdir(parents=True, exist_ok=True)
    (lab.state / "tmp").chmod(0o1777)
    for private in ("etc", "log", "keystone", "rabbitmq"):
        (lab.state / private).chmod(0o700)
    shutil.chown(lab.state / "mysql", "mysql", "mysql")
    _libvirt_folders(lab.state / "libvirt")

    keystone = (
        f"auth_url = http://{lab.api}:5000\n"
        "auth_type = password\n"
        "project_domain_name = Default\n"
        "user_domain_name = Default\n"
        "region_name = RegionOne\n"
        "project_name = service\n"
        f"password = {secrets.service}"
    )
    words = {
        "state": str(lab.state),
        "api": lab.api,
        "host": lab.host,
        "database": f"mysql+pymysql://openstack:{secrets.database}@127.0.0.1",
        "rabbit": f"rabbit://openstack:{secrets.service}@127.0.0.1:5672/",
        "keystone": keystone,
        "authtoken": f"www_authenticate_uri = http://{lab.api}:5000\n"
        "memcached_servers = 127.0.0.1:11211\n"
        f"service_token_roles_required = true\n{keystone}",
        "service_password": secrets.service,
        "metadata_secret": secrets.metadata,
        "heat_key": secrets.heat_key,
    }
    for template in TEMPLATES.iterdir():
        text = Template(template.read_text(encoding="utf-8")).substitute(words)
        _place(lab, template.name).write_text(text, encoding="utf-8")
    (lab.state / "etc/supervisord.conf").write_text(supervisor_settings(lab), encoding="utf-8")
    hosts = f"127.0.0.1 localhost\n{lab.api} {lab.host}\n"
    (lab.state / "etc/hosts").write_text(hosts, encoding="utf-8")
    clouds = lab.state / "clouds.yaml"
    clouds.touch(mode=0o600)
    clouds.write_text(_clouds(lab, secrets), encoding="utf-8")


def _place(lab: Lab, name: str) -> Path:
    if name in {"qemu.conf", "libvirtd.conf"}:
        return lab.state / "libvirt/etc" / name
    if name == "placement.conf":  # takes only a directory
        return lab.state / "etc/placement" / name
    return lab.state / "etc" / name


def _libvirt_folders(libvirt: Path) -> None:
    """Create libvirt's folders as Debian's package does: those of sockets and keys belong to QEMU's
    user."""
    qemu = libvirt / "var/lib/qemu"
    qemu.mkdir(exist_ok=True)
    shutil.chown(qemu, "libvirt-qemu", "libvirt-qemu")
    subprocess.run(["chmod", "0711", str(libvirt), str(libvirt / "var/lib")], check=True)


def _clouds(lab: Lab, secrets: Secrets) -> str:
    """``clouds.yaml`` with the user and the administrator, as JSON, which is valid YAML."""

    def cloud(user: str, password: str) -> dict[str, object]:
        return {
            "auth": {
                "auth_url": f"http://{lab.api}:5000/v3",
                "username": user,
                "password": password,
                "project_name": user,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": "RegionOne",
        }

    clouds = {CLOUD: cloud("cna", secrets.user), ADMIN_CLOUD: cloud("admin", secrets.admin)}
    return json.dumps({"clouds": clouds}, indent=2) + "\n"
