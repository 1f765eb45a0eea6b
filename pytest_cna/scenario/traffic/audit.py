"""The audit: whether the application still has every record whose creation it acknowledged."""

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProductFailed, TrafficError, WaitTimeout
from pytest_cna.core.waiting import wait_for
from pytest_cna.scenario.traffic.customer import Customer, Request
from pytest_cna.scenario.traffic.endpoints import Endpoints, Sending
from pytest_cna.scenario.traffic.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pytest_cna.deployment.application import Action

LOST = 404
AT_ONCE = 8
ANSWER_TIMEOUT = 15.0


class _Unclear(Exception):
    """Neither an expected answer nor 404; another try may be clear."""


def lost(
    actions: Sequence[Action],
    endpoints: Sequence[str],
    ids: Collection[str],
    patience: float = 60.0,
) -> list[str]:
    """The ``ids`` that the application no longer has.

    Each is requested with the first GET action that has ``{known}`` in its path, for as long as it
    takes: a slow application has lost nothing. Each time another one of ``endpoints`` is asked: a
    load balancer that is announced and dead keeps no record from being found through the others.
    Raises ProductFailed when for ``patience`` seconds no answer was an expected one or 404,
    TrafficError when no action opens a record.
    """
    opening = next((a for a in actions if a.method == "GET" and "{known}" in a.path), None)
    if opening is None:
        raise TrafficError(
            "no [[action]] opens a created record; it needs a GET with {known} in its path"
        )
    there: dict[str, bool] = {}
    turns = cycle([[endpoint] for endpoint in endpoints] or [[]])

    def look() -> bool:
        clear = len(there)
        unclear = sorted(set(ids) - there.keys())
        look_once = _look(actions, opening, next(turns), unclear, there)
        try:
            asyncio.run(asyncio.wait_for(look_once, patience))
        except (_Unclear, TimeoutError):
            if len(there) == clear:
                raise
        return True

    try:
        while set(ids) - there.keys():
            wait_for(
                look,
                waiting_for="a clear answer for every record",
                timeout=patience,
                interval=0.2,
                transient=(_Unclear, TimeoutError),
            )
    except WaitTimeout as error:
        answered = f"{', '.join(endpoints)} answered neither an expected status nor {LOST}"
        raise ProductFailed(
            f"{answered if endpoints else 'no load balancer was announced'} for {patience:g} s, so "
            f"{len(set(ids) - there.keys())} of {len(set(ids))} records were not found again; "
            f"last: {error.last_seen}"
        ) from error
    return sorted(record for record, found in there.items() if not found)


async def _look(
    actions: Sequence[Action],
    opening: Action,
    addresses: Sequence[str],
    ids: Sequence[str],
    there: dict[str, bool],
) -> None:
    """Log in and request each of ``ids``; clear results go into ``there``. Raises _Unclear when any
    is not."""
    endpoints = Endpoints(connect_timeout=2.0)
    endpoints.use(addresses)
    auditor = Customer(0, actions)
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(request: Request) -> int:
        what = f"{request.action.method} {request.path}"
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                answer = await endpoints.ask(request, Sending())
        except (*FAILURES, TimeoutError) as error:
            raise _Unclear(f"{what}: {type(error).__name__} {error}".strip()) from error
        if auditor.answered(request, answer.status, answer.cookies) and answer.status != LOST:
            raise _Unclear(f"{what}: HTTP {answer.status}")
        return answer.status

    async def find(record: str) -> None:
        async with turns:
            path = opening.path.replace("{known}", record)
            headers = auditor.next_request().headers
            status = await ask(Request(opening, path, b"", headers, record, 0))
            there[record] = status != LOST

    try:
        for _ in [action for action in actions if action.once]:
            await ask(auditor.next_request())
        outcomes = await asyncio.gather(*map(find, ids), return_exceptions=True)
    finally:
        await endpoints.close()
    for outcome in outcomes:
        if outcome is not None:
            raise outcome
