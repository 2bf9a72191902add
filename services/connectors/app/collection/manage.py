"""Adding, testing and re-keying connectors."""

import re
from uuid import uuid4

from app.collection.configuration import open_config, parse_config, split_config
from app.connectors import get_connector
from app.connectors.base import Finding, TestReport
from app.errors import AisocError, InvalidInput
from app.service import Service
from app.storage.connectors import ConnectorRow, insert_connector, list_connectors, set_secrets

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_name(name: str) -> str:
    """Return a connector's name if it is one. Raises InvalidInput (invalid_name)."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "invalid_name",
            f"{name[:80]!r} cannot be a connector's name.",
            "Use up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first.",
        )
    return name


async def add_connector(service: Service, connector_id: str, name: str, config_json: str | bytes) -> ConnectorRow:
    """Check a configuration and store it as a new connector, which is due at once.

    Raises InvalidInput that names what is wrong.
    """
    connector = get_connector(connector_id)
    config, secrets = split_config(parse_config(connector, config_json, service.clouds))
    row_id, now = uuid4(), service.clock.now()
    sealed = service.vault.seal(secrets, row_id)
    row = ConnectorRow(row_id, check_name(name), connector.id, config, sealed, True, now, now)
    async with service.engine.begin() as connection:
        await insert_connector(connection, row)
    return row


async def probe_connector(service: Service, row: ConnectorRow) -> TestReport:
    """Try a stored connector against the real endpoint; every failure is a finding."""
    try:
        connector, config = open_config(row, service.vault)
        async with connector.connect(config, service.context) as session:
            return await connector.test(session)
    except AisocError as error:
        return TestReport((Finding.of(error),))


async def rotate_keys(service: Service) -> int:
    """Give the ring a new key and re-encrypt every connector's secrets with it; return how many there are.

    The new key is on disk before a row needs it. The key before it stays until the next rotation, for a connector
    that is being added meanwhile and for a backup of the day; older ones go. A ring that came in AISOC_KEYRING is
    not changed: its primary key is used.
    """
    vault = service.vault
    before = vault.keys.primary
    if vault.ring.writable:
        vault.ring.save(vault.keys.with_new_primary())
    async with service.engine.begin() as connection:
        rows = await list_connectors(connection)
        for row in rows:
            await set_secrets(connection, row.id, vault.seal(vault.open(row.secrets, row.id), row.id))
    if vault.ring.writable:
        vault.ring.save(vault.keys.keeping({before}))
        vault.reload()
    return len(rows)
