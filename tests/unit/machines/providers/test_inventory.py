"""Inventories as users write them, right and wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.providers.existing.inventory import read_inventory

TWO = """
user = "core"
key = "keys/id"

[[machine]]
name = "core-1"
address = "10.1.0.11"

[[machine]]
name = "core-2"
address = "10.1.0.12"
ssh = "bastion.example:2212"
user = "root"
member = false
power_cut = "ipmitool chassis power off"
start = "ipmitool chassis power on"
"""


def written(directory: Path, text: str) -> Path:
    path = directory / "inventory.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_stands_above_holds_for_all_and_a_machine_may_differ(tmp_path: Path) -> None:
    first, second = read_inventory(written(tmp_path, TWO)).machines
    assert first.access(tmp_path).key == tmp_path / "keys/id"
    assert (first.user, first.member, first.power_cut) == ("core", True, "")
    access = second.access(tmp_path)
    assert (access.address, access.port, access.user) == ("bastion.example", 2212, "root")
    assert not second.member


def test_without_another_ssh_address_the_private_one_is_used(tmp_path: Path) -> None:
    access = read_inventory(written(tmp_path, TWO)).accesses()[0]
    assert (access.address, access.port) == ("10.1.0.11", 22)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'machine' is missing; add a [[machine]]"),
        ("machine = 3", "'machine' takes tables, each under its own heading [[machine]], not 3"),
        ("[[machine]]\nname = 'a'", "machine[1] 'a': 'address' is missing"),
        ("[[machine]]\naddress = '10.0.0.1'", "machine[1]: 'name' is missing"),
        (
            "[[machine]]\nname = 'a'\naddress = '1'\nport = 22",
            "machine[1] 'a': unknown key 'port' (known: user, key, ",
        ),
        (
            "[[machine]]\nname = 'a'\naddress = '1'\nmember = 'yes'",
            "'member' takes true or false, not 'yes'",
        ),
        ("[[machine]]\nname = 'a'\naddress = '1'\nstart = 'x'", "only one of power_cut and start"),
        (
            "[[machine]]\nname = 'a'\naddress = '1'\n[[machine]]\nname = 'a'\naddress = '2'",
            "[[machine]]: name 'a' is listed twice",
        ),
        (
            "[[machine]]\nname = 'a'\naddress = '1'\n[[machine]]\nname = 'b'\naddress = '1'",
            "[[machine]]: address '1' is listed twice",
        ),
        ("[[machine", "is not valid TOML"),
        ("usr = 'core'", "top level: unknown key 'usr'; did you mean 'user'?"),
        ("key = 3\n[[machine]]\nname = 'a'", "top level: 'key' takes a string, not 3"),
        ("[[machine]]\nname = 'core *'\naddress = '1'", "'name' takes a name of letters, digits"),
        ("[[machine]]\nname = 'a'\naddress = '1'\nuser = 'a b'", "'user' takes a name of letters"),
        ("[[machine]]\nname = 'a'\naddress = 'fd00::1'", "'address' takes a host name or an IPv4"),
        (
            "[[machine]]\nname = 'a'\naddress = '1'\nssh = 'b:ssh'",
            "'ssh' takes a host, or host:port",
        ),
        (
            "[[machine]]\nname = 'a'\naddress = '1'\nssh = 'b:²²'",
            "'ssh' takes a host, or host:port",
        ),
    ],
)
def test_what_is_wrong_is_reported_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"inventory.toml.*{re.escape(words)}"):
        read_inventory(written(tmp_path, text))


def test_an_inventory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no inventory .*nowhere.toml"):
        read_inventory(tmp_path / "nowhere.toml")
