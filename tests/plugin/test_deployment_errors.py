"""A deployment or application that is wrong: one sentence, exit 4, nothing created."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SERVICE = '[[service]]\nname = "web"\ntemplate = "web@.service"\n'
GOOD = f'name = "x"\n{SERVICE}instances = ["1", "2"]\n'
UNIT = "[Service]\nExecStart=/usr/bin/docker run --name web.%i -p 80:80 web\n"


def run(pytester: pytest.Pytester, *options: str) -> str:
    pytester.makepyfile("def test_cluster(cluster): pass")
    result = pytester.runpytest_subprocess("--cna-provider=local", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in result.stderr.str()
    errors = [line for line in result.errlines if line.startswith("ERROR: ")]
    assert len(errors) == 1
    return errors[0]


@pytest.mark.parametrize(
    ("toml", "options", "sentence"),
    [
        (None, [], "there is no deployment file"),
        ("name = ", [], "is not valid TOML"),
        (f"{GOOD}replicas = 2", [], "unknown key 'replicas'"),
        (GOOD.replace("web@", "wob@"), [], "there is no"),
        (f'name = "x"\n{SERVICE}', [], "is a template and needs instances"),
        (f'{GOOD}[[image]]\nname = "web"\ncontext = "web"', [], "there is no"),
        (GOOD, ["--cna-machines=1"], "2 machines would be enough (--cna-machines=2)"),
    ],
)
def test_deployment(
    pytester: pytest.Pytester, toml: str | None, options: list[str], sentence: str
) -> None:
    if toml is not None:
        Path("deployment.toml").write_text(toml, encoding="utf-8")
        Path("web@.service").write_text(UNIT, encoding="utf-8")
    found = run(pytester, "--cna-deployment=deployment.toml", *options)
    assert "deployment.toml" in found
    assert sentence in found


def test_conflicts_against_the_number_of_machines(pytester: pytest.Pytester) -> None:
    deployment = REPOSITORY / "units" / "deployment.toml"
    found = run(pytester, f"--cna-deployment={deployment}", "--cna-machines=2")
    assert "zurmo_mysql@3306.service fits on none of 2 machines" in found
    assert "MachineMetadata=storage=true" in found


def test_a_unit_that_fleetd_would_refuse(pytester: pytest.Pytester) -> None:
    Path("deployment.toml").write_text(GOOD, encoding="utf-8")
    Path("web@.service").write_text(
        f"{UNIT}[X-Fleet]\nGlobal=true\nMachineOf=other.service\n", encoding="utf-8"
    )
    found = run(pytester, "--cna-deployment=deployment.toml")
    assert "web@.service:5: [X-Fleet] cannot have both Global and MachineOf" in found


def append(path: Path, text: str) -> None:
    file = path / "application.toml"
    file.write_text(f"{file.read_text('utf-8')}\n{text}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (shutil.rmtree, "has no application.toml"),
        (lambda path: (path / "database.sql").unlink(), "has no database.sql"),
        (lambda path: append(path, "name ="), "is not valid TOML"),
        (lambda path: append(path, "[[action]]\nname='x'"), "action[6] 'x': 'method' is missing"),
        (lambda path: append(path, "[[action]]\nverb='GET'"), "unknown key 'verb'"),
    ],
)
def test_application(pytester: pytest.Pytester, change, sentence: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    path = Path("crm").absolute()
    shutil.copytree(REPOSITORY / "images" / "crm", path)
    change(path)
    deployment = REPOSITORY / "units" / "deployment.toml"
    found = run(pytester, f"--cna-deployment={deployment}", f"--cna-application={path}")
    assert str(path) in found
    assert sentence in found
