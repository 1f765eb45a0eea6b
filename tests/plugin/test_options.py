"""Options as users meet them: what is wrong is said in one sentence, exit 4, nothing created."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _one_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CNA_PROVIDER", "CNA_MACHINES", "CNA_AGENT_TTL", "CNA_MACHINE_IMAGE"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile("def test_nothing(): pass")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--cna-provider=lokal"],
            "unknown provider 'lokal'; known providers: existing, *",
        ),
        (["--cna-provider=existing"], "the provider 'existing' needs --cna-inventory=PATH*"),
        (["--cna-inventory=nowhere.toml"], "there is no inventory *nowhere.toml"),
        (
            ["--cna-memory=2048"],
            "the provider 'local' takes no --cna-memory; 'openstack' and 'vagrant' do",
        ),
        (["--os-cloud=x"], "the provider 'local' takes no --os-cloud; 'openstack' does"),
        (
            ["--cna-programs-url=http://x", "--cna-provider=openstack"],
            "*--cna-programs-url is only for provider*",
        ),
        (["--cna-machine-image=debian"], "--cna-machine-image=debian: it takes 'flatcar'"),
        (["--cna-machine-image=flatcar"], "the provider 'local' has no machines of flatcar; *"),
        (
            ["--cna-programs-url=http://x"],
            "*--cna-programs-url is only for provider*",
        ),
        (["--os-client=here"], "--os-client=here: it takes an IPv4 address"),
        (["--cna-memory=1"], "--cna-memory=1: it takes a number from 512 to *"),
        (["--cna-machines=0"], "--cna-machines=0: it takes a number from 1 to 20"),
        (["--cna-machines=three"], "--cna-machines=three: it takes a number from 1 to 20"),
        (["--cna-agent-ttl=soon"], "--cna-agent-ttl=soon: it takes a number from 1.0 to 600.0*"),
        (["--cna-agent-ttl=0"], "--cna-agent-ttl=0: it takes a number from 1.0 to 600.0 seconds"),
        (["--cna-engine-interval=nan"], "--cna-engine-interval=nan: it takes a number*"),
        (["--cna-seed=x"], "--cna-seed=x: it takes a number*"),
        (["--cna-report=/dev/null/x"], "--cna-report=/dev/null/x: /dev/null is no directory*"),
    ],
)
def test_bad_input_ends_with_one_sentence(
    pytester: pytest.Pytester, options: list[str], sentence: str
) -> None:
    provider = [] if "provider" in "".join(options) else ["--cna-provider=local"]
    result = pytester.runpytest_subprocess(*provider, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {sentence}"])
    result.stderr.no_fnmatch_line("*Traceback*")


def header(result: pytest.RunResult) -> str:
    return next(line for line in result.outlines if line.startswith("cna: provider"))


def test_the_option_wins_over_the_environment_and_that_over_the_ini_file(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\ncna_provider = local\ncna_machines = 4\ncna_agent_ttl = 20")
    assert "4 machines, agent TTL 20 s" in header(pytester.runpytest_subprocess())
    monkeypatch.setenv("CNA_MACHINES", "5")
    assert "5 machines, agent TTL 20 s" in header(pytester.runpytest_subprocess())
    result = pytester.runpytest_subprocess("--cna-machines=6", "--cna-agent-ttl=7s")
    assert "6 machines, agent TTL 7 s" in header(result)


def test_the_header_names_tools_and_seed(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--cna-provider=local", "--cna-seed=42")
    assert result.ret == pytest.ExitCode.OK
    assert "seed 42" in header(result)
    result.stdout.fnmatch_lines(["cna: fleet 1.0.0, confd 0.30.0"])


def test_it_costs_nothing_when_unused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_imports():
            heavy = {"docker", "etcd3", "aiohttp", "requests", "google.protobuf"}
            assert not heavy & set(sys.modules)
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:xdist")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("cna:*")


def test_a_fixture_without_a_provider_says_what_to_give(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_cluster(cluster): pass")
    result = pytester.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*no provider is named; give --cna-provider=local*"])


def test_without_docker_the_next_step_is_named(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    pytester.makepyfile("def test_cluster(cluster): pass")
    result = pytester.runpytest_subprocess("--cna-provider=local")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*DOCKER_HOST=unix:///nowhere/docker.sock does not answer*"])


def test_help_lists_the_options(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--help")
    result.stdout.fnmatch_lines_random(
        ["*--cna-provider=VALUE*", "*--cna-keep*", "*--os-cloud=VALUE*", "*--cna-inventory=PATH*"]
    )
    assert "(default: 1024) (provider openstack, vagrant)" in " ".join(result.stdout.str().split())


def test_what_is_set_for_other_providers_but_not_on_the_command_line_is_ignored(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNA_MEMORY", "2048")
    pytester.makeini("[pytest]\nos_cloud = somewhere")
    result = pytester.runpytest_subprocess("--cna-provider=local")
    assert result.ret == pytest.ExitCode.OK
    monkeypatch.setenv("CNA_MACHINE_IMAGE", "flatcar")
    result = pytester.runpytest_subprocess("--cna-provider=local")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    says = "has no machines of flatcar; 'openstack' and 'vagrant' do"
    result.stderr.fnmatch_lines([f"ERROR: the provider 'local' {says}*"])


def test_a_list_of_machines_says_how_many_there_are(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f'[[machine]]\nname = "m{n}"\naddress = "10.0.0.{n}"' for n in range(1, 5)]
    pytester.makefile(".toml", machines="\n".join(rows))
    monkeypatch.setenv("CNA_INVENTORY", "machines.toml")
    result = pytester.runpytest_subprocess("--cna-provider=existing", "--cna-machines=2")
    assert "4 machines" in header(result)
