"""What a connector's page reads of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.collection.health import Standing, read_standing
from app.console.attention import Watched
from app.console.watching import midnight_of
from app.security.roles import Role
from app.service import Service
from app.storage.audit import list_changes_of
from app.storage.collecting import late_since
from app.storage.connectors import find_connector_by_id
from app.storage.polls import list_polls
from app.storage.readings import ReadingRow, list_readings

_READINGS = 6
_CHANGES = 20
_OF_CONNECTORS = ("connector", "reading")


@dataclass(frozen=True)
class Detail:
    """All that a connector's page shows. changes: of the audit log, only for who may see it."""

    now: datetime
    each: Watched
    late_today: int
    polls: tuple[dict[str, Any], ...]
    more_polls: bool
    readings: tuple[ReadingRow, ...]
    changes: tuple[dict[str, Any], ...]

    @property
    def standing(self) -> Standing:
        """How the connector's stream stands."""
        return self.each.standing


async def read_detail(service: Service, connector_id: UUID, polls: int) -> Detail | None:
    """Read what a connector's page shows, with so many of its last polls; None when there is no such connector."""
    now = service.clock.now()
    async with service.engine.connect() as connection:
        row = await find_connector_by_id(connection, connector_id)
        if row is None:
            return None
        late = (await late_since(connection, midnight_of(now))).get(row.id, 0)
        history = await list_polls(connection, row.id, polls + 1)
        readings = await list_readings(connection, row.id, _READINGS)
        changes: list[dict[str, Any]] = []
        if service.actor.role.covers(Role.ADMIN):
            changes = await list_changes_of(connection, row.name, _OF_CONNECTORS, row.created_at, _CHANGES)
        each = Watched(row, await read_standing(connection, row, now))
    return Detail(now, each, late, tuple(history[:polls]), len(history) > polls, tuple(readings), tuple(changes))
