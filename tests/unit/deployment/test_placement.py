"""Placement: what fits, what does not, and why."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import pytest
from deployments import write
from hypothesis import given
from hypothesis import strategies as st

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.assignment import Assignment
from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.deployment.placement import check_placement

OURS = Path(__file__).parents[3] / "units" / "deployment.toml"
PUBLIC, STORAGE = {"public": "true"}, {"storage": "true"}
WEB = 'name = "x"\n[[service]]\nname = "web"\ntemplate = "web@.service"\ninstances = ["1", "2"]\n'
DB = '[[service]]\nname = "db"\ntemplate = "db@.service"\ninstances = ["1"]\n'


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


def check(
    tmp_path: Path, text: str, machines: int | list[dict[str, str]], other: str | None = None
) -> None:
    """``text`` goes to web@1 and web@2, ``other`` to db@1."""
    toml = WEB if other is None else WEB + DB
    deployment = read_deployment(
        write(tmp_path, toml, {"web@.service": text, "db@.service": other or ""})
    )
    check_placement(deployment, [PUBLIC] * machines if isinstance(machines, int) else machines)


def test_ports_are_taken_once_a_machine(tmp_path: Path) -> None:
    text = "ExecStart=/usr/bin/docker run -p 80:80 web\n"
    with pytest.raises(ConfigurationError, match="both publish port 80; 2 machines"):
        check(tmp_path, text, 1)
    check(tmp_path, text, 2)


def test_conflicts_of_one_side_hold_for_both(tmp_path: Path) -> None:
    text = "[X-Fleet]\nConflicts=web@1.service\n"
    with pytest.raises(ConfigurationError, match=r"web@2.service conflicts with web@1.service"):
        check(tmp_path, text, 1)
    check(tmp_path, text, 2)


def test_who_has_to_be_together_and_must_not(tmp_path: Path) -> None:
    text = "[X-Fleet]\nMachineOf=db@1.service\nConflicts=web@*.service\n"
    with pytest.raises(
        ConfigurationError, match=r"web@1.service conflicts with web@2.* MachineOf puts them"
    ):
        check(tmp_path, text, 5, "")


def test_who_has_to_be_together_wants_different_machines(tmp_path: Path) -> None:
    text = "[X-Fleet]\nMachineOf=db@1.service\nMachineMetadata=public=true\n"
    db = "[X-Fleet]\nMachineMetadata=storage=true\n"
    with pytest.raises(
        ConfigurationError, match=r"db@1.service must share a machine and fit on none of 2 machines"
    ):
        check(tmp_path, text, [PUBLIC, STORAGE], db)
    check(tmp_path, text, [PUBLIC, STORAGE, PUBLIC | STORAGE], db)


@pytest.mark.parametrize(
    ("peer", "words"),
    [
        ("dv@1.service", r"web@1.service has MachineOf=dv@1.service, which is not in"),
        ("web@1.service", r"never place web@1.service, web@2.service: each waits"),
        ("%n", r"never place web@1.service, web@2.service: each waits for another, or for itself"),
    ],
)
def test_a_peer_that_never_comes(tmp_path: Path, peer: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        check(tmp_path, f"[X-Fleet]\nMachineOf={peer}\n", 5, "")


def test_values_of_one_key_are_alternatives(tmp_path: Path) -> None:
    check(tmp_path, '[X-Fleet]\nMachineMetadata="public=true" "public=maybe"\n', 1)
    with pytest.raises(ConfigurationError, match="fits on none of 1 machine"):
        check(tmp_path, '[X-Fleet]\nMachineMetadata="public=true" "disk=ssd"\n', 1)


def test_how_many_would_do_where_the_metadata_repeats(tmp_path: Path) -> None:
    """Every second machine is public."""
    text = "[X-Fleet]\nConflicts=web@*.service\nMachineMetadata=public=true\n"
    toml = WEB.replace('"2"', '"2", "3"').replace(
        "[[service]]",
        "[machines]\nmetadata = [{ storage = 'true' }, { public = 'true' }]\n[[service]]",
    )
    deployment = read_deployment(write(tmp_path, toml, {"web@.service": text}))
    with pytest.raises(
        ConfigurationError, match=r"on 3 machines: web@1.service conf.*; 6 machines"
    ):
        check_placement(deployment, [STORAGE, PUBLIC, STORAGE])


def test_the_reported_conflict_prevents_a_placement(tmp_path: Path) -> None:
    """The web servers, which conflict too, have a machine each."""
    web = "[X-Fleet]\nConflicts=web@*.service\n"
    db = "ExecStart=/usr/bin/docker run -p 3306:3306 db\n[X-Fleet]\nMachineMetadata=storage=true\n"
    toml = WEB + DB.replace('["1"]', '["1", "2"]')
    deployment = read_deployment(write(tmp_path, toml, {"web@.service": web, "db@.service": db}))
    check_placement(deployment, [STORAGE, STORAGE])
    with pytest.raises(ConfigurationError, match=r"db@1.service and db@2.* publish port 3306"):
        check_placement(deployment, [PUBLIC, STORAGE])


def test_a_global_unit_takes_no_place(tmp_path: Path) -> None:
    check(tmp_path, "[X-Fleet]\nConflicts=web@*.service\n", 2, "[X-Fleet]\nGlobal=true\n")


def test_a_global_unit_is_on_every_machine_that_it_may(tmp_path: Path) -> None:
    text = "ExecStart=/usr/bin/docker run -p 80:80 web\n"
    db = f"{text}[X-Fleet]\nGlobal=true\n"
    with pytest.raises(
        ConfigurationError, match=r"none of 9 mach.*both publish port 80; more mach"
    ):
        check(tmp_path, text, 9, db)
    check(tmp_path, text, [PUBLIC, STORAGE, PUBLIC], f"{db}MachineMetadata=storage=true\n")


def test_global_units_in_each_others_way(tmp_path: Path) -> None:
    text = "[X-Fleet]\nGlobal=true\nConflicts=web@*.service\n"
    with pytest.raises(ConfigurationError, match="both are Global and run on the same machine"):
        check(tmp_path, text, 3)


def test_who_follows_a_global_unit_needs_its_metadata(tmp_path: Path) -> None:
    db = "[X-Fleet]\nGlobal=true\nMachineMetadata=storage=true\n"
    text = "[X-Fleet]\nMachineOf=db@1.service\n"
    check(tmp_path, text, [PUBLIC, STORAGE], db)
    with pytest.raises(ConfigurationError, match=r"db@1.service requires MachineMetadata=storage"):
        check(tmp_path, f"{text}MachineMetadata=public=true\n", [PUBLIC, STORAGE], db)


PUZZLES = st.integers(1, 5).flatmap(
    lambda pieces: st.tuples(
        st.sets(st.sampled_from(list(combinations(range(pieces), 2)) or [(0, 0)])),
        st.lists(st.lists(st.booleans(), min_size=pieces, max_size=pieces), max_size=4),
    )
)


@given(PUZZLES)
def test_the_puzzle_is_solved_exactly(
    assignment: tuple[set[tuple[int, int]], list[list[bool]]],
) -> None:
    """Compared with trying everything."""
    rivals, boxes = assignment
    pieces = range(len(boxes[0]) if boxes else 1)
    tried = (
        all(boxes[box][piece] for piece, box in enumerate(choice))
        and not any(choice[i] == choice[j] for i, j in combinations(pieces, 2) if (i, j) in rivals)
        for choice in product(range(len(boxes)), repeat=len(pieces))
    )
    solver = Assignment(pieces, lambda i, j: "rivals" if (i, j) in rivals else "")
    assert solver.solvable(boxes) is any(tried)


def test_many_units_are_judged_at_once() -> None:
    """It would take days to try every arrangement."""
    solver = Assignment(range(40), lambda i, j: f"{i} and {j}")
    boxes = [[True] * 40] * 20 + [[True] * 39 + [False]] * 19
    assert solver.unsolvable(boxes) == "0 and 1"
    assert solver.unsolvable([*boxes, [True] * 40]) == ""
