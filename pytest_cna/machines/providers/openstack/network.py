"""The machines' network: its addresses and ports, and this computer's address on it."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError, ProvisionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pytest_cna.machines.providers.openstack.cloud import Cloud

SSH_PORT = 22
KNOCK_TIMEOUT = 0.3


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the cloud and its subnet from which machines get their addresses."""

    id: str
    name: str
    cidr: str
    pools: tuple[tuple[str, str], ...]
    """First and last address of each range that DHCP may assign."""
    gateway: str


def find_network(cloud: Cloud, name: str) -> Network:
    """The network with that name or id. Raises ConfigurationError when it is missing or has no IPv4
    subnet with DHCP."""
    with cloud.explaining(f"network '{name}' cannot be looked up") as connection:
        found = connection.network.find_network(name)
        if found is None:
            known = sorted(each.name for each in connection.network.networks())
            raise ConfigurationError(
                f"cloud '{cloud.name}' has no network '{name}'; give --os-network=NAME, one of "
                f"{', '.join(known) or '(it has none)'}"
            )
        subnets = list(connection.network.subnets(network_id=found.id))
    for subnet in subnets:
        if subnet.ip_version == 4 and subnet.is_dhcp_enabled and subnet.allocation_pools:
            pools = tuple((pool["start"], pool["end"]) for pool in subnet.allocation_pools)
            return Network(found.id, found.name, subnet.cidr, pools, subnet.gateway_ip or "")
    raise ConfigurationError(
        f"network '{name}' of cloud '{cloud.name}' has no IPv4 subnet with DHCP, which machines "
        "need for their addresses; give another by --os-network"
    )


def taken_addresses(cloud: Cloud, network: Network) -> set[str]:
    """Addresses of the network's ports that this user may see, and of its gateway."""
    with cloud.explaining(f"the ports of network '{network.name}' cannot be listed") as connection:
        ports = list(connection.network.ports(network_id=network.id))
    return {network.gateway} | {
        fixed["ip_address"] for port in ports for fixed in port.fixed_ips or ()
    }


def choose_addresses(network: Network, taken: Collection[str], count: int, start: int) -> list[str]:
    """``count`` free addresses, beginning with the ``start``-th and wrapping around.

    Concurrent runs use different starts, to avoid the same choice. Raises ProvisionError when there
    are too few.
    """
    every = [address for pool in network.pools for address in _range(*pool)]
    begin = start % len(every)
    free = [address for address in every[begin:] + every[:begin] if address not in taken]
    if len(free) < count:
        raise ProvisionError(
            f"network '{network.name}' has {len(free)} free addresses ({_shown(network.pools)}) "
            f"and {count} machines need one each; free some, or give another by --os-network"
        )
    return free[:count]


def _range(first: str, last: str) -> Iterable[str]:
    return (str(IPv4Address(number)) for number in range(_number(first), _number(last) + 1))


def _number(address: str) -> int:
    return int(IPv4Address(address))


def _shown(pools: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{first} to {last}" for first, last in pools)


def own_address(there: str) -> str:
    """This computer's address, as a machine at ``there`` sees it without NAT on the way.

    Nothing is sent. Raises ConfigurationError when there is no route to ``there``.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((there, SSH_PORT))
        except OSError as error:
            raise ConfigurationError(
                f"this computer has no route to the machines' network ({there}: "
                f"{error.strerror}); run the tests on a server in that network, or bring up a VPN"
            ) from error
        return str(probe.getsockname()[0])


def answers(address: str) -> bool:
    """Whether a machine can be reached: it accepts or refuses a connection to its ssh port."""
    with socket.socket() as knock:
        knock.settimeout(KNOCK_TIMEOUT)
        return knock.connect_ex((address, SSH_PORT)) in {0, errno.ECONNREFUSED}
