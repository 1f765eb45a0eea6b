"""A small cloud over HTTP, for what the real one of tests/openstack is too healthy or too slow to
answer: the APIs as openstacksdk speaks to them, of what the provider uses."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

PROJECT = "0123456789abcdef0123456789abcdef"
SERVICES = {
    "compute": "compute/v2.1",
    "network": "network",
    "image": "image",
    "orchestration": f"heat/v1/{PROJECT}",
}
Answer = tuple[int, object]


def _flavor(name: str, ram: int, **extra_specs: str) -> dict[str, Any]:
    size = {"ram": ram, "vcpus": 1, "disk": 10}
    return {"id": f"id-of-{name}", "name": name, **size, "extra_specs": extra_specs}


@dataclass
class SmallCloud:
    """What it has, which tests change; and what it was asked."""

    url: str = ""
    services: dict[str, str] = field(default_factory=lambda: dict(SERVICES))
    flavors: list[dict[str, Any]] = field(
        default_factory=lambda: [_flavor("cna.machine", 1024), _flavor("tiny", 128)]
    )
    network: dict[str, Any] = field(default_factory=lambda: {"id": "net", "name": "cna"})
    subnets: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {
                "id": "sub",
                "network_id": "net",
                "ip_version": 4,
                "enable_dhcp": True,
                "cidr": "127.0.0.0/24",
                "gateway_ip": "127.0.0.100",
                "allocation_pools": [{"start": "127.0.0.100", "end": "127.0.0.109"}],
            }
        ]
    )
    limits: dict[str, int] = field(default_factory=dict)
    ports: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads: dict[str, int] = field(default_factory=dict)
    """Bytes that came, by the image's id."""
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name."""
    resources: list[dict[str, Any]] = field(default_factory=list)
    creates: str = "CREATE_COMPLETE"
    """What a stack becomes."""
    deletes: str = "DELETE_COMPLETE"
    unable: dict[str, list[int]] = field(default_factory=dict)
    """Statuses to answer in turn, by "METHOD pattern of a path"; 0: as if nothing was wrong."""
    asked: list[str] = field(default_factory=list)

    def clouds_yaml(self, **auth: str) -> str:
        credentials = {
            "auth_url": f"{self.url}/v3",
            "username": "cna",
            "password": "right",
            "project_name": "cna",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        one = {"auth": credentials | auth, "region_name": "RegionOne"}
        return json.dumps({"clouds": {"small": one}})

    def made(self) -> list[str]:
        """Everything that is there and costs something."""
        kinds = {"stack": self.stacks, "server": self.servers, "port": self.ports}
        return [f"{kind} {name}" for kind, things in kinds.items() for name in things] + [
            f"group {group['name']}" for group in self.groups.values()
        ]

    # what follows answers requests

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        self.asked.append(f"{method} {path}")
        for request, statuses in self.unable.items():
            if statuses and re.fullmatch(request, f"{method} {path}"):
                status = statuses.pop(0)
                if not status:
                    break
                return status, {"error": {"message": "not now", "code": status}}
        service, _, rest = path.strip("/").partition("/")
        handler: Callable[..., Answer] = getattr(self, f"_{service}", self._nothing)
        return handler(method, f"/{rest}", query, body)

    def _nothing(self, *_: object) -> Answer:
        return 404, {"error": {"message": "there is no such thing", "code": 404}}

    def _version(self, path: str, name: str, **more: str) -> dict[str, Any]:
        links = [{"rel": "self", "href": f"{self.url}/{path}"}]
        return {"id": name, "status": "CURRENT", "links": links, **more}

    def _v3(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if path != "/auth/tokens":
            return 200, {"version": self._version("v3/", "v3.14") | {"status": "stable"}}
        user = json.loads(body)["auth"]["identity"]["password"]["user"]
        if user["password"] != "right":
            return 401, {"error": {"message": "no such user", "code": 401}}
        catalog = [
            {
                "type": kind,
                "name": kind,
                "id": kind,
                "endpoints": [
                    {
                        "id": kind,
                        "interface": "public",
                        "region": "RegionOne",
                        "region_id": "RegionOne",
                        "url": f"{self.url}/{path}",
                    }
                ],
            }
            for kind, path in self.services.items()
        ]
        domain = {"id": "default", "name": "Default"}
        token = {
            "methods": ["password"],
            "expires_at": "2999-01-01T00:00:00.000000Z",
            "issued_at": "2020-01-01T00:00:00.000000Z",
            "project": {"id": PROJECT, "name": "cna", "domain": domain},
            "user": {"id": "me", "name": "cna", "domain": domain},
            "roles": [{"id": "member", "name": "member"}],
            "catalog": catalog,
        }
        return 201, {"token": token}

    def _compute(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        path = path.removeprefix("/v2.1").rstrip("/")
        _, kind, which, verb, *_ = [*path.split("/"), "", "", ""]
        if not kind:
            more = {"version": "2.93", "min_version": "2.1"}
            return 200, {"version": self._version("compute/v2.1/", "v2.1", **more)}
        if kind == "limits":
            no_limit = {f"maxTotal{what}": -1 for what in ("Instances", "Cores", "RAMSize")}
            return 200, {"limits": {"absolute": no_limit | self.limits, "rate": []}}
        if kind == "flavors":
            if which in {"", "detail"}:
                return 200, {"flavors": self.flavors}
            found = [each for each in self.flavors if each["id"] == which]
            if not found:
                return self._nothing()
            if verb:
                return 200, {"extra_specs": found[0]["extra_specs"]}
            return 200, {"flavor": found[0]}
        if which in {"", "detail"}:
            named = query.get("name", "")
            servers = [each for each in self.servers.values() if re.search(named, each["name"])]
            return 200, {"servers": servers}
        if which not in self.servers:
            return self._nothing()
        if method == "DELETE":
            del self.servers[which]
            return 204, None
        if verb != "action":
            return 200, {"server": self.servers[which]}
        return self._act(self.servers[which], json.loads(body))

    def _act(self, server: dict[str, Any], action: dict[str, Any]) -> Answer:
        if "os-getConsoleOutput" in action:
            if server["status"] != "ACTIVE":
                return 404, {"itemNotFound": {"message": "Guest does not have a console"}}
            return 200, {"output": f"{server['name']} starts\n"}
        status = {"os-stop": "SHUTOFF", "os-start": "ACTIVE"}[next(iter(action))]
        if server["status"] in {status, "ERROR"}:
            return 409, {"conflictingRequest": {"message": f"it is {server['status']}"}}
        server["status"] = status
        return 202, None

    def _network(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        _, kind, which, *_ = [*path.removeprefix("/v2.0").split("/"), "", ""]
        if not kind:
            return 200, {"versions": [self._version("network/v2.0/", "v2.0")]}
        things: dict[str, dict[str, Any]] = {
            "networks": {"net": self.network} if self.network else {},
            "subnets": {each["id"]: each for each in self.subnets},
            "ports": self.ports,
            "security-groups": self.groups,
        }[kind]
        word = kind.replace("-", "_")
        if not which:
            named = query.get("name")
            return 200, {word: [o for o in things.values() if named in {None, o.get("name")}]}
        if which not in things:
            return self._nothing()
        if method == "DELETE":
            del things[which]
            return 204, None
        if method == "PUT":
            things[which] |= json.loads(body)["port"]
        return 200, {word.removesuffix("s"): things[which]}

    def _image(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        _, kind, which, verb, *_ = [*path.removeprefix("/v2").split("/"), "", "", ""]
        if not kind:
            return 200, {"versions": [self._version("image/v2/", "v2.15")]}
        if method == "POST":
            image = {"status": "queued", "owner": PROJECT, **json.loads(body)}
            self.images[image["id"]] = image
            return 201, image
        if not which:
            return 200, {"images": [dict(each) for each in self.images.values()]}
        if which not in self.images:
            return self._nothing()
        if method == "DELETE":
            del self.images[which]
            return 204, None
        if verb == "file":
            self.uploads[which] = len(body)
            self.images[which]["status"] = "active"
            return 204, None
        return 200, dict(self.images[which])

    def _heat(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if "/stacks" not in path:
            return 200, {"versions": [self._version("heat/v1/", "v1.0")]}
        _, _, name, identity, what, *_ = [
            *path.removeprefix(f"/v1/{PROJECT}").split("/"),
            *("", "", ""),
        ]
        if method == "POST":
            return self._create(json.loads(body))
        if not name:
            wanted = set(query.get("tags", "").split(","))
            return 200, {
                "stacks": [each for each in self.stacks.values() if wanted <= {*each["tags"]}]
            }
        if name not in self.stacks:
            return self._nothing()
        stack = self.stacks[name]
        if not identity:
            place = f"{self.url}{f'/heat{path}'}/{stack['id']}"
            return 302, place
        if method == "DELETE":
            stack["stack_status"] = self.deletes
            if self.deletes == "DELETE_COMPLETE":
                self._remove(name)
            return 204, None
        if what == "resources":
            return 200, {"resources": self.resources}
        if what == "events":
            return 200, {"events": []}
        return 200, {"stack": stack}

    def _create(self, request: dict[str, Any]) -> Answer:
        declared = yaml.safe_load(request["template"])["parameters"]
        given = request["parameters"]
        needed = {name for name, each in declared.items() if "default" not in each}
        if not needed <= given.keys() <= declared.keys():
            return 400, {"error": {"message": "parameters are not those of the template"}}
        if "machine.yaml" not in request["files"]:
            return 400, {"error": {"message": "machine.yaml is missing"}}
        name = request["stack_name"]
        if name in self.stacks:
            return 409, {"error": {"message": f"stack {name} exists"}}
        self.stacks[name] = {
            "id": str(uuid.uuid4()),
            "stack_name": name,
            "stack_status": self.creates,
            "stack_status_reason": "Resource CREATE failed: it says so",
            # a list, of what came as one text
            "tags": request["tags"].split(","),
            "request": request,
        }
        self.groups[f"group-{name}"] = {"id": f"group-{name}", "name": name}
        for machine in given["machines"]:
            its = f"{name}-{machine['name']}"
            fixed = [{"ip_address": machine["address"]}]
            self.ports[f"port-{its}"] = {"id": f"port-{its}", "name": its, "fixed_ips": fixed}
            self.servers[f"server-{its}"] = {
                "id": f"server-{its}",
                "name": its,
                "status": "ACTIVE",
                "OS-EXT-STS:task_state": None,
                "image": {"id": given["image"]},
                "metadata": given["metadata"],
            }
        return 201, {"stack": {"id": self.stacks[name]["id"], "links": []}}

    def _remove(self, name: str) -> None:
        del self.stacks[name]
        for things in (self.servers, self.ports, self.groups):
            for identity in [each for each, thing in things.items() if name in thing["name"]]:
                del things[identity]


@contextmanager
def serve(cloud: SmallCloud) -> Iterator[SmallCloud]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # else each answer waits 40 ms for the head's acknowledgement
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            asked = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(asked.query).items()}
            status, content = cloud.answer(
                self.command, asked.path.replace("//", "/"), query, self.rfile.read(length)
            )
            self.send_response(status)
            self.send_header("X-Subject-Token", "token")
            if status == 302:
                self.send_header("Location", str(content))
                content = None
            data = b"" if content is None else json.dumps(content).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    cloud.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
