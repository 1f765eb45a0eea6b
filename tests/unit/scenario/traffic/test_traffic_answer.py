"""How fast an application answers, tried with small applications that answer late or never well."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from pytest_cna.core.errors import ProductFailed
from pytest_cna.deployment.application import Action
from pytest_cna.scenario.traffic.answer import answer_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIONS = [
    Action("login", "POST", "/login", {"user": "jim"}, (303,), once=True),
    Action("create", "POST", "/accounts", {"id": "{id}"}, (201,), creates=True),
    Action("open", "GET", "/accounts/{known}"),
    Action("list", "GET", "/accounts"),
]


@contextmanager
def application(late: float = 0.0, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked."""
    asked: list[str] = []
    never = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(303)

        def do_GET(self) -> None:
            never.wait(late)
            self.answer(status)

        def answer(self, code: int) -> None:
            asked.append(f"{self.command} {self.path}")
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_time_of_an_answer_is_measured_and_nothing_is_created() -> None:
    with application(late=0.05) as (address, asked):
        assert 0.05 <= answer_seconds(ACTIONS, [address]) < 1
    assert set(asked) == {"POST /login", "GET /accounts"}


def test_an_application_without_good_answers_has_no_rate() -> None:
    with application(status=500) as (address, _), pytest.raises(ProductFailed, match="HTTP 500"):
        answer_seconds(ACTIONS, [address])


def test_a_login_that_is_forgotten_at_once_is_named_by_what_failed() -> None:
    """As with sessions in files of one web server: each login is answered as expected."""
    expected = (
        r"but for what is done once, such as a login; last failure: HTTP 401 to GET /accounts$"
    )
    with application(status=401) as (address, _), pytest.raises(ProductFailed, match=expected):
        answer_seconds(ACTIONS[:1] + ACTIONS[3:], [address])


def test_no_endpoint_to_ask() -> None:
    with pytest.raises(ProductFailed, match="any load balancer"):
        answer_seconds(ACTIONS, [])
