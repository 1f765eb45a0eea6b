from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from pytest_cna.core.timing import Timing
from pytest_cna.machines.ignition import machine_config
from pytest_cna.machines.providers.base import name_machines
from pytest_cna.machines.spec import ClusterSpec, FetchedFile

MACHINES = name_machines(
    [f"10.1.0.{n}" for n in range(11, 18)], [{"public": "true"}, {"storage": "true"}]
)
SPEC = ClusterSpec(
    session="s1",
    machines=MACHINES,
    timing=Timing(agent_ttl=10.0, engine_interval=0.5, election=1.0, lease=5.0, patience=1.0),
    machine_image="cna-machine:1",
    fingerprint="f",
    image_tag="abc",
)


def written(index: int) -> dict[str, str]:
    config = machine_config(SPEC, MACHINES[index])
    return {
        file["path"]: unquote(file["contents"]["source"].removeprefix("data:,"))
        for file in config["storage"]["files"]
    }


def test_the_environment_is_coreos_and_names_the_machines_own_member() -> None:
    assert written(0)["/etc/environment"].splitlines() == [
        "COREOS_PRIVATE_IPV4=10.1.0.11",
        "COREOS_PUBLIC_IPV4=10.1.0.11",
        "ETCD_ENDPOINTS=http://10.1.0.11:2379",
        "DOCKER_IMAGE_TAG=abc",
        "SIDEKICK_TTL=5s",
        "SIDEKICK_PATIENCE=1s",
    ]


def test_fleet_gets_its_metadata_ttl_and_interval() -> None:
    settings = written(1)["/etc/fleet/fleet.conf"].splitlines()
    assert 'metadata="storage=true"' in settings
    assert 'agent_ttl="10s"' in settings
    assert "engine_reconcile_interval=0.5" in settings
    assert 'public_ip="10.1.0.12"' in settings


def test_five_machines_vote_and_all_know_each_other() -> None:
    peers = next(
        line for line in written(4)["/etc/default/etcd"].splitlines() if "INITIAL_CLUSTER=" in line
    )
    assert peers == "ETCD_INITIAL_CLUSTER=" + ",".join(
        f"core-{n}=http://10.1.0.{10 + n}:2380" for n in range(1, 6)
    )


def test_a_machine_without_a_member_asks_all_members() -> None:
    config = machine_config(SPEC, MACHINES[6])
    assert config["systemd"]["units"] == [{"name": "etcd.service", "mask": True}]
    assert "/etc/default/etcd" not in written(6)
    assert written(6)["/etc/environment"].count("http://") == 5


def test_files_are_synced_where_a_power_cut_takes_the_kernel_along() -> None:
    assert "ETCD_UNSAFE_NO_FSYNC=false" in written(0)["/etc/default/etcd"]


def test_a_member_that_returns_does_not_unseat_the_leader() -> None:
    assert "ETCD_PRE_VOTE=true" in written(0)["/etc/default/etcd"]


def test_what_a_machine_lacks_is_fetched_over_usr_by_its_digest() -> None:
    fetched = (FetchedFile("/usr/bin/fleetd", "http://10.1.0.1:8000/fleetd", "ab" * 64),)
    config = machine_config(replace(SPEC, fetched=fetched), MACHINES[0])
    (fleetd,) = (each for each in config["storage"]["files"] if each["path"].endswith("fleetd"))
    assert fleetd == {
        "path": "/var/lib/extensions/cna/usr/bin/fleetd",
        "mode": 0o755,
        "contents": {
            "source": "http://10.1.0.1:8000/fleetd",
            "verification": {"hash": "sha512-" + "ab" * 64},
        },
    }
    units = {unit["name"]: unit for unit in config["systemd"]["units"]}
    assert "ExecStart=/usr/bin/etcd\n" in units["etcd.service"]["contents"]
    assert units["fleet.service"]["enabled"]
    assert units["update-engine.service"] == {"name": "update-engine.service", "mask": True}


def test_a_machine_that_fetches_and_has_no_member_runs_no_etcd() -> None:
    fetched = (FetchedFile("/usr/bin/fleetd", "http://10.1.0.1:8000/fleetd", "ab" * 64),)
    units = machine_config(replace(SPEC, fetched=fetched), MACHINES[6])["systemd"]["units"]
    assert [unit for unit in units if unit["name"] == "etcd.service"] == [
        {"name": "etcd.service", "mask": True}
    ]
