"""What libvirt's things are known by, with a virsh of ours in the PATH."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_cna.machines.providers.libvirt import virsh
from pytest_cna.machines.providers.libvirt.description import MARK, Description, read_description
from pytest_cna.machines.spec import MachineSpec

DESCRIPTION = Description("s1", "1:2:3", MachineSpec("core-1", "172.31.7.11"), "f")
VIRSH = """#!/bin/sh
echo "$@" >>"$CALLS"
shift 3  # -q -c URI
case "$1 $2" in
  "list --all") printf 'cna-s1-core-1\\ncna-s0-gone\\ncna-strange\\nsomebodys\\n' ;;
  "list --state-running") echo cna-s1-core-1 ;;
  "desc cna-s1-core-1") echo "$DESCRIPTION" ;;
  "desc cna-s0-gone") echo "error: failed to get domain '$2'" >&2; exit 1 ;;
  "desc "*) echo "a machine of mine" ;;
  "net-list --all") printf 'cna-s0\\ncna-s1\\n' ;;
  "net-dumpxml cna-s0") echo "error: failed to get network '$2'" >&2; exit 1 ;;
  "net-dumpxml cna-s1")
    printf "<network><metadata xmlns:a='cna'>"
    echo "<a:session>$DESCRIPTION</a:session></metadata></network>" ;;
  "destroy cna-s1-core-1") ;;
  "destroy "*) echo "error: Requested operation is not valid: domain is not running" >&2; exit 1 ;;
  "undefine "*) echo "error: failed to get domain '$2'" >&2; exit 1 ;;
  "vol-delete "*) echo "error: failed to get vol '$2'" >&2; exit 1 ;;
  "net-destroy "*) echo "error: internal error: bridge is busy" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of all calls, a line each."""
    program = tmp_path / "virsh"
    program.write_text(VIRSH, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("DESCRIPTION", str(DESCRIPTION))
    return tmp_path / "calls"


def test_only_domains_that_say_they_are_ours_are_ours(calls: Path) -> None:
    assert virsh.domains() == {"cna-s1-core-1": DESCRIPTION}
    assert "somebodys" not in calls.read_text(encoding="utf-8")


def test_a_network_that_another_run_removes_meanwhile_is_none(calls: Path) -> None:
    assert virsh.networks() == {"cna-s1": DESCRIPTION}


def test_a_description_survives_quotes_and_signs() -> None:
    machine = MachineSpec("core-1", "172.31.7.11", {"a": 'b "<&>"'}, member=False)
    made = Description("s", "o", machine, "f", keep=True)
    assert read_description(str(made)) == made


@pytest.mark.parametrize(
    "text", ["a machine of mine", f"{MARK}{{", f"{MARK}[]", f'{MARK}{{"a": 1}}']
)
def test_what_is_no_description_of_ours_is_none(text: str) -> None:
    assert read_description(text) is None


def test_what_is_gone_already_is_removed(calls: Path) -> None:
    virsh.remove_domain("cna-s1-core-9")
    asked = [line.split()[3] for line in calls.read_text(encoding="utf-8").splitlines()]
    assert asked == ["destroy", "undefine", "vol-delete"]


def test_what_cannot_be_removed_is_reported_in_libvirts_words(calls: Path) -> None:
    with pytest.raises(virsh.LibvirtError, match="bridge is busy"):
        virsh.remove_network("cna-s1")


def test_a_power_cut_twice_is_one(calls: Path) -> None:
    virsh.Domains("cna-s1-").cut_power("core-1")
    virsh.Domains("cna-s1-").cut_power("core-2")


def test_power_is_read_again_after_it_was_cut(calls: Path) -> None:
    domains = virsh.Domains("cna-s1-")
    assert domains.running("core-1")
    assert not domains.running("core-2")
    looks = calls.read_text(encoding="utf-8").count("state-running")
    domains.cut_power("core-1")
    domains.running("core-1")
    assert calls.read_text(encoding="utf-8").count("state-running") == looks + 1
