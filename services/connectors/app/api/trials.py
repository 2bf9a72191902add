"""Trying connectors: the connection test, and what else an app can read."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.connector_models import Config, Connector, ConnectorType, Finding, TriedConfig
from app.api.connectors import ONE, found
from app.api.contract import problems
from app.api.fields import Body, Facts, Items
from app.collection.facts import read_listed, report_facts
from app.collection.manage import add_connectors, probe_config, probe_connector
from app.collection.targets import list_offers
from app.connectors.base import Target
from app.web.access import Administering, Analysing

router = APIRouter(tags=["connectors"])
# Each is a row, a sealed secret and an entry of the audit log, in one transaction.
_MOST_AT_ONCE = 500


class Report(BaseModel):
    """What a connection test found; `ok` when no finding is an error."""

    ok: bool
    findings: list[Finding]


class Offer(BaseModel):
    """Something that the app can read."""

    id: str = Field(examples=["6b0d549b-6f03-475a-9600-a35a099950d8"])
    name: str = Field(examples=["Production"])
    state: str = Field(examples=["Enabled"])
    watched_by: str | None = Field(description="The connector that reads it already.")


class Chosen(Body):
    """What to add a connector for."""

    id: Annotated[str, Field(max_length=200, description="`id` of what the app can read.")]
    name: Annotated[str, Field(max_length=200, description="Its name, of which the connector's is made.")]


class NewConnectors(Body):
    """Connectors to add: one configuration, many targets."""

    type: ConnectorType
    base_name: Annotated[
        str, Field(pattern="^[A-Za-z0-9._-]{0,30}$", description="What each name begins with; may be empty.")
    ] = ""
    config: Config
    targets: Annotated[list[Chosen], Field(min_length=1, max_length=_MOST_AT_ONCE)]


@router.post("/connectors/test", response_model=Report, responses=problems(404))
async def try_config(service: Administering, body: TriedConfig) -> Facts:
    """Try a configuration that is not stored: sign in, ask for one entry, review the app's permissions.

    What the source refuses is a finding, not an error of this request.
    """
    return report_facts(await probe_config(service, body.type, json.dumps(body.config)))


@router.post(f"{ONE}/test", response_model=Report)
async def try_connector(service: Analysing, connector_id: UUID) -> Facts:
    """Try a connector. One whose polls fail and whose test is good is due at once: what was wrong was mended."""
    return report_facts(await probe_connector(service, await found(service, connector_id)))


@router.post("/connectors/targets", response_model=Items[Offer], responses=problems(404))
async def read_targets(service: Administering, body: TriedConfig) -> Facts:
    """List what the app of a configuration can read, as its subscriptions, and which connector reads each already.

    What the source refuses is a problem with the source's code, as `wrong_secret`.
    """
    offers = await list_offers(service, body.type, json.dumps(body.config))
    return {"items": [offer.facts() for offer in offers]}


@router.post("/connectors/bulk", status_code=201, response_model=Items[Connector], responses=problems(404, 409))
async def create_connectors(service: Administering, body: NewConnectors) -> Facts:
    """Add a connector for each target with one configuration: all of them, or none."""
    targets = [Target(chosen.id, chosen.name, "") for chosen in body.targets]
    rows = await add_connectors(service, body.type, body.base_name, json.dumps(body.config), targets)
    async with service.engine.connect() as connection:
        listed = await read_listed(connection, rows, service.clock.now())
    return {"items": [one.facts() for one in listed]}
