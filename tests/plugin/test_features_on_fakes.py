"""Every step of the features does its work on a simulated cluster, and the run says what it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_features_hold_on_a_simulated_cluster(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "features", "--cna-provider=fake", "--cna-seed=1"]
    done = subprocess.run(
        [*command, f"--cna-report={tmp_path}", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "machines simulated in memory: nothing was proved" in done.stdout
