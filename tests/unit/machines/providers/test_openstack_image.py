"""A machine's disk is uploaded once for each content; what was abandoned is removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import ConfigurationError
from pytest_cna.machines.artefacts.machine_disk import MachineDisk
from pytest_cna.machines.ledger import Ledger
from pytest_cna.machines.owner import this_owner
from pytest_cna.machines.providers.openstack import glance_image
from pytest_cna.machines.providers.openstack.cloud import Cloud, CloudError
from pytest_cna.machines.providers.openstack.glance_image import (
    OWNER,
    PROPERTIES,
    ensure_image,
    find_image,
    image_name,
    remove_others,
    remove_unfinished,
)

if TYPE_CHECKING:
    from small_cloud import SmallCloud

DEAD = this_owner().replace(":", "0:", 1)


@pytest.fixture
def disk(tmp_path: Path) -> MachineDisk:
    disk = MachineDisk("0123456789ab", tmp_path)
    for path, size in ((disk.disk, 3_000_000), (disk.kernel, 10), (disk.initrd, 20)):
        path.write_bytes(b"x" * size)
    return disk


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger("s1", tmp_path)


@pytest.fixture
def upload(
    cloud: Cloud, disk: MachineDisk, ledger: Ledger, progress: Callable[[str], None]
) -> Callable[[], str]:
    return lambda: ensure_image(cloud, disk, ledger, progress)


def test_nova_would_cut_what_is_longer() -> None:
    assert all(len(value) <= 255 for value in PROPERTIES.values())


def test_disk_kernel_and_initrd_are_uploaded_whole(
    small: SmallCloud, upload: Callable[[], str]
) -> None:
    image = small.images[upload()]
    kernel, initrd = (small.images[image[part]] for part in ("kernel_id", "ramdisk_id"))
    assert [small.uploads[each["id"]] for each in (image, kernel, initrd)] == [3_000_000, 10, 20]
    assert [each["disk_format"] for each in (image, kernel, initrd)] == ["qcow2", "aki", "ari"]
    assert image["os_shutdown_timeout"] == "0"
    assert "ignition.platform.id=openstack" in image["os_command_line"]


def test_the_same_content_is_not_uploaded_again(
    small: SmallCloud, upload: Callable[[], str]
) -> None:
    assert upload() == upload()
    assert len(small.images) == 3


def test_another_content_is_another_image(disk: MachineDisk) -> None:
    assert image_name(disk) == image_name(replace(disk, directory=Path("/elsewhere")))
    assert image_name(disk) != image_name(replace(disk, key="0123456789ac"))


def test_a_large_one_tells_how_far_it_is(
    disk: MachineDisk,
    upload: Callable[[], str],
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with disk.disk.open("r+b") as file:
        file.truncate(2**26 + 1)
    monkeypatch.setattr(glance_image, "PROGRESS_INTERVAL", 0.0)
    upload()
    percents = [line.rpartition(": ")[2] for line in lines if line.endswith("%")]
    assert percents[-1] == "100 %"
    assert len(set(percents)) > 10


def test_an_interrupted_upload_is_in_the_ledger_and_is_removed_by_it(
    cloud: Cloud,
    small: SmallCloud,
    disk: MachineDisk,
    ledger: Ledger,
    upload: Callable[[], str],
) -> None:
    small.unable["PUT .*/file"] = [0, 0, 503]  # the third is the disk
    with pytest.raises(CloudError, match=f"{image_name(disk)} cannot be uploaded: 503"):
        upload()
    (unfinished,) = [each for each in small.images.values() if each["disk_format"] == "qcow2"]
    assert ledger.names("image")[-1] == unfinished["id"]
    small.images["foreign"] = {**unfinished, "id": "foreign", OWNER: this_owner()}
    assert image_name(disk) in remove_unfinished(cloud, ledger.names("image"))
    assert [each for each in small.images.values() if each["disk_format"] == "qcow2"] == [
        small.images["foreign"]
    ]


def test_an_upload_whose_owner_has_ended_is_removed_and_the_next_run_uploads(
    cloud: Cloud, small: SmallCloud, upload: Callable[[], str]
) -> None:
    first = upload()
    small.images[first] |= {"status": "saving", OWNER: DEAD}
    second = upload()
    assert small.images[second]["status"] == "active"
    assert remove_unfinished(cloud) == [small.images[second]["name"]]
    assert first not in small.images
    assert len(small.images) == 3, "kernel and initrd were uploaded again"


def test_unused_images_of_other_contents_are_removed(
    cloud: Cloud, small: SmallCloud, disk: MachineDisk, upload: Callable[[], str]
) -> None:
    mine = upload()
    for name, owner in (("old", DEAD), ("used", DEAD), ("new", this_owner())):
        kernel = f"kernel-{name}"
        common = {"status": "active", OWNER: owner}
        small.images[kernel] = {"id": kernel, "name": f"cna-machine-{name}-kernel", **common}
        small.images[name] = {"id": name, "name": f"cna-machine-{name}", "kernel_id": kernel}
        small.images[name] |= {"ramdisk_id": kernel, **common}
    small.images["theirs"] = {"id": "theirs", "name": "debian", "status": "active"}
    small.servers["s"] = {"id": "s", "name": "kept", "image": {"id": "used"}}
    remove_others(cloud, image_name(disk))
    assert {"used", "kernel-used", "new", "kernel-new", "theirs", mine} <= small.images.keys()
    assert not {"old", "kernel-old"} & small.images.keys()


def test_an_image_of_the_users_has_to_lose_its_power_when_it_is_stopped(
    cloud: Cloud, small: SmallCloud
) -> None:
    with pytest.raises(ConfigurationError, match=r"no image 'flatcar'; upload it"):
        find_image(cloud, "flatcar")
    image = {"id": "f", "name": "flatcar", "status": "active"}
    small.images["f"] = image
    with pytest.raises(ConfigurationError, match="openstack image set --property os_shutdown_time"):
        find_image(cloud, "flatcar")
    image["os_shutdown_timeout"] = "0"
    assert find_image(cloud, "flatcar") == "f"
