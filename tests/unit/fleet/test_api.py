"""fleet's API from our side: pages, refusals, endpoints that do not answer.

The far side is a small server here, for statuses that a healthy fleetd does not give; what a real
one answers is in the integration tests.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from pytest_cna.errors import FleetError, FleetRefused
from pytest_cna.fleet.api import Fleet
from pytest_cna.fleet.unit_file import UnitFile

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
    thread = threading.Thread(target=side.server.serve_forever)
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


@pytest.mark.parametrize("status", [400, 404, 405, 409, 412, 415, 500, 503])
def test_a_refusal_carries_fleets_words_and_a_next_step(far: FarSide, status: int) -> None:
    far.answers = [(status, {"error": {"code": status, "message": "its own words"}})]
    with pytest.raises(FleetRefused, match=r"PUT units/a.service: its own words") as raised:
        Fleet([far.url]).start("a.service")
    assert f"HTTP {status}" in str(raised.value)
    assert far.url in str(raised.value)


@pytest.mark.parametrize("content", ["", "<html>proxy</html>", {"error": "odd"}, []])
def test_an_answer_that_is_no_fleets(far: FarSide, content: object) -> None:
    far.answers = [(502, content)]
    with pytest.raises(FleetRefused, match="HTTP 502"):
        Fleet([far.url]).start("a.service")


def test_to_destroy_what_is_not_there_is_no_error(far: FarSide) -> None:
    far.answers = [(404, {"error": {"code": 404, "message": "no such unit"}})]
    Fleet([far.url]).destroy("a.service")


def test_the_endpoint_that_answers_is_asked_first_from_then_on(far: FarSide) -> None:
    far.answers = [(200, {}), (200, {})]
    fleet = Fleet(["http://127.0.0.1:9", far.url])
    fleet.machines()
    assert fleet.endpoints == [far.url, "http://127.0.0.1:9"]


def test_nobody_answers() -> None:
    with pytest.raises(FleetError, match=r"on no machine \(http://127.0.0.1:9: ConnectionError\)"):
        Fleet(["http://127.0.0.1:9"]).machines()
