"""The load balancers' endpoints from the newest list, each with its own kept connections."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from pytest_cna.scenario.traffic.failures import NoEndpoint, Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import SimpleNamespace

    from pytest_cna.scenario.traffic.customer import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """The parts of an answer that are evaluated."""

    status: int
    served_by: str
    cookies: Mapping[str, str]


@dataclass(slots=True)
class Sending:
    """How a request was sent; filled in while it is sent, so that it is also known of one that
    failed."""

    reused: bool = False
    """Whether its connection had carried requests before."""
    resent: bool = False


class Endpoint:
    """One load balancer's address, with its connections."""

    def __init__(self, address: str, connect_timeout: float) -> None:
        self.address = address
        self.in_flight = 0
        self._kept = _session(connect_timeout, keep=True)
        self._new = _session(connect_timeout, keep=False)

    async def ask(self, request: Request, sending: Sending) -> Answer:
        """Send one request and read its whole answer, on a kept connection unless there is none or
        it is ``resent``. Raises one of FAILURES."""
        session = self._new if sending.resent else self._kept
        sending.reused = False
        self.in_flight += 1
        try:
            async with session.request(
                request.action.method,
                f"http://{self.address}{request.path}",
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                trace_request_ctx=sending,
            ) as response:
                await response.read()
                cookies = {name: morsel.coded_value for name, morsel in response.cookies.items()}
                return Answer(response.status, response.headers.get("X-Served-By", ""), cookies)
        finally:
            self.in_flight -= 1

    async def close(self) -> None:
        await self._kept.close()
        await self._new.close()


class Endpoints:
    """Round robin over the newest list of endpoints. Belongs to a running event loop."""

    def __init__(self, connect_timeout: float) -> None:
        self._connect_timeout = connect_timeout
        self._current: list[Endpoint] = []
        self._left: list[Endpoint] = []
        self._turn = 0
        self._closing: set[asyncio.Task[None]] = set()

    def use(self, addresses: Sequence[str]) -> None:
        """Use a new list: connections to addresses that stay are kept, those to others are closed
        once nothing is in flight there."""
        known = {endpoint.address: endpoint for endpoint in self._current}
        self._current = [
            known.get(address) or Endpoint(address, self._connect_timeout)
            for address in dict.fromkeys(addresses)
        ]
        self._left += [endpoint for endpoint in known.values() if endpoint not in self._current]
        self._close_idle()

    async def ask(self, request: Request, sending: Sending) -> Answer:
        """Send a request to the next endpoint. Raises one of FAILURES.

        The other side may close a kept connection just while a request is written. HAProxy relies
        on clients to send such a request again, and browsers do for any method. So does this, once
        and on a new connection (a server that closes one kept connection as it ends closes the
        others too); ``sending`` says so.
        """
        try:
            return await self._next().ask(request, sending)
        except Unanswered:
            if not sending.reused:
                raise
            sending.resent = True
            return await self._next().ask(request, sending)
        finally:
            self._close_idle()

    async def close(self) -> None:
        """Close all connections, also those in use."""
        self.use([])
        await asyncio.gather(*self._closing, *(endpoint.close() for endpoint in self._left))

    def _next(self) -> Endpoint:
        if not self._current:
            raise NoEndpoint
        self._turn += 1
        return self._current[self._turn % len(self._current)]

    def _close_idle(self) -> None:
        for endpoint in [endpoint for endpoint in self._left if not endpoint.in_flight]:
            self._left.remove(endpoint)
            task = asyncio.get_running_loop().create_task(endpoint.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)


def _session(connect_timeout: float, *, keep: bool) -> aiohttp.ClientSession:
    reuse = aiohttp.TraceConfig()
    reuse.on_connection_reuseconn.append(_note_reuse)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=not keep),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
        trace_configs=[reuse],
        middlewares=[_never_resend_unseen],
        auto_decompress=False,
    )


async def _note_reuse(
    session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceConnectionReuseconnParams,
) -> None:
    context.trace_request_ctx.reused = True


async def _never_resend_unseen(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from silently sending a GET again, even after a new connection broke: that would
    hide failures that a customer sees."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (
        aiohttp.ClientOSError,
        aiohttp.ClientConnectionResetError,
        aiohttp.ServerDisconnectedError,
    ) as error:
        raise Unanswered from error
