"""The sources this service can collect: one file and one line of this table each."""

from importlib import import_module
from typing import cast

from app.connectors.base import Connector
from app.errors import NotFound

# Looked up lazily, so that one source's dependencies are not every command's start-up time.
_MODULES = {
    "azure_activity": "app.connectors.azure_activity",
}


def connector_ids() -> list[str]:
    """Return the ids of all connectors."""
    return list(_MODULES)


def get_connector(connector_id: str) -> Connector:
    """Return the connector of that id. Raises NotFound (unknown_connector_type)."""
    if connector_id not in _MODULES:
        raise NotFound(
            "unknown_connector_type",
            f"There is no connector type {connector_id!r}.",
            f"Use one of: {', '.join(_MODULES)} (aisoc connectors catalog).",
        )
    return cast("Connector", import_module(_MODULES[connector_id]).CONNECTOR)
