"""A cluster of an inventory, its machines answering from memory instead of over ssh."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import CapabilityMissing, ConfigurationError, ProviderError
from pytest_cna.core.fault_kinds import POWER_CUT
from pytest_cna.core.timing import NATIVE
from pytest_cna.machines.providers.existing import provider as existing_module
from pytest_cna.machines.providers.existing.inventory import read_inventory
from pytest_cna.machines.providers.existing.options import ExistingOptions
from pytest_cna.machines.providers.existing.provider import ExistingProvider
from pytest_cna.machines.providers.ssh import base
from pytest_cna.machines.providers.ssh.delivery import Delivery
from pytest_cna.machines.spec import ClusterSpec
from pytest_cna.testing import FakeTransport

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_cna.core.machine import Machine
    from pytest_cna.machines.transports.ssh import SshAccess

TWO = """
[[machine]]
name = "core-1"
address = "10.1.0.11"
power_cut = "touch {directory}/cut"
start = "false"

[[machine]]
name = "core-2"
address = "10.1.0.12"
"""
SPEC = ClusterSpec(
    "s1",
    (),
    replace(NATIVE, election=2.5, lease=15.0, patience=2.0),
    machine_image="",
    fingerprint="",
)


class Host(FakeTransport):
    """A machine that has what it needs."""

    lease = "15s"

    def __init__(self, _connections: object, access: SshAccess) -> None:
        election = {"core-1": 1000, "core-2": 2500}[access.name]
        environment = (
            'COREOS_PRIVATE_IPV4="10.1.0.11"\nETCD_ENDPOINTS=10.1.0.11:2379\nDOCKER_IMAGE_TAG=there'
        )
        if access.name == "core-2":
            environment += f"\nSIDEKICK_TTL={self.lease}\nSIDEKICK_PATIENCE=2s"
        answers = {
            "etcd$": f'ETCD_ELECTION_TIMEOUT="{election}"\n',
            "^for f in": "",
            "environment$": environment,
            "fleet.conf$": 'agent_ttl="10s"\nengine_reconcile_interval=1\nmetadata="public=true"',
            "is-system-running|detect-virt": "",
            "systemctl show": "UserspaceTimestampMonotonic=2000000",
        }
        super().__init__(access.name, answers)


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExistingProvider:
    def deliver(machine: Machine, *_: object) -> Delivery:
        return Delivery(machine, (), (), frozenset())

    monkeypatch.setattr(existing_module, "SshTransport", Host)
    monkeypatch.setattr(base, "deliver", deliver)
    path = tmp_path / "inventory.toml"
    path.write_text(TWO.replace("{directory}", str(tmp_path)), encoding="utf-8")
    options = ExistingOptions(read_inventory(path))
    provider = ExistingProvider("s1", lambda line: None, options)
    assert provider.prepare() == []
    return provider


def test_its_timing_is_final_before_machines_are_provisioned(provider: ExistingProvider) -> None:
    provider.make_ready("", ())
    assert provider.timing == replace(NATIVE, election=2.5, lease=15.0, patience=2.0)
    first, second = provider.provision(SPEC)
    assert (first.name, first.address, dict(first.metadata)) == (
        "core-1",
        "10.1.0.11",
        {"public": "true"},
    )
    assert second.member
    assert provider.timing == SPEC.timing
    provider.destroy()
    provider.destroy()
    assert provider.machines() == []


def test_a_lease_that_is_no_number_of_seconds_is_refused(
    provider: ExistingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Host, "lease", "1m")
    with pytest.raises(ConfigurationError, match=r"machine core-2: .* SIDEKICK_TTL=1m, .* as 15s"):
        provider.make_ready("", ())
    monkeypatch.setattr(Host, "lease", "3s")
    provider.make_ready("", ())
    assert provider.timing.lease == NATIVE.lease, "core-1 does not say"
    provider.destroy()


def test_it_is_provisioned_again_after_it_was_destroyed(provider: ExistingProvider) -> None:
    for _ in range(2):
        provider.make_ready("", ())
        assert len(provider.provision(SPEC)) == 2
        provider.destroy()


def test_settings_that_differ_from_the_runs_are_refused(provider: ExistingProvider) -> None:
    provider.make_ready("", ())
    with pytest.raises(ConfigurationError, match=r"agent_ttl=10, .* run with --cna-agent-ttl=10"):
        provider.provision(replace(SPEC, timing=replace(SPEC.timing, agent_ttl=30.0)))
    provider.destroy()


def test_commands_of_the_inventory_switch_the_power(
    provider: ExistingProvider, tmp_path: Path
) -> None:
    assert POWER_CUT not in provider.capabilities  # one machine has no commands
    provider.make_ready("", ())
    first, second = provider.provision(SPEC)
    provider.kill(first)
    assert (tmp_path / "cut").exists()
    assert not provider.running(first)
    with pytest.raises(ProviderError, match="start of machine core-1, 'false', ended with 1"):
        provider.start(first)
    with pytest.raises(CapabilityMissing, match=r"inventory.toml has no power_cut for machine co"):
        provider.kill(second)
    provider.destroy()
