"""The queue: due connectors become poll jobs, which any worker on any host may run."""

import asyncio
from uuid import UUID

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from app.collection.poll import poll
from app.collection.readings import run_reading
from app.detection.forgetting import forget_old
from app.detection.hunts import run_hunt
from app.errors import Retry
from app.log import get_logger
from app.service import Service
from app.storage.connectors import ConnectorRow, claim_due, find_connector_by_id
from app.storage.hunts import resume_hunts
from app.storage.readings import resume_readings

_log = get_logger(__name__)
_EVERY_FIVE_SECONDS = "* * * * * */5"
_EVERY_MINUTE = "* * * * *"
_STOP_SECONDS = 10
_CONNECT_SECONDS = 10


def build_jobs(service: Service) -> App:
    """Return the queue with its tasks, working on a service. Open it (`async with app.open_async()`) before use."""
    url = service.engine.url.set(drivername="postgresql")
    jobs = App(
        connector=PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            max_size=service.settings.worker_concurrency,
            timeout=_CONNECT_SECONDS,
        )
    )

    @jobs.task(name="poll")
    async def poll_connector(connector_id: str) -> None:
        async with service.engine.connect() as connection:
            row = await find_connector_by_id(connection, UUID(connector_id))
        if row is None or not row.enabled:
            return
        try:
            await poll(service, row)
        except Retry as busy:
            _log.info("poll_skipped", connector=row.name, reason=busy.message)

    @jobs.task(name="read")
    async def read(reading_id: str) -> None:
        await run_reading(service, UUID(reading_id))

    @jobs.task(name="hunt")
    async def hunt(hunt_id: str) -> None:
        await run_hunt(service, UUID(hunt_id))

    @jobs.periodic(cron=_EVERY_FIVE_SECONDS)
    @jobs.task(name="schedule", queueing_lock="schedule")
    async def schedule(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
        async with service.engine.begin() as connection:
            due = await claim_due(connection, service.clock.now())
        for row in due:
            await defer_poll(jobs, row)

    @jobs.periodic(cron=_EVERY_MINUTE)
    @jobs.task(name="tidy", queueing_lock="tidy")
    async def tidy(timestamp: int) -> None:  # noqa: ARG001
        """Take killed workers' jobs off the queue, and forget what detections no longer need.

        Polls are due by themselves, readings and hunts queued anew.
        """
        for job in await jobs.job_manager.get_stalled_jobs():
            await jobs.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        async with service.engine.begin() as connection:
            await resume_readings(connection)
            await resume_hunts(connection)
            await forget_old(connection, await service.rules.current(connection), service.clock.now())

    return jobs


async def defer_poll(jobs: App, row: ConnectorRow) -> None:
    """Queue a poll, unless one of this connector waits already."""
    try:
        await jobs.configure_task("poll", queueing_lock=f"poll/{row.id}").defer_async(connector_id=str(row.id))
    except AlreadyEnqueued:
        _log.debug("poll_already_queued", connector=row.name)


async def run_worker(jobs: App, service: Service) -> None:
    """Run jobs until cancelled, or until the database connection breaks; running polls get some seconds to end."""
    await jobs.run_worker_async(
        concurrency=service.settings.worker_concurrency,
        delete_jobs="always",
        install_signal_handlers=False,
        shutdown_graceful_timeout=_STOP_SECONDS,
        fetch_job_polling_interval=2,
    )


async def stop_worker(worker: asyncio.Task[None]) -> None:
    """Cancel a worker's task and wait for its end."""
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
