"""deployment.toml: what is wrong with it is said in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from deployments import write

from pytest_cna.core.errors import ConfigurationError, UnitFileError
from pytest_cna.deployment.deployment import read_deployment

OURS = Path(__file__).parents[3] / "units" / "deployment.toml"
ONE = 'name = "x"\n[[service]]\nname = "web"\ntemplate = "web@.service"\n'
GOOD = f'{ONE}instances = ["1"]\n'
WEB = {"web@.service": ""}


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
    assert ours.application_entries == ("code", "config.tmpl", "database.sql")
    balancer = ours.balancer_unit
    assert balancer is not None
    assert balancer.service == ours.service("loadbalancer")
    assert balancer.published_ports == (80, 1936)


def test_an_instance_is_announced_by_its_service_and_port() -> None:
    ours = read_deployment(OURS)
    first, second = ours.main_units(ours.service("web server"))
    assert first.announces("webserver", 8001)
    assert not second.announces("webserver", 8001)
    assert not first.announces("cache", 8001)


@pytest.mark.parametrize(
    ("toml", "units", "sentence"),
    [
        ("name = ", {}, "is not valid TOML"),
        ('title = "x"', {}, "unknown key 'title'"),
        ('nmae = "x"', {}, "unknown key 'nmae'; did you mean 'name'"),
        ('name = "x"', {}, "'service' is missing"),
        (f'{ONE}instances = ["1"]', {}, "there is no .*web@.service"),
        (ONE, {"web@.service": ""}, "is a template and needs instances"),
        (
            'name = "x"\n[[service]]\nname = "web"\ntemplate = "web.service"\ninstances = ["1"]',
            {"web.service": ""},
            "is not a template, so it has no instances",
        ),
        (f'{ONE}prot = 80\ninstances = ["1"]', {"web@.service": ""}, "unknown key 'prot'"),
        (
            f'{ONE}instances = ["1"]\n[[image]]\nname = "i"\ncontext = "i"',
            {"web@.service": ""},
            "image 'i': there is no .*i/Dockerfile",
        ),
        (f'{GOOD}[[image]]\nname = "i"', WEB, r"image\[1\] 'i': 'context' is missing; add context"),
        (
            f'{GOOD}[[image]]\nname = "i"\ncontext = "."\ntools = "confd"',
            WEB,
            r"image\[1\] 'i': 'tools' takes a list of 'confd' or .*, not 'confd'",
        ),
        (
            f'{GOOD}[[image]]\nname = "i"\ncontext = "."\nbase = "i"',
            WEB | {"Dockerfile": ""},
            r"image 'i' has base 'i', but no .* above it has",
        ),
        ("name = 3\nservice = []", {}, "top level: 'name' takes a string, not 3"),
        ('name = "x"\nservice = []', {}, "'service' is missing"),
        ('name = "x"\nservice = "web"', {}, r"'service' takes tables, .* not 'web'"),
        ('name = "x"\n[service]', {}, r"'service' takes tables"),
        (f"{GOOD}stats_port = true", WEB, "'stats_port' takes a number from 1 to 65535, not True"),
        (f'{GOOD}announced = "no"', WEB, "'announced' takes true or false, not 'no'"),
        (f'{ONE}instances = "12"', WEB, "'instances' takes a list of strings, not '12'"),
        (f'{ONE}instances = ["1", 1]', WEB, "instance '1' is listed twice"),
        (f'{ONE}instances = [""]', WEB, "is a template and needs instances"),
        (f'{GOOD}sidekick = "s@.service"', WEB, "there is no .*s@.service"),
        (
            f'{GOOD}sidekick = "s.service"',
            WEB | {"s.service": ""},
            "s.service is not a template, so it has no instances",
        ),
        (GOOD + GOOD[11:], WEB, "service 'web' is listed twice"),
        (GOOD + GOOD[11:].replace('"web"', '"wob"'), WEB, "unit 'web@1.service' is listed twice"),
        (
            GOOD + GOOD[11:].replace('"web"', '"wob"') + 'called = "web"',
            WEB,
            "service 'web' is listed twice",
        ),
        (GOOD.replace("[[", "[machines]\nmetadata = []\n[[", 1), WEB, "'metadata' is missing"),
        (
            GOOD.replace("[[", "[machines]\nmetadata = 'x'\n[[", 1),
            WEB,
            "'metadata' takes a list of tables",
        ),
        (
            GOOD.replace("[[", "[machines]\nmetadata = [{ public = true }]\n[[", 1),
            WEB,
            r"'metadata\[1\].public' takes words, such as public = .true., not True",
        ),
    ],
)
def test_one_sentence(tmp_path: Path, toml: str, units: dict[str, str], sentence: str) -> None:
    path = write(tmp_path, toml, units)
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        read_deployment(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_instances_may_be_numbers(tmp_path: Path) -> None:
    path = write(tmp_path, f"{ONE}instances = [8001, 8002]", WEB)
    assert [unit.name for unit in read_deployment(path).units] == [
        "web@8001.service",
        "web@8002.service",
    ]


@pytest.mark.parametrize(
    ("options", "ports"),
    [
        ("-p 80:80", (80,)),
        ("-p=80:80 --publish 81:8080", (80, 81)),
        ("--publish=127.0.0.1:80:80", (80,)),
        ("-p ${COREOS_PRIVATE_IPV4}:%i:80", (8001,)),
        ("-p 80-82:90-92", (80, 81, 82)),
        ("-p 80:80/tcp -p 53:53/udp", (80,)),
        ("-p 80", ()),
        ("-v /a-p:/b --name=x-p 5:5", ()),
    ],
)
def test_published_ports(tmp_path: Path, options: str, ports: tuple[int, ...]) -> None:
    text = f"ExecStart=/usr/bin/docker run {options} web\n"
    path = write(tmp_path, f'{ONE}instances = ["8001"]', {"web@.service": text})
    assert read_deployment(path).units[0].published_ports == ports


def test_a_unit_that_fleetd_would_refuse_is_reported_with_its_line(tmp_path: Path) -> None:
    units = {"web@.service": "[X-Fleet]\nGlobal=true\nMachineOf=a.service\n"}
    with pytest.raises(UnitFileError, match=r"web@.service:5: .* both Global and MachineOf"):
        read_deployment(write(tmp_path, GOOD, units))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no deployment file"):
        read_deployment(tmp_path / "none.toml")


def test_a_misspelt_x_fleet_option_is_reported_because_fleet_ignores_it(tmp_path: Path) -> None:
    units = {"web@.service": "[X-Fleet]\nConflict=web@*.service\n"}
    path = write(tmp_path, f'{ONE}instances = ["1"]', units)
    with pytest.raises(
        UnitFileError, match=r"web@.service:4: \[X-Fleet\] has no option 'Conflict'"
    ):
        read_deployment(path)


def test_an_unknown_word_lists_the_known() -> None:
    with pytest.raises(ConfigurationError, match="known: database, cache"):
        read_deployment(OURS).service("queue")
