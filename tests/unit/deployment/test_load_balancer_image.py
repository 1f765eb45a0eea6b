"""What confd does with a new configuration is read from the load balancer's image."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployments import write

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.deployment.deployment import Deployment, read_deployment
from pytest_cna.deployment.load_balancer_image import (
    balancer_files,
    configuration_path,
    following_commands,
)

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


def balanced(
    directory: Path, files: dict[str, str], *, service: str = "stats_port = 1936\n"
) -> Deployment:
    """A load balancer whose image is built from ``files``."""
    toml = (
        'name = "x"\n[[image]]\nname = "balancer"\ncontext = "image"\n'
        f'[[service]]\nname = "edge"\ntemplate = "edge.service"\n{service}'
    )
    (directory / "image").mkdir()
    for name, text in {"Dockerfile": "", **files}.items():
        (directory / "image" / name).write_text(text, encoding="utf-8")
    unit = "ExecStart=/usr/bin/docker run --name edge balancer:${DOCKER_IMAGE_TAG}\n"
    return read_deployment(write(directory, toml, {"edge.service": unit}))


def test_the_configuration_that_our_load_balancer_runs_with() -> None:
    assert configuration_path(SET) == "/etc/haproxy/haproxy.cfg"


def test_the_template_resource_with_commands_is_the_load_balancers(tmp_path: Path) -> None:
    files = {
        "a.toml": '[template]\ndest = "/etc/motd"\n',
        "b.toml": '[template]\ndest = "/srv/edge.cfg"\nreload_cmd = "true"\n',
    }
    assert configuration_path(balanced(tmp_path, files)) == "/srv/edge.cfg"


def test_a_template_resource_without_commands_is_enough(tmp_path: Path) -> None:
    files = {"a.toml": '[template]\ndest = "/srv/edge.cfg"\n'}
    assert configuration_path(balanced(tmp_path, files)) == "/srv/edge.cfg"


def test_the_key_of_the_service_comes_first(tmp_path: Path) -> None:
    files = {"a.toml": '[template]\ndest = "/srv/edge.cfg"\n'}
    service = 'stats_port = 1936\nconfiguration = "/run/edge.cfg"\n'
    assert configuration_path(balanced(tmp_path, files, service=service)) == "/run/edge.cfg"


@pytest.mark.parametrize("text", ["", "template = 3\n", "[template\n", "[template]\nsrc = 'x'\n"])
def test_an_unknown_path_says_where_to_set_it(tmp_path: Path, text: str) -> None:
    deployment = balanced(tmp_path, {"a.toml": text})
    with pytest.raises(
        ConfigurationError,
        match=r"service 'edge': .*\(balancer\); set the service's 'configuration'",
    ):
        configuration_path(deployment)


def test_without_a_load_balancer_there_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no service is a load balancer"):
        configuration_path(balanced(tmp_path, {}, service=""))
