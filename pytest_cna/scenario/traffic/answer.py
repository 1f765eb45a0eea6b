"""Measurement of the application's answer time for a single customer."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import TYPE_CHECKING

from pytest_cna.core.errors import ProductFailed
from pytest_cna.scenario.traffic.customer import Customer
from pytest_cna.scenario.traffic.endpoints import Endpoints, Sending
from pytest_cna.scenario.traffic.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_cna.deployment.application import Action

ASKED = 8
"""Requests that are measured after the logins; from the median on, connections and caches are warm.
"""
TIMEOUT = 10.0


def answer_seconds(actions: Sequence[Action], endpoints: Sequence[str]) -> float:
    """The median answer time (s) of ASKED requests, sent one after the other, that create nothing.

    Raises ProductFailed when none of them gets an expected answer.
    """
    harmless = [a for a in actions if a.once or not (a.creates or "{known}" in a.path)]
    return asyncio.run(_ask(harmless, endpoints))


async def _ask(actions: Sequence[Action], addresses: Sequence[str]) -> float:
    endpoints = Endpoints(connect_timeout=2.0)
    endpoints.use(addresses)
    customer = Customer(0, actions)
    times: list[float] = []
    last = "nothing but what is done once"
    try:
        for _ in range(ASKED + len(actions)):
            request = customer.next_request()
            begun = time.monotonic()
            try:
                async with asyncio.timeout(TIMEOUT):
                    answer = await endpoints.ask(request, Sending())
            except (*FAILURES, TimeoutError) as error:
                last = f"{type(error).__name__} {error}".strip()
                continue
            failed = customer.answered(request, answer.status, answer.cookies)
            if failed:
                last = f"{failed} to {request.action.method} {request.path}"
            elif not request.action.once:
                times.append(time.monotonic() - begun)
    finally:
        await endpoints.close()
    if not times:
        raise ProductFailed(
            f"no request to {', '.join(addresses) or 'any load balancer'} returned an expected "
            f"status, but for what is done once, such as a login; last failure: {last}"
        )
    return median(times)
