"""The lab is a cloud: its catalogue, its servers, the loss of their power."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from the_lab import TheLab, get

from pytest_cna.core.waiting import wait_for

USER_DATA = "echo written by the user_data >/www/said\n"


@pytest.fixture(scope="module")
def server(lab: TheLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server's name; it is at number 150 and open to this computer."""
    user_data = tmp_path_factory.mktemp("server") / "user_data"
    user_data.write_text(USER_DATA)
    lab.openstack("security", "group", "create", "open")
    lab.openstack("security", "group", "rule", "create", "--protocol=tcp", "open")
    server = lab.openstack(
        *("server", "create", "--image=tiny", "--flavor=tiny", "--security-group=open"),
        *(f"--nic=net-id=cna,v4-fixed-ip={lab.address(150)}", f"--user-data={user_data}"),
        *("--wait", "-f", "json", "one"),
    )
    assert server["status"] == "ACTIVE"
    yield "one"
    lab.openstack("server", "delete", "--wait", "one")
    lab.openstack("security", "group", "delete", "open")


def page(lab: TheLab, name: str) -> str:
    """What the server at number 150 serves, once it does."""
    return wait_for(
        lambda: get(f"http://{lab.address(150)}/{name}"),
        waiting_for=f"/{name} of the server",
        timeout=180,
        transient=(OSError,),
    )


def test_the_catalogue_is_shown_by_the_openstack_command(lab: TheLab) -> None:
    catalogue = lab.openstack("catalog", "list", "-f", "json")
    assert {entry["Type"] for entry in catalogue} == {
        *("identity", "image", "placement", "compute", "network", "orchestration"),
    }


def test_the_lab_has_flavor_network_and_image(lab: TheLab) -> None:
    assert lab.openstack("flavor", "show", "cna.machine", "-f", "json")["ram"] == 1024
    assert lab.openstack("subnet", "show", "cna", "-f", "json")["cidr"] == f"{lab.network}.0.0/24"
    image = lab.openstack("image", "show", "tiny", "-f", "json")
    assert int(image["properties"]["os_shutdown_timeout"]) == 0


def test_up_again_changes_nothing(lab: TheLab) -> None:
    def known() -> list[object]:
        kinds = ("image", "network", "subnet", "flavor", "service", "endpoint", "user", "project")
        lists = [lab.openstack(kind, "list", "-f", "json", cloud="cna-lab-admin") for kind in kinds]
        return [sorted(map(str, each)) for each in lists]

    before, running = known(), lab.services()
    lab.up()
    assert known() == before
    assert lab.services() == running


def test_another_network_for_a_lab_that_runs_is_refused(lab: TheLab) -> None:
    done = lab.run("up", network="10.77")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.count("\n") == 1
    assert "is on 10.31, not on 10.77: take it down first" in done.stderr


def test_the_end_of_another_lab_leaves_this_one_its_cables(lab: TheLab, tmp_path: Path) -> None:
    """One that never ran, on this one's network by mistake."""
    done = TheLab(state=tmp_path / "another").run("down")
    assert done.returncode == 0, done.stderr
    assert lab.openstack("token", "issue", "-f", "json")


def test_an_image_that_is_none_is_refused(lab: TheLab) -> None:
    done = lab.run("--image", "/nowhere", "up")
    assert done.returncode == 4
    assert "there is no /nowhere/vmlinuz" in done.stderr


def test_a_folder_of_something_else_is_never_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = TheLab(state=tmp_path).run("down")
    assert done.returncode == 4
    assert "is not a lab's folder" in done.stderr
    assert (tmp_path / "precious").exists()


def test_a_server_runs_its_user_data(lab: TheLab, server: str) -> None:
    assert page(lab, "said") == "written by the user_data\n"
    assert page(lab, "user_data") == USER_DATA
    assert "READY" in lab.openstack("console", "log", "show", server)


def test_a_stop_is_a_power_cut(lab: TheLab, server: str) -> None:
    """The image asks for no shutdown time: nova ends the guest without asking it."""
    before = int(page(lab, "boots"))
    identity = lab.openstack("server", "show", server, "-f", "json")["id"]
    lab.openstack("server", "stop", server)
    wait_for(
        lambda: lab.openstack("server", "show", server, "-f", "json")["status"],
        lambda status: status == "SHUTOFF",
        waiting_for="the server without power",
        timeout=60,
    )
    with pytest.raises(OSError):  # noqa: PT011  refused, unreachable or timed out
        get(f"http://{lab.address(150)}/boots")
    console = lab.state / "nova/instances" / identity / "console.log"
    assert "READY" in console.read_text()
    assert "GOODBYE" not in console.read_text()

    lab.openstack("server", "start", server)
    assert int(page(lab, "boots")) == before + 1, "it came back with another disk"

    # the guest would have said goodbye if it had been asked
    shown = lab.openstack("server", "show", identity, "-f", "json", cloud="cna-lab-admin")
    done = lab.run("exec", "virsh", "shutdown", shown["OS-EXT-SRV-ATTR:instance_name"])
    assert done.returncode == 0, done.stderr
    wait_for(
        lambda: "GOODBYE" in console.read_text(), waiting_for="the guest's goodbye", timeout=60
    )
