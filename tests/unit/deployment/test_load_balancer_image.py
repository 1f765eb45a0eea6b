"""What confd does with a new configuration is read from the load balancer's image."""

from __future__ import annotations

from pathlib import Path

from pytest_cna.deployment.deployment import read_deployment
from pytest_cna.deployment.load_balancer_image import balancer_files, following_commands

SET = read_deployment(Path(__file__).parents[3] / "units" / "deployment.toml")


def test_the_commands_of_our_load_balancer() -> None:
    assert following_commands(balancer_files(SET)) == [
        "haproxy -c -q -f /etc/haproxy/haproxy.cfg",
        "bash /usr/local/bin/reload",
    ]


def test_files_of_the_bases_are_read_too() -> None:
    names = {file.name for file, _ in balancer_files(SET)}
    assert {"haproxy.tmpl", "supervise"} <= names


def test_what_is_no_template_resource_gives_no_commands() -> None:
    files = [
        (Path("notes.toml"), "[template]\ndest = '/etc/x'\n"),
        (Path("broken.toml"), "[template"),
        (Path("reload.txt"), "[template]\nreload_cmd = 'true'\n"),
    ]
    assert following_commands(files) == []
