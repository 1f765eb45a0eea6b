"""Clusters that runs with ``--cna-keep`` left: which there are, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError, ProviderError
from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.ledger import kept_ledgers
from pytest_cna.machines.providers.registry import load_provider

if TYPE_CHECKING:
    from collections.abc import Callable


def kept_clusters() -> dict[str, str]:
    """Session → its provider's name, of the runs that have ended."""
    return {each.session: "".join(each.names("provider")) for each in kept_ledgers()}


def remove_kept(session: str, progress: Callable[[str], None]) -> None:
    """All that is left of ``session``. Raises ConfigurationError when no such cluster is kept, what
    the provider raises when it cannot be asked, and ProviderError when something is left; the
    ledger stays then."""
    kept = kept_clusters()
    if session not in kept:
        known = ", ".join(kept) or "none"
        raise ConfigurationError(f"no ended run {session} has kept its cluster; there are: {known}")
    engine = DockerEngine(progress)
    try:
        _ = engine.client
        provider = load_provider(kept[session])(session, progress)
        try:
            provider.reach()
            provider.destroy()
        finally:
            provider.close()
    finally:
        engine.stop()
    if session in kept_clusters():
        raise ProviderError(f"something of session {session} is left; see above")
