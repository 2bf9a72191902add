"""The keys that protect connectors' secrets: which there are, and their rotation."""

from collections import Counter
from dataclasses import dataclass

from app.security.roles import Role
from app.security.vault import key_name
from app.service import Service
from app.storage.audit import note_change
from app.storage.connectors import list_connectors, set_config


@dataclass(frozen=True)
class KeyUse:
    """A key by its name. primary: whether it encrypts what is stored from now on; protects: how many connectors."""

    name: str
    primary: bool
    protects: int


async def list_keys(service: Service) -> list[KeyUse]:
    """Return the ring's keys, the primary one first. Raises Abort when the ring is missing or cannot be read."""
    service.actor.need(Role.ADMIN)
    async with service.engine.connect() as connection:
        used = Counter(key_name(row.secrets) for row in await list_connectors(connection))
    service.vault.reload()
    service.vault.need_ring()
    keys = service.vault.keys
    uses = [KeyUse(name, name == keys.primary, used[name]) for name in sorted(keys.by_name)]
    return sorted(uses, key=lambda use: not use.primary)


async def rotate_keys(service: Service) -> int:
    """Give the ring a new key and re-encrypt every connector's secrets with it; return how many there are.

    The new key is on disk before a row needs it. The key before it stays until the next rotation, for a connector
    that is being added meanwhile and for a backup of the day; older ones go. A ring that came in AISOC_KEYRING is
    not changed: its primary key is used.
    """
    service.actor.need(Role.ADMIN)
    vault = service.vault
    before = vault.keys.primary
    if vault.ring.writable:
        vault.ring.save(vault.keys.with_new_primary())
    async with service.engine.begin() as connection:
        rows = await list_connectors(connection, to_change=True)
        for row in rows:
            await set_config(connection, row.id, row.config, vault.seal(vault.open(row.secrets, row.id), row.id))
        now, facts = service.clock.now(), {"connectors": len(rows)}
        await note_change(connection, service.actor, now, "keys.rotate", "key ring", facts)
    if vault.ring.writable:
        vault.ring.save(vault.keys.keeping({before}))
        vault.reload()
    return len(rows)
