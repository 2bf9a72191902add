"""A bound on what a search may cost the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.errors import QueryCanceled
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Retry

_SECONDS = 10
# Plans are made for the values at hand: one for any values would be wrong for the rare or for the frequent.
_SET_UP = text(
    "SELECT set_config('statement_timeout', :timeout, true), set_config('jit', 'off', true), "
    "set_config('plan_cache_mode', 'force_custom_plan', true)"
)


@asynccontextmanager
async def reading(connection: AsyncConnection) -> AsyncIterator[None]:
    """Read with a limit on each statement's time, which ends with the block.

    The caller's transaction goes on unharmed. Raises Retry (search_too_slow).
    """
    nested = await connection.begin_nested()
    try:
        await connection.execute(_SET_UP, {"timeout": f"{_SECONDS}s"})
        yield
    except DBAPIError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        raise Retry(
            "search_too_slow",
            f"The search took longer than {_SECONDS} seconds and was ended.",
            "Narrow the time, as in since:24h, or name a field: actor:alice instead of alice.",
        ) from error
    finally:
        # Nothing was written, and the settings go with it.
        if nested.is_active:
            await nested.rollback()
