"""Removal of a session's virtual machines and networks, and of the remains of killed sessions."""

from __future__ import annotations

from pytest_cna.machines.ledger import Claim, Ledger, abandoned_ledgers, remove_abandoned
from pytest_cna.machines.providers.libvirt import virsh
from pytest_cna.machines.providers.vagrant.session import VagrantSession


def remove_session(session: str) -> None:
    """Remove everything of the session. Idempotent.

    Raises LibvirtError or OSError; the ledger is kept then, so that a later run tries again.
    """
    ledger = Ledger(session)
    VagrantSession(session).end_commands()
    named = [name for name, made in virsh.domains().items() if made.session == session]
    for name in dict.fromkeys([*named, *ledger.names("domain")]):
        virsh.remove_domain(name)
    virsh.remove_network(f"cna-{session}")
    VagrantSession(session).remove()
    ledger.close()


def remove_leftovers(provider: str) -> list[str]:
    """Remove the remains of killed runs, found by descriptions and ledgers.

    Returns a sentence for each session. Raises as ``remove_session`` does.
    """
    made = [*virsh.domains().values(), *virsh.networks().values()]
    claims = [Claim(each.session, each.owner, each.keep) for each in made]
    return remove_abandoned(abandoned_ledgers(provider), claims, remove_session)
