from __future__ import annotations

import errno
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from pytest_cna.scenario.traffic.failures import FAILURES, NoEndpoint, Unanswered, failure_class

KEY = cast("ConnectionKey", SimpleNamespace(host="172.31.0.11", port=80, ssl=True))


def unanswered(cause: Exception) -> Unanswered:
    error = Unanswered()
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "")), "ConnectionRefused"),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.EHOSTUNREACH, "")), "Unreachable"),
        (aiohttp.ClientConnectorError(KEY, OSError(errno.ETIMEDOUT, "")), "ConnectTimeout"),
        (aiohttp.ConnectionTimeoutError("Connection timeout to host"), "ConnectTimeout"),
        (TimeoutError(), "Timeout"),
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset by peer"), "ConnectionReset"),
        (aiohttp.ClientOSError(errno.EPIPE, "broken pipe"), "ConnectionReset"),
        (aiohttp.ClientConnectionResetError("closing transport"), "ConnectionReset"),
        (aiohttp.ServerDisconnectedError(), "Disconnected"),
        (aiohttp.ClientPayloadError("not enough data"), "Disconnected"),
        (unanswered(aiohttp.ServerDisconnectedError()), "Disconnected"),
        (NoEndpoint(), "NoEndpoint"),
        (aiohttp.InvalidURL("http://"), "InvalidURL"),
    ],
)
def test_every_failure_has_its_word(error: Exception, words: str) -> None:
    assert isinstance(error, FAILURES)
    assert failure_class(error) == words
