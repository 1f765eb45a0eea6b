"""What is wrong with a cloud or its settings is said in one sentence, before anything is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import ConfigurationError, ProviderError, ProvisionError
from pytest_cna.core.timing import EMULATED, NATIVE
from pytest_cna.machines.providers.openstack.cloud import Cloud, CloudError, connect
from pytest_cna.machines.providers.openstack.limits import (
    EMULATION,
    check_quota,
    check_size,
    find_flavor,
)
from pytest_cna.machines.providers.openstack.network import (
    Network,
    choose_addresses,
    find_network,
    own_address,
    taken_addresses,
)

if TYPE_CHECKING:
    from small_cloud import SmallCloud

POOL = Network("net", "cna", "10.30.0.0/24", (("10.30.0.100", "10.30.0.109"),), "10.30.0.1")


def says(*words: str) -> str:
    """A pattern of a message in one line with these in it."""
    return "^" + "".join(f"(?=.*{word})" for word in words) + ".*$"


def test_the_only_cloud_needs_no_name(small: SmallCloud) -> None:
    assert connect("").name == "small"


def test_a_cloud_that_is_not_there_is_answered_with_those_that_are(small: SmallCloud) -> None:
    with pytest.raises(ConfigurationError, match=says("'large' is not in", "known: small$")):
        connect("large")


def test_one_of_several_has_to_be_named(small: SmallCloud, tmp_path: Path) -> None:
    clouds = json.loads(small.clouds_yaml())["clouds"]
    file = tmp_path / "clouds.yaml"
    file.write_text(json.dumps({"clouds": clouds | {"other": clouds["small"]}}))
    with pytest.raises(ConfigurationError, match=says("--os-cloud=NAME", "small, other")):
        connect("")


def test_without_a_clouds_yaml(
    small: SmallCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "nowhere.yaml"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clouds.yaml").unlink()
    # a variable of ours is not a cloud
    monkeypatch.setenv("OS_FLAVOR", "large")
    with pytest.raises(ConfigurationError, match=says("there is no readable clouds.yaml")):
        connect("small")


def test_a_clouds_yaml_that_is_none(small: SmallCloud, tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds")
    with pytest.raises(ConfigurationError, match=says("settings", "cannot be used")):
        connect("small")


def test_a_wrong_password(small: SmallCloud, tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(small.clouds_yaml(password="wrong"))
    with pytest.raises(
        ConfigurationError, match=says("refuses the login of cna", "password")
    ) as raised:
        connect("small")
    assert "wrong'" not in str(raised.value)


def test_a_cloud_that_does_not_answer(small: SmallCloud, tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(small.clouds_yaml(auth_url="http://127.0.0.1:9/v3"))
    with pytest.raises(ConfigurationError, match=says("127.0.0.1:9/v3", "refused", "is it up")):
        connect("small")


def test_an_identity_service_that_is_unable(small: SmallCloud) -> None:
    small.unable["POST /v3/auth/tokens"] = [503] * 9
    with pytest.raises(ProviderError, match=says("'small'", "503")):
        connect("small")


def test_a_cloud_without_heat(small: SmallCloud) -> None:
    del small.services["orchestration"]
    with pytest.raises(ConfigurationError, match=says("no orchestration service", "Heat")):
        connect("small")


def test_a_service_that_is_unable_for_a_moment_is_asked_again(
    cloud: Cloud, small: SmallCloud
) -> None:
    small.unable["GET .*/limits"] = [503, 500]
    check_quota(cloud, find_flavor(cloud, "tiny"), 1)
    small.unable["GET .*/limits"] = [503] * 9
    with pytest.raises(CloudError, match=says("limits cannot be looked up", "503 not now")):
        check_quota(cloud, find_flavor(cloud, "tiny"), 1)


def test_a_flavor_and_a_network_that_are_not_there(cloud: Cloud) -> None:
    with pytest.raises(ConfigurationError, match=says("'huge'", "cna.machine, tiny")):
        find_flavor(cloud, "huge")
    with pytest.raises(ConfigurationError, match=says("'lan'", "one of cna$")):
        find_network(cloud, "lan")


def test_a_network_without_dhcp(cloud: Cloud, small: SmallCloud) -> None:
    small.subnets[0]["enable_dhcp"] = False
    with pytest.raises(ConfigurationError, match=says("'cna'", "no IPv4 subnet with DHCP")):
        find_network(cloud, "cna")


def test_a_flavor_says_that_its_servers_are_emulated(cloud: Cloud, small: SmallCloud) -> None:
    assert find_flavor(cloud, "cna.machine").timing == NATIVE
    small.flavors[0]["extra_specs"] = {EMULATION: "true"}
    assert find_flavor(cloud, "cna.machine").timing == EMULATED


def test_a_flavor_that_is_too_small(cloud: Cloud) -> None:
    check_size(find_flavor(cloud, "cna.machine"), memory=1024, cpus=1)
    with pytest.raises(ConfigurationError, match=says("'tiny' has 128 MiB", "needs 1024")):
        check_size(find_flavor(cloud, "tiny"), memory=1024, cpus=1)


def test_every_quota_that_is_exceeded_is_reported_with_its_numbers(
    cloud: Cloud, small: SmallCloud
) -> None:
    flavor = find_flavor(cloud, "cna.machine")
    small.limits = {"maxTotalInstances": 10, "totalInstancesUsed": 7, "maxTotalCores": 3}
    check_quota(cloud, flavor, 3)
    small.limits |= {"totalCoresUsed": 1, "maxTotalRAMSize": 2048}
    with pytest.raises(ProvisionError) as raised:
        check_quota(cloud, flavor, 3)
    assert "3 CPUs are needed, 1 of 3 are in use" in str(raised.value)
    assert "3072 MiB of memory are needed, 0 of 2048" in str(raised.value)
    assert "servers are needed" not in str(raised.value)


def test_addresses_are_free_ones_from_a_place_of_the_sessions_own() -> None:
    assert choose_addresses(POOL, {"10.30.0.103"}, 3, start=2) == [
        "10.30.0.102",
        "10.30.0.104",
        "10.30.0.105",
    ]
    # around the end
    assert choose_addresses(POOL, set(), 2, start=9) == ["10.30.0.109", "10.30.0.100"]
    assert choose_addresses(POOL, set(), 2, start=19) == ["10.30.0.109", "10.30.0.100"]


def test_too_few_addresses() -> None:
    taken = {f"10.30.0.{number}" for number in range(100, 108)}
    with pytest.raises(ProvisionError, match=says("2 free", "10.30.0.100 to 10.30.0.109", "3")):
        choose_addresses(POOL, taken, 3, start=0)


def test_the_gateway_and_ports_are_taken(cloud: Cloud, small: SmallCloud) -> None:
    fixed = [{"ip_address": "127.0.0.104"}]
    small.ports["p"] = {"id": "p", "name": "dhcp", "network_id": "net", "fixed_ips": fixed}
    network = find_network(cloud, "cna")
    assert taken_addresses(cloud, network) == {"127.0.0.100", "127.0.0.104"}


def test_where_we_are_to_the_machines() -> None:
    assert own_address("127.0.0.104") == "127.0.0.1"
