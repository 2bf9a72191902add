"""The demo: a simulated Microsoft cloud on loopback, and the real service collecting it into a fresh store."""

import asyncio
import json
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from procrastinate import App

from app.collection.health import read_standing
from app.collection.jobs import build_jobs, defer_poll, run_worker, stop_worker
from app.collection.manage import add_connector, probe_connector
from app.connectors.base import Finding
from app.console.app import mount_console
from app.detection.alerts import count_alerts, list_alerts
from app.errors import Abort
from app.events.event import Event
from app.main import open_service
from app.service import Service
from app.settings import Settings
from app.storage.alert_queries import AlertRow
from app.storage.connectors import ConnectorRow
from app.storage.events import count_by_severity, newly_stored
from app.storage.polls import total_polls
from app.storage.private import stop_private_server
from app.web.app import create_app
from app.web.demo_door import open_demo_door
from app.web.server import address_of, listen, serve_app

_READY_SECONDS = 30
# The simulated cloud shows events after seconds where the real one takes minutes; the polls come as much faster.
_POLL_SECONDS = 2.0
_LOOK_SECONDS = 0.5
_MOST_ALERTS = 100


class View(Protocol):
    """Shows a demo to somebody."""

    def say(self, line: str) -> None:
        """Tell what happens."""

    def found(self, finding: Finding) -> None:
        """Show a finding of the connection test."""

    def live(self) -> AbstractContextManager[None]:
        """Enter the time of arrivals."""

    def arrived(self, events: list[Event], totals: dict[str, Any], seconds_left: float) -> None:
        """Show newly stored events, oldest first, and the totals so far."""

    def alerted(self, alerts: list[AlertRow]) -> None:
        """Show alerts that are new, or whose outcome became known, oldest first; before the events of the same look."""


async def run_demo(seconds: int, view: View) -> dict[str, Any]:
    """Run the demo for so many seconds, or until Ctrl-C, and return its totals.

    Raises Abort or Retry when a part cannot be started. Nothing of it is left behind.
    """
    with tempfile.TemporaryDirectory(prefix="aisoc-demo-") as folder:
        home = Path(folder) / "home"
        try:
            async with _simulator(Path(folder) / "cloud") as lab:
                view.say(f"A simulated Microsoft cloud answers on {lab['resource_manager']} (loopback only).")
                async with open_service(_settings(home, Path(lab["clouds"]))) as service, _console(service, view):
                    view.say("A private PostgreSQL keeps the store. All of it is gone when this ends.")
                    return await _collect(
                        service, await asyncio.to_thread(Path(lab["connector"]).read_bytes), seconds, view
                    )
        finally:
            await asyncio.to_thread(stop_private_server, home)


def _settings(home: Path, clouds: Path) -> Settings:
    """Return the demo's settings: nothing of the operator's that would open it to others or reach their store."""
    return Settings(
        home=home,
        clouds=clouds,
        database_url=None,
        keyring=None,
        host="127.0.0.1",
        public_url=None,
        sign_in_tenant=None,
        sign_in_client_id=None,
        sign_in_client_secret=None,
    )


@asynccontextmanager
async def _console(service: Service, view: View) -> AsyncIterator[None]:
    """Serve the console on loopback, with a link that signs in by itself."""
    door, path = await open_demo_door(service)
    listener, stopped = _listen(service.settings), asyncio.Event()
    app = create_app(service, further=door)
    mount_console(app)
    serving = asyncio.create_task(serve_app(app, listener, service.settings, stopped))
    view.say(f"The console, on loopback only, while this runs: {address_of(listener, service.settings)}{path}")
    try:
        yield
    finally:
        stopped.set()
        await serving


def _listen(settings: Settings) -> socket.socket:
    """Listen on the port of the settings, or on a free one when it is taken."""
    try:
        return listen(settings)
    except Abort:
        return listen(settings.model_copy(update={"port": 0}))


@asynccontextmanager
async def _simulator(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Start the simulator as a process of its own and wait until it answers; yields its addresses and files."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--json", "--directory", str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        ready = await asyncio.wait_for(process.stdout.readline(), _READY_SECONDS)
        if not ready:
            raise Abort("simulator_failed", "The simulator did not start.", "See why: aisoc simulate")
        yield json.loads(ready)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _collect(service: Service, config: bytes, seconds: int, view: View) -> dict[str, Any]:
    row = await add_connector(service, "azure_activity", "demo", config)
    for finding in (await probe_connector(service, row)).findings:
        view.found(finding)
    jobs = build_jobs(service)
    async with jobs.open_async():
        worker = asyncio.create_task(run_worker(jobs, service))
        try:
            with view.live():
                await _watch(service, jobs, row, seconds, view)
        except asyncio.CancelledError:
            view.say("Stopping …")
        finally:
            await stop_worker(worker)
    return await _totals(service, row)


async def _watch(service: Service, jobs: App, row: ConnectorRow, seconds: int, view: View) -> None:
    """Ask for a poll every now and then, and show what was stored, until the time is over."""
    end, next_poll = service.clock.monotonic() + seconds, 0.0
    seen: set[UUID] = set()
    told: dict[UUID, str] = {}
    while (now := service.clock.monotonic()) < end:
        if now >= next_poll:
            next_poll = now + _POLL_SECONDS
            await defer_poll(jobs, row)
        view.alerted(await _newly_alerted(service, told))
        view.arrived(await _newly_stored(service, seen), await _totals(service, row), end - now)
        await service.clock.sleep(_LOOK_SECONDS)


async def _newly_stored(service: Service, seen: set[UUID]) -> list[Event]:
    """Return the events stored in the last seconds that were not seen yet, oldest first."""
    after = service.clock.now() - timedelta(seconds=10 * _LOOK_SECONDS)
    async with service.engine.connect() as connection:
        fresh = [event for event in await newly_stored(connection, after) if event.id not in seen]
    seen.update(event.id for event in fresh)
    return fresh[::-1]


async def _newly_alerted(service: Service, told: dict[UUID, str]) -> list[AlertRow]:
    """Return the open alerts that were not told yet with the outcome they have now, oldest first."""
    found = (await list_alerts(service, limit=_MOST_ALERTS)).alerts
    fresh = [alert for alert in found if told.get(alert.id) != alert.outcome]
    told.update((alert.id, alert.outcome) for alert in fresh)
    return fresh[::-1]


async def _totals(service: Service, row: ConnectorRow) -> dict[str, Any]:
    async with service.engine.connect() as connection:
        standing = await read_standing(connection, row, service.clock.now())
        counts = await total_polls(connection, row.id) | {"by_severity": await count_by_severity(connection)}
    alerts = (await count_alerts(service)).by_severity
    return counts | {
        "health": standing.health.facts(),
        "alerts": {severity.value: count for severity, count in alerts.items() if count},
    }
