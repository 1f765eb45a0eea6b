"""A transport that answers as it was set to."""

from __future__ import annotations

import pytest

from pytest_cna.core.errors import CnaError, CommandFailed, CommandTimeout, TransportError
from pytest_cna.core.machine import Machine
from pytest_cna.core.model import CommandResult
from pytest_cna.testing.transport import FakeTransport, UnknownCommand


def test_it_answers_by_pattern_and_remembers() -> None:
    transport = FakeTransport(answers={r"^uptime$": "up 3 days\n", r"^echo (\w+)": lambda m: m[1]})
    machine = Machine("core-1", "10.0.0.1", {}, transport)
    assert machine.check("uptime") == "up 3 days\n"
    assert machine.check("echo hello") == "hello"
    assert transport.ran == ["uptime", "echo hello"]


def test_the_answer_set_last_is_tried_first() -> None:
    transport = FakeTransport(answers={"docker": "any"})
    transport.answer("docker ps", CommandResult("docker ps", 1, "", "no daemon\n"))
    machine = Machine("core-1", "10.0.0.1", {}, transport)
    assert machine.check("docker version") == "any"
    with pytest.raises(CommandFailed, match="'docker ps' on machine core-1 ended with 1: no daem"):
        machine.check("docker ps")


def test_an_unknown_command_is_loud_and_no_cna_error() -> None:
    with pytest.raises(UnknownCommand, match="core-9 has no answer to 'reboot'; give it one") as e:
        FakeTransport("core-9").run("reboot", 1.0)
    assert not isinstance(e.value, CnaError)
    with pytest.raises(UnknownCommand, match="testinfra"):
        FakeTransport("core-9").host()


def test_a_lost_machine_and_one_that_hangs() -> None:
    def hang(_: object) -> str:
        raise CommandTimeout("did not end in time")

    transport = FakeTransport("core-1", {"sleep": hang, "true": ""})
    with pytest.raises(CommandTimeout):
        transport.run("sleep 9", 1.0)
    transport.lost = "it has no power"
    with pytest.raises(TransportError, match="machine core-1 cannot be reached: it has no power"):
        transport.run("true", 1.0)
    transport.lost = ""
    assert transport.run("true", 1.0).succeeded


def test_it_streams_what_it_was_given() -> None:
    transport = FakeTransport()
    transport.lines = ["one", "two"]
    with transport.stream("docker events") as lines:
        assert list(lines) == ["one", "two"]
    assert transport.ran == ["docker events"]
