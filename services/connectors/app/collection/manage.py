"""Adding, changing, testing and removing connectors: who may, and what the audit log says of it."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.configuration import check_config, open_config, parse_object, secret_fields, split_config
from app.connectors import get_connector
from app.connectors.base import CollectionConfig, Connector, Finding, Target, TestReport
from app.errors import AisocError, InvalidInput
from app.security.roles import Role
from app.service import Service
from app.storage.audit import note_change
from app.storage.connectors import (
    ConnectorRow,
    delete_connector,
    insert_connector,
    list_connectors,
    set_config,
    set_enabled,
    set_next_poll,
)
from app.storage.polls import failures_since_complete

Tell = Callable[[Finding], None]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAME_ROOM = 58  # and a number, where a name is taken


def check_name(name: str) -> str:
    """Return the name of a connector or an ingest, if it can be one. Raises InvalidInput (invalid_name)."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            "invalid_name",
            f"{name[:80]!r} cannot be a name.",
            "Use up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first.",
            {"name": "may have up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first"},
        )
    return name


async def add_connector(service: Service, connector_id: str, name: str, config_json: str | bytes) -> ConnectorRow:
    """Check a configuration and store it as a new connector, which is due at once.

    Raises InvalidInput that names what is wrong, or Abort (keyring_missing) when other connectors' keys are not here.
    """
    service.actor.need(Role.ADMIN)
    connector, fields = get_connector(connector_id), parse_object(config_json)
    async with service.engine.begin() as connection:
        await _names_taken(service, connection)
        return await _add(service, connection, connector, check_name(name), fields)


async def add_connectors(
    service: Service, connector_id: str, base_name: str, config_json: str | bytes, targets: Sequence[Target]
) -> list[ConnectorRow]:
    """Add a connector for each target, with one configuration but for the target: all of them, or none.

    They are named by the targets, after base_name where it is not empty; a number tells equal names apart.
    Raises what add_connector raises.
    """
    service.actor.need(Role.ADMIN)
    connector, fields = get_connector(connector_id), parse_object(config_json)
    field = connector.target_fields[0]
    async with service.engine.begin() as connection:
        taken, rows = await _names_taken(service, connection), []
        for target in {target.id.lower(): target for target in targets}.values():
            name = name_for(target.name, base_name, taken)
            taken.add(name)
            rows.append(await _add(service, connection, connector, name, fields | {field: target.id}))
    return rows


def name_for(title: str, base_name: str, taken: Collection[str]) -> str:
    """Return a connector's name made of a target's, that is not taken yet."""
    plain = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", f"{base_name} {title}"))
    words = re.findall(r"[A-Za-z0-9._]+", plain)
    made = "-".join(words).strip("._-")[:_NAME_ROOM] or "connector"
    numbers = (f"{made}-{number}" for number in count(2))
    return made if made not in taken else next(name for name in numbers if name not in taken)


async def update_connector(service: Service, row: ConnectorRow, changes_json: str | bytes) -> ConnectorRow:
    """Change some fields of a connector; its ledger and history stay, and it is due at once.

    Secrets that cannot be read any more need not be readable when all of them are given anew. Raises InvalidInput,
    also when a change would make it read something else.
    """
    service.actor.need(Role.ADMIN)
    connector, changes = get_connector(row.type), parse_object(changes_json)
    _keep_target(connector, row, changes)
    kept = {} if secret_fields(connector) <= changes.keys() else service.vault.open(row.secrets, row.id)
    config, secrets = split_config(check_config(connector, row.config | kept | changes, service.clouds))
    changed, now = replace(row, config=config, secrets=service.vault.seal(secrets, row.id)), service.clock.now()
    async with service.engine.begin() as connection:
        await set_config(connection, row.id, config, changed.secrets)
        await set_next_poll(connection, row.id, now)
        facts = _changed(row, config) | dict.fromkeys(secret_fields(connector) & changes.keys(), "given anew")
        await note_change(connection, service.actor, now, "connector.update", row.name, facts)
    return changed


