"""The customers' process: an open-loop schedule of requests, controlled by JSON lines on stdin.

The first line is the plan; then follow ``{"endpoints": [...]}`` on every change and
``{"stop": true}``. The end of stdin also stops it, so that customers never outlive their parent.
One line on stdout reports the first request.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import traceback

from pytest_cna.core.model import RequestRecord
from pytest_cna.scenario.traffic.customer import Customer
from pytest_cna.scenario.traffic.endpoints import Endpoints, Sending
from pytest_cna.scenario.traffic.failures import FAILURES, failure_class
from pytest_cna.scenario.traffic.plan import Plan
from pytest_cna.scenario.traffic.records import RecordWriter


class Crowd:
    """All customers: sends each request when it is due, independent of the ones before."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.endpoints = Endpoints(plan.connect_timeout)
        self._writer = RecordWriter(plan.records)
        self._customers = [
            Customer(number, plan.actions, plan.seed, plan.delay_ms, plan.words)
            for number in range(plan.customers)
        ]
        self._random = random.Random(plan.seed)
        self._in_flight: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._began = 0.0
        self._sent = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._began = self._loop.time()
        self._send_due()
        print("sent", flush=True)  # noqa: T201 - what Traffic.start() waits for

    async def end(self) -> None:
        """Send no further requests, wait for those in flight (limited by their own timeout) and
        write all records."""
        if self._timer is not None:
            self._timer.cancel()
        if self._in_flight:
            await asyncio.wait(self._in_flight)
        self._writer.close()
        await self.endpoints.close()

    def _send_due(self) -> None:
        now = self._loop.time()
        while self._due(self._sent) <= now:
            turn = self._sent % len(self._customers)
            if turn == 0:
                # else round robin would give each customer always the same web server
                self._random.shuffle(self._customers)
            customer = self._customers[turn]
            self._sent += 1
            task = self._loop.create_task(self._serve(customer))
            self._in_flight.add(task)
            task.add_done_callback(self._done)
        self._timer = self._loop.call_at(self._due(self._sent), self._send_due)

    def _due(self, turn: int) -> float:
        return self._began + turn / self.plan.rate

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # a defect of this package, not of the product: exit with it, which the parent reports
            raise SystemExit("".join(traceback.format_exception(error)))

    async def _serve(self, customer: Customer) -> None:
        request = customer.next_request()
        sending = Sending()
        status, served_by = 0, ""
        start = time.monotonic()
        try:
            async with asyncio.timeout(self.plan.total_timeout):
                answer = await self.endpoints.ask(request, sending)
        except FAILURES as failure:
            error = failure_class(failure)
        else:
            status, served_by = answer.status, answer.served_by
            error = customer.answered(request, status, answer.cookies)
        self._writer.add(
            RequestRecord(
                start=start,
                duration=time.monotonic() - start,
                customer=customer.number,
                action=request.action.name,
                method=request.action.method,
                status=status,
                served_by=served_by,
                error=error,
                created=request.id if request.action.creates and not error else "",
                resent=sending.resent,
            )
        )


async def _run() -> None:
    stdin = asyncio.StreamReader(limit=2**22)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin
    )
    crowd = Crowd(Plan.from_json(await stdin.readline()))
    began = False
    while line := await stdin.readline():
        message = json.loads(line)
        if message.get("stop"):
            break
        crowd.endpoints.use(message["endpoints"])
        if not began:
            crowd.begin()
            began = True
    await crowd.end()


def main() -> None:
    asyncio.run(_run())
