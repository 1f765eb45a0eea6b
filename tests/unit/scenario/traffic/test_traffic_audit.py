"""The audit against a small application that forgets, refuses and comes back."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import ProductFailed, TrafficError
from pytest_cna.deployment.application import Action
from pytest_cna.scenario.traffic.audit import lost

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIONS = [
    Action("login", "POST", "/login", {"user": "jim"}, (303,), once=True),
    Action("create", "POST", "/accounts", {"id": "{id}"}, (201,), creates=True),
    Action("open", "GET", "/accounts/{known}"),
]


class Application:
    """Knows some accounts; answers ``refusals`` requests with 503 first, and after each login
    only ``clear_a_login`` otherwise, and ``ends`` altogether."""

    def __init__(self) -> None:
        self.accounts = {"a", "b"}
        self.refusals = 0
        self.clear_a_login = 10**6
        self.left = 0
        self.ends = 10**6
        self.opened: list[str] = []
        self.lock = threading.Lock()
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                with application.lock:
                    application.left = application.clear_a_login
                self.answer(303)

            def do_GET(self) -> None:
                account = self.path.rpartition("/")[2]
                with application.lock:
                    application.opened.append(account)
                    application.refusals -= 1
                    application.left -= 1
                    refused = application.refusals >= 0 or application.left < 0
                    application.ends -= not refused
                    refused |= application.ends < 0
                self.answer(503 if refused else 200 if account in application.accounts else 404)

            def answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Set-Cookie", "crm=1")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def application() -> Iterator[Application]:
    application = Application()
    thread = threading.Thread(target=application.server.serve_forever)
    thread.start()
    yield application
    application.server.shutdown()
    thread.join()
    application.server.server_close()


def test_what_is_gone_is_reported(application: Application) -> None:
    assert lost(ACTIONS, [application.endpoint], {"a", "b", "z", "y"}) == ["y", "z"]


def test_what_was_unclear_is_asked_again_and_only_that(application: Application) -> None:
    application.refusals = 2
    assert lost(ACTIONS, [application.endpoint], {"a", "b", "z"}) == ["z"]
    assert len(application.opened) == 5


def test_a_slow_application_has_lost_nothing(application: Application) -> None:
    """While it makes something clear, however little, it is asked on."""
    application.accounts = {f"account-{number}" for number in range(30)}
    application.clear_a_login = 1
    assert lost(ACTIONS, [application.endpoint], application.accounts, patience=2.0) == []


def test_an_application_that_never_answers_clearly_has_failed(
    application: Application,
) -> None:
    application.refusals = 10**6
    expected = (
        rf"^{application.endpoint} answered neither an expected status nor 404 for 0\.5 s, so "
    )
    with pytest.raises(ProductFailed, match=expected + r"1 of 1 records .*HTTP 503"):
        lost(ACTIONS, [application.endpoint], {"a"}, patience=0.5)


def test_an_endpoint_that_takes_connections_and_is_dead_ends_the_audit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as dead:
        endpoint = f"127.0.0.1:{dead.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(ProductFailed, match=rf"^{endpoint} answered neither .* 2 of 2 records"):
            lost(ACTIONS, [endpoint], {"a", "b"}, patience=0.5)
        assert time.monotonic() - begun < 5.0


@pytest.mark.parametrize("first", [True, False])
def test_a_dead_load_balancer_beside_one_that_answers_has_lost_nothing(
    application: Application, first: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"127.0.0.1:{closed.getsockname()[1]}"
    endpoints = [dead, application.endpoint] if first else [application.endpoint, dead]
    assert lost(ACTIONS, endpoints, {"a"}, patience=2.0) == []
    assert lost(ACTIONS, endpoints, {"a", "b", "z"}, patience=2.0) == ["z"]


def test_what_became_clear_is_not_asked_again(application: Application) -> None:
    application.clear_a_login = 1
    application.ends = 1
    with pytest.raises(ProductFailed, match=r"so 2 of 3 records were not found again"):
        lost(ACTIONS, [application.endpoint], {"a", "b", "c"}, patience=0.5)


def test_no_endpoint_to_ask() -> None:
    with pytest.raises(ProductFailed, match=r"^no load balancer was announced for .*NoEndpoint"):
        lost(ACTIONS, [], {"a"}, patience=0.3)


def test_an_application_that_opens_nothing() -> None:
    with pytest.raises(TrafficError, match="opens a created record"):
        lost(ACTIONS[:2], ["127.0.0.1:9"], {"a"})
