"""An instance is a unit on a machine, and an application says which one answered."""

from __future__ import annotations

import pytest

from pytest_cna.core.instance import Instance, instance_of


def test_the_name_by_which_it_answers() -> None:
    found = Instance("zurmo_apache@8001.service", "core-1")
    assert found.served_by == "zurmo_apache@8001 core-1"
    assert instance_of(found.served_by) == found
    assert str(found) == "zurmo_apache@8001.service on core-1"


def test_a_unit_on_two_machines_is_two_instances() -> None:
    assert Instance("agent.service", "core-1") != Instance("agent.service", "core-2")


def test_where_it_is_may_not_be_known() -> None:
    found = Instance("agent.service", "")
    assert (found.served_by, str(found)) == ("agent", "agent.service")
    assert instance_of("agent") == found


@pytest.mark.parametrize("text", ["", " core-1"])
def test_an_answer_may_name_none(text: str) -> None:
    assert instance_of(text) is None
