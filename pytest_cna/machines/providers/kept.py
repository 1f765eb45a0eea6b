"""Clusters that runs with ``--cna-keep`` left: list them and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_cna.core.errors import ConfigurationError, ProviderError
from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.ledger import kept_ledgers
from pytest_cna.machines.providers.registry import load_provider

if TYPE_CHECKING:
    from collections.abc import Callable


def kept_clusters() -> dict[str, str]:
    """Session → its provider's name, for each kept cluster whose run has ended."""
    return {each.session: "".join(each.names("provider")) for each in kept_ledgers()}


def remove_kept(session: str, progress: Callable[[str], None]) -> None:
    """Remove the kept cluster of ``session``.

    Raises ConfigurationError when no such cluster is kept, any error of the provider's ``reach``,
    and ProviderError when something could not be removed; the ledger is kept then.
    """
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
        raise ProviderError(f"not everything of session {session} could be removed; see above")
