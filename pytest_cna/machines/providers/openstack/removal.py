"""Removal of everything of a session from the cloud and from this computer, with verification."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_cna.core.waiting import wait_for
from pytest_cna.machines.ledger import Claim, Ledger, abandoned_ledgers, remove_abandoned
from pytest_cna.machines.providers.openstack.glance_image import ROW, remove_unfinished
from pytest_cna.machines.providers.openstack.rejoiner import end_rejoiners
from pytest_cna.machines.providers.openstack.servers import Servers
from pytest_cna.machines.providers.openstack.session import SessionFiles
from pytest_cna.machines.providers.openstack.stack import (
    await_known,
    delete_stack,
    our_stacks,
    stack_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.machines.providers.openstack.cloud import Cloud

ASKED_PATIENCE = 15.0
"""Seconds until Heat shows a stack whose creation was interrupted on this side."""
GONE_TIMEOUT = 60.0


def remove_session(cloud: Cloud, session: str, *, asking: bool = False) -> None:
    """Remove everything of the session. Idempotent.

    ``asking``: Heat may be about to create the stack. Raises ProviderError with what could not be
    removed; the ledger is kept then, so that the next run tries again.
    """
    name = stack_name(session)
    ledger = Ledger(session)
    end_rejoiners(ledger)
    if asking:
        await_known(cloud, name, ASKED_PATIENCE)
    try:
        delete_stack(cloud, name)
    finally:
        remove_unfinished(cloud, ledger.names(ROW))
    _remove_strays(cloud, name)
    SessionFiles(session).remove()
    ledger.close()


def remove_leftovers(cloud: Cloud, provider: str) -> list[str]:
    """Remove the remains of killed runs: stacks found by tags, uploads by owner, both by ledgers.

    Returns a sentence for each. Raises ProviderError.
    """
    ledgers = [
        ledger for ledger in abandoned_ledgers(provider) if ledger.names("cloud") == [cloud.name]
    ]
    claims = [Claim(each.session, each.owner, bool(each.keep)) for each in our_stacks(cloud)]
    removed = remove_abandoned(ledgers, claims, partial(remove_session, cloud))
    uploads = remove_unfinished(cloud)
    return removed + [f"removed image {name}, whose upload was interrupted" for name in uploads]


def _remove_strays(cloud: Cloud, name: str) -> None:
    """Remove resources that remain after Heat has deleted the stack; normally there are none."""
    strays = _strays(cloud, name)
    for what, delete in strays.items():
        with cloud.explaining(f"{what} cannot be deleted"):
            delete()
    if not strays:
        return
    with cloud.in_time():
        wait_for(
            lambda: sorted(_strays(cloud, name)),
            lambda left: not left,
            waiting_for=f"the remaining resources of stack {name} to be removed",
            timeout=GONE_TIMEOUT,
            interval=0.5,
            show=", ".join,
        )


def _strays(cloud: Cloud, name: str) -> dict[str, Callable[[], object]]:
    """Resources in order of removal: servers, then ports, then the security group they use."""
    servers = list(Servers(cloud, name).all().values())
    with cloud.explaining(
        f"the remaining resources of stack {name} cannot be listed"
    ) as connection:
        ports = [each for each in connection.network.ports() if each.name.startswith(f"{name}-")]
        groups = list(connection.network.security_groups(name=name))
    kinds = (
        ("server", servers, connection.compute.delete_server),
        ("port", ports, connection.network.delete_port),
        ("security group", groups, connection.network.delete_security_group),
    )
    return {
        f"{kind} {each.id}": partial(delete, each.id)
        for kind, found, delete in kinds
        for each in found
    }
