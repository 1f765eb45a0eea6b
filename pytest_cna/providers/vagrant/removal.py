"""What a session made on virtual machines is removed, and what killed sessions left."""

from __future__ import annotations

from pytest_cna.ledger import Ledger, abandoned_ledgers, owner_is_alive
from pytest_cna.providers.libvirt import virsh
from pytest_cna.providers.vagrant.session import VagrantSession

PROVIDER = "vagrant"
"""As ledgers name it."""


def remove_session(session: str) -> None:
    """Idempotent. Raises LibvirtError or OSError; what is left then, the ledger still names."""
    ledger = Ledger(session)
    VagrantSession(session).end_commands()
    named = [name for name, row in virsh.domains().items() if row["session"] == session]
    for name in dict.fromkeys([*named, *ledger.names("domain")]):
        virsh.remove_domain(name)
    virsh.remove_network(f"cna-{session}")
    VagrantSession(session).remove()
    ledger.close()


def remove_leftovers() -> list[str]:
    """What killed runs left, by description, and by ledger for what was not yet described. A
    sentence for each session. Raises as ``remove_session``."""
    made = [*virsh.domains().values(), *virsh.networks().values()]
    kept = {row["session"] for row in made if row.get("keep")}
    sessions = dict.fromkeys(ledger.session for ledger in abandoned_ledgers(PROVIDER))
    for row in made:
        if row["session"] not in kept and not owner_is_alive(row["owner"]):
            sessions[row["session"]] = None
    for session in sessions:
        remove_session(session)
    return [f"removed what the interrupted run {session} had left" for session in sessions]
