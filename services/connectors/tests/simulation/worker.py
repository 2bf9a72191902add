"""A worker of the story: the product's service on real connections, polling what is due as `aisoc serve` does."""

from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from random import Random

from simulation.clocks import SkewedClock
from simulation.server import Killed, Process, Server
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from app.clock import VirtualClock
from app.collection.poll import poll
from app.collection.result import PollResult
from app.errors import AisocError, Retry
from app.main import open_service
from app.service import Service
from app.settings import Settings
from app.storage.connectors import ConnectorRow, claim_due, resume_interrupted

# serve tries again after 5 seconds; this often is enough for a story.
_AGAIN = timedelta(minutes=1)


class Host:
    """A process with the product's service in it, on a host whose clock is wrong by an offset."""

    def __init__(self, settings: Settings, server: Server, clock: SkewedClock, rng: Random) -> None:
        self._settings, self._server, self._rng = settings, server, rng
        self.clock = clock
        self._open = AsyncExitStack()
        self._service: Service | None = None
        self.process = Process(server, rng)

    async def service(self) -> Service:
        """Return the service, opened anew after a stop. Raises AisocError without the database."""
        if self._service is None:
            self.process = Process(self._server, self._rng)
            service = await self._open.enter_async_context(open_service(self._settings, self.clock))
            await service.engine.dispose()
            event.listen(service.engine.sync_engine, "do_connect", self._connects)
            await self.opened(service)
            self._service = service
        return self._service

    async def opened(self, service: Service) -> None:
        """Do what is done once at the start."""

    async def stop(self) -> None:
        """End the process; a killed one has no more to say."""
        closing, self._open, self._service = self._open, AsyncExitStack(), None
        with suppress(Killed):
            await closing.aclose()

    def _connects(self, dialect: object, record: object, arguments: object, options: dict[str, object]) -> None:
        options["async_creator_fn"] = self.process.connect


class Worker(Host):
    """A process that polls what is due, as `aisoc serve` does. It may be off for a time."""

    def __init__(self, name: str, settings: Settings, server: Server, clock: VirtualClock, rng: Random) -> None:
        super().__init__(settings, server, SkewedClock(clock, timedelta(seconds=rng.uniform(-300, 300))), rng)
        self.name = name
        self._true = clock
        self.off_until = clock.now()
        self.off_after_death = timedelta()

    async def opened(self, service: Service) -> None:
        async with service.engine.begin() as connection:
            await resume_interrupted(connection, self.clock.now())

    async def turn(self) -> list[PollResult | str]:
        """Poll what is due now, and say what came of it."""
        told: list[PollResult | str] = []
        try:
            service = await self.service()
            async with service.engine.begin() as connection:
                due = await claim_due(connection, self.clock.now())
            for row in sorted(due, key=lambda row: row.name):
                told.append(await _polled(service, row))  # noqa: PERF401 - a kill must not take back what was told
        except Killed:
            told.append(f"was killed at round trip {self.process.trips}")
            self.sleep(self.off_after_death)
            await self.stop()
        except (DBAPIError, AisocError) as lost:
            told.append(f"lost the database: {type(lost).__name__}")
            self.sleep(_AGAIN)
            await self.stop()
        return told

    def sleep(self, duration: timedelta) -> None:
        """Do nothing for a time."""
        self.off_until = max(self.off_until, self._true.now() + duration)


async def _polled(service: Service, row: ConnectorRow) -> PollResult | str:
    try:
        return await poll(service, row)
    except Retry as busy:
        return busy.message
