"""The console script ``cna``: commands outside of a test run."""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path

import click

from pytest_cna.core.errors import CnaError
from pytest_cna.machines.providers.virtual_machine import FLATCAR
from pytest_cna.report.compare import compare as compared
from pytest_cna.report.files import finish, load
from pytest_cna.report.history import entry
from pytest_cna.report.partial import recovered
from pytest_cna.report.report import Report
from pytest_cna.report.summary import lines

BAD_INPUT = 4
"""Exit status for wrong usage, as pytest's."""


@click.group()
@click.version_option(package_name="pytest-cna")
def cna() -> None:
    """Commands for reports and clusters of pytest-cna."""


@cna.command()
@click.argument("directories", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--compare", is_flag=True, help="Compare the runs of two directories.")
@click.option(
    "--history", type=click.Path(path_type=Path), help="Directory of --cna-history, for the trend."
)
def report(directories: tuple[Path, ...], compare: bool, history: Path | None) -> None:
    """Write the report's files in DIRECTORIES again: from report.json or, if the run was killed,
    from what it had recorded."""
    if compare:
        if len(directories) != 2:
            raise click.UsageError("--compare takes two directories, each with a report.json")
        for line in compared(*(entry(_read(directory)) for directory in directories)):
            click.echo(line)
        return
    for directory in directories:
        found = _read(directory)
        try:
            page = finish(found, directory, history)
        except OSError as error:
            raise click.ClickException(f"{directory} cannot be written to: {error}") from error
        for line in lines(found):
            click.echo(line)
        click.echo(f"report: {page}")


@cna.command("cluster-file")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--machines", envvar="CNA_MACHINES", default=3, type=click.IntRange(1, 20))
@click.option("--memory", envvar="CNA_MEMORY", default=1024, type=click.IntRange(512))
@click.option("--cpus", envvar="CNA_CPUS", default=1, type=click.IntRange(1, 64))
@click.option("--agent-ttl", envvar="CNA_AGENT_TTL", type=click.FloatRange(1))
@click.option("--machine-image", envvar="CNA_MACHINE_IMAGE", type=click.Choice([FLATCAR]))
def cluster_file(
    path: Path,
    machines: int,
    memory: int,
    cpus: int,
    agent_ttl: float | None,
    machine_image: str | None,
) -> None:
    """Write PATH, a description of a cluster for infra/vagrant/Vagrantfile, and inventory.toml
    beside it, to run the features on that cluster (--cna-provider=existing)."""
    from pytest_cna.machines.providers.vagrant.by_hand import make_cluster_file
    from pytest_cna.machines.providers.vagrant.options import VagrantOptions

    try:
        options = VagrantOptions(machine_image or "", memory, cpus)
        make_cluster_file(path, machines, options, agent_ttl, click.echo)
    except CnaError as error:
        raise click.ClickException(str(error)) from error


@cna.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def programs(directory: Path) -> None:
    """Write the programs that Flatcar needs to become a machine to DIRECTORY, for a web server that
    cloud servers can reach (--cna-programs-url)."""
    from pytest_cna.machines.providers.vagrant.by_hand import write_programs

    try:
        write_programs(directory, click.echo)
    except (CnaError, OSError) as error:
        raise click.ClickException(str(error)) from error


@cna.command()
@click.argument("file", type=click.Choice(["deployment", "application", "inventory"]))
def schema(file: str) -> None:
    """Print the JSON Schema of FILE, for an editor."""
    name = f"{file}.schema.json"
    click.echo((resources.files("pytest_cna") / "schemas" / name).read_text("utf-8"), nl=False)


@cna.command()
@click.argument("sessions", nargs=-1)
def remove(sessions: tuple[str, ...]) -> None:
    """Remove the clusters that runs with --cna-keep left: those of SESSIONS; without SESSIONS, list
    them all."""
    from pytest_cna.machines.providers.kept import kept_clusters, remove_kept

    if not sessions:
        for session, provider in kept_clusters().items():
            click.echo(f"{session} {provider}")
    for session in sessions:
        try:
            remove_kept(session, click.echo)
        except CnaError as error:
            raise click.ClickException(str(error)) from error


def _read(directory: Path) -> Report:
    try:
        return recovered(directory) or load(directory)
    except FileNotFoundError as error:
        raise click.ClickException(
            f"{directory} has no report.json; give the directory that --cna-report named"
        ) from error
    except (OSError, ValueError) as error:
        raise click.ClickException(f"the report in {directory} cannot be read: {error}") from error


def main() -> None:
    try:
        status = cna.main(prog_name="cna", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(BAD_INPUT)
    except (click.Abort, BrokenPipeError):
        # the reader of the output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
