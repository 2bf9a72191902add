"""What else a configuration's credentials can read, and which of it is watched already."""

from dataclasses import dataclass
from typing import Any

from app.collection.configuration import check_config, parse_object, split_config
from app.connectors import get_connector
from app.connectors.base import CollectionConfig, Connector, Target, TellsTargets
from app.errors import InvalidInput
from app.security.roles import Role
from app.service import Service
from app.storage.connectors import ConnectorRow, list_connectors


@dataclass(frozen=True)
class Offer:
    """Something that could be read, and the name of the connector that does so already."""

    target: Target
    watched_by: str | None

    def facts(self) -> dict[str, Any]:
        """Return it as JSON-ready facts."""
        return vars(self.target) | {"watched_by": self.watched_by}


async def list_offers(service: Service, connector_id: str, config_json: str | bytes) -> list[Offer]:
    """Ask the source what the credentials of a configuration can read.

    Raises InvalidInput (targets_unknown) where the type cannot tell, and what the source answers as Abort or Retry.
    """
    service.actor.need(Role.ADMIN)
    connector = get_connector(connector_id)
    config = check_config(connector, parse_object(config_json), service.clouds)
    if not isinstance(connector, TellsTargets):
        raise InvalidInput(
            "targets_unknown", f"{connector.name} cannot tell what it could read.", "Add each connector by itself."
        )
    async with connector.connect(config, service.context) as session:
        targets = await connector.targets(session)
    async with service.engine.connect() as connection:
        rows = [row for row in await list_connectors(connection) if row.type == connector.id]
    watched = _watched(connector, config, rows)
    return [Offer(target, watched.get(target.id.lower())) for target in targets]


def _watched(connector: Connector, config: CollectionConfig, rows: list[ConnectorRow]) -> dict[str, str]:
    """Return the names of the connectors that read with the same further target fields, by what they read."""
    first, *rest = connector.target_fields
    public, _ = split_config(config)
    same = [row for row in rows if all(row.config[name] == public[name] for name in rest)]
    return {str(row.config[first]).lower(): row.name for row in same}
