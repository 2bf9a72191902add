"""Queries on connectors."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, literal, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound
from app.storage.tables import connectors, polls


@dataclass(frozen=True)
class ConnectorRow:
    """A connector as stored: `config` without secrets, `secrets` sealed."""

    id: UUID
    name: str
    type: str
    config: dict[str, Any]
    secrets: str
    enabled: bool
    created_at: datetime
    next_poll_at: datetime
    throttled_until: datetime | None = None


async def insert_connector(connection: AsyncConnection, row: ConnectorRow) -> None:
    """Add a connector. Raises Conflict (name_taken)."""
    try:
        await connection.execute(insert(connectors).values(vars(row)))
    except IntegrityError as error:
        raise Conflict(
            "name_taken",
            f"There is already a connector named {row.name!r}.",
            "Choose another name, or remove that one first (aisoc connectors remove).",
            {"name": "is the name of another connector"},
        ) from error


async def find_connector(connection: AsyncConnection, name: str) -> ConnectorRow:
    """Return the connector of that name. Raises NotFound (unknown_connector)."""
    name = name.encode(errors="replace").decode()  # bytes of the shell that are no text
    found = (await connection.execute(select(connectors).where(connectors.c.name == name))).one_or_none()
    if found is None:
        names = (await connection.execute(select(connectors.c.name).order_by(connectors.c.name).limit(10))).scalars()
        known = ", ".join(names) or "none yet"
        raise NotFound(
            "unknown_connector",
            f"There is no connector named {name!r}; there is: {known}.",
            "See aisoc connectors list, or add one with aisoc connectors add.",
        )
    return ConnectorRow(**found._asdict())


async def find_connector_by_id(connection: AsyncConnection, connector_id: UUID) -> ConnectorRow | None:
    """Return a connector, or None when it was removed meanwhile."""
    found = (await connection.execute(select(connectors).where(connectors.c.id == connector_id))).one_or_none()
    return None if found is None else ConnectorRow(**found._asdict())


async def need_connector(connection: AsyncConnection, connector_id: UUID) -> ConnectorRow:
    """Return the connector of that id. Raises NotFound (unknown_connector)."""
    row = await find_connector_by_id(connection, connector_id)
    if row is None:
        raise NotFound(
            "unknown_connector", f"There is no connector with the id {connector_id}.", "List them for their ids."
        )
    return row


async def list_connectors(connection: AsyncConnection, *, to_change: bool = False) -> list[ConnectorRow]:
    """Return all connectors by name. to_change: keep others from changing them until the transaction ends."""
    query = select(connectors).order_by(connectors.c.name)
    rows = await connection.execute(query.with_for_update() if to_change else query)
    return [ConnectorRow(**row._asdict()) for row in rows]


async def set_enabled(connection: AsyncConnection, connector_id: UUID, enabled: bool, now: datetime) -> None:
    """Pause or resume a connector; a resumed one is due at once."""
    changes: dict[str, Any] = {"enabled": enabled} | ({"next_poll_at": now} if enabled else {})
    await connection.execute(update(connectors).where(connectors.c.id == connector_id).values(changes))


async def set_config(connection: AsyncConnection, connector_id: UUID, config: dict[str, Any], secrets: str) -> None:
    """Replace a connector's configuration and its sealed secrets."""
    await connection.execute(
        update(connectors).where(connectors.c.id == connector_id).values(config=config, secrets=secrets)
    )


async def hold_off(connection: AsyncConnection, row: ConnectorRow, shared: dict[str, Any], until: datetime) -> None:
    """Ask nothing before a time, for all connectors that share an allowance: those with the same `shared` fields.

    The rows are locked in one order, so that two connectors that are throttled at once do not wait for each other.
    """
    alike = (
        select(connectors.c.id)
        .where(connectors.c.type == row.type, connectors.c.config.contains(shared))
        .order_by(connectors.c.id)
        .with_for_update()
    )
    ids = list((await connection.execute(alike)).scalars())
    await connection.execute(
        update(connectors)
        .where(connectors.c.id.in_(ids))
        .values(
            throttled_until=func.greatest(connectors.c.throttled_until, until),
            next_poll_at=func.greatest(connectors.c.next_poll_at, until),
        )
    )


async def read_throttled_until(connection: AsyncConnection, connector_id: UUID) -> datetime | None:
    """Return until when the source asked not to be asked; None when it did not."""
    query = select(connectors.c.throttled_until).where(connectors.c.id == connector_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def bring_forward(connection: AsyncConnection, connector_id: UUID, moment: datetime) -> None:
    """Let a connector be due no later than at a time."""
    await connection.execute(
        update(connectors)
        .where(connectors.c.id == connector_id, connectors.c.next_poll_at > moment)
        .values(next_poll_at=moment)
    )


async def set_next_poll(connection: AsyncConnection, connector_id: UUID, moment: datetime) -> None:
    """Say when a connector is due."""
    await connection.execute(update(connectors).where(connectors.c.id == connector_id).values(next_poll_at=moment))


async def delete_connector(connection: AsyncConnection, connector_id: UUID) -> None:
    """Remove a connector with its secrets, ledger and poll history; its events stay."""
    await connection.execute(delete(connectors).where(connectors.c.id == connector_id))


async def claim_due(connection: AsyncConnection, now: datetime) -> list[ConnectorRow]:
    """Return the connectors that are due, each to one caller only, and put their next poll an interval ahead.

    The interval is cut by up to a tenth at random, so that connectors which fell due together drift apart. Rows that
    another worker is claiming are left to it.
    """
    interval = text("make_interval(secs => (config->>'poll_interval_seconds')::float * (1 - random() / 10))")
    due = (
        select(connectors.c.id)
        .where(connectors.c.enabled, connectors.c.next_poll_at <= now)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    claimed = await connection.execute(
        update(connectors)
        .where(connectors.c.id.in_(due))
        .values(next_poll_at=literal(now) + interval)
        .returning(connectors)
    )
    return [ConnectorRow(**row._asdict()) for row in claimed]


async def resume_interrupted(connection: AsyncConnection, now: datetime) -> None:
    """Make the enabled connectors due whose last poll was killed or interrupted: nobody waits out their interval.

    One whose poll is running elsewhere is not polled twice: it holds the poll's lock.
    """
    last = (
        select(polls.c.finished_at.is_(None) | (polls.c.error["code"].astext == "interrupted"))
        .where(polls.c.connector_id == connectors.c.id, polls.c.tier != "backfill")
        .order_by(polls.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    await connection.execute(update(connectors).where(connectors.c.enabled, last).values(next_poll_at=now))
