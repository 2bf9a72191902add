"""Searches that people save under a name; each has their own."""

from typing import Any
from uuid import UUID, uuid4

from app.clock import iso
from app.errors import Conflict, Denied, InvalidInput
from app.search.language import parse
from app.security.roles import Role
from app.service import Service
from app.storage import searches as store
from app.storage.audit import note_change
from app.storage.searches import SavedSearch

_LONGEST_NAME = 100
_MOST = 200


def search_facts(search: SavedSearch) -> dict[str, Any]:
    """Return a saved search as JSON-ready facts."""
    return {
        "id": str(search.id),
        "name": search.name,
        "search": search.search,
        "created_at": iso(search.created_at),
    }


async def list_searches(service: Service) -> list[SavedSearch]:
    """Return the actor's searches by name. Raises Denied (no_user) for who is no user of AiSOC."""
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        return await store.list_searches(connection, _own_id(service))


async def save_search(service: Service, name: str, search: str) -> SavedSearch:
    """Save a search as it is typed.

    Raises InvalidInput (invalid_search_name, invalid_search), or Conflict (search_name_taken, too_many_searches).
    """
    service.actor.need(Role.VIEWER)
    owner, now = _own_id(service), service.clock.now()
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            "invalid_search_name",
            f"{name[:_LONGEST_NAME]!r} cannot be the name of a search.",
            f"Use up to {_LONGEST_NAME} characters that can be printed.",
        )
    parse(search, now)
    row = SavedSearch(uuid4(), owner, name.strip(), search, now)
    async with service.engine.begin() as connection:
        if len(await store.list_searches(connection, owner)) >= _MOST:
            raise Conflict(
                "too_many_searches", f"You have {_MOST} saved searches.", "Remove those that you do not use."
            )
        await store.insert_search(connection, row)
        await note_change(connection, service.actor, now, "search.save", row.name, {"search": search})
    return row


async def remove_search(service: Service, search_id: UUID) -> None:
    """Remove one of the actor's searches. Raises NotFound (unknown_search)."""
    service.actor.need(Role.VIEWER)
    async with service.engine.begin() as connection:
        gone = await store.delete_search(connection, _own_id(service), search_id)
        await note_change(connection, service.actor, service.clock.now(), "search.remove", gone.name)


def _own_id(service: Service) -> UUID:
    if service.actor.user_id is None:
        raise Denied("no_user", f"{service.actor.name} is no user of AiSOC and saves no searches.", "Sign in.")
    return service.actor.user_id
