"""How long machines take to become a cluster: from the first container to fleet's complete list.

Medians of five. The ratio is to one `docker run` of the same image that ends at once, five
machines to three, so that it means something on other computers too.
"""

from __future__ import annotations

import secrets
import statistics
import time

from pytest_cna.cluster.cluster import Cluster
from pytest_cna.cluster.request import ClusterRequest
from pytest_cna.core.timeline import Timeline
from pytest_cna.machines.artefacts.build import build_artefacts
from pytest_cna.machines.artefacts.docker_engine import DockerEngine
from pytest_cna.machines.providers.local.provider import LocalProvider

REPEATS = 5
METADATA = ({"public": "true"}, {"public": "true"}, {"storage": "true"})


def quiet(line: str) -> None:
    """No progress lines between the figures."""


def main() -> None:
    engine = DockerEngine(print)
    client = engine.client
    artefacts = build_artefacts(client, None, None, print)
    begun = time.monotonic()
    client.containers.run(artefacts.machine_image, entrypoint="/bin/true", remove=True)
    container = time.monotonic() - begun
    for machines in (3, 5):
        ready, gone = [], []
        for _ in range(REPEATS):
            provider = LocalProvider(f"bench-{secrets.token_hex(3)}", quiet)
            provider.prepare()
            cluster = Cluster(provider, Timeline(), quiet)
            try:
                begun = time.monotonic()
                cluster.bring_up(ClusterRequest(machines=machines, metadata=METADATA), artefacts)
                ready.append(time.monotonic() - begun)
            finally:
                begun = time.monotonic()
                cluster.destroy()
                gone.append(time.monotonic() - begun)
        print(
            f"{machines} machines ready: median {statistics.median(ready):.2f} s "
            f"(best {min(ready):.2f}, worst {max(ready):.2f}; "
            f"{statistics.median(ready) / container:.1f} x one container); "
            f"gone: median {statistics.median(gone):.2f} s"
        )
    engine.stop()


if __name__ == "__main__":
    main()
