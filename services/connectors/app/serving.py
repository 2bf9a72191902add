"""What `aisoc serve` runs until it is stopped: the worker that collects, and console with API."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress

from procrastinate.exceptions import ConnectorException
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError

from app.collection.jobs import build_jobs, run_worker, stop_worker
from app.errors import AisocError
from app.log import get_logger
from app.main import open_service
from app.service import Service
from app.storage.connectors import resume_interrupted
from app.storage.database import shown_url
from app.storage.hunts import resume_hunts
from app.storage.readings import resume_readings

_log = get_logger(__name__)
_RESTART_SECONDS = 5


async def serve_until_stopped(*, collect: bool, web: bool, on_address: Callable[[str, str | None], None]) -> None:
    """Run worker, and console with API, or one of them, until Ctrl-C or SIGTERM.

    on_address: called with the console's address when it can be opened, and with a set-up link while there is no user.
    A database that cannot be had at the start raises, as open_service does, and so does an address that cannot be
    listened on; a database that is lost later is waited for.
    """
    async with open_service() as service:
        stopped = _stop_event()
        serving = _web(service, stopped, on_address) if web else None
        async with asyncio.TaskGroup() as parts:
            if serving is not None:
                parts.create_task(serving)
            if collect:
                parts.create_task(_collect_until(stopped))


def _web(
    service: Service, stopped: asyncio.Event, on_address: Callable[[str, str | None], None]
) -> Coroutine[None, None, None]:
    """Listen, and return what serves console and API; when that ends, the rest is to stop too."""
    from app.console.app import mount_console  # noqa: PLC0415 - a worker without a console starts faster
    from app.security.links import make_set_up_link  # noqa: PLC0415
    from app.web.app import create_app  # noqa: PLC0415
    from app.web.server import address_of, listen, serve_app  # noqa: PLC0415

    listener = listen(service.settings)
    app = create_app(service)
    mount_console(app)

    async def serve() -> None:
        try:
            address, link = address_of(listener, service.settings), await make_set_up_link(service)
            on_address(address, None if link is None else f"{address}/set-up?link={link}")
            await serve_app(app, listener, service.settings, stopped)
        finally:
            stopped.set()

    return serve()


async def _collect_until(stopped: asyncio.Event) -> None:
    """Collect, again and again while the database comes and goes; polls under way get some seconds to end."""
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
                await resume_readings(connection)
                await resume_hunts(connection)
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
