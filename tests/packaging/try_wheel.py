"""The wheel as a user gets it: installed in an empty environment, used from another directory.

``python try_wheel.py DIST``: DIST holds exactly one wheel. Needs what the local provider needs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PROJECT = """
def test_machines_found_each_other(cluster, fleet):
    assert len(fleet.machines()) == len(cluster.machines) == 2
    assert cluster.machines[0].host.service("etcd").is_running
"""


def main() -> int:
    (wheel,) = Path(sys.argv[1]).glob("*.whl")
    with tempfile.TemporaryDirectory() as directory:
        environment, project = Path(directory) / "venv", Path(directory) / "project"
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", wheel.resolve()], check=True)
        project.mkdir()
        (project / "test_cluster.py").write_text(PROJECT, encoding="utf-8")
        return subprocess.run(
            [python, "-m", "pytest", "--cna-provider=local", "--cna-machines=2"],
            cwd=project,
            check=False,
        ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
