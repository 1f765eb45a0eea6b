"""Options of providers from other distributions, as pytest and its users meet them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

OPTIONS = """
from __future__ import annotations
from dataclasses import dataclass
from pytest_cna.machines.providers.options import Option, ProviderOptions, choice, option

COLOUR = Option("colour", "what colour machines are", choice("red", "blue"), "red")

@dataclass(frozen=True, slots=True)
class MineOptions(ProviderOptions):
    colour: str = option(COLOUR)
"""
Install = Callable[[str], None]


@pytest.fixture
def install(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a distribution whose provider is 'mine', with the module of its options."""

    def install(options: str) -> None:
        site = pytester.mkdir("site")
        (site / "mine_options.py").write_text(options, encoding="utf-8")
        information = site / "mine-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text("Name: mine\nVersion: 1.0\n", encoding="utf-8")
        (information / "entry_points.txt").write_text(
            "[pytest_cna.providers]\nmine = mine_is_not_there:Mine\n"
            "[pytest_cna.provider_options]\nmine = mine_options:MineOptions\n",
            encoding="utf-8",
        )
        monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")

    monkeypatch.delenv("CNA_PROVIDER", raising=False)
    pytester.makepyfile("def test_nothing(): pass")
    return install


def test_help_shows_the_options_of_every_installed_provider(
    pytester: pytest.Pytester, install: Install
) -> None:
    install(OPTIONS)
    result = pytester.runpytest_subprocess("--help")
    result.stdout.fnmatch_lines(["*--cna-colour=VALUE*", "*what colour machines are (provider*"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--cna-provider=mine", "--cna-colour=green"], "--cna-colour=green: it takes 'red' or *"),
        (
            ["--cna-provider=local", "--cna-colour=blue"],
            "the provider 'local' takes no --cna-colour; 'mine' does",
        ),
        (
            ["--cna-provider=mine", "--cna-memory=1024"],
            "the provider 'mine' takes no --cna-memory; 'openstack' and 'vagrant' do",
        ),
    ],
)
def test_bad_input_ends_with_one_sentence(
    pytester: pytest.Pytester, install: Install, options: list[str], sentence: str
) -> None:
    install(OPTIONS)
    result = pytester.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {sentence}"])


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("import nowhere_to_be_found", "*ModuleNotFoundError: No module named 'nowhere_to_be_*"),
        ("MineOptions = 1 / 0", "*ZeroDivisionError: division by zero"),
        ("class MineOptions: pass", "*are not a subclass of ProviderOptions"),
        (OPTIONS.replace('"colour"', '"machines"'), "*declares --cna-machines otherwise than *"),
        (OPTIONS.replace('"colour"', '"memory"'), "*declares --cna-memory otherwise than *"),
    ],
)
def test_a_provider_that_is_broken_is_named_when_it_is_asked_for_alone(
    pytester: pytest.Pytester, install: Install, module: str, sentence: str
) -> None:
    install(module)
    assert pytester.runpytest_subprocess("--help").ret == pytest.ExitCode.OK
    assert pytester.runpytest_subprocess("--cna-provider=local").ret == pytest.ExitCode.OK
    result = pytester.runpytest_subprocess("--cna-provider=mine")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *'mine'{sentence}"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_a_broken_provider_is_named_before_its_options_are_called_unknown(
    pytester: pytest.Pytester, install: Install
) -> None:
    install("import nowhere_to_be_found")
    result = pytester.runpytest_subprocess("--cna-provider=mine", "--cna-colour=red")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *'mine'*No module named 'nowhere_to_be_found'"])


def test_a_provider_whose_class_cannot_be_imported_is_named_when_it_is_asked_for(
    pytester: pytest.Pytester, install: Install
) -> None:
    install(OPTIONS)
    pytester.makepyfile("def test_cluster(cluster): pass")
    result = pytester.runpytest_subprocess("--cna-provider=mine")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    says = "provider 'mine' (mine_is_not_there:Mine) cannot be loaded: No module named"
    said = " ".join(f"{result.stdout}{result.stderr}".split())
    assert says in said
    assert "Traceback" not in said


def test_options_import_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_imports():
            heavy = {"docker", "etcd3", "aiohttp", "openstack", "requests", "vagrant"}
            assert not heavy & set(sys.modules)
            assert "pytest_cna.machines.providers.vagrant.options" in sys.modules
            assert "pytest_cna.machines.transports.ssh" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)
