"""Names of the failures between a customer and the load balancer."""

from __future__ import annotations

import errno

import aiohttp

_BY_ERRNO = {
    errno.ECONNREFUSED: "ConnectionRefused",
    errno.ECONNRESET: "ConnectionReset",
    errno.EPIPE: "ConnectionReset",
    errno.EHOSTUNREACH: "Unreachable",
    errno.ENETUNREACH: "Unreachable",
    errno.ETIMEDOUT: "ConnectTimeout",
}


class NoEndpoint(Exception):
    """No load balancer is announced."""


class Unanswered(Exception):
    """The connection broke after the request was sent and before an answer began.

    Not an aiohttp error, so that aiohttp does not send the request again on its own.
    """


FAILURES = (aiohttp.ClientError, OSError, NoEndpoint, Unanswered)
"""Failures that a customer may see; any other exception is a defect of this package."""


def failure_class(error: BaseException) -> str:
    """The class of a failure: ConnectionRefused, ConnectionReset, ConnectTimeout, Timeout,
    Disconnected (closed without a whole answer), Unreachable, NoEndpoint; else the name of the
    exception."""
    if isinstance(error, Unanswered) and error.__cause__ is not None:
        return failure_class(error.__cause__)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "ConnectTimeout"
    if isinstance(error, aiohttp.ClientConnectionResetError):
        return "ConnectionReset"
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return "Disconnected"
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    if isinstance(error, TimeoutError):
        return "Timeout"
    return type(error).__name__
