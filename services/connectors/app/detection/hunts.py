"""Hunts that somebody asks for in console or API: any worker runs them, with their progress."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.clock import iso
from app.detection.hunting import HuntResult, check_time, hunt
from app.errors import AisocError
from app.log import get_logger
from app.security.roles import Role
from app.service import Service
from app.storage.audit import note_change
from app.storage.hunts import (
    HuntRow,
    find_hunt,
    find_hunts,
    finish_hunt,
    insert_hunt,
    note_hunt_progress,
    start_hunt,
)

_log = get_logger(__name__)
_TELL_SECONDS = 1.0


async def request_hunt(
    service: Service, rule_id: str, since: datetime, until: datetime | None = None, *, make_alerts: bool = False
) -> HuntRow:
    """Ask for a hunt; a worker begins it within seconds. until: None for now.

    Raises NotFound (unknown_rule), Conflict (hunt_open), InvalidInput (since_not_before_until), Denied.
    """
    service.actor.need(Role.ANALYST)
    now = service.clock.now()
    rule = (await service.rules.current(service.engine)).find(rule_id)
    check_time(since, until or now)
    wish = HuntRow(uuid4(), rule.id, since, until or now, make_alerts, "waiting", service.actor.name, now)
    facts = {"rule": rule.id, "since": iso(wish.since), "until": iso(wish.until), "alerts": make_alerts}
    async with service.engine.begin() as connection:
        await insert_hunt(connection, wish)
        await note_change(connection, service.actor, now, "hunt.start", rule.title, facts)
    return wish


async def stop_hunt(service: Service, hunt_id: UUID) -> HuntRow:
    """End a hunt and return it; what it has found so far stays. One that has ended already is left as it is.

    Raises NotFound (unknown_hunt), Denied.
    """
    service.actor.need(Role.ANALYST)
    now = service.clock.now()
    async with service.engine.begin() as connection:
        row = await find_hunt(connection, hunt_id)
        if await finish_hunt(connection, hunt_id, "stopped", now):
            await note_change(connection, service.actor, now, "hunt.stop", row.rule_id, {"hunt": str(hunt_id)})
        return await find_hunt(connection, hunt_id)


async def list_hunts(service: Service, rule_id: str | None = None, limit: int = 50) -> list[HuntRow]:
    """Return hunts, of one rule or of all, those asked for last first."""
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        return await find_hunts(connection, rule_id, limit)


async def read_hunt(service: Service, hunt_id: UUID) -> HuntRow:
    """Return a hunt with its progress. Raises NotFound (unknown_hunt)."""
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        return await find_hunt(connection, hunt_id)


async def run_hunt(service: Service, hunt_id: UUID) -> None:
    """Hunt what was asked for, telling its progress every second; the end is in its row.

    Where the worker is stopped meanwhile it stays open, and resume_hunts puts it back into the queue.
    """
    async with service.engine.begin() as connection:
        row = await start_hunt(connection, hunt_id, service.clock.now())
    if row is not None:
        await _Run(service, row).to_its_end()


class _Run:
    """One hunt under way."""

    def __init__(self, service: Service, row: HuntRow) -> None:
        self._service, self._row = service, row
        self._result: HuntResult | None = None
        self._stopped = False

    async def to_its_end(self) -> None:
        """Hunt until the end, or until somebody stops it."""
        work = asyncio.create_task(self._hunt())
        telling = asyncio.create_task(self._tell(work))
        try:
            error = await work
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            _log.info("hunt_stopped", rule=self._row.rule_id)
            return
        finally:
            work.cancel()
            telling.cancel()
            await asyncio.gather(work, telling, return_exceptions=True)
        async with self._service.engine.begin() as connection:
            now = self._service.clock.now()
            await finish_hunt(connection, self._row.id, "failed" if error else "done", now, self._told(), error)

    async def _hunt(self) -> dict[str, Any] | None:
        """Return the facts of the error that ended it, or None."""
        row = self._row
        try:
            rules = await self._service.rules.current(self._service.engine)
            rule = rules.find(row.rule_id)
            await hunt(self._service, rules, rule, row.since, row.until, self._note, make_alerts=row.make_alerts)
        except AisocError as error:
            return error.facts()
        return None

    def _told(self) -> dict[str, Any] | None:
        return self._result.facts() if self._result else None

    def _note(self, result: HuntResult) -> None:
        self._result = result

    async def _tell(self, work: asyncio.Task[Any]) -> None:
        """Write the progress every second; end, cancelling the work, when somebody stopped it."""
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            async with self._service.engine.begin() as connection:
                wanted = await note_hunt_progress(connection, self._row.id, self._told())
            if not wanted:
                self._stopped = True
                work.cancel()
                return
