"""The databases of the measurements: a private server with its usual settings, and copies of prepared databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from app.storage.database import migrate
from app.storage.private import start_private_server, stop_private_server

# Each stored event is copied with other ids and an earlier time; md5 of both is a new identity.
_MULTIPLY = """
INSERT INTO events ({columns})
SELECT {values} FROM events, generate_series(1, %s) AS copy
"""


@dataclass(frozen=True)
class Server:
    """The running server: its address, and the process that started all its others."""

    url: str
    pid: int
    home: Path

    def url_of(self, database: str) -> str:
        """Return the address of one of its databases."""
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def create(self, database: str, template: str | None = None) -> str:
        """Make a database, of the newest schema or as a copy of another one, and return its address."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            like = SQL(" TEMPLATE {}").format(Identifier(template)) if template else SQL("")
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(database)) + like)
        url = self.url_of(database)
        if template is None:
            migrate(make_url(url).set(drivername="postgresql+psycopg"))
        _settle(url)
        return url

    def drop(self, database: str) -> None:
        """Remove a database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(database)))


@contextmanager
def server(home: Path) -> Iterator[Server]:
    """Run a private server."""
    url = start_private_server(home)
    try:
        yield Server(url, int((home / "postgres" / "postmaster.pid").read_text().split()[0]), home)
    finally:
        stop_private_server(home)


def _settle(url: str) -> None:
    """Bring a database to the state of one that is in use: vacuumed, on the disk, its indexes in memory."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE events")
        connection.execute("SET enable_seqscan = off")
        connection.execute("SET enable_bitmapscan = off")
        connection.execute("SELECT count(id) FROM (SELECT id FROM events ORDER BY id) AS by_id")
        connection.execute("SELECT count(id) FROM (SELECT id FROM events ORDER BY event_time, id) AS by_time")
        connection.execute("CHECKPOINT")


def multiply(url: str, copies: int) -> None:
    """Add so many copies of each event that is stored in a database, each on another earlier day."""
    changed = {
        "id": "md5(id::text || copy)::uuid",
        "event_time": "event_time - copy * interval '1 day'",
        "external_id": "external_id || copy",
    }
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'events'::regclass AND attnum > 0")
        columns = [name for (name,) in rows]
        values = SQL(", ").join(SQL(changed[name]) if name in changed else Identifier(name) for name in columns)
        names = SQL(", ").join(Identifier(name) for name in columns)
        connection.execute(SQL(_MULTIPLY).format(columns=names, values=values), [copies])
