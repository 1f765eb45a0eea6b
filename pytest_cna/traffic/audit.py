"""The audit: is everything that customers were told is created still there?"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from pytest_cna.errors import TrafficError
from pytest_cna.traffic.customer import Customer, Request
from pytest_cna.traffic.endpoints import Endpoints, Sending
from pytest_cna.traffic.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_cna.model import Action

FOUND, LOST = 200, 404
AT_ONCE = 8


def lost(
    actions: Sequence[Action], endpoints: Sequence[str], ids: Collection[str], timeout: float = 30.0
) -> list[str]:
    """The ``ids`` that the application no longer has, asked one by one through ``endpoints``
    with the first GET action that has ``{known}`` in its path.

    Raises TrafficError when it answers neither 200 nor 404 for one of them in ``timeout`` seconds
    in all: then nobody can tell.
    """
    opening = next((a for a in actions if a.method == "GET" and "{known}" in a.path), None)
    if opening is None:
        raise TrafficError("no [[action]] opens what was created: a GET with {known} in its path")
    return asyncio.run(_lost(actions, opening, endpoints, ids, time.monotonic() + timeout))


async def _lost(
    actions: Sequence[Action],
    opening: Action,
    addresses: Sequence[str],
    ids: Collection[str],
    deadline: float,
) -> list[str]:
    endpoints = Endpoints(connect_timeout=2.0)
    endpoints.use(addresses)
    auditor = Customer(0, actions)
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(request: Request) -> int:
        """The status of a clear answer: an expected one or 404."""
        last = "nothing"
        while time.monotonic() < deadline:
            try:
                async with asyncio.timeout(5):
                    answer = await endpoints.ask(request, Sending())
            except (*FAILURES, TimeoutError) as error:
                last = f"{type(error).__name__} {error}".strip()
            else:
                if not auditor.answered(request, answer.status, answer.cookies):
                    return FOUND
                if answer.status == LOST:
                    return LOST
                last = f"HTTP {answer.status}"
            await asyncio.sleep(0.2)
        raise TrafficError(
            f"the application gives no clear answer to {request.action.method} {request.path} "
            f"at {', '.join(addresses) or 'no load balancer'}; last: {last}"
        )

    async def is_lost(account: str) -> bool:
        async with turns:
            path = opening.path.replace("{known}", account)
            headers = auditor.next_request().headers
            return await ask(Request(opening, path, b"", headers, account, 0)) == LOST

    try:
        for _ in [action for action in actions if action.once]:
            await ask(auditor.next_request())
        asked = sorted(ids)
        answers = await asyncio.gather(*map(is_lost, asked))
    finally:
        await endpoints.close()
    return [account for account, gone in zip(asked, answers, strict=True) if gone]
