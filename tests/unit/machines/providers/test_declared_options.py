"""What an option reads, what it says of a wrong text, and what becomes of a provider's values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.providers.existing.inventory import read_inventory
from pytest_cna.machines.providers.existing.options import ExistingOptions
from pytest_cna.machines.providers.openstack.options import OpenStackOptions
from pytest_cna.machines.providers.options import (
    Option,
    ProviderOptions,
    choice,
    ipv4_address,
    number,
    option,
    optional,
    options_of,
    seconds,
    switch,
)
from pytest_cna.machines.providers.vagrant.options import VagrantOptions

COLOUR = Option("paint-colour", "of machines", choice("red", "blue"), "red", prefix="my")


@dataclass(frozen=True, slots=True)
class MineOptions(ProviderOptions):
    colour: str = option(COLOUR)
    seen: bool = False
    """Of no option."""


def test_an_option_has_three_names() -> None:
    assert (COLOUR.flag, COLOUR.key) == ("--my-paint-colour", "my_paint_colour")


def test_a_fields_default_is_its_options() -> None:
    assert MineOptions().colour == "red"
    assert options_of(MineOptions) == {"colour": COLOUR}


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (switch, "Yes", True),
        (switch, "off", False),
        (choice("", "red"), "", ""),
        (number(int, 1, 5), "5", 5),
        (seconds(1.0, 60.0), "7s", 7.0),
        (optional(number(int, 1, 5)), "", None),
        (optional(number(int, 0, 5)), "0", 0),
        (ipv4_address, "", ""),
        (ipv4_address, "10.0.0.1", "10.0.0.1"),
    ],
)
def test_a_text_is_read(read: Callable[[str], Any], text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (choice("", "red", "blue"), "green", "it takes 'red' or 'blue'"),
        (number(int, 1, 5), "6", "it takes a number from 1 to 5"),
        (number(int, 1, 5), "", "it takes a number from 1 to 5"),
        (seconds(0.5, 60.0), "nan", "it takes a number from 0.5 to 60.0 seconds"),
        (ipv4_address, "fe80::1", "it takes an IPv4 address"),
    ],
)
def test_a_wrong_text_is_refused(read: Callable[[str], Any], text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Option("x", "", read).value(text)
    assert str(raised.value) == f"--cna-x={text}: {says}"


def test_providers_of_virtual_machines_share_options() -> None:
    ours, theirs = options_of(VagrantOptions), options_of(OpenStackOptions)
    assert all(theirs[name] is declared for name, declared in ours.items())
    assert VagrantOptions() == VagrantOptions("", 1024, 1)


def test_flatcars_programs_are_for_flatcar() -> None:
    with pytest.raises(ConfigurationError, match="--cna-programs-url is only for provider"):
        OpenStackOptions(programs_url="http://files.example")


def test_a_cluster_that_is_there_has_as_many_machines_as_are_listed(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.toml"
    inventory.write_text('[[machine]]\nname = "a"\naddress = "10.0.0.1"\n', encoding="utf-8")
    assert ExistingOptions(read_inventory(inventory)).machines_there() == 1
    assert VagrantOptions().machines_there() is None
