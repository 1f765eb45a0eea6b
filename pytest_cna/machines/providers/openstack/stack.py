"""The Heat stack of a session: created from ``infra/openstack``, found by its tags, deleted."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_cna.core.errors import ProviderError, ProvisionError, WaitTimeout
from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.ignition import (
    ETCD_CLIENT_PORT,
    ETCD_PEER_PORT,
    FLEET_PORT,
    machine_config,
)
from pytest_cna.machines.infra import infra_directory
from pytest_cna.machines.ledger import session_labels
from pytest_cna.machines.owner import this_owner
from pytest_cna.machines.providers.openstack.cloud import CloudError
from pytest_cna.machines.providers.openstack.network import SSH_PORT
from pytest_cna.machines.providers.openstack.servers import Servers, fault

if TYPE_CHECKING:
    from openstack.orchestration.v1.stack import Stack

    from pytest_cna.machines.providers.openstack.cloud import Cloud
    from pytest_cna.machines.spec import ClusterSpec

TAG = "pytest-cna"
CREATE_TIMEOUT = 900.0
DELETE_TIMEOUT = 300.0
BEGIN_TIMEOUT = 5.0
DEEP = 5
"""Levels of nested stacks to list; the templates have three."""


@dataclass(frozen=True, slots=True)
class OurStack:
    """A stack that a session of pytest-cna created, with the values of its tags."""

    session: str
    owner: str
    keep: str
    """Fingerprint of a kept cluster; otherwise empty."""


def stack_name(session: str) -> str:
    return f"cna-{session}"


def stack_request(
    spec: ClusterSpec, image: str, flavor: str, network: str, client: str
) -> dict[str, Any]:
    """The request to create the stack. ``client``: the address of the computer with the tests."""
    templates = infra_directory() / "openstack"
    tags = [TAG, f"session={spec.session}", f"owner={this_owner()}"]
    if spec.keep:
        tags.append(f"keep={spec.fingerprint}")
    machines = [
        {
            "name": machine.name,
            "address": machine.address,
            "user_data": json.dumps(machine_config(spec, machine), separators=(",", ":")),
        }
        for machine in spec.machines
    ]
    return {
        "stack_name": stack_name(spec.session),
        "template": (templates / "stack.yaml").read_text("utf-8"),
        "files": {"machine.yaml": (templates / "machine.yaml").read_text("utf-8")},
        "parameters": {
            "machines": machines,
            "image": image,
            "flavor": flavor,
            "network": network,
            "client_cidr": f"{client}/32",
            "client_ports": _ports(SSH_PORT, ETCD_CLIENT_PORT, FLEET_PORT, *spec.ports),
            "member_ports": _ports(ETCD_CLIENT_PORT, ETCD_PEER_PORT, *spec.ports),
            "metadata": session_labels(spec.session),
        },
        "tags": ",".join(tags),
        "timeout_mins": int(CREATE_TIMEOUT / 60),
        "disable_rollback": True,
    }


def _ports(*ports: int) -> str:
    return ",".join(f"{port}" for port in ports)


def our_stacks(cloud: Cloud) -> list[OurStack]:
    """The stacks of all sessions in the project of this cloud. Raises CloudError."""
    with cloud.explaining("stacks cannot be listed") as connection:
        stacks = list(connection.orchestration.stacks(tags=[TAG]))
    found = []
    for stack in stacks:
        named = dict(tag.split("=", 1) for tag in stack.tags or () if "=" in tag)
        if "session" in named and "owner" in named:
            found.append(OurStack(named["session"], named["owner"], named.get("keep", "")))
    return found


def create_stack(cloud: Cloud, request: dict[str, Any]) -> None:
    """Ask Heat to create a stack; creation has begun on return. Raises CloudError."""
    name = request["stack_name"]
    try:
        with cloud.explaining(f"stack {name} cannot be created") as connection:
            cloud.answer(connection.orchestration.post("/stacks", json=request))
    except CloudError as error:
        # the cloud may have created it for an earlier attempt that it answered with an error; only
        # this session uses the name
        if not error.conflicts:
            raise


def await_created(cloud: Cloud, name: str) -> None:
    """Wait until the stack is created. Raises ProvisionError, with the reason, once it fails."""

    def look() -> str:
        stack = _find(cloud, name)
        if stack is None:
            raise ProvisionError(f"cloud '{cloud.name}': stack {name} was deleted meanwhile")
        if stack.status.endswith("FAILED"):
            raise ProvisionError(
                f"cloud '{cloud.name}': stack {name} failed: {_reason(cloud, stack)}"
            )
        return str(stack.status)

    with cloud.in_time(ProvisionError):
        wait_for(
            look,
            lambda status: status == "CREATE_COMPLETE",
            waiting_for=f"Heat to create stack {name}",
            timeout=CREATE_TIMEOUT,
            interval=0.5,
        )


def stack_events(cloud: Cloud, name: str) -> list[dict[str, Any]]:
    """Heat's events of everything in the stack, in order; empty when Heat does not return them."""
    stack = _find(cloud, name)
    with suppress(CloudError):
        if stack is not None:
            return _inside(cloud, stack, "events")
    return []


