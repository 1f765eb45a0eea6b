"""fleet's API from our side: pages, refusals, endpoints that do not answer.

The far side is a small server here, for statuses that a healthy fleetd does not give; what a real
one answers is in the integration tests.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from pytest_cna.cluster.fleet import Fleet
from pytest_cna.core.errors import FleetError, FleetRefused
from pytest_cna.core.model import Unit
from pytest_cna.deployment.unit_file import UnitFile

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = UnitFile.parse("[Service]\nExecStart=/bin/a \\\n  b\n[X-Fleet]\nGlobal=true")


class FarSide:
    """Gives the prepared answers in turn, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, object]] = []
        self.asked: list[tuple[str, str, Any]] = []
        side = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length)) if length else None
                side.asked.append((self.command, self.path, body))
                status, content = side.answers.pop(0)
                data = content if isinstance(content, str) else json.dumps(content)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data.encode())

            do_GET = do_PUT = do_DELETE = answer

            def log_message(self, *args: object) -> None:
                """Silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def far() -> Iterator[FarSide]:
    side = FarSide()
    thread = threading.Thread(target=side.server.serve_forever, args=(0.01,))
    thread.start()
    yield side
    side.server.shutdown()
    thread.join()
    side.server.server_close()


def test_pages_are_followed(far: FarSide) -> None:
    far.answers = [
        (200, {"units": [{"name": "a.service"}], "nextPageToken": "t="}),
        (200, {"units": [{"name": "b.service", "machineID": "m"}]}),
    ]
    units = Fleet([far.url]).units()
    assert [(unit.name, unit.machine_id) for unit in units] == [
        ("a.service", ""),
        ("b.service", "m"),
    ]
    assert far.asked[1][1] == "/fleet/v1/units?nextPageToken=t%3D"


def test_an_empty_fleet(far: FarSide) -> None:
    far.answers = [(200, {}), (200, {"units": None})]
    fleet = Fleet([far.url])
    assert fleet.machines() == []
    assert fleet.units() == []


def test_a_submitted_unit_has_name_state_and_options(far: FarSide) -> None:
    far.answers = [(201, "")]
    Fleet([far.url]).submit("a@1.service", FILE, "launched")
    method, path, body = far.asked[0]
    assert (method, path) == ("PUT", "/fleet/v1/units/a@1.service")
    assert body == {
        "name": "a@1.service",
        "desiredState": "launched",
        "options": [
            {"section": "Service", "name": "ExecStart", "value": "/bin/a \\\n  b"},
            {"section": "X-Fleet", "name": "Global", "value": "true"},
        ],
    }


@pytest.mark.parametrize(
    ("verb", "state"),
    [("start", "launched"), ("stop", "loaded"), ("load", "loaded"), ("unload", "inactive")],
)
def test_fleets_verbs(far: FarSide, verb: str, state: str) -> None:
    far.answers = [(204, "")]
    getattr(Fleet([far.url]), verb)("a.service")
    assert far.asked[0][2] == {"name": "a.service", "desiredState": state}


def test_one_unit(far: FarSide) -> None:
    far.answers = [
        (200, {"name": "a.service", "desiredState": "launched", "currentState": "loaded"}),
        (404, {"error": {"code": 404, "message": "unit does not exist"}}),
    ]
    fleet = Fleet([far.url])
    assert fleet.unit("a.service") == Unit("a.service", "launched", "loaded", "")
    assert fleet.unit("b.service") is None


def test_every_character_of_a_name_arrives(far: FarSide) -> None:
    far.answers = [(204, "")]
    Fleet([far.url]).start(r"a\x2d?#@1:2.service")
    assert far.asked[0][1] == "/fleet/v1/units/a%5Cx2d%3F%23@1:2.service"
    assert far.asked[0][2]["name"] == r"a\x2d?#@1:2.service"


@pytest.mark.parametrize("status", [400, 404, 405, 409, 412, 415])
def test_a_refusal_carries_fleets_words_and_a_next_step(far: FarSide, status: int) -> None:
    far.answers = [(status, {"error": {"code": status, "message": "its own words"}})]
    with pytest.raises(FleetRefused, match=r"PUT units/a.service: its own words") as raised:
        Fleet([far.url]).start("a.service")
    assert re.search(rf"\(HTTP {status}\); \w+", str(raised.value))
    assert far.url in str(raised.value)


def test_a_unit_that_was_not_submitted_cannot_be_started(far: FarSide) -> None:
    """What fleetd answers then is a 409."""
    words = "unit does not exist and options field empty"
    far.answers = [(409, {"error": {"code": 409, "message": words}})]
    with pytest.raises(FleetRefused, match=f"{words}.*; submit the unit"):
        Fleet([far.url]).start("a.service")


@pytest.mark.parametrize("status", [500, 503])
def test_another_machine_is_asked_when_one_is_not_able(far: FarSide, status: int) -> None:
    far.answers = [(status, {"error": {"code": status, "message": "no etcd"}}), (204, "")]
    Fleet([far.url, far.url]).start("a.service")
    assert [path for _, path, _ in far.asked] == ["/fleet/v1/units/a.service"] * 2


def test_no_machine_is_able(far: FarSide) -> None:
    far.answers = [(503, {"error": {"code": 503, "message": "no etcd"}}), (500, {"error": {}})]
    with pytest.raises(FleetError) as raised:
        Fleet([far.url, far.url]).start("a.service")
    assert not isinstance(raised.value, FleetRefused)  # it says nothing about the unit
    assert str(raised.value) == (
        f"no machine's fleet could PUT units/a.service ({far.url}: no etcd (HTTP 503); "
        f"{far.url}: Internal Server Error (HTTP 500)); see fleet's journal on that machine"
    )


@pytest.mark.parametrize("content", ["<html>ok</html>", []])
def test_a_good_status_without_fleets_answer(far: FarSide, content: object) -> None:
    far.answers = [(200, content)]
    with pytest.raises(FleetError, match=r"/fleet/v1/machines gave no JSON object: the server"):
        Fleet([far.url]).machines()


@pytest.mark.parametrize("content", ["", "<html>proxy</html>", {"error": "odd"}, []])
def test_an_answer_that_is_no_fleets(far: FarSide, content: object) -> None:
    far.answers = [(418, content)]
    with pytest.raises(FleetRefused, match=r"a.service: .+ \(HTTP 418\)"):
        Fleet([far.url]).start("a.service")


def test_to_destroy_what_is_not_there_is_no_error(far: FarSide) -> None:
    far.answers = [(404, {"error": {"code": 404, "message": "no such unit"}})]
    Fleet([far.url]).destroy("a.service")


def test_the_endpoint_that_answers_is_asked_first_from_then_on(far: FarSide) -> None:
    far.answers = [(200, {}), (200, {})]
    fleet = Fleet(["http://127.0.0.1:9", far.url])
    fleet.machines()
    assert fleet.endpoints == [far.url, "http://127.0.0.1:9"]


def test_no_endpoint_answers() -> None:
    with pytest.raises(FleetError, match=r"fleet answered GET machines \(http://127.0.0.1:9: Conn"):
        Fleet(["http://127.0.0.1:9"]).machines()
