"""Hunts that somebody asks for in console or API: any worker runs them, with their progress."""

from datetime import datetime
from uuid import UUID

from app.service import Service
from app.storage.hunts import HuntRow


async def request_hunt(
    service: Service, rule_id: str, since: datetime, until: datetime | None = None, *, make_alerts: bool = False
) -> HuntRow:
    """Ask for a hunt; a worker begins it within seconds. until: None for now.

    Raises NotFound (unknown_rule), Conflict (hunt_open), InvalidInput (since_not_before_until), Denied.
    """
    raise NotImplementedError


async def stop_hunt(service: Service, hunt_id: UUID) -> HuntRow:
    """End a hunt and return it; what it has found so far stays. One that has ended already is left as it is.

    Raises NotFound (unknown_hunt), Denied.
    """
    raise NotImplementedError


async def run_hunt(service: Service, hunt_id: UUID) -> None:
    """Hunt what was asked for, telling its progress every second; the end is in its row.

    Where the worker is stopped meanwhile it stays open, and resume_hunts puts it back into the queue.
    """
    raise NotImplementedError


async def list_hunts(service: Service, rule_id: str | None = None, limit: int = 50) -> list[HuntRow]:
    """Return hunts, of one rule or of all, those asked for last first."""
    raise NotImplementedError


async def read_hunt(service: Service, hunt_id: UUID) -> HuntRow:
    """Return a hunt with its progress. Raises NotFound (unknown_hunt)."""
    raise NotImplementedError