async def rotate_secret(service: Service, row: ConnectorRow, changes_json: str | bytes) -> ConnectorRow:
    """Give a connector all of its secrets anew, and what else belongs to them, as update_connector does.

    Raises InvalidInput (secret_missing) unless each secret field is named.
    """
    missing = secret_fields(get_connector(row.type)) - parse_object(changes_json).keys()
    if missing:
        raise InvalidInput(
            "secret_missing",
            f"No new secret was given for {row.name}: {', '.join(sorted(missing))} is missing.",
            "Give every secret of the connector anew.",
        )
    return await update_connector(service, row, changes_json)


async def switch_connector(service: Service, row: ConnectorRow, *, enabled: bool) -> None:
    """Pause or resume a connector; a resumed one is due at once, and reads on from where it stopped."""
    service.actor.need(Role.ADMIN)
    now = service.clock.now()
    async with service.engine.begin() as connection:
        await set_enabled(connection, row.id, enabled, now)
        action = "connector.enable" if enabled else "connector.disable"
        await note_change(connection, service.actor, now, action, row.name)


async def remove_connector(service: Service, row: ConnectorRow) -> None:
    """Remove a connector with its secrets, ledger and poll history; its events stay."""
    service.actor.need(Role.ADMIN)
    async with service.engine.begin() as connection:
        await delete_connector(connection, row.id)
        await note_change(connection, service.actor, service.clock.now(), "connector.remove", row.name)


async def probe_connector(service: Service, row: ConnectorRow, tell: Tell | None = None) -> TestReport:
    """Try a stored connector against the real endpoint; every failure is a finding. tell: called with each at once.

    One whose polls fail and whose test is good is due at once: what was wrong was mended.
    """
    service.actor.need(Role.ANALYST)
    report = await _probe(service, lambda: open_config(row, service.vault), tell)
    if report.ok:
        async with service.engine.begin() as connection:
            if (await failures_since_complete(connection, row.id)).count:
                await set_next_poll(connection, row.id, service.clock.now())
    return report


async def probe_config(
    service: Service, connector_id: str, config_json: str | bytes, tell: Tell | None = None
) -> TestReport:
    """Try a configuration that is not stored; every failure at the source is a finding. tell: called with each at once.

    Raises InvalidInput where it cannot be a configuration at all.
    """
    service.actor.need(Role.ADMIN)
    connector = get_connector(connector_id)
    config = check_config(connector, parse_object(config_json), service.clouds)
    return await _probe(service, lambda: (connector, config), tell)


async def _probe(
    service: Service, opened: Callable[[], tuple[Connector, CollectionConfig]], tell: Tell | None
) -> TestReport:
    findings: list[Finding] = []

    def found(finding: Finding) -> None:
        findings.append(finding)
        if tell is not None:
            tell(finding)

    try:
        connector, config = opened()
        async with connector.connect(config, service.context) as session:
            async for finding in connector.test(session):
                found(finding)
    except AisocError as error:
        found(Finding.of(error))
    return TestReport(tuple(findings))


async def _names_taken(service: Service, connection: AsyncConnection) -> set[str]:
    """Return the connectors' names. Raises Abort (keyring_missing) when there are some whose keys are not here."""
    taken = {row.name for row in await list_connectors(connection)}
    if taken:
        service.vault.need_ring()
    return taken


async def _add(
    service: Service, connection: AsyncConnection, connector: Connector, name: str, fields: dict[str, Any]
) -> ConnectorRow:
    config, secrets = split_config(check_config(connector, fields, service.clouds))
    row_id, now = uuid4(), service.clock.now()
    row = ConnectorRow(row_id, name, connector.id, config, service.vault.seal(secrets, row_id), True, now, now)
    await insert_connector(connection, row)
    await note_change(connection, service.actor, now, "connector.add", row.name, {"type": row.type} | config)
    return row


def _changed(row: ConnectorRow, config: dict[str, Any]) -> dict[str, Any]:
    """Return the public fields that are new, as the audit log tells them."""
    return {name: value for name, value in config.items() if row.config.get(name) != value}


def _keep_target(connector: Connector, row: ConnectorRow, changes: dict[str, Any]) -> None:
    for name in connector.target_fields:
        if name in changes and str(changes[name]).strip().strip("{}").lower() != str(row.config[name]).lower():
            raise InvalidInput(
                "target_is_fixed",
                f"{name} of {row.name} cannot be changed: its ledger and history belong to what it reads now.",
                "Add another connector for the other one (aisoc connectors add).",
            )
