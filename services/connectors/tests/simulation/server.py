"""The worker processes' ways to PostgreSQL: real connections that do not outrun the story, and can be cut anywhere.

A statement blocks the event loop until the server has answered. Nothing else runs meanwhile, so the order of things
depends on the seed alone, and each round trip is a place where a worker may be killed or the server restarted.
"""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import psycopg
from psycopg import waiting
from psycopg.abc import PQGen

_PATIENCE_SECONDS = 10
# SQL's random() (the drift of polls) goes by the order of rows, which statistics change; this one stays what it is.
_OUR_RANDOM = """
    CREATE SCHEMA IF NOT EXISTS story;
    CREATE OR REPLACE FUNCTION story.random() RETURNS float8 LANGUAGE sql
        AS $$ SELECT current_setting('story.chance')::float8 $$
"""
_OUR_CHANCE = (
    "SELECT set_config('search_path', 'story, pg_catalog, public', false), set_config('story.chance', %s, false)"
)


class Killed(BaseException):
    """The worker process is gone: no handler of the product may run on."""


class Connection(psycopg.AsyncConnection[Any]):
    """One connection of a process."""

    process: "Process | None" = None

    async def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        def go() -> Any:
            return waiting.wait(gen, self.pgconn.socket, _PATIENCE_SECONDS, timeout)

        return go() if self.process is None else self.process.round_trip(go)


class Process:
    """One worker process as the database knows it: its connections, and what befalls it at which round trip."""

    def __init__(self, server: "Server", rng: Random) -> None:
        self._server, self._rng = server, rng
        self._connections: list[Connection] = []
        self._fates: dict[int, Callable[[Callable[[], Any]], Any]] = {}
        self.trips = 0
        self.dead = False

    async def connect(self, *arguments: Any, **options: Any) -> Connection:
        """Connect as SQLAlchemy asks, with the database's chance drawn from the seed."""
        self._check_alive()
        connection = await Connection.connect(*arguments, **options)
        await connection.execute(_OUR_CHANCE, (str(self._rng.random()),))
        await connection.commit()
        connection.process = self
        self._connections.append(connection)
        return connection

    def kill_at(self, trip: int, *, after: bool) -> None:
        """Die at a round trip from now, before it or after the server has done what it was asked."""

        def fate(go: Callable[[], Any]) -> Any:
            if after:
                go()
            self.kill()
            self._check_alive()

        self._fates[self.trips + trip] = fate

    def lose_server_at(self, trip: int, lose: Callable[[], None]) -> None:
        """Lose the database at a round trip from now."""

        def fate(go: Callable[[], Any]) -> Any:
            lose()
            return go()

        self._fates[self.trips + trip] = fate

    def spare(self) -> None:
        """Take back what was to befall it."""
        self._fates.clear()

    def kill(self) -> None:
        """Cut every connection, nothing committed, and stop the process's code at its next statement."""
        self.dead = True
        self._server.cut(connection.pgconn.backend_pid for connection in self._connections if not connection.closed)
        for connection in self._connections:
            connection.pgconn.finish()

    def round_trip(self, go: Callable[[], Any]) -> Any:
        """Make a round trip, unless this is the one at which something happens."""
        self._check_alive()
        self.trips += 1
        fate = self._fates.pop(self.trips, None)
        return go() if fate is None else fate(go)

    def _check_alive(self) -> None:
        if self.dead:
            raise Killed


class Server:
    """A database on the real server, from outside: it tells what is stored, cuts connections and refuses new ones."""

    def __init__(self, maintenance_url: str, url: str) -> None:
        self.url = url
        self._admin = psycopg.connect(maintenance_url, autocommit=True)
        self._eye = psycopg.connect(url, autocommit=True)
        self._eye.execute(_OUR_RANDOM)
        self._name = self._eye.info.dbname

    def close(self) -> None:
        self.open_doors()
        self._admin.close()
        self._eye.close()

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._eye.execute(query, parameters).fetchall()

    def clean(self) -> None:
        """Empty every table."""
        tables = "SELECT relname FROM pg_stat_user_tables WHERE relname <> 'alembic_version' AND schemaname = 'public'"
        names = ", ".join(name for (name,) in self.rows(tables))
        self._eye.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")

    def cut(self, backends: Iterable[int]) -> None:
        """End these backends, and wait until they are gone with all that they held."""
        ended = list(backends)
        self._admin.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", (ended,))
        while self._admin.execute("SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s) LIMIT 1", (ended,)).fetchone():
            pass  # a millisecond; the function's own waiting looks ten times a second

    def cut_all(self) -> None:
        """End every client's connection, as a restart of the server does."""
        pids = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> %s AND backend_type = 'client backend'"
        mine = self._eye.info.backend_pid
        self.cut([pid for (pid,) in self._admin.execute(pids, (self._name, mine)).fetchall()])

    def shut_doors(self) -> None:
        """Go down: connections end, and new ones are refused."""
        self._admin.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        self.cut_all()

    def open_doors(self) -> None:
        self._admin.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")
