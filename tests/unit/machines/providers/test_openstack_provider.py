"""The provider against a small cloud: what it makes, how power goes, that nothing is left."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from pytest_cna.core.errors import (
    ConfigurationError,
    MachineNotFound,
    ProviderError,
    ProvisionError,
)
from pytest_cna.core.fault_kinds import PARTITION
from pytest_cna.core.timing import NATIVE
from pytest_cna.machines.artefacts.machine_disk import MachineDisk
from pytest_cna.machines.flatcar.programs import PROGRAMS
from pytest_cna.machines.ledger import Ledger, ledger_directory
from pytest_cna.machines.owner import this_owner
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.providers.openstack import network, rejoiner, removal, stack
from pytest_cna.machines.providers.openstack import provider as provider_module
from pytest_cna.machines.providers.openstack.boot_phases import RESOURCES, BootPhases
from pytest_cna.machines.providers.openstack.cloud import Cloud, connect
from pytest_cna.machines.providers.openstack.options import OpenStackOptions
from pytest_cna.machines.providers.openstack.provider import OpenStackProvider
from pytest_cna.machines.spec import ClusterSpec

if TYPE_CHECKING:
    from small_cloud import SmallCloud

SESSION = "101530-abcdef"
NAME = f"cna-{SESSION}"
DEAD = this_owner().replace(":", "0:", 1)


@pytest.fixture
def make(
    small: SmallCloud,
    tmp_path: Path,
    progress: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., OpenStackProvider]]:
    """Providers of this session, prepared; their machines have a disk and answer at once."""
    disk = MachineDisk("0123456789ab", tmp_path)
    for path in (disk.disk, disk.kernel, disk.initrd):
        path.write_bytes(b"content")
    monkeypatch.setattr(provider_module, "build_machine_disk", lambda *_: disk)
    monkeypatch.setattr(network, "answers", lambda _: True)
    monkeypatch.setattr(removal, "ASKED_PATIENCE", 0.1)
    monkeypatch.setattr(stack, "BEGIN_TIMEOUT", 0.1)

    made: list[OpenStackProvider] = []

    def make(session: str = SESSION, options: OpenStackOptions | None = None) -> OpenStackProvider:
        provider = OpenStackProvider(session, progress, options)
        made.append(provider)
        provider.prepare()
        return provider

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def provider(make: Callable[..., OpenStackProvider]) -> OpenStackProvider:
    return make()


def spec_of(provider: OpenStackProvider, count: int = 2, **changes: object) -> ClusterSpec:
    machines = name_machines(provider.addresses(count), [{"public": "true"}, {"storage": "true"}])
    spec = ClusterSpec(provider.session, machines, NATIVE, "cna-machine:1", "fingerprint")
    return replace(spec, **changes)  # type: ignore[arg-type]


def test_machines_are_a_stack_of_servers_that_know_who_they_are(
    provider: OpenStackProvider, small: SmallCloud
) -> None:
    machines = provider.provision(spec_of(provider, ports=(80, 8001)))
    assert [machine.name for machine in machines] == ["core-1", "core-2"]
    assert machines[1].metadata == {"storage": "true"}
    asked = small.stacks[NAME]["request"]["parameters"]
    assert asked["client_cidr"] == "127.0.0.1/32"
    assert asked["client_ports"] == "22,2379,49153,80,8001"
    assert asked["member_ports"] == "2379,2380,80,8001"
    assert asked["flavor"] == "id-of-cna.machine"
    assert asked["metadata"]["pytest_cna.session"] == SESSION
    assert [each["address"] for each in asked["machines"]] == [each.address for each in machines]
    config = json.loads(asked["machines"][0]["user_data"])
    files = {
        file["path"]: unquote(file["contents"]["source"]) for file in config["storage"]["files"]
    }
    assert "core-1" in files["/etc/hostname"]
    # Neutron gives the address, with the length of its subnet's prefix
    assert "Address=" not in files["/etc/systemd/network/10-private.network"]
    assert config["passwd"]["users"][0]["sshAuthorizedKeys"][0].startswith("ssh-ed25519 ")


def test_who_is_behind_a_bastion_is_let_in_by_its_address(
    make: Callable[..., OpenStackProvider], small: SmallCloud
) -> None:
    provider = make(options=OpenStackOptions(client="10.1.0.5"))
    provider.provision(spec_of(provider))
    assert small.stacks[NAME]["request"]["parameters"]["client_cidr"] == "10.1.0.5/32"


def test_tags_say_whose_a_stack_is_and_heat_takes_them(
    provider: OpenStackProvider, small: SmallCloud
) -> None:
    provider.provision(spec_of(provider))
    tags = small.stacks[NAME]["tags"]
    assert tags == ["pytest-cna", f"session={SESSION}", f"owner={this_owner()}"]
    assert all(len(tag) <= 80 for tag in tags)


def test_a_power_cut_and_power_again(provider: OpenStackProvider, small: SmallCloud) -> None:
    first, second = provider.provision(spec_of(provider))
    server = small.servers[f"server-{NAME}-core-1"]
    provider.kill(first)
    assert server["status"] == "SHUTOFF"
    assert not provider.running(first)
    assert provider.running(second)
    assert provider.console(first) == f"{NAME}-core-1 starts", "kept from before the cut"
    provider.kill(first)
    provider.start(first)
    provider.start(first)
    assert server["status"] == "ACTIVE"
    assert provider.running(first)


def test_a_machine_is_cut_off_at_its_port_alone(
    provider: OpenStackProvider, small: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = provider.provision(spec_of(provider))
    assert PARTITION in provider.capabilities
    port = small.ports[f"port-{NAME}-core-1"]
    monkeypatch.setattr(rejoiner, "command", lambda: ["sh", "-c", "echo ready; exec sleep 600"])
    monkeypatch.setattr(network, "answers", lambda _: port["admin_state_up"])
    provider.isolate(first, for_at_most=60.0)
    assert not port["admin_state_up"]
    assert "admin_state_up" not in small.ports[f"port-{NAME}-core-2"]
    assert provider.running(first)
    provider.rejoin(first)
    assert port["admin_state_up"]


def test_a_console_goes_on_after_a_power_cut(provider: OpenStackProvider, tmp_path: Path) -> None:
    first, _ = provider.provision(spec_of(provider))
    provider.kill(first)
    provider.collect(first, tmp_path / "evidence")
    assert (tmp_path / "evidence/console.log").read_text() == f"{NAME}-core-1 starts\n"


def test_a_server_in_error_is_reported_with_its_fault(
    provider: OpenStackProvider, small: SmallCloud
) -> None:
    first, _ = provider.provision(spec_of(provider))
    broken = {"status": "ERROR", "fault": {"message": "disk is gone", "code": 500}}
    small.servers[f"server-{NAME}-core-1"] |= broken
    with pytest.raises(ProviderError, match="core-1 of small is in ERROR: disk is gone"):
        provider.start(first)


def test_a_server_that_somebody_deleted(provider: OpenStackProvider, small: SmallCloud) -> None:
    first, _ = provider.provision(spec_of(provider))
    small.servers.clear()
    with pytest.raises(MachineNotFound, match=f"no server {NAME}-core-1"):
        provider.kill(first)


def test_nothing_is_left_after_destroy_and_again(
    provider: OpenStackProvider, small: SmallCloud, tmp_path: Path
) -> None:
    provider.provision(spec_of(provider))
    assert len(small.made()) == 6
    provider.destroy()
    assert small.made() == []
    assert {image["status"] for image in small.images.values()} == {"active"}, "they are a cache"
    assert not list(ledger_directory().glob("*"))
    assert not list((tmp_path / "store").rglob("id_ed25519"))
    provider.destroy()


def test_what_heat_lost_sight_of_goes_too(provider: OpenStackProvider, small: SmallCloud) -> None:
    provider.provision(spec_of(provider))
    small.stacks.clear()
    foreign = {"id": "p", "name": f"{NAME}2-core-1", "fixed_ips": []}
    small.ports["p"] = foreign
    provider.destroy()
    assert small.made() == ["port p"]


def test_a_stack_that_heat_cannot_delete_is_reported_with_what_is_left_by_id(
    provider: OpenStackProvider, small: SmallCloud, caplog: pytest.LogCaptureFixture
) -> None:
    provider.provision(spec_of(provider))
    small.deletes = "DELETE_FAILED"
    port = {"resource_name": "port", "resource_type": "OS::Neutron::Port"}
    port |= {"physical_resource_id": "id-of-port", "resource_status": "DELETE_FAILED"}
    small.resources = [{**port, "resource_status_reason": "in use"}]
    with caplog.at_level(logging.WARNING):
        provider.destroy()
    assert "OS::Neutron::Port id-of-port (in use)" in caplog.text
    assert small.stacks[NAME]["id"] in caplog.text
    assert Ledger(SESSION).names("stack") == [NAME], "the next run would not try again"


def failing(*rows: tuple[str, str, str]) -> list[dict[str, str]]:
    return [
        {
            "resource_name": name,
            "resource_type": kind,
            "resource_status": "CREATE_FAILED",
            "resource_status_reason": reason,
            "physical_resource_id": "",
        }
        for name, kind, reason in rows
    ]


def test_a_stack_that_fails_says_why_what_failed_did(
    provider: OpenStackProvider, small: SmallCloud
) -> None:
    small.creates = "CREATE_FAILED"
    quota = "Conflict: resources.port: Quota exceeded for resources: ['port']."
    small.resources = failing(
        ("cluster", "OS::Heat::ResourceGroup", f"resources.cluster: {quota}"),
        ("0", "machine.yaml", f"resources[0]: {quota}"),
        ("port", "OS::Neutron::Port", quota),
        ("server", "OS::Nova::Server", "CREATE aborted (Task create from TemplateResource)"),
    )
    with pytest.raises(ProvisionError) as raised:
        provider.provision(spec_of(provider))
    assert str(raised.value) == (
        f"cloud 'small': stack {NAME} failed: OS::Neutron::Port 'port': {quota}"
    )
    provider.destroy()
    assert small.made() == []


def test_a_request_that_heat_refuses(provider: OpenStackProvider, small: SmallCloud) -> None:
    small.unable["POST .*/stacks"] = [400]
    with pytest.raises(ProviderError, match=f"stack {NAME} cannot be created: 400 not now"):
        provider.provision(spec_of(provider))


def test_a_heat_that_answers_late_has_made_one_stack(
    provider: OpenStackProvider, small: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, create = [], small._create

    def late(request: dict[str, object]) -> tuple[int, object]:
        made.append(create(request))
        return (504, {"error": {"message": "late"}}) if len(made) == 1 else made[-1]

    monkeypatch.setattr(small, "_create", late)
    assert len(provider.provision(spec_of(provider))) == 2
    assert [status for status, _ in made] == [201, 409]


def test_silent_machines_are_reported_with_their_consoles(
    provider: OpenStackProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "answers", lambda _: False)
    monkeypatch.setattr(provider_module, "ANSWER_TIMEOUT", 0.2)
    with pytest.raises(ProvisionError, match=r"see this computer as 127\.0\.0\.1") as raised:
        provider.provision(spec_of(provider))
    assert f"console of core-2:\n{NAME}-core-2 starts" in str(raised.value)


def test_what_a_killed_run_left_is_removed_and_what_others_have_stays(
    make: Callable[..., OpenStackProvider],
    small: SmallCloud,
    progress: Callable[[str], None],
) -> None:
    for session in ("dead", "alive", "kept"):
        running = make(session)
        running.provision(spec_of(running, keep=session == "kept"))
        running.close()
    for session in ("dead", "kept"):
        tags = small.stacks[f"cna-{session}"]["tags"]
        tags[2] = f"owner={DEAD}"
    small.stacks["theirs"] = {**small.stacks["cna-alive"], "tags": ["web"]}
    small.stacks["theirs"]["stack_name"] = "theirs"
    next_run = OpenStackProvider("next", progress)
    assert next_run.prepare() == ["removed the remains of the interrupted run dead"]
    next_run.close()
    assert small.stacks.keys() == {"cna-alive", "cna-kept", "theirs"}
    assert not [name for name in small.made() if "dead" in name]


def test_a_kept_cluster_is_taken_over_by_its_fingerprint(
    make: Callable[..., OpenStackProvider], small: SmallCloud
) -> None:
    first = make("kept")
    addresses = [each.address for each in first.provision(spec_of(first, keep=True))]
    small.stacks["cna-kept"]["tags"][2] = f"owner={DEAD}"
    small.servers["server-cna-kept-core-2"]["status"] = "SHUTOFF"
    second = make("second")
    assert not second.adopt("another")
    assert second.adopt("fingerprint")
    assert second.session == "kept"
    assert [each.address for each in second.machines()] == addresses
    assert small.servers["server-cna-kept-core-2"]["status"] == "ACTIVE"
    second.destroy()
    assert small.made() == []


def test_a_kept_cluster_is_removed_from_the_cloud_that_its_ledger_names(
    make: Callable[..., OpenStackProvider],
    small: SmallCloud,
    progress: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = make("kept")
    kept.provision(spec_of(kept, keep=True))
    asked: list[str] = []

    def connected(name: str) -> Cloud:
        asked.append(name)
        return connect(name)

    monkeypatch.setattr(provider_module, "connect", connected)
    later = OpenStackProvider("kept", progress)
    later.reach()
    later.destroy()
    later.close()
    assert asked == ["small"]
    assert small.made() == []


def test_an_interrupted_request_may_still_become_a_stack(
    provider: OpenStackProvider, small: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = []

    def interrupted(cloud: object, request: dict[str, object]) -> None:
        requests.append(request)
        raise KeyboardInterrupt

    monkeypatch.setattr(stack, "create_stack", interrupted)
    with pytest.raises(KeyboardInterrupt):
        provider.provision(spec_of(provider))
    monkeypatch.setattr(removal, "await_known", lambda *_: small._create(requests[0]))
    provider.destroy()
    assert small.made() == []


def test_a_run_without_its_flavor_makes_nothing(
    make: Callable[..., OpenStackProvider], small: SmallCloud
) -> None:
    with pytest.raises(ConfigurationError, match="no flavor 'large'"):
        make(options=OpenStackOptions(flavor="large"))
    provider = make(options=OpenStackOptions(flavor="tiny"))
    with pytest.raises(ConfigurationError, match="flavor 'tiny' has 128 MiB"):
        provider.provision(spec_of(provider))
    assert not [request for request in small.asked if request.startswith("POST /heat")]


def test_versions_name_the_cloud(provider: OpenStackProvider) -> None:
    assert provider.versions() == {
        "cloud": "small",
        "machines": "cna.machine (1 CPU, 1024 MiB)",
        "Nova API": "2.93",
    }


def test_the_phases_of_a_stack_is_read_from_heats_events(
    lines: list[str], progress: Callable[[str], None]
) -> None:
    def event(part: str, number: int, status: str, second: int) -> dict[str, object]:
        links = [{"rel": "resource", "href": f"/{number}/{part}"}]
        when = f"2024-05-01T10:00:{second:02}Z"
        return {
            "resource_name": part,
            "resource_status": status,
            "event_time": when,
            "links": links,
        }

    events = [event(part, 0, "CREATE_IN_PROGRESS", at) for at, part in enumerate(RESOURCES)]
    events += [event("server", 1, "CREATE_IN_PROGRESS", 5)]
    events += [event(part, 0, "CREATE_COMPLETE", 4 + at) for at, part in enumerate(RESOURCES)]
    events += [event("server", 1, "CREATE_COMPLETE", 15)]
    phases = BootPhases(progress)
    powered = phases.stack_created(events)
    assert lines[-1].endswith("(the slowest of each: security group 4 s, port 4 s, server 10 s)")
    phases.ends("the rest")
    # the first server had power nine seconds before the last
    assert phases._begun - powered >= 9.0


def test_servers_of_flatcar_need_a_place_to_fetch_from(
    make: Callable[..., OpenStackProvider],
) -> None:
    with pytest.raises(ConfigurationError, match="--cna-programs-url=URL"):
        make(options=OpenStackOptions(machine_image="flatcar"))


def test_servers_of_flatcar_know_where_to_fetch_missing_programs(
    make: Callable[..., OpenStackProvider],
    small: SmallCloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for path in PROGRAMS:
        (tmp_path / Path(path).name).write_bytes(b"program")
    monkeypatch.setattr(provider_module, "gather_programs", lambda *_: tmp_path)
    image = {"id": "f", "name": "flatcar", "status": "active", "os_shutdown_timeout": "0"}
    small.images["f"] = image
    url = "http://files.example/cna/"
    provider = make(options=OpenStackOptions(machine_image="flatcar", programs_url=url))
    provider.provision(spec_of(provider))
    asked = small.stacks[NAME]["request"]["parameters"]
    assert asked["image"] == "f"
    config = json.loads(asked["machines"][0]["user_data"])
    sources = [file["contents"]["source"] for file in config["storage"]["files"]]
    assert "http://files.example/cna/fleetd" in sources
    assert config["passwd"]["users"][0]["name"] == "core"
    assert not small.uploads
