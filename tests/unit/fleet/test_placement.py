"""Placement: what fits, what does not, and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployments import write

from pytest_cna.errors import ConfigurationError
from pytest_cna.fleet.deployment import read_deployment
from pytest_cna.fleet.placement import check_placement

OURS = Path(__file__).parents[3] / "units" / "deployment.toml"
PUBLIC, STORAGE = {"public": "true"}, {"storage": "true"}
WEB = 'name = "x"\n[[service]]\nname = "web"\ntemplate = "web@.service"\ninstances = ["1", "2"]\n'


@pytest.mark.parametrize("machines", [[PUBLIC, STORAGE], [PUBLIC, PUBLIC, STORAGE]])
def test_ours_fits(machines: list[dict[str, str]]) -> None:
    check_placement(read_deployment(OURS), machines)


def test_one_machine_has_no_room_for_two_web_servers() -> None:
    with pytest.raises(
        ConfigurationError, match=r"cannot be placed on 1 machine:.*conflicts.*; 3 "
    ):
        check_placement(read_deployment(OURS), [PUBLIC | STORAGE])


def test_a_unit_whose_metadata_no_machine_has() -> None:
    with pytest.raises(
        ConfigurationError, match=r"zurmo_mysql@3306.*none of 2 machines.*storage=true"
    ):
        check_placement(read_deployment(OURS), [PUBLIC, PUBLIC])


def check(tmp_path: Path, text: str, machines: int) -> None:
    deployment = read_deployment(write(tmp_path, WEB, {"web@.service": text}))
    check_placement(deployment, [PUBLIC] * machines)


def test_ports_are_taken_once_a_machine(tmp_path: Path) -> None:
    text = "ExecStart=/usr/bin/docker run -p 80:80 web\n"
    with pytest.raises(ConfigurationError, match="both publish port 80; 2 would do"):
        check(tmp_path, text, 1)
    check(tmp_path, text, 2)


def test_conflicts_of_one_side_hold_for_both(tmp_path: Path) -> None:
    text = "[X-Fleet]\nConflicts=web@1.service\n"
    with pytest.raises(ConfigurationError, match=r"web@2.service conflicts with web@1.service"):
        check(tmp_path, text, 1)
    check(tmp_path, text, 2)


def test_who_has_to_be_together_and_must_not(tmp_path: Path) -> None:
    text = "[X-Fleet]\nMachineOf=web@1.service\nConflicts=web@2.service\n"
    with pytest.raises(ConfigurationError, match="MachineOf puts them on one machine"):
        check(tmp_path, text, 5)


def test_values_of_one_key_are_alternatives(tmp_path: Path) -> None:
    check(tmp_path, '[X-Fleet]\nMachineMetadata="public=true" "public=maybe"\n', 1)
    with pytest.raises(ConfigurationError, match="fits on none of 1 machine"):
        check(tmp_path, '[X-Fleet]\nMachineMetadata="public=true" "disk=ssd"\n', 1)


def test_a_global_unit_takes_no_place(tmp_path: Path) -> None:
    check(tmp_path, "[X-Fleet]\nGlobal=true\nConflicts=web@*.service\n", 1)
