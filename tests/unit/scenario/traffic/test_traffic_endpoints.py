"""How a request is sent again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from pytest_cna.deployment.application import Action
from pytest_cna.scenario.traffic.customer import Request
from pytest_cna.scenario.traffic.endpoints import Answer, Endpoints, Sending
from pytest_cna.scenario.traffic.failures import Unanswered

LIST = Action("list", "GET", "/accounts")
REQUEST = Request(LIST, LIST.path, b"", {}, "", 0)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class LeavingServer:
    """Answers what comes at first, on ``kept`` connections at once; then it is about to leave and
    closes each of them when it is used again. Answers on others when ``new_ones_answered``."""

    def __init__(self, kept: int, *, new_ones_answered: bool) -> None:
        self.serving: list[asyncio.Task[object]] = []
        self._all_there = asyncio.Barrier(kept)
        self._kept = kept
        self._new_ones_answered = new_ones_answered

    @property
    def connections(self) -> int:
        return len(self.serving)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.serving.append(task)
        kept = self.connections <= self._kept
        try:
            await reader.readuntil(b"\r\n\r\n")
            if kept:
                await self._all_there.wait()
            if kept or self._new_ones_answered:
                writer.write(ANSWER)
                await writer.drain()
            if kept:
                with suppress(asyncio.IncompleteReadError):
                    await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.close()
            await writer.wait_closed()


async def ask_after_it_left(server: LeavingServer, kept: int, sending: Sending) -> Answer:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
        host, port = listener.sockets[0].getsockname()
        endpoints = Endpoints(connect_timeout=2.0)
        endpoints.use([f"{host}:{port}"])
        try:
            async with asyncio.timeout(10):
                await asyncio.gather(*(endpoints.ask(REQUEST, Sending()) for _ in range(kept)))
                return await endpoints.ask(REQUEST, sending)
        finally:
            await endpoints.close()
            # or its connections are left to the garbage collector, which complains in another test
            await asyncio.wait(server.serving, timeout=10)


def test_what_a_kept_connection_did_not_answer_goes_out_again_on_a_new_one() -> None:
    async def ask() -> None:
        server, sending = LeavingServer(3, new_ones_answered=True), Sending()
        answer = await ask_after_it_left(server, 3, sending)
        assert answer.status == 200
        assert sending == Sending(reused=False, resent=True)
        assert server.connections == 4

    asyncio.run(ask())


def test_it_goes_out_again_only_once() -> None:
    async def ask() -> None:
        server = LeavingServer(2, new_ones_answered=False)
        with pytest.raises(Unanswered):
            await ask_after_it_left(server, 2, Sending())
        assert server.connections == 3

    asyncio.run(ask())
