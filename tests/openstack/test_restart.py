"""A lab that was stopped comes back on what it knew; one that cannot start says why."""

from __future__ import annotations

import traces
from the_lab import TheLab


def test_a_lab_comes_back_with_what_it_knew(lab: TheLab) -> None:
    lab.openstack("keypair", "create", "kept")
    before = lab.processes()
    lab.run("stop")
    assert not before & {process.identity for process in traces.processes()}
    said = lab.up()
    assert "ready" in said
    assert "databases" not in said, "it made them again"
    names = [key["Name"] for key in lab.openstack("keypair", "list", "-f", "json")]
    assert names == ["kept"]
    assert {words.split()[0] for words in lab.services().values()} == {"RUNNING"}


def test_a_service_that_does_not_start_is_named_with_the_end_of_its_log(lab: TheLab) -> None:
    lab.run("stop")
    cookie = lab.state / "rabbitmq/.erlang.cookie"
    cookie.chmod(0o644)
    try:
        done = lab.run("up")
        assert done.returncode == 1
        assert "rabbitmq does not start" in done.stderr
        assert f"{lab.state}/log/rabbitmq.log" in done.stderr
        assert "Cookie file" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        cookie.chmod(0o400)
    # nothing needs cleaning up first
    assert "ready" in lab.up()
