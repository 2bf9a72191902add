"""Connectors: what can be collected, what is, and how to change it."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.connector_models import CatalogEntry, Changes, Connector, NewConnector
from app.api.contract import problems
from app.api.fields import Facts, Items
from app.collection.facts import catalog_entry, read_listed
from app.collection.manage import (
    add_connector,
    remove_connector,
    rotate_secret,
    switch_connector,
    update_connector,
)
from app.connectors import connector_ids, get_connector
from app.service import Service
from app.storage.connectors import ConnectorRow, list_connectors, need_connector
from app.web.access import Administering, Viewing

router = APIRouter(tags=["connectors"])
ONE = "/connectors/{connector_id:uuid}"


async def found(service: Service, connector_id: UUID) -> ConnectorRow:
    """Return the connector that a path names. Raises NotFound (unknown_connector)."""
    async with service.engine.connect() as connection:
        return await need_connector(connection, connector_id)


@router.get("/catalog", response_model=Items[CatalogEntry])
async def read_catalog(_service: Viewing) -> Facts:
    """List the types of connectors, with what each asks to be told."""
    return {"items": [_typed(connector_id) for connector_id in connector_ids()]}


@router.get("/connectors", response_model=Items[Connector])
async def read_connectors(
    service: Viewing,
    name: Annotated[str | None, Query(max_length=64, description="Only the connector of this name.")] = None,
) -> Facts:
    """List the connectors with their health and their last poll, by name."""
    async with service.engine.connect() as connection:
        rows = [row for row in await list_connectors(connection) if name in (None, row.name)]
        listed = await read_listed(connection, rows, service.clock.now())
    return {"items": [one.facts() for one in listed]}


@router.post("/connectors", status_code=201, response_model=Connector, responses=problems(404, 409))
async def create_connector(service: Administering, body: NewConnector, response: Response) -> Facts:
    """Add a connector; it is due at once. The form of its configuration is checked, nobody is asked."""
    row = await add_connector(service, body.type, body.name, json.dumps(body.config))
    response.headers["Location"] = f"/api/v1/connectors/{row.id}"
    return await _told(service, row.id)


@router.get(ONE, response_model=Connector)
async def read_connector(service: Viewing, connector_id: UUID) -> Facts:
    """Return a connector with its health and its last poll."""
    return await _told(service, connector_id)


@router.patch(ONE, response_model=Connector)
async def change_connector(service: Administering, connector_id: UUID, body: Changes) -> Facts:
    """Change fields of a connector; what is not named stays, ledger and history too. It is due at once."""
    await update_connector(service, await found(service, connector_id), json.dumps(body.config))
    return await _told(service, connector_id)


@router.post(f"{ONE}/secret", response_model=Connector)
async def replace_secret(service: Administering, connector_id: UUID, body: Changes) -> Facts:
    """Give a connector its secret anew, and what belongs to it, as the date on which it expires.

    `config` names every secret field of the type, and may name others.
    """
    await rotate_secret(service, await found(service, connector_id), json.dumps(body.config))
    return await _told(service, connector_id)


@router.post(f"{ONE}/enable", response_model=Connector)
async def enable_connector(service: Administering, connector_id: UUID) -> Facts:
    """Resume a connector; it is due at once, and reads on from where it stopped."""
    return await _switched(service, connector_id, enabled=True)


@router.post(f"{ONE}/disable", response_model=Connector)
async def disable_connector(service: Administering, connector_id: UUID) -> Facts:
    """Pause a connector; enabling it again reads on from where it stopped."""
    return await _switched(service, connector_id, enabled=False)


@router.delete(ONE, status_code=204, response_class=Response)
async def delete_connector(service: Administering, connector_id: UUID) -> None:
    """Remove a connector with its secrets, ledger and poll history; its events stay."""
    await remove_connector(service, await found(service, connector_id))


async def _switched(service: Service, connector_id: UUID, *, enabled: bool) -> Facts:
    await switch_connector(service, await found(service, connector_id), enabled=enabled)
    return await _told(service, connector_id)


async def _told(service: Service, connector_id: UUID) -> Facts:
    async with service.engine.connect() as connection:
        row = await need_connector(connection, connector_id)
        (listed,) = await read_listed(connection, [row], service.clock.now())
    return listed.facts()


def _typed(connector_id: str) -> dict[str, Any]:
    connector = get_connector(connector_id)
    return catalog_entry(connector_id) | {
        "category": connector.category,
        "target_fields": list(connector.target_fields),
        "config_schema": connector.Config.model_json_schema(),
    }
