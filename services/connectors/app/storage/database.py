"""The database: which one, its engine, and its schema brought up to date at the first use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.errors import Abort, AisocError, InvalidInput, Retry
from app.settings import Settings
from app.storage.private import start_private_server

_MIGRATIONS = Path(__file__).parent / "migrations"
_CONNECT_SECONDS = 10
_OLDEST_POSTGRESQL = 14
# Compiling a short query takes longer than the query.
_OPTIONS = "-c timezone=UTC -c jit=off"

_LIGHTLY = text("SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true)")


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """Open the operator's PostgreSQL, or the private one, with the schema of this version.

    Raises InvalidInput (invalid_database_url), Abort (private_database_failed) or Retry (database_unreachable).
    """
    url = await asyncio.to_thread(database_url, settings)
    engine = create_async_engine(
        url,
        pool_size=settings.worker_concurrency + 5,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text must not show what was written
        isolation_level="READ COMMITTED",  # what the queries are written for, whatever the server's default is
        connect_args={
            "application_name": "aisoc",
            "options": _OPTIONS,
            "connect_timeout": _CONNECT_SECONDS,
        },
    )
    try:
        await _bring_up_to_date(engine)
        yield engine
    finally:
        await engine.dispose()


def database_url(settings: Settings) -> URL:
    """Return the address of the database, starting the private one where no other is set."""
    configured = settings.database_url.get_secret_value() if settings.database_url else None
    if configured is None:
        return make_url(start_private_server(settings.home)).set(drivername="postgresql+psycopg")
    try:
        url = make_url(configured)
    except (ArgumentError, ValueError):
        url = None
    # A password with an unescaped @ is read as part of the host, and would be told as that.
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or "@" in (url.host or ""):
        raise InvalidInput(
            "invalid_database_url",
            "AISOC_DATABASE_URL is not the address of a PostgreSQL database.",
            "Write it as postgresql://user:password@host:5432/name, with %40 for @ and %2F for / in the password.",
        )
    return url.set(drivername="postgresql+psycopg")


def shown_url(url: URL) -> str:
    """Return what may be shown of a database's address: no user, no password, no options (which may hold one)."""
    host = url.host or str(url.query.get("host", "localhost"))
    return f"{url.database or 'postgres'} on {host}" + (f":{url.port}" if url.port else "")


def newest_version() -> str:
    """Return the schema version of this code: the number that the last migration's file begins with."""
    return max(file.name.split("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def migrate(url: URL, version: str = "head") -> None:
    """Bring the schema up to date, or up to a version; processes that start together wait for one another."""
    from alembic import command  # noqa: PLC0415 - needed once a version, and slow to import
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, version)


@asynccontextmanager
async def exclusive(connection: AsyncConnection, name: str, wait_seconds: float) -> AsyncIterator[bool]:
    """Hold a named lock on this connection while the block runs; yields False when another holds it.

    The lock lives in the server and falls with the connection, so a killed process leaves none behind.
    """
    locked = await _lock(connection, name, wait_seconds)
    try:
        yield locked
    finally:
        if locked and not connection.invalidated:
            # Where the connection broke, the lock has fallen with it.
            with suppress(DBAPIError):
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), {"name": name})
                await connection.commit()


async def _lock(connection: AsyncConnection, name: str, wait_seconds: float) -> bool:
    try_lock = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
    deadline = asyncio.get_running_loop().time() + wait_seconds
    while True:
        locked = bool((await connection.execute(try_lock, {"name": name})).scalar_one())
        await connection.commit()
        if locked or asyncio.get_running_loop().time() >= deadline:
            return locked
        await asyncio.sleep(0.2)


async def store_lightly(connection: AsyncConnection) -> None:
    """Set this transaction up to store a page: its commit need not wait for the disk, and no table is read whole.

    A crash of the server may undo it, but only together with all that was committed after it (the write-ahead log is
    one sequence): once the checkpoint is durable, so is every page before it. A page's statements look up by keys; the
    server keeps their plans, and one made while a table was small would read all of it when it no longer is.
    """
    await connection.execute(_LIGHTLY)


def database_problem(error: DBAPIError, url: URL) -> AisocError:
    """Say that the database failed, without its password."""
    reason = (str(error.orig).strip().splitlines() or ["no reason given"])[0].rstrip(".")
    name = shown_url(url)
    if isinstance(error, OperationalError | InterfaceError):
        return Retry(
            "database_unreachable",
            f"The database {name} does not answer: {reason}.",
            "Check that PostgreSQL runs, that AISOC_DATABASE_URL names it, and that its disk is not full.",
        )
    return Abort(
        "database_refused",
        f"The database {name} refused a statement: {reason}.",
        "Check that its user may create tables in it; otherwise please report this.",
    )


async def _bring_up_to_date(engine: AsyncEngine) -> None:
    await _need_version(engine)
    found, newest = await schema_version(engine), newest_version()
    if found is not None and found > newest:
        raise Abort(
            "database_newer",
            f"The database was used by a newer AiSOC (its schema is {found}, this version knows {newest}).",
            "Run the newer version; an older one must not write there.",
        )
    if found != newest:
        await asyncio.to_thread(migrate, engine.url)


async def _need_version(engine: AsyncEngine) -> None:
    try:
        async with engine.connect() as connection:
            version = int((await connection.execute(text("SHOW server_version_num"))).scalar_one()) // 10_000
    except OperationalError as error:
        raise database_problem(error, engine.url) from error
    if version < _OLDEST_POSTGRESQL:
        raise Abort(
            "database_too_old",
            f"The database {shown_url(engine.url)} is PostgreSQL {version}.",
            f"AiSOC needs PostgreSQL {_OLDEST_POSTGRESQL} or newer (its ledger uses multiranges).",
        )


async def schema_version(engine: AsyncEngine) -> str | None:
    """Return the version of the database's schema; None where it has none yet."""
    try:
        async with engine.connect() as connection:
            return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except ProgrammingError:
        return None
