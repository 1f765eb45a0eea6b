"""deployment.toml: what is wrong with it is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployments import write

from pytest_cna.errors import ConfigurationError, UnitFileError
from pytest_cna.fleet.deployment import read_deployment

OURS = Path(__file__).parents[3] / "units" / "deployment.toml"
ONE = 'name = "x"\n[[service]]\nname = "web"\ntemplate = "web@.service"\n'


def test_ours_is_the_complete_set() -> None:
    ours = read_deployment(OURS)
    assert [unit.name for unit in ours.units if unit.role == "main"] == [
        "zurmo_mysql@3306.service",
        "zurmo_memcache@11211.service",
        "zurmo_memcache@11212.service",
        "zurmo_config@8001.service",
        "zurmo_config@8002.service",
        "zurmo_application@8001.service",
        "zurmo_application@8002.service",
        "zurmo_apache@8001.service",
        "zurmo_apache@8002.service",
        "zurmo_haproxy@80.service",
    ]
    web = ours.service("web server")
    first, second = ours.main_units(web)
    assert (first.container, first.published_ports) == ("zurmo_apache.8001", (8001,))
    sidekick = ours.sidekick_of(second)
    assert sidekick is not None
    assert sidekick.name == "zurmo_apache_discovery@8002.service"
    assert ours.main_units(ours.service("loadbalancer"))[0].published_ports == (80, 1936)


@pytest.mark.parametrize(
    ("toml", "units", "sentence"),
    [
        ("name = ", {}, "is no valid TOML"),
        ('title = "x"', {}, "unknown key 'title'"),
        ('nmae = "x"', {}, "unknown key 'nmae'; did you mean 'name'"),
        ('name = "x"', {}, "'service' is missing"),
        (f'{ONE}instances = ["1"]', {}, "there is no .*web@.service"),
        (ONE, {"web@.service": ""}, "is a template and needs instances"),
        (
            'name = "x"\n[[service]]\nname = "web"\ntemplate = "web.service"\ninstances = ["1"]',
            {"web.service": ""},
            "is no template and cannot have instances",
        ),
        (f'{ONE}prot = 80\ninstances = ["1"]', {"web@.service": ""}, "unknown key 'prot'"),
        (
            f'{ONE}instances = ["1"]\n[[image]]\nname = "i"\ncontext = "i"',
            {"web@.service": ""},
            "image 'i': there is no .*i/Dockerfile",
        ),
        (f'{ONE}instances = ["1"]\n{ONE[11:]}', {"web@.service": ""}, "is there twice|instances"),
    ],
)
def test_one_sentence(tmp_path: Path, toml: str, units: dict[str, str], sentence: str) -> None:
    path = write(tmp_path, toml, units)
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        read_deployment(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no deployment file"):
        read_deployment(tmp_path / "none.toml")


def test_a_misspelt_x_fleet_option_is_told_for_fleet_would_ignore_it(tmp_path: Path) -> None:
    units = {"web@.service": "[X-Fleet]\nConflict=web@*.service\n"}
    path = write(tmp_path, f'{ONE}instances = ["1"]', units)
    with pytest.raises(
        UnitFileError, match=r"web@.service:4: \[X-Fleet\] has no option 'Conflict'"
    ):
        read_deployment(path)


def test_an_unknown_word_lists_the_known() -> None:
    with pytest.raises(ConfigurationError, match="known: database, cache"):
        read_deployment(OURS).service("queue")
