"""What is registered in the cloud: users, endpoints, one flavor, one network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openstack

from lab import ADMIN_CLOUD

if TYPE_CHECKING:
    from lab import Lab, Secrets

FLAVOR = "cna.machine"
FLAVOR_SIZE = {"ram": 1024, "vcpus": 1, "disk": 10}
# nova emulates (etc/nova.conf), and nothing else shows a user that it does
EMULATED = {"cna:emulated": "true"}
NETWORK = "cna"
ENDPOINTS = {
    "glance": ("image", "http://{api}:9292"),
    "placement": ("placement", "http://{api}:8778"),
    "nova": ("compute", "http://{api}:8774/v2.1"),
    "neutron": ("network", "http://{api}:9696"),
    "heat": ("orchestration", "http://{api}:8004/v1/%(tenant_id)s"),
}


def connect(lab: Lab, cloud: str = ADMIN_CLOUD) -> Any:  # noqa: ANN401  openstacksdk has no types
    settings = openstack.config.OpenStackConfig(config_files=[str(lab.state / "clouds.yaml")])
    return openstack.connection.Connection(config=settings.get_one(cloud))


def identities(cloud: Any, lab: Lab, secrets: Secrets) -> None:  # noqa: ANN401
    """Register the services' users and endpoints, heat's domain, and the project ``cna`` with a
    user who is not an administrator. Idempotent. Needs only keystone."""
    keystone = cloud.identity
    default = {"domain_id": "default"}
    service = keystone.find_project("service") or keystone.create_project(name="service", **default)
    roles = {
        name: keystone.find_role(name) or keystone.create_role(name=name)
        for name in ("admin", "service", "member", "reader", "heat_stack_user")
    }
    for name, (kind, url) in ENDPOINTS.items():
        user = keystone.find_user(name) or keystone.create_user(
            name=name, password=secrets.service, **default
        )
        for role in ("admin", "service"):
            keystone.assign_project_role_to_user(service, user, roles[role])
        entry = keystone.find_service(name) or keystone.create_service(name=name, type=kind)
        if not list(keystone.endpoints(service_id=entry.id)):
            for face in ("public", "internal", "admin"):
                keystone.create_endpoint(
                    service_id=entry.id,
                    interface=face,
                    url=url.format(api=lab.api),
                    region_id="RegionOne",
                )
    domain = keystone.find_domain("heat") or keystone.create_domain(name="heat")
    heat = keystone.find_user("heat_domain_admin", domain_id=domain.id) or keystone.create_user(
        name="heat_domain_admin", password=secrets.service, domain_id=domain.id
    )
    keystone.assign_domain_role_to_user(domain, heat, roles["admin"])

    project = keystone.find_project("cna") or keystone.create_project(name="cna", **default)
    user = keystone.find_user("cna") or keystone.create_user(
        name="cna", password=secrets.user, **default
    )
    keystone.assign_project_role_to_user(project, user, roles["member"])


def resources(cloud: Any, lab: Lab) -> None:  # noqa: ANN401
    """Register the flavor and the network. Idempotent. Needs nova and neutron."""
    flavor = cloud.compute.find_flavor(FLAVOR) or cloud.compute.create_flavor(
        name=FLAVOR, **FLAVOR_SIZE
    )
    cloud.compute.create_flavor_extra_specs(flavor, EMULATED)
    network = cloud.network.find_network(NETWORK) or cloud.network.create_network(
        name=NETWORK,
        # the owner of a network may choose addresses in it
        project_id=cloud.identity.find_project("cna").id,
        provider_network_type="flat",
        provider_physical_network="machines",
    )
    if not cloud.network.find_subnet(NETWORK):
        cloud.network.create_subnet(
            name=NETWORK,
            project_id=network.project_id,
            network_id=network.id,
            ip_version=4,
            cidr=lab.machines,
            # this computer
            gateway_ip=lab.machines_gateway,
            allocation_pools=[
                {"start": f"{lab.network}.0.100", "end": f"{lab.network}.0.199"},
            ],
        )
