"""The identity of a machine as an Ignition config (spec 3.3.0).

Pure. Ignition itself applies the same config in a container's entrypoint, at the first boot of a
virtual machine, and natively on a CoreOS descendant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_cna.machines.flatcar.extension import extension_files, extension_units

if TYPE_CHECKING:
    from pytest_cna.machines.spec import ClusterSpec, MachineSpec

ETCD_CLIENT_PORT = 2379
ETCD_PEER_PORT = 2380
FLEET_PORT = 49153


def machine_config(spec: ClusterSpec, machine: MachineSpec) -> dict[str, Any]:
    """The Ignition config that gives a started image the identity of ``machine`` in the cluster."""
    files = {
        "/etc/environment": _environment(spec, machine),
        "/etc/fleet/fleet.conf": _fleet_settings(spec, machine),
    }
    if spec.interface:
        files["/etc/hostname"] = f"{machine.name}\n"
        files["/etc/systemd/network/10-private.network"] = _private_network(spec, machine)
    fetched = extension_files(spec.fetched) if spec.fetched else []
    units = extension_units() if spec.fetched else {}
    if machine.member:
        files["/etc/default/etcd"] = _etcd_settings(spec, machine)
    else:
        units["etcd.service"] = {"mask": True}
    config = {
        "ignition": {"version": "3.3.0"},
        "storage": {"files": [*(_file(path, text) for path, text in files.items()), *fetched]},
        "systemd": {"units": [{"name": name, **unit} for name, unit in units.items()]},
    }
    if spec.access is not None:
        user = {"name": spec.access.user, "sshAuthorizedKeys": [spec.access.key]}
        config["passwd"] = {"users": [user]}
    return config


def etcd_endpoints(spec: ClusterSpec, machine: MachineSpec) -> list[str]:
    """The etcd endpoints for clients on ``machine``: its own member, or all when it has none.

    A machine with a member uses only that one: a client with several endpoints distributes its
    requests over them and hangs on a member whose machine lost power.
    """
    members = [machine] if machine.member else [each for each in spec.machines if each.member]
    return [f"http://{member.address}:{ETCD_CLIENT_PORT}" for member in members]


def _file(path: str, text: str) -> dict[str, Any]:
    return {
        "path": path,
        "mode": 0o644,
        "overwrite": True,
        "contents": {"source": f"data:,{quote(text)}"},
    }


def _lines(settings: dict[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _environment(spec: ClusterSpec, machine: MachineSpec) -> str:
    """``/etc/environment``: CoreOS's two variables and what pytest-cna adds for units."""
    return _lines(
        {
            "COREOS_PRIVATE_IPV4": machine.address,
            "COREOS_PUBLIC_IPV4": machine.address,
            "ETCD_ENDPOINTS": ",".join(etcd_endpoints(spec, machine)),
            "DOCKER_IMAGE_TAG": spec.image_tag,
            "SIDEKICK_TTL": f"{spec.timing.lease:g}s",
            "SIDEKICK_PATIENCE": f"{spec.timing.patience:g}s",
        }
    )


def _private_network(spec: ClusterSpec, machine: MachineSpec) -> str:
    """The machine's address, besides a DHCP lease: hypervisors find their machines by the lease."""
    address = "" if spec.assigned else f"Address={machine.address}/24\n"
    return (
        f"[Match]\nName={spec.interface}\n"
        f"[Network]\n{address}DHCP=ipv4\n"
        "LinkLocalAddressing=no\nIPv6AcceptRA=no\n"
        # the host name is set already; changing it would start a service
        "[DHCPv4]\nClientIdentifier=mac\nUseHostname=no\n"
    )


def _etcd_settings(spec: ClusterSpec, machine: MachineSpec) -> str:
    peers = ",".join(
        f"{each.name}=http://{each.address}:{ETCD_PEER_PORT}"
        for each in spec.machines
        if each.member
    )
    return _lines(
        {
            "ETCD_NAME": machine.name,
            # fleet keeps its registry in etcd's v2 API
            "ETCD_ENABLE_V2": "true",
            "ETCD_LISTEN_CLIENT_URLS": f"http://0.0.0.0:{ETCD_CLIENT_PORT}",
            "ETCD_ADVERTISE_CLIENT_URLS": f"http://{machine.address}:{ETCD_CLIENT_PORT}",
            "ETCD_LISTEN_PEER_URLS": f"http://0.0.0.0:{ETCD_PEER_PORT}",
            "ETCD_INITIAL_ADVERTISE_PEER_URLS": f"http://{machine.address}:{ETCD_PEER_PORT}",
            "ETCD_INITIAL_CLUSTER": peers,
            "ETCD_INITIAL_CLUSTER_TOKEN": spec.session,
            "ETCD_INITIAL_CLUSTER_STATE": "new",
            "ETCD_HEARTBEAT_INTERVAL": f"{spec.timing.election * 100:.0f}",
            "ETCD_ELECTION_TIMEOUT": f"{spec.timing.election * 1000:.0f}",
            # a member that returns and cannot win does not unseat the leader again and again while
            # it boots; the default from etcd 3.5 on
            "ETCD_PRE_VOTE": "true",
            "ETCD_LOGGER": "zap",
            "ETCD_UNSAFE_NO_FSYNC": str(not spec.durable).lower(),
        }
    )


def _fleet_settings(spec: ClusterSpec, machine: MachineSpec) -> str:
    servers = ",".join(f'"{endpoint}"' for endpoint in etcd_endpoints(spec, machine))
    metadata = ",".join(f"{key}={value}" for key, value in machine.metadata.items())
    return _lines(
        {
            "etcd_servers": f"[{servers}]",
            # fleet's default of 1 s makes it drop its units whenever etcd is busy for a moment; and
            # its heartbeat has a third of agent_ttl, for more than one attempt in an election
            "etcd_request_timeout": f"{max(3.0, 1.5 * spec.timing.election):.1f}",
            "engine_reconcile_interval": f"{spec.timing.engine_interval:g}",
            "agent_ttl": f'"{spec.timing.agent_ttl:g}s"',
            "public_ip": f'"{machine.address}"',
            "metadata": f'"{metadata}"',
        }
    )
