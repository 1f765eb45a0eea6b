"""The Heat template by hand, with tiny servers: addresses, user_data, who may speak to whom."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from the_lab import TheLab, get

from pytest_cna.core.waiting import wait_for

TEMPLATE = "infra/openstack/stack.yaml"
# what the first machine sees of the second, once the second serves
LOOK = """
httpd -p 8001 -h /www
httpd -p 9999 -h /www
(
  until wget -q -O /www/member http://{other}:8001/hostname; do sleep 1; done
  echo closed >/www/other
  nc -w 3 {other} 9999 </dev/null >/dev/null 2>&1 && echo open >/www/other
  echo yes >/www/looked
) &
"""


@pytest.fixture(scope="module")
def stack(lab: TheLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """Its outputs by name."""
    addresses = {"core-1": lab.address(101), "core-2": lab.address(102)}
    machines = [
        {"name": name, "address": address, "user_data": LOOK.format(other=lab.address(102))}
        for name, address in addresses.items()
    ]
    environment = tmp_path_factory.mktemp("stack") / "environment.json"
    parameters = {
        "machines": machines,
        "image": "tiny",
        "flavor": "tiny",
        "network": "cna",
        "client_cidr": f"{lab.address(1)}/32",
        "metadata": {"pytest_cna.session": "by-hand"},
    }
    environment.write_text(json.dumps({"parameters": parameters}))
    arguments = ["--template", TEMPLATE, "--environment", str(environment), "--tags", "by-hand"]
    lab.openstack("stack", "create", *arguments, "--wait", "by-hand")
    shown = lab.openstack("stack", "show", "by-hand", "-f", "json")
    assert shown["stack_status"] == "CREATE_COMPLETE", shown["stack_status_reason"]
    yield {output["output_key"]: output["output_value"] for output in shown["outputs"]}
    lab.openstack("stack", "delete", "--yes", "--wait", "by-hand")
    assert not lab.openstack("server", "list", "--name", "by-hand", "-f", "json")
    assert not [
        port
        for port in lab.openstack("port", "list", "-f", "json")
        if port["Name"].startswith("by-hand")
    ]


def page(url: str) -> str:
    return wait_for(
        lambda: get(url), waiting_for=url, timeout=180, transient=(OSError,), interval=0.5
    )


def test_the_template_is_valid(lab: TheLab) -> None:
    validated = lab.openstack(
        "orchestration", "template", "validate", "--template", TEMPLATE, "-f", "json"
    )
    assert {"machines", "image", "flavor", "network", "key", "metadata", "client_cidr"} <= set(
        validated["Parameters"]
    )


def test_outputs_are_by_the_machines_names(lab: TheLab, stack: dict[str, object]) -> None:
    assert stack["addresses"] == {"core-1": lab.address(101), "core-2": lab.address(102)}
    servers = stack["servers"]
    assert isinstance(servers, dict)
    shown = lab.openstack("server", "show", servers["core-2"], "-f", "json")
    assert shown["name"] == "by-hand-core-2"
    assert shown["properties"] == {"pytest_cna.session": "by-hand", "machine": "core-2"}


@pytest.mark.usefixtures("stack")
def test_each_machine_gets_its_own_user_data_as_it_was_given(lab: TheLab) -> None:
    given = LOOK.format(other=lab.address(102))
    assert page(f"http://{lab.address(101)}:8001/user_data") == given


@pytest.mark.usefixtures("stack")
def test_only_named_ports_are_open(lab: TheLab) -> None:
    """Both servers listen on 8001 and 9999; the template opens 8001, to the tests and members."""
    first = f"http://{lab.address(101)}"
    assert page(f"{first}:8001/member").startswith("host-")
    assert page(f"{first}:8001/looked") == "yes\n"
    assert page(f"{first}:8001/other") == "closed\n"
    with pytest.raises(OSError):  # noqa: PT011  dropped: it times out
        get(f"{first}:9999/hostname")