def delete_stack(cloud: Cloud, name: str) -> None:
    """Delete the stack and everything in it; done on return. Idempotent. Raises ProviderError with
    the ids of what could not be deleted."""
    for last in (False, True):
        stack = _find(cloud, name)
        if stack is None:
            return
        with cloud.explaining(f"stack {name} cannot be deleted") as connection:
            cloud.answer(connection.orchestration.delete(f"/stacks/{name}/{stack.id}"))
        with suppress(WaitTimeout):
            # its status may still be the result of an earlier attempt
            wait_for(
                lambda: _status(cloud, name),
                lambda status: status != "DELETE_FAILED",
                waiting_for=f"Heat to begin deleting stack {name}",
                timeout=BEGIN_TIMEOUT,
            )
        try:
            wait_for(
                lambda: _status(cloud, name),
                lambda status: status in {"", "DELETE_FAILED"},
                waiting_for=f"Heat to delete stack {name}",
                timeout=DELETE_TIMEOUT,
                interval=0.5,
            )
        except WaitTimeout as error:
            raise ProviderError(f"cloud '{cloud.name}': {error}; {_left(cloud, name)}") from error
        if last and _find(cloud, name) is not None:
            raise ProviderError(
                f"cloud '{cloud.name}': stack {name} cannot be deleted: {_left(cloud, name)}"
            )


def await_known(cloud: Cloud, name: str, timeout: float) -> None:
    """Wait, at most ``timeout`` seconds, until Heat shows a stack whose creation was interrupted on
    this side."""
    with suppress(WaitTimeout):
        wait_for(
            lambda: _find(cloud, name),
            waiting_for=f"stack {name}, which was asked for",
            timeout=timeout,
            interval=0.5,
        )


def _find(cloud: Cloud, name: str) -> Stack | None:
    with cloud.explaining(f"stack {name} cannot be looked up") as connection:
        return connection.orchestration.find_stack(name, resolve_outputs=False)


def _status(cloud: Cloud, name: str) -> str:
    """The stack's status, empty when there is no such stack."""
    stack = _find(cloud, name)
    return str(stack.status) if stack is not None else ""


def _inside(cloud: Cloud, stack: Stack, what: str) -> list[dict[str, Any]]:
    with cloud.explaining(f"the {what} of stack {stack.name} cannot be listed") as connection:
        answer = connection.orchestration.get(
            f"/stacks/{stack.name}/{stack.id}/{what}", params={"nested_depth": DEEP}
        )
        cloud.answer(answer)
        rows: list[dict[str, Any]] = answer.json()[what]
        return rows


def _reason(cloud: Cloud, stack: Stack) -> str:
    """The reasons of failed resources, except of groups that repeat those of their members and of
    resources that were only cancelled because of another failure."""
    try:
        failed = [
            row
            for row in _inside(cloud, stack, "resources")
            if row["resource_status"].endswith("FAILED") and row["resource_status_reason"]
        ]
        servers = Servers(cloud, stack.name).all()
    except CloudError as error:
        return f"{stack.status_reason} ({error})"
    leaves = [
        row
        for row in failed
        if row["resource_type"].startswith("OS::") and "::Heat::" not in row["resource_type"]
    ]
    first = [row for row in leaves if "aborted" not in row["resource_status_reason"]] or leaves
    words = [
        f"{row['resource_type']} '{row['resource_name']}': {row['resource_status_reason']}"
        for row in first or failed
    ]
    reasons = " ".join(words)
    for name, server in sorted(servers.items()):
        if server.status == "ERROR" and str((server.fault or {}).get("message")) not in reasons:
            words.append(f"server {name} {fault(server)}")
    if "already allocated" in reasons or "is in use" in reasons:
        words.append("the address was taken meanwhile; run again to use others")
    # several machines may fail for the same reason
    return "; ".join(dict.fromkeys(words)) or str(stack.status_reason)


def _left(cloud: Cloud, name: str) -> str:
    try:
        stack = _find(cloud, name)
        if stack is None:
            return "nothing of it remains"
        rows = _inside(cloud, stack, "resources")
    except CloudError as error:
        return f"what remains of it is not known ({error})"
    left = [
        f"{row['resource_type']} {row['physical_resource_id']} ({row['resource_status_reason']})"
        for row in rows
        if row["physical_resource_id"] and row["resource_status"] != "DELETE_COMPLETE"
    ]
    return f"stack {stack.id} remains, and in it {', '.join(left) or 'nothing'}"
