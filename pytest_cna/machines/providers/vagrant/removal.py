"""What a session made on virtual machines is removed, and what killed sessions left."""

from __future__ import annotations

from pytest_cna.machines.ledger import Claim, Ledger, abandoned_ledgers, remove_abandoned
from pytest_cna.machines.providers.libvirt import virsh
from pytest_cna.machines.providers.vagrant.session import VagrantSession


def remove_session(session: str) -> None:
    """Idempotent. Raises LibvirtError or OSError; what is left then, the ledger still names."""
    ledger = Ledger(session)
    VagrantSession(session).end_commands()
    named = [name for name, made in virsh.domains().items() if made.session == session]
    for name in dict.fromkeys([*named, *ledger.names("domain")]):
        virsh.remove_domain(name)
    virsh.remove_network(f"cna-{session}")
    VagrantSession(session).remove()
    ledger.close()


def remove_leftovers(provider: str) -> list[str]:
    """What killed runs left, by description, and by ledger for what was not yet described. A
    sentence for each session. Raises as ``remove_session``."""
    made = [*virsh.domains().values(), *virsh.networks().values()]
    claims = [Claim(each.session, each.owner, each.keep) for each in made]
    return remove_abandoned(abandoned_ledgers(provider), claims, remove_session)
