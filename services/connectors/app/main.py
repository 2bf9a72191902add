"""The composition root: the one place that builds things."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache

from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError

from app.clock import Clock, SystemClock
from app.collection.jobs import build_jobs, run_worker, stop_worker
from app.errors import AisocError
from app.log import get_logger
from app.microsoft.clouds import read_clouds
from app.microsoft.pace import Paces
from app.security.keyring import KeyRing
from app.security.vault import Vault
from app.service import Service
from app.settings import Settings, read_settings
from app.storage.connectors import resume_interrupted
from app.storage.database import open_database, shown_url

_log = get_logger(__name__)
_RESTART_SECONDS = 5


@asynccontextmanager
async def open_service(settings: Settings | None = None, clock: Clock | None = None) -> AsyncIterator[Service]:
    """Build the service from the environment's settings, and close it again.

    Raises InvalidInput, Abort or Retry that says which part cannot be had and why.
    """
    settings, clock = settings or read_settings(), clock or SystemClock()
    clouds = read_clouds(settings.clouds)
    keyring = settings.keyring.get_secret_value() if settings.keyring else None
    vault = Vault(KeyRing(settings.home, keyring))
    async with open_database(settings) as engine:
        _spare_the_collector()
        yield Service(settings, clock, engine, vault, clouds, Paces(clock))


@cache
def _spare_the_collector() -> None:
    """Keep Python's collector of cycles from looking at the whole program again for each few hundred events.

    What was built until now stays for good, and events hold no cycles.
    """
    gc.freeze()
    gc.set_threshold(10_000)


async def collect_until_stopped() -> None:
    """Run scheduler and worker until Ctrl-C or SIGTERM; polls under way get some seconds to end.

    A database that cannot be had at the start raises, as open_service does; one that is lost later is waited for.
    """
    async with open_service():
        stopped = _stop_event()
    while not stopped.is_set():
        try:
            await _collect(stopped)
        except (ConnectorException, OperationalError, DBAPIError, AisocError) as error:
            _log.error("database_lost", reason=str(error).strip(), again_in_seconds=_RESTART_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _RESTART_SECONDS)
    _log.info("stopped")


async def _collect(stopped: asyncio.Event) -> None:
    """Work until told to stop, or until the worker gives up because its database connection broke."""
    async with open_service() as service:
        jobs = build_jobs(service)
        async with jobs.open_async():
            async with service.engine.begin() as connection:
                await resume_interrupted(connection, service.clock.now())
            _log.info("serving", database=shown_url(service.engine.url))
            worker, stop = asyncio.create_task(run_worker(jobs, service)), asyncio.create_task(stopped.wait())
            await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            if stopped.is_set():
                await stop_worker(worker)
            else:
                await worker
                _log.error("worker_ended", again_in_seconds=_RESTART_SECONDS)


def _stop_event() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped
